//! Proposing a call: access, decision, attempt, one append.

use proto_events::{Actor, CallRef, Event, Json, StreamId};
use uuid::Uuid;
use vidimus_domain::{
    access_policy::decision_from_access,
    arguments::Arguments,
    attempt,
    execution::{Action, Command, Propose, State, decide},
};
use vidimus_log::StreamWrite;

use crate::{
    Answer, Engine, EngineError, Principal,
    engine::{Loaded, MAX_TRIES, decode},
};

/// A call that an agent wants to make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// The call.
    pub call: CallRef,
    /// Its arguments.
    pub arguments: Arguments,
    /// On whose behalf; the principal itself where nobody is named.
    pub requester: Option<Actor>,
    /// The caller's key for this attempt: the same key, function and arguments get the earlier answer.
    pub idempotency_key: Option<String>,
    /// What the caller says about the circumstances.
    pub context: Option<Json>,
}

impl Engine {
    /// Decides on a call, or answers what was decided when the same attempt was proposed before ([`Answer::already`]).
    ///
    /// # Errors
    /// The domain's rejections; the log's errors. A block is an answer, not an error.
    pub async fn propose(&self, principal: &Principal, proposal: Proposal) -> Result<Answer, EngineError> {
        let tenant = &principal.tenant;
        let digest = proposal.arguments.digest();
        let execution_id = match &proposal.idempotency_key {
            Some(key) => CallRef::attempt_id(tenant, key, &proposal.call.function, &digest),
            None => self.ids.fresh(),
        };
        let (permit_id, correlation_id) = (self.ids.fresh(), self.ids.fresh());
        for _ in 0..MAX_TRIES {
            let (execution, attempt) = match &proposal.idempotency_key {
                // A fresh id has no history, and no key has no former attempt.
                None => (Loaded { state: State::initial(), head: None }, None),
                Some(key) => {
                    (self.load_execution(tenant, execution_id).await?, Some(self.load_attempt(tenant, key).await?))
                }
            };
            let access = self.load_access(tenant, &proposal.call.function).await?;
            let version = access.head.map(|head| head.version);
            let former = attempt.as_ref().and_then(|attempt| attempt.state.last);
            let propose = Propose {
                execution_id,
                call: proposal.call.clone(),
                arguments: proposal.arguments.clone(),
                requester: Self::requester(principal, proposal.requester.clone()),
                idempotency_key: proposal.idempotency_key.clone(),
                former_execution: former.filter(|former| *former != execution_id),
                context: proposal.context.clone(),
                decision: decision_from_access(&proposal.call.function, access.state.access, version, digest),
                permit_id,
                confirmation_ttl: self.settings.confirmation_ttl,
                approval_ttl: self.settings.approval_ttl,
                permit_ttl: self.settings.permit_ttl,
            };
            let command = Command {
                by: principal.actor.clone(),
                at: self.clock.now(),
                action: Action::Propose(propose),
            };
            let events = decide(&execution.state, &command)?;
            if events.is_empty() {
                return self.reattempt(principal, execution_id).await;
            }
            let expected = execution.expected();
            let stream = StreamId::execution(execution_id);
            let write =
                self.execution_write(principal, &command, stream, expected, &events, correlation_id)?;
            let mut writes = vec![write];
            if let (Some(key), Some(attempt)) = (&proposal.idempotency_key, &attempt) {
                let open = attempt::Open {
                    idempotency_key: key.clone(),
                    execution_id,
                    function: proposal.call.function.clone(),
                    arguments_digest: Some(digest),
                };
                let opened = attempt::decide(&attempt.state, &open)?.into_iter().map(Event::Attempt);
                writes.push(StreamWrite {
                    stream: StreamId::attempt(key),
                    expected: attempt.expected(),
                    events: self.envelopes(principal, command.at, correlation_id, opened)?,
                });
            }
            // The decision rests on the access as it was read: if that changes first, it is decided again.
            writes.push(StreamWrite {
                stream: StreamId::function(&proposal.call.function),
                expected: access.expected(),
                events: Vec::new(),
            });
            if let Some(position) = self.append(tenant, writes).await? {
                let state = execution.state.then(&command, &events);
                return Ok(Answer { execution_id, state, position, already: false });
            }
        }
        Err(EngineError::Contention { tries: MAX_TRIES })
    }

    async fn load_attempt(
        &self,
        tenant: &proto_events::TenantId,
        key: &str,
    ) -> Result<Loaded<attempt::State>, EngineError> {
        let (events, head) = self.read(tenant, &StreamId::attempt(key)).await?;
        let mut state = attempt::State::default();
        for recorded in &events {
            if let Event::Attempt(event) = decode(recorded)? {
                state = attempt::evolve(state, &event);
            }
        }
        Ok(Loaded { state, head })
    }

    /// The same attempt again: it gets the earlier answer, and is counted.
    async fn reattempt(&self, principal: &Principal, execution_id: Uuid) -> Result<Answer, EngineError> {
        let seen = self.reattempts.count(&principal.tenant, execution_id);
        let mut answer = self.transact(principal, execution_id, Action::Reattempt { seen }).await?;
        if !answer.already {
            self.reattempts.recorded(&principal.tenant, execution_id, seen);
        }
        answer.already = true;
        Ok(answer)
    }
}
