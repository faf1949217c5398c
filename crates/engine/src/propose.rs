//! Proposing a call: access, decision, attempt, one append.

use proto_events::{Actor, CallRef, Event, GlobalPosition, Json, StreamId, TenantId};
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
    engine::{Loaded, MAX_TRIES},
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
        let (permit_id, correlation_id) = (self.ids.fresh(), self.correlation_id(principal));
        for _ in 0..MAX_TRIES {
            let (execution, attempt) = match &proposal.idempotency_key {
                // A fresh id has no history, and no key has no former attempt.
                None => (Loaded { state: State::initial(), head: None }, None),
                Some(key) => (
                    self.load_execution(tenant, execution_id).await?,
                    Some(self.load_attempt(tenant, key).await?),
                ),
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
                return self.reattempt(principal, execution_id, execution, correlation_id).await;
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
            if let Some(appended) = self.append(tenant, writes).await? {
                // The execution's events are the append's first: where the last of them stands, the answer is whole.
                let position = GlobalPosition::new(appended.first.get() + events.len() as u64 - 1);
                let state = execution.state.then(&command, &events);
                return Ok(Answer { execution_id, state, position, already: false });
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
            let command = Command { by: principal.actor.clone(), at: self.clock.now(), action };
            match self.attempt(principal, execution_id, loaded, &command, correlation_id).await {
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
