//! Reviewers: their groups, and who stands in for whom.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use proto_events::{Actor, Event, GlobalPosition, Role, StreamId, TenantId, Timestamp};
use uuid::Uuid;
use vidimus_domain::reviewer::{Action, Command, Delegation, Happened, Rejection, State, decide, evolve};

use crate::{
    EndAnswer, Engine, EngineError, Principal,
    engine::{Changed, Loaded},
};

/// The answer to setting a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupAnswer {
    /// The group.
    pub group: String,
    /// Everybody who is in it; nobody: there is no such group.
    pub members: Arc<BTreeSet<Actor>>,
    /// Position of the last event about the tenant's reviewers.
    pub position: GlobalPosition,
    /// Whether nothing changed.
    pub already: bool,
}

/// A delegation that shall be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDelegation {
    /// Whose approvals; `None`: those of whoever asks.
    pub from: Option<Actor>,
    /// Who decides in their place.
    pub to: Actor,
    /// From when on; `None`, and what is over: from now on.
    pub starts_at: Option<Timestamp>,
    /// Until when; at most 90 days after it starts.
    pub ends_at: Timestamp,
    /// Why.
    pub reason: Option<String>,
}

/// A delegation, and whether it holds now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownDelegation {
    /// The delegation.
    pub delegation: Delegation,
    /// Whether it holds; otherwise it is to come.
    pub in_force: bool,
}

/// The answer to a new delegation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DelegationAnswer {
    /// The delegation.
    pub delegation: Delegation,
    /// Whether it holds; otherwise it is to come.
    pub in_force: bool,
    /// Position of the event.
    pub position: GlobalPosition,
}

/// The members of each group, by its name.
pub type Groups = BTreeMap<String, Arc<BTreeSet<Actor>>>;

impl Engine {
    /// Asked for by every proposal, and by every review.
    pub(crate) async fn load_reviewers(&self, tenant: &TenantId) -> Result<Loaded<Arc<State>>, EngineError> {
        self.load_folded(&self.reviewers, tenant, &StreamId::reviewers(), |state: State, recorded, event| {
            match event {
                Event::Reviewer(event) => {
                    let (by, at) = (&recorded.event.actor, recorded.event.recorded_at);
                    evolve(state, Happened { by, at, event })
                }
                _ => state,
            }
        })
        .await
    }

    async fn change_reviewers(
        &self,
        principal: &Principal,
        action: impl Fn(Timestamp) -> Action + Send + Sync,
    ) -> Result<Changed<Arc<State>>, EngineError> {
        let (tenant, stream) = (&principal.tenant, StreamId::reviewers());
        let load = || self.load_reviewers(tenant);
        let decide = |state: Arc<State>, at| {
            let command = Command { by: principal.actor.clone(), at, action: action(at) };
            let events = decide(&state, &command)?;
            let state = Arc::unwrap_or_clone(state).then(&command.by, at, &events);
            Ok((Arc::new(state), events.into_iter().map(Event::Reviewer).collect()))
        };
        self.change(principal, &stream, load, decide).await
    }

    /// Says who is in a group of reviewers; nobody: there is no such group any more. Takes the role `admin`.
    ///
    /// # Errors
    /// `missing_role`; the domain's rejections; the log's errors.
    pub async fn set_group(
        &self,
        principal: &Principal,
        group: String,
        members: Vec<Actor>,
    ) -> Result<GroupAnswer, EngineError> {
        principal.require(Role::Admin)?;
        let action = |_| Action::SetGroup { group: group.clone(), members: members.clone() };
        let Changed { state, position, already } = self.change_reviewers(principal, action).await?;
        let members = state.groups.get(&group).cloned().unwrap_or_default();
        Ok(GroupAnswer { group, members, position, already })
    }

    /// The tenant's groups, and the position of the last event about its reviewers.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub async fn groups(&self, tenant: &TenantId) -> Result<(Groups, GlobalPosition), EngineError> {
        let loaded = self.load_reviewers(tenant).await?;
        Ok((loaded.state.groups.clone(), loaded.position()))
    }

    /// Lets somebody decide in another's place for a time. Takes the role `approver` for oneself, `admin` for anybody.
    ///
    /// # Errors
    /// `missing_role`; the domain's rejections; the log's errors.
    pub async fn delegate(
        &self,
        principal: &Principal,
        new: NewDelegation,
    ) -> Result<DelegationAnswer, EngineError> {
        let is_admin = reviews_or_administers(principal)?;
        let delegation_id = self.ids.fresh();
        let action = |at| Action::Delegate {
            delegation_id,
            from: new.from.clone().unwrap_or_else(|| principal.actor.clone()),
            to: new.to.clone(),
            starts_at: new.starts_at.unwrap_or(at),
            ends_at: new.ends_at,
            reason: new.reason.clone(),
            is_admin,
        };
        let Changed { state, position, .. } = self.change_reviewers(principal, action).await?;
        // There is one: the domain made it.
        let delegation = state.delegation(delegation_id).cloned().ok_or(Rejection::DelegationNotFound)?;
        let in_force = delegation.is_in_force(self.clock.now());
        Ok(DelegationAnswer { delegation, in_force, position })
    }

    /// Ends a delegation before its time. Takes the role `approver` for one from or to oneself, `admin` for any.
    ///
    /// # Errors
    /// `missing_role`; `delegation_not_found`, also where the delegation is another tenant's; the domain's other rejections;
    /// the log's errors.
    pub async fn end_delegation(
        &self,
        principal: &Principal,
        delegation_id: Uuid,
    ) -> Result<EndAnswer, EngineError> {
        let is_admin = reviews_or_administers(principal)?;
        let action = |_| Action::EndDelegation { delegation_id, is_admin };
        let Changed { position, already, .. } = self.change_reviewers(principal, action).await?;
        Ok(EndAnswer { id: delegation_id, position, already })
    }

    /// The tenant's delegations that are not over, newest first, and the position of the last event about its reviewers.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub async fn delegations(
        &self,
        tenant: &TenantId,
    ) -> Result<(Vec<KnownDelegation>, GlobalPosition), EngineError> {
        let loaded = self.load_reviewers(tenant).await?;
        let now = self.clock.now();
        let known = |delegation: &Delegation| KnownDelegation {
            delegation: delegation.clone(),
            in_force: delegation.is_in_force(now),
        };
        let mut delegations: Vec<_> = loaded.state.delegations(now).map(known).collect();
        let newest = |known: &KnownDelegation| (known.delegation.created_at, known.delegation.delegation_id);
        delegations.sort_by_key(|known| std::cmp::Reverse(newest(known)));
        Ok((delegations, loaded.position()))
    }
}

/// Whether it is an administrator; otherwise it has to be an approver.
fn reviews_or_administers(principal: &Principal) -> Result<bool, EngineError> {
    let is_admin = principal.is(Role::Admin);
    if !is_admin {
        principal.require(Role::Approver)?;
    }
    Ok(is_admin)
}
