//! What happens on a command.

use std::{collections::BTreeSet, time::Duration};

use proto_events::{Actor, ActorKind, Delegated, DelegationEnded, GroupChanged, ReviewerEvent, Timestamp};
use uuid::Uuid;

use super::{Action, Command, Rejection, State};
use crate::{
    execution::MAX_TEXT_CHARS,
    field::{self, InvalidField},
};

/// Most groups of a tenant.
pub const MAX_GROUPS: usize = 200;
/// Most members of a group.
pub const MAX_MEMBERS: usize = 1_000;
/// The longest name of a group, in bytes.
pub const MAX_GROUP_BYTES: usize = 64;
/// Most delegations of a tenant that are not over.
pub const MAX_DELEGATIONS: usize = 1_000;
/// How long a delegation lasts at most: 90 days.
pub const MAX_DELEGATION: Duration = Duration::from_secs(90 * 24 * 3_600);
/// How far ahead a delegation may begin: 365 days.
pub const MAX_DELEGATION_AHEAD: Duration = Duration::from_secs(365 * 24 * 3_600);

/// What happens when `command` is given in `state`; nothing where it is already so.
///
/// # Errors
/// When the command is refused; see [`Rejection`].
pub fn decide(state: &State, command: &Command) -> Result<Vec<ReviewerEvent>, Rejection> {
    field::actor("by", &command.by)?;
    let Command { by, at, action } = command;
    if by.kind == ActorKind::Agent {
        return Err(Rejection::AgentCannotManageReviewers { actor: by.clone() });
    }
    match action {
        Action::SetGroup { group, members } => group_set(state, group, members),
        Action::Delegate { delegation_id, from, to, starts_at, ends_at, reason, is_admin } => {
            field::optional("reason", reason.as_deref(), MAX_TEXT_CHARS)?;
            people(from, to)?;
            if !is_admin && by != from {
                return Err(Rejection::NotTheirs { actor: by.clone(), of: from.clone() });
            }
            let (starts_at, ends_at) = period(*at, *starts_at, *ends_at)?;
            room(state, *at, *delegation_id)?;
            Ok(vec![ReviewerEvent::Delegated(Delegated {
                delegation_id: *delegation_id,
                from: from.clone(),
                to: to.clone(),
                starts_at,
                ends_at,
                reason: reason.clone(),
            })])
        }
        Action::EndDelegation { delegation_id, is_admin } => ended(state, by, *delegation_id, *is_admin),
    }
}

/// Whether a group can have this name.
pub fn is_group(name: &str) -> bool {
    (1..=MAX_GROUP_BYTES).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
}

fn group_set(state: &State, group: &str, members: &[Actor]) -> Result<Vec<ReviewerEvent>, Rejection> {
    if !is_group(group) {
        return Err(invalid("group", "is no group: use 1 to 64 ASCII letters, digits, `_` and `-`"));
    }
    if members.len() > MAX_MEMBERS {
        return Err(invalid("members", "has more than 1000 members"));
    }
    for member in members {
        field::actor("members", member)?;
        if matches!(member.kind, ActorKind::Agent | ActorKind::System) {
            return Err(invalid("members", "has one that is neither a user nor a service"));
        }
    }
    let members: BTreeSet<Actor> = members.iter().cloned().collect();
    let known = state.groups.get(group);
    if known.map_or(members.is_empty(), |known| **known == members) {
        return Ok(Vec::new());
    }
    if known.is_none() && state.groups.len() >= MAX_GROUPS {
        return Err(Rejection::TooManyGroups { max: MAX_GROUPS });
    }
    let members = members.into_iter().collect();
    Ok(vec![ReviewerEvent::GroupChanged(GroupChanged { group: group.to_owned(), members })])
}

fn people(from: &Actor, to: &Actor) -> Result<(), Rejection> {
    for (name, actor) in [("from", from), ("to", to)] {
        field::actor(name, actor)?;
        if actor.kind != ActorKind::User {
            return Err(invalid(
                name,
                "is no user: only people are absent, and only people stand in for them",
            ));
        }
    }
    if from == to {
        return Err(Rejection::ToOneself { actor: from.clone() });
    }
    Ok(())
}

/// From when to when, not before now.
fn period(
    at: Timestamp,
    starts_at: Timestamp,
    ends_at: Timestamp,
) -> Result<(Timestamp, Timestamp), Rejection> {
    let starts_at = starts_at.max(at);
    if ends_at <= starts_at {
        return Err(Rejection::EndsBeforeItStarts { ends_at });
    }
    if starts_at > at.plus(MAX_DELEGATION_AHEAD) {
        let latest = at.plus(MAX_DELEGATION_AHEAD);
        return Err(Rejection::StartsTooFar { starts_at, latest });
    }
    if ends_at > starts_at.plus(MAX_DELEGATION) {
        return Err(Rejection::TooLong { latest: starts_at.plus(MAX_DELEGATION) });
    }
    Ok((starts_at, ends_at))
}

fn room(state: &State, at: Timestamp, delegation_id: Uuid) -> Result<(), Rejection> {
    if state.delegation(delegation_id).is_some() || state.has_ended(delegation_id) {
        return Err(Rejection::Exists { delegation_id });
    }
    if state.delegations(at).count() >= MAX_DELEGATIONS {
        return Err(Rejection::TooManyDelegations { max: MAX_DELEGATIONS });
    }
    Ok(())
}

/// Whoever is absent, whoever stands in for them, and administrators end it.
fn ended(
    state: &State,
    by: &Actor,
    delegation_id: Uuid,
    is_admin: bool,
) -> Result<Vec<ReviewerEvent>, Rejection> {
    if state.has_ended(delegation_id) {
        return Ok(Vec::new());
    }
    let delegation = state.delegation(delegation_id).ok_or(Rejection::DelegationNotFound)?;
    if !is_admin && *by != delegation.from && *by != delegation.to {
        return Err(Rejection::NotTheirs { actor: by.clone(), of: delegation.from.clone() });
    }
    Ok(vec![ReviewerEvent::DelegationEnded(DelegationEnded { delegation_id })])
}

const fn invalid(field: &'static str, problem: &'static str) -> Rejection {
    Rejection::Field(InvalidField::Invalid { field, problem })
}
