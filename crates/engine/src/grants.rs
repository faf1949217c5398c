//! Grants: approvals given in advance.

use std::sync::Arc;

use proto_events::{Event, GlobalPosition, GrantScope, Role, StreamId, TenantId, Timestamp};
use uuid::Uuid;
use vidimus_domain::grant::{
    Action, Command, Create, Grant, Happened, Rejection, Standing, State, decide, evolve,
};

use crate::{
    Engine, EngineError, Principal,
    engine::{Changed, Loaded},
};

/// A grant that shall be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewGrant {
    /// What it covers.
    pub scope: GrantScope,
    /// How many calls it lets through; `None`: as many as come.
    pub max_uses: Option<u32>,
    /// How much they may sum up to, as a decimal number in text; `None`: no matter.
    pub max_sum: Option<String>,
    /// From when on it is no longer good; at most 90 days ahead.
    pub expires_at: Timestamp,
    /// Why.
    pub reason: String,
}

/// A grant, and whether it is good now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownGrant {
    /// The grant.
    pub grant: Arc<Grant>,
    /// Whether it is good.
    pub standing: Standing,
}

/// The answer to a command on a grant, or to reading it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantAnswer {
    /// The grant.
    pub grant: Arc<Grant>,
    /// Whether it is good.
    pub standing: Standing,
    /// Position of the last event about the tenant's grants.
    pub position: GlobalPosition,
    /// Whether nothing changed.
    pub already: bool,
}

impl Engine {
    /// Asked for by every proposal.
    pub(crate) async fn load_grants(&self, tenant: &TenantId) -> Result<Loaded<Arc<State>>, EngineError> {
        self.load_folded(&self.grants, tenant, &StreamId::grants(), |state: State, recorded, event| {
            match event {
                Event::Grant(event) => {
                    let (by, at) = (&recorded.event.actor, recorded.event.recorded_at);
                    evolve(state, Happened { by, at, event })
                }
                _ => state,
            }
        })
        .await
    }

    async fn change_grant(
        &self,
        principal: &Principal,
        grant_id: Uuid,
        action: Action,
    ) -> Result<GrantAnswer, EngineError> {
        let (tenant, stream) = (&principal.tenant, StreamId::grants());
        let load = || self.load_grants(tenant);
        let decide = |state: Arc<State>, at| {
            let command = Command { by: principal.actor.clone(), at, grant_id, action: action.clone() };
            let events = decide(&state, &command)?;
            let state = Arc::unwrap_or_clone(state).then(&command.by, at, &events);
            Ok((Arc::new(state), events.into_iter().map(Event::Grant).collect()))
        };
        let Changed { state, position, already } = self.change(principal, &stream, load, decide).await?;
        // There is one: the domain made it, or found it.
        let KnownGrant { grant, standing } = self.known(&state, grant_id).ok_or(Rejection::NotFound)?;
        Ok(GrantAnswer { grant, standing, position, already })
    }

    fn known(&self, state: &State, grant_id: Uuid) -> Option<KnownGrant> {
        let grant = Arc::clone(state.shared(grant_id)?);
        let standing = grant.standing(self.clock.now());
        Some(KnownGrant { grant, standing })
    }

    /// Gives a grant. Takes the role `admin`.
    ///
    /// # Errors
    /// `missing_role`; the domain's rejections; the log's errors.
    pub async fn create_grant(
        &self,
        principal: &Principal,
        new: NewGrant,
    ) -> Result<GrantAnswer, EngineError> {
        principal.require(Role::Admin)?;
        let NewGrant { scope, max_uses, max_sum, expires_at, reason } = new;
        let create = Create { scope, max_uses, max_sum, expires_at, reason };
        self.change_grant(principal, self.ids.fresh(), Action::Create(create)).await
    }

    /// Takes a grant back; what it let through stays. Takes the role `admin`.
    ///
    /// # Errors
    /// `missing_role`; `grant_not_found`, also where the grant is another tenant's; the log's errors.
    pub async fn revoke_grant(
        &self,
        principal: &Principal,
        grant_id: Uuid,
        reason: Option<String>,
    ) -> Result<GrantAnswer, EngineError> {
        principal.require(Role::Admin)?;
        self.change_grant(principal, grant_id, Action::Revoke { reason }).await
    }

    /// A grant of the tenant, if there is one with this id.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub async fn grant(&self, tenant: &TenantId, grant_id: Uuid) -> Result<Option<GrantAnswer>, EngineError> {
        let loaded = self.load_grants(tenant).await?;
        let position = loaded.position();
        let known = self.known(&loaded.state, grant_id);
        Ok(known.map(|KnownGrant { grant, standing }| GrantAnswer {
            grant,
            standing,
            position,
            already: true,
        }))
    }

    /// The tenant's grants, newest first: those that are good, and the last thousand that were; and the position of the last
    /// event about them.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub async fn grants(&self, tenant: &TenantId) -> Result<(Vec<KnownGrant>, GlobalPosition), EngineError> {
        let loaded = self.load_grants(tenant).await?;
        let now = self.clock.now();
        let known =
            |grant: &Arc<Grant>| KnownGrant { grant: Arc::clone(grant), standing: grant.standing(now) };
        let mut grants: Vec<_> = loaded.state.all().map(known).collect();
        grants.sort_by_key(|known| std::cmp::Reverse((known.grant.created_at, known.grant.grant_id)));
        Ok((grants, loaded.position()))
    }
}
