//! What a command on an execution rests on beside the execution: freezes, the policy set in force, who reviews as what.

use std::collections::BTreeSet;

use proto_events::{Actor, GlobalPosition, StreamId, TenantId, Timestamp};
use vidimus_domain::{
    execution::{Action, Command, Execution, Reviewer, Stage, StandsInFor},
    reviewer,
};
use vidimus_log::StreamWrite;

use crate::{Engine, EngineError, Principal, Role, govern::frozen_by};

impl Engine {
    /// Puts into the command what it rests on beside the execution, and answers the guards that hold it there until the
    /// append. `decided_at`: where the last decision on it stands.
    pub(crate) async fn look_up(
        &self,
        principal: &Principal,
        execution: &Execution,
        decided_at: GlobalPosition,
        command: &mut Command,
    ) -> Result<Vec<StreamWrite>, EngineError> {
        let (tenant, call) = (&principal.tenant, execution.call());
        let guard = |stream, expected| StreamWrite { stream, expected, events: Vec::new() };
        let mut guards = Vec::new();
        let stands_still = matches!(
            command.action,
            Action::Confirm { .. }
                | Action::Approve { .. }
                | Action::Start { .. }
                | Action::Expire
                | Action::Escalate
                | Action::Remind
        );
        if stands_still {
            let freezes = self.load_freezes(tenant).await?;
            command.frozen = freezes.state.covering(&call.agent, &call.function).map(frozen_by);
            guards.push(guard(StreamId::freezes(), freezes.expected()));
        }
        match &mut command.action {
            Action::Approve { reviewer, .. }
            | Action::Deny { reviewer, .. }
            | Action::Abort { reviewer, .. } => {
                let reviewers = self.load_reviewers(tenant).await?;
                *reviewer = as_reviewer(principal, &reviewers.state, command.at);
                guards.push(guard(StreamId::reviewers(), reviewers.expected()));
            }
            Action::Start { policy_set, .. } => {
                let policy = self.load_policy(tenant).await?;
                *policy_set = policy.state.in_force().map(|digest| digest.to_string());
                guards.push(guard(StreamId::policy(), policy.expected()));
                guards.extend(self.still_permitted(tenant, execution, decided_at).await?);
            }
            _ => {}
        }
        Ok(guards)
    }

    /// What a permit rests on beside the policy set. Where any of it changed since the last decision, the call is decided
    /// again here: the keeper of deadlines may not have come to it yet. What that led to shows in the execution's own stream.
    async fn still_permitted(
        &self,
        tenant: &TenantId,
        execution: &Execution,
        decided_at: GlobalPosition,
    ) -> Result<Vec<StreamWrite>, EngineError> {
        if execution.stage != Stage::Permitted {
            return Ok(Vec::new());
        }
        let call = execution.call();
        let (function, connection) = (&call.function, call.function.connection());
        let access = self.load_function(tenant, function).await?;
        let described = self.load_connection(tenant, connection).await?;
        let scopes = self.load_agent_scopes(tenant, &call.agent).await?;
        let changed = access.position().max(described.position()).max(scopes.position());
        if changed > decided_at {
            match self.redecide(tenant, execution.id(), "changed_before_start").await {
                // Whatever it came to: the start is decided on what is so now.
                Ok(_) | Err(EngineError::Execution(_)) => {}
                Err(error) => return Err(error),
            }
        }
        let guard = |stream, expected| StreamWrite { stream, expected, events: Vec::new() };
        Ok(vec![
            guard(StreamId::function(function), access.expected()),
            guard(StreamId::connection(connection), described.expected()),
            guard(StreamId::agent_scopes(&call.agent), scopes.expected()),
        ])
    }
}

/// What a principal is as a reviewer: its roles and groups, and those in whose place it decides now.
fn as_reviewer(principal: &Principal, reviewers: &reviewer::State, at: Timestamp) -> Reviewer {
    let groups = |actor: &Actor| -> BTreeSet<String> { reviewers.groups_of(actor).into_iter().collect() };
    let stands_in_for = reviewers.stands_in_for(&principal.actor, at).into_iter();
    Reviewer {
        approver: principal.is(Role::Approver),
        admin: principal.is(Role::Admin),
        groups: groups(&principal.actor),
        stands_in_for: stands_in_for.map(|actor| StandsInFor { groups: groups(&actor), actor }).collect(),
    }
}
