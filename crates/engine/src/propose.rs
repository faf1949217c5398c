//! Proposing a call: access, decision, attempt, one append.

use proto_events::{Actor, CallRef, Event, GlobalPosition, Json, StreamId, TenantId};
use uuid::Uuid;
use vidimus_domain::{
    arguments::Arguments,
    attempt,
    execution::{self, Action, Command, Propose, SeenCard, State, decide},
    field::InvalidField,
};
use vidimus_log::StreamWrite;

use crate::{
    Answer, Engine, EngineError, Principal,
    engine::{Loaded, MAX_TRIES},
    govern::{Asked, Grants, Parsed},
    revise::EDIT_KEYS,
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
    /// The execution that this one is instead of: of a reviewer who edited its arguments.
    pub former_execution: Option<Uuid>,
    /// Who asked for that one, beside its requester: they review neither.
    pub asked_by: Vec<Actor>,
}

impl Engine {
    /// Decides on a call, or answers what was decided when the same attempt was proposed before ([`Answer::already`]).
    ///
    /// # Errors
    /// The domain's rejections; the log's errors. A block is an answer, not an error.
    pub async fn propose(&self, principal: &Principal, proposal: Proposal) -> Result<Answer, EngineError> {
        if proposal.idempotency_key.as_ref().is_some_and(|key| key.starts_with(EDIT_KEYS)) {
            let problem = "begins with `revision of `, which is kept for edits of reviewers";
            let field = InvalidField::Invalid { field: "idempotency_key", problem };
            return Err(execution::Rejection::from(field).into());
        }
        self.propose_instead(principal, proposal, None).await.map(|(answer, _)| answer)
    }

