//! Several decisions of one reviewer: all or none.

use std::collections::BTreeSet;

use proto_events::{ArgumentsDigest, GlobalPosition, StreamId};
use uuid::Uuid;
use vidimus_domain::execution::{Action, Command, Rejection, Reviewer, SeenCard, decide};
use vidimus_log::StreamWrite;

use crate::{Answer, Engine, EngineError, Principal, Seen, engine::MAX_TRIES};

/// Most decisions in one batch.
pub const MAX_BATCH: usize = 100;

/// One decision of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchItem {
    /// On which execution.
    pub execution_id: Uuid,
    /// Digest of the arguments that the reviewer saw.
    pub seen: Option<ArgumentsDigest>,
    /// The card that the reviewer saw.
    pub card: Option<SeenCard>,
    /// What is decided.
    pub verdict: BatchVerdict,
}

/// What a reviewer decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BatchVerdict {
    /// Approve.
    Approve {
        /// What the reviewer has to say.
        comment: Option<String>,
        /// The stage that the reviewer saw, from 0.
        stage: Option<u32>,
    },
    /// Deny.
    Deny {
        /// Why.
        reason: String,
    },
    /// Abort, with feedback to the agent.
    Abort {
        /// What the agent should know or do instead.
        feedback: String,
    },
}

impl Engine {
    /// Decides all of `items` in one append, or none of them: [`EngineError::Batch`] names the first that is refused.
    ///
    /// # Errors
    /// `batch_size` for none or more than 100, `batch_repeats` where an execution is named twice; the domain's rejections; the
    /// log's errors.
    pub async fn decide_batch(
        &self,
        principal: &Principal,
        items: Vec<BatchItem>,
    ) -> Result<Vec<Answer>, EngineError> {
        if items.is_empty() || items.len() > MAX_BATCH {
            return Err(EngineError::BatchSize { size: items.len(), max: MAX_BATCH });
        }
        let mut seen = BTreeSet::new();
        if let Some(twice) = items.iter().find(|item| !seen.insert(item.execution_id)) {
            return Err(EngineError::BatchRepeats { execution_id: twice.execution_id });
        }
        let actions: Vec<(Uuid, Action, Option<SeenCard>)> = items
            .into_iter()
            .map(|mut item| {
                let card = item.card.take();
                (item.execution_id, self.action_of(item), card)
            })
            .collect();
        let correlation_id = self.correlation_id(principal);
        for _ in 0..MAX_TRIES {
            let (mut writes, mut guards, mut decided) = (Vec::new(), Vec::<StreamWrite>::new(), Vec::new());
            for (index, (execution_id, action, card)) in actions.iter().enumerate() {
                let named = |error: EngineError| EngineError::Batch {
                    index,
                    execution_id: *execution_id,
                    error: Box::new(error),
                };
                let deciding = (action.clone(), card.clone());
                let one = self.decide_one(principal, *execution_id, deciding, correlation_id).await;
                let (answer, events, write, looked_up) = one.map_err(named)?;
                writes.extend(write);
                for guard in looked_up {
                    if !guards.iter().any(|known| known.stream == guard.stream) {
                        guards.push(guard);
                    }
                }
                decided.push((answer, events));
            }
            if writes.is_empty() {
                return Ok(decided.into_iter().map(|(answer, _)| answer).collect());
            }
            writes.extend(guards);
            if let Some(appended) = self.append(&principal.tenant, writes).await? {
                // Events take their positions in the order of the writes.
                let mut next = appended.first.get();
                let placed = decided.into_iter().map(|(mut answer, events)| {
                    if events > 0 {
                        next += events as u64;
                        answer.position = GlobalPosition::new(next - 1);
                    }
                    answer
                });
                return Ok(placed.collect());
            }
        }
        Err(EngineError::Contention { tries: MAX_TRIES })
    }

    fn action_of(&self, item: BatchItem) -> Action {
        let reviewer = Reviewer::default();
        match item.verdict {
            BatchVerdict::Approve { comment, stage } => {
                self.approval(Seen { arguments_digest: item.seen, stage, card: None }, comment, None)
            }
            BatchVerdict::Deny { reason } => Action::Deny { reason, reviewer },
            BatchVerdict::Abort { feedback } => Action::Abort { feedback, reviewer, revised_as: None },
        }
    }

    /// Decides one command of several that are appended together: its answer (without its position), how many events it led
    /// to, their write, and what has to stay as it is until the append.
    pub(crate) async fn decide_one(
        &self,
        principal: &Principal,
        execution_id: Uuid,
        (action, card): (Action, Option<SeenCard>),
        correlation_id: Uuid,
    ) -> Result<(Answer, usize, Option<StreamWrite>, Vec<StreamWrite>), EngineError> {
        let (loaded, decided_at) = self.load_decided(&principal.tenant, execution_id).await?;
        let Some(execution) = loaded.state.execution() else { return Err(Rejection::NotFound.into()) };
        let (by, at) = (principal.actor.clone(), self.clock.now());
        let mut command = Command { by, at, frozen: None, card, action };
        let guards = self.look_up(principal, execution, decided_at, &mut command).await?;
        let events = decide(&loaded.state, &command)?;
        let (position, already) = (loaded.position(), events.is_empty());
        let write = if already {
            None
        } else {
            let (stream, expected) = (StreamId::execution(execution_id), loaded.expected());
            Some(self.execution_write(principal, &command, stream, expected, &events, correlation_id)?)
        };
        let state = loaded.state.then(&command, &events);
        let answer = Answer { execution_id, state, position, already };
        Ok((answer, events.len(), write, guards))
    }
}
