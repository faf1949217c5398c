//! Deciding again on calls that wait or have a permit, and holding them while they are frozen.

use proto_events::TenantId;
use uuid::Uuid;
use vidimus_domain::execution::{Action, Command, MAX_SENSITIVE, Rejection, Ttls};

use crate::{
    Answer, Engine, EngineError, Principal,
    engine::MAX_TRIES,
    govern::{Asked, Grants, Parsed},
};

impl Engine {
    /// Decides again on a call that waits for people or has a permit that was not used. `cause` says what changed.
    ///
    /// # Errors
    /// The domain's rejections (`nothing_to_redecide` where it neither waits nor has a permit); the log's errors.
    pub async fn redecide(
        &self,
        tenant: &TenantId,
        execution_id: Uuid,
        cause: &str,
    ) -> Result<Answer, EngineError> {
        let system = Principal::system(tenant.clone(), "governance");
        let (permit_id, correlation_id) = (self.ids.fresh(), self.correlation_id(&system));
        let mut lane = None;
        for _ in 0..MAX_TRIES {
            let loaded = self.load_execution(tenant, execution_id).await?;
            let Some(execution) = loaded.state.execution() else { return Err(Rejection::NotFound.into()) };
            let initiated = &execution.initiated;
            let (Some(arguments), Some(digest)) = (&initiated.arguments, initiated.arguments_digest) else {
                return Err(Rejection::NothingToRedecide { stage: execution.stage }.into());
            };
            let parsed = Parsed {
                arguments: arguments.to_value(),
                context: initiated.context.as_ref().map(proto_events::Json::to_value),
            };
            let asked = Asked {
                execution_id,
                call: &initiated.call,
                requester: &initiated.requester,
                digest,
                arguments: &parsed.arguments,
                context: parsed.context.as_ref(),
            };
            let grants = Grants::Keep(execution.grant);
            let ground = self.ground_in_lanes(tenant, &initiated.call, grants, &mut lane).await?;
            let at = self.clock.now();
            let governed = self.govern(tenant, &ground, &asked, at, grants).await?;
            let action = Action::Redecide {
                decision: governed.decision,
                cause: cause.to_owned(),
                sensitive: union(&initiated.sensitive, governed.sensitive),
                permit_id,
                ttls: Ttls {
                    confirmation: self.settings.confirmation_ttl,
                    approval: self.settings.approval_ttl,
                    permit: self.settings.permit_ttl,
                },
            };
            let frozen = ground.frozen_by(&initiated.call);
            let command = Command { by: system.actor.clone(), at, frozen, card: None, action };
            let beside = self.beside_writes(&system, at, correlation_id, governed.beside)?;
            if let Some(answer) =
                self.attempt(&system, execution_id, loaded, &command, beside, correlation_id).await?
            {
                return Ok(answer);
            }
        }
        Err(EngineError::Contention { tries: MAX_TRIES })
    }

    /// Holds the deadline of a call that a freeze covers, or lets it go on where none does any more.
    ///
    /// # Errors
    /// The domain's rejections; the log's errors.
    pub async fn stand_still(&self, tenant: &TenantId, execution_id: Uuid) -> Result<Answer, EngineError> {
        let system = Principal::system(tenant.clone(), "governance");
        let correlation_id = self.correlation_id(&system);
        for _ in 0..MAX_TRIES {
            let loaded = self.load_execution(tenant, execution_id).await?;
            let Some(execution) = loaded.state.execution() else { return Err(Rejection::NotFound.into()) };
            let call = execution.call();
            let freezes = self.load_freezes(tenant).await?;
            let action = match freezes.state.covering(&call.agent, &call.function) {
                Some(freeze) => Action::Suspend { freeze_id: freeze.freeze_id, since: freeze.since },
                None => Action::Resume,
            };
            let guard = vidimus_log::StreamWrite {
                stream: proto_events::StreamId::freezes(),
                expected: freezes.expected(),
                events: Vec::new(),
            };
            let at = self.clock.now();
            let command = Command { by: system.actor.clone(), at, frozen: None, card: None, action };
            if let Some(answer) =
                self.attempt(&system, execution_id, loaded, &command, vec![guard], correlation_id).await?
            {
                return Ok(answer);
            }
        }
        Err(EngineError::Contention { tries: MAX_TRIES })
    }
}

/// What was sensitive when the call was made stays so, whatever the catalogue says now.
fn union(before: &[String], now: Vec<String>) -> Vec<String> {
    let mut all = before.to_vec();
    all.extend(now.into_iter().filter(|name| !before.contains(name)));
    all.truncate(MAX_SENSITIVE);
    all
}