    /// Proposes a call; where it is instead of another, `ends` ends that one in the same append. Answers both.
    pub(crate) async fn propose_instead(
        &self,
        principal: &Principal,
        proposal: Proposal,
        ends: Option<(Uuid, (Action, Option<SeenCard>))>,
    ) -> Result<(Answer, Option<Answer>), EngineError> {
        let tenant = &principal.tenant;
        let digest = proposal.arguments.digest();
        let execution_id = match &proposal.idempotency_key {
            Some(key) => CallRef::attempt_id(tenant, key, &proposal.call.function, &digest),
            None => self.ids.fresh(),
        };
        let (permit_id, correlation_id) = (self.ids.fresh(), self.correlation_id(principal));
        let requester = Self::requester(principal, proposal.requester.clone());
        let parsed = Parsed::of(&proposal.arguments, proposal.context.as_ref());
        let asked = Asked {
            execution_id,
            call: &proposal.call,
            requester: &requester,
            digest,
            arguments: &parsed.arguments,
            context: parsed.context.as_ref(),
        };
        // Held from the first decision to the append, over all tries.
        let mut lane = None;
        'tries: for _ in 0..MAX_TRIES {
            let (execution, attempt) = match &proposal.idempotency_key {
                // A fresh id has no history, and no key has no former attempt.
                None => (Loaded { state: State::initial(), head: None }, None),
                Some(key) => (
                    self.load_execution(tenant, execution_id).await?,
                    Some(self.load_attempt(tenant, key).await?),
                ),
            };
            let ground = self.ground_in_lanes(tenant, &proposal.call, Grants::Use, &mut lane).await?;
            let at = self.clock.now();
            let governed = self.govern(tenant, &ground, &asked, at, Grants::Use).await?;
            let former =
                proposal.former_execution.or(attempt.as_ref().and_then(|attempt| attempt.state.last));
            let propose = Propose {
                execution_id,
                call: proposal.call.clone(),
                arguments: proposal.arguments.clone(),
                requester: requester.clone(),
                idempotency_key: proposal.idempotency_key.clone(),
                former_execution: former.filter(|former| *former != execution_id),
                context: proposal.context.clone(),
                sensitive: governed.sensitive,
                asked_by: proposal.asked_by.clone(),
                decision: governed.decision,
                permit_id,
                confirmation_ttl: self.settings.confirmation_ttl,
                approval_ttl: self.settings.approval_ttl,
                permit_ttl: self.settings.permit_ttl,
            };
            let frozen = ground.frozen_by(&proposal.call);
            let action = Action::Propose(propose);
            let command = Command { by: principal.actor.clone(), at, frozen, card: None, action };
            let events = decide(&execution.state, &command)?;
            if events.is_empty() {
                let again = self.reattempt(principal, execution_id, execution, correlation_id).await?;
                let former = match &ends {
                    // It ended with the append that made this attempt: the same words again change nothing.
                    Some((former, (action, card))) => {
                        Some(self.transact_seeing(principal, *former, action.clone(), card.clone()).await?)
                    }
                    None => None,
                };
                return Ok((again, former));
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
                    events: self.envelopes(principal, at, correlation_id, opened)?,
                });
            }
            writes.extend(self.beside_writes(principal, at, correlation_id, governed.beside)?);
            let mut ended = None;
            if let Some((former, action)) = &ends {
                let (answer, events, write, guards) =
                    self.decide_one(principal, *former, action.clone(), correlation_id).await?;
                // Right after the execution's own, so that its position can be told.
                writes.splice(1..1, write);
                // A stream is named once in an append; where the two readings differ, it is read again.
                for guard in guards {
                    match writes.iter().find(|write| write.stream == guard.stream) {
                        Some(known) if known.expected == guard.expected => {}
                        Some(_) => continue 'tries,
                        None => writes.push(guard),
                    }
                }
                ended = Some((answer, events));
            }
            if let Some(appended) = self.append(tenant, writes).await? {
                // The execution's events are the append's first: where the last of them stands, the answer is whole.
                let position = GlobalPosition::new(appended.first.get() + events.len() as u64 - 1);
                let state = execution.state.then(&command, &events);
                let former = ended.map(|(answer, events)| Answer {
                    position: GlobalPosition::new(position.get() + events as u64),
                    ..answer
                });
                return Ok((Answer { execution_id, state, position, already: false }, former));
            }
        }
        Err(EngineError::Contention { tries: MAX_TRIES })
    }

    async fn load_attempt(
        &self,
        tenant: &TenantId,
        key: &str,
    ) -> Result<Loaded<attempt::State>, EngineError> {
        self.load_last(tenant, &StreamId::attempt(key), |state: attempt::State, _, event| match event {
            Event::Attempt(event) => attempt::evolve(state, event),
            _ => state,
        })
        .await
    }

    /// The same attempt again: it gets the earlier answer, and is counted.
    ///
    /// The answer is durable already, so it does not depend on the count: where the count cannot be put on record now,
    /// it stays in memory and goes on record with a later one.
    async fn reattempt(
        &self,
        principal: &Principal,
        execution_id: Uuid,
        mut loaded: Loaded<State>,
        correlation_id: Uuid,
    ) -> Result<Answer, EngineError> {
        let tenant = &principal.tenant;
        let on_record = |state: &State| state.execution().map_or(0, |execution| execution.reattempts);
        self.reattempts.count(tenant, execution_id, on_record(&loaded.state));
        for _ in 0..MAX_TRIES {
            // Read again for each try: who was first may have put this retry on record with its own.
            let total = self.reattempts.total(tenant, execution_id);
            let seen = total.saturating_sub(on_record(&loaded.state));
            let action = Action::Reattempt { seen };
            let (by, at) = (principal.actor.clone(), self.clock.now());
            let command = Command { by, at, frozen: None, card: None, action };
            match self.attempt(principal, execution_id, loaded, &command, Vec::new(), correlation_id).await {
                Ok(Some(answer)) => return Ok(Answer { already: true, ..answer }),
                Ok(None) => loaded = self.load_execution(tenant, execution_id).await?,
                Err(error) if error.is_retryable() => {
                    tracing::warn!(execution = %execution_id, %error, "a retry is counted in memory only");
                    loaded = self.load_execution(tenant, execution_id).await?;
                    break;
                }
                Err(error) => return Err(error),
            }
        }
        let position = loaded.position();
        Ok(Answer { execution_id, state: loaded.state, position, already: true })
    }
}
