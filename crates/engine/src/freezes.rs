//! Freezes: stopping what agents do, all at once, and letting it go on.

use std::sync::Arc;

use proto_events::{Event, FreezeScope, GlobalPosition, Role, StreamId, TenantId};
use uuid::Uuid;
use vidimus_domain::freeze::{Action, Command, Freeze, Happened, Rejection, State, decide, evolve};

use crate::{
    Engine, EngineError, Principal,
    engine::{Changed, Loaded},
};

/// The answer to beginning a freeze.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FreezeAnswer {
    /// The freeze in force: the one that was there before, where the scope was frozen already.
    pub freeze: Freeze,
    /// Position of the last event about the tenant's freezes.
    pub position: GlobalPosition,
    /// Whether nothing changed.
    pub already: bool,
}

/// The answer to ending a freeze or a delegation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EndAnswer {
    /// Its id.
    pub id: Uuid,
    /// Position of the last event in the stream of its kind.
    pub position: GlobalPosition,
    /// Whether nothing changed.
    pub already: bool,
}

impl Engine {
    /// Asked for by every proposal, and by every step that a freeze stops.
    pub(crate) async fn load_freezes(&self, tenant: &TenantId) -> Result<Loaded<Arc<State>>, EngineError> {
        self.load_folded(&self.freezes, tenant, &StreamId::freezes(), |state: State, recorded, event| {
            match event {
                Event::Freeze(event) => {
                    let (by, at) = (&recorded.event.actor, recorded.event.recorded_at);
                    evolve(state, Happened { by, at, event })
                }
                _ => state,
            }
        })
        .await
    }

    async fn change_freezes(
        &self,
        principal: &Principal,
        action: Action,
    ) -> Result<Changed<Arc<State>>, EngineError> {
        let (tenant, stream) = (&principal.tenant, StreamId::freezes());
        let load = || self.load_freezes(tenant);
        let decide = |state: Arc<State>, at| {
            let command = Command { by: principal.actor.clone(), at, action: action.clone() };
            let events = decide(&state, &command)?;
            let state = Arc::unwrap_or_clone(state).then(&command.by, at, &events);
            Ok((Arc::new(state), events.into_iter().map(Event::Freeze).collect()))
        };
        self.change(principal, &stream, load, decide).await
    }

    /// Freezes a tenant, an agent or a function; answers the freeze in force where that is so already. Takes the role
    /// `admin`.
    ///
    /// # Errors
    /// `missing_role`; the domain's rejections; the log's errors.
    pub async fn freeze(
        &self,
        principal: &Principal,
        scope: FreezeScope,
        reason: String,
    ) -> Result<FreezeAnswer, EngineError> {
        principal.require(Role::Admin)?;
        let action = Action::Freeze { freeze_id: self.ids.fresh(), scope: scope.clone(), reason };
        let Changed { state, position, already } = self.change_freezes(principal, action).await?;
        // There is one: the domain made it, or found it.
        let freeze = state.of(&scope).cloned().ok_or(Rejection::NotFound)?;
        Ok(FreezeAnswer { freeze, position, already })
    }

    /// Ends a freeze. Takes the role `admin`.
    ///
    /// # Errors
    /// `missing_role`; `freeze_not_found`, also where the freeze is another tenant's; the log's errors.
    pub async fn unfreeze(
        &self,
        principal: &Principal,
        freeze_id: Uuid,
        reason: Option<String>,
    ) -> Result<EndAnswer, EngineError> {
        principal.require(Role::Admin)?;
        let action = Action::Unfreeze { freeze_id, reason };
        let Changed { position, already, .. } = self.change_freezes(principal, action).await?;
        Ok(EndAnswer { id: freeze_id, position, already })
    }

    /// The tenant's freezes in force: its own, then agents', then functions' by name; and the position of the last event about
    /// them.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub async fn freezes(&self, tenant: &TenantId) -> Result<(Vec<Freeze>, GlobalPosition), EngineError> {
        let loaded = self.load_freezes(tenant).await?;
        Ok((loaded.state.in_force().cloned().collect(), loaded.position()))
    }
}
