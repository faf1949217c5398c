//! What happens on a command.

use std::time::Duration;

use proto_events::{ActorKind, GrantCreated, GrantEvent, GrantRevoked, GrantUsed, Timestamp};
use uuid::Uuid;

use super::{Action, Command, Create, Rejection, State, amount, applicable::usable, condition};
use crate::{
    execution::MAX_TEXT_CHARS,
    field::{self, InvalidField},
};

/// Most grants that are good at a time in a tenant.
pub const MAX_GRANTS: usize = 1_000;
/// How long a grant is good at most: 90 days.
pub const MAX_AHEAD: Duration = Duration::from_secs(90 * 24 * 3_600);

/// What happens when `command` is given in `state`; nothing where it is already so.
///
/// # Errors
/// When the command is refused; see [`Rejection`].
pub fn decide(state: &State, command: &Command) -> Result<Vec<GrantEvent>, Rejection> {
    field::actor("by", &command.by)?;
    let (grant_id, at) = (command.grant_id, command.at);
    // Whoever proposes a call uses a grant, agents above all; to give and to take is for people.
    let is_managing = !matches!(command.action, Action::Use { .. });
    if is_managing && command.by.kind == ActorKind::Agent {
        return Err(Rejection::AgentCannotManageGrants { actor: command.by.clone() });
    }
    match &command.action {
        Action::Create(create) => created(state, at, grant_id, create),
        Action::Revoke { reason } => revoked(state, grant_id, reason.as_deref()),
        Action::Use { execution_id, amount } => used(state, at, grant_id, *execution_id, amount.as_deref()),
    }
}

fn created(
    state: &State,
    at: Timestamp,
    grant_id: Uuid,
    create: &Create,
) -> Result<Vec<GrantEvent>, Rejection> {
    let Create { scope, max_uses, max_sum, expires_at, reason } = create;
    field::name("scope.agent", &scope.agent)?;
    if let Some(conversation) = &scope.conversation {
        field::name("scope.conversation", conversation)?;
    }
    condition::validate(&scope.conditions)?;
    if *max_uses == Some(0) {
        return Err(invalid("max_uses", "is 0; give at least 1, or leave it out for any number"));
    }
    if max_sum.as_deref().is_some_and(|sum| amount(sum).is_none_or(|sum| sum.is_zero())) {
        return Err(invalid(
            "max_sum",
            "is no decimal number over zero; use one like `99.50`, of at most 16 digits before the point and 9 after it",
        ));
    }
    field::text("reason", reason, MAX_TEXT_CHARS)?;
    if *expires_at <= at {
        return Err(Rejection::ExpiryInThePast { expires_at: *expires_at });
    }
    if *expires_at > at.plus(MAX_AHEAD) {
        return Err(Rejection::ExpiryTooFar { expires_at: *expires_at, latest: at.plus(MAX_AHEAD) });
    }
    if state.get(grant_id).is_some() {
        return Err(Rejection::Exists { grant_id });
    }
    if state.in_force(at).count() >= MAX_GRANTS {
        return Err(Rejection::TooMany { max: MAX_GRANTS });
    }
    Ok(vec![GrantEvent::Created(GrantCreated {
        grant_id,
        scope: scope.clone(),
        max_uses: *max_uses,
        max_sum: max_sum.clone(),
        expires_at: *expires_at,
        reason: reason.clone(),
    })])
}

fn revoked(state: &State, grant_id: Uuid, reason: Option<&str>) -> Result<Vec<GrantEvent>, Rejection> {
    field::optional("reason", reason, MAX_TEXT_CHARS)?;
    let grant = state.get(grant_id).ok_or(Rejection::NotFound)?;
    if grant.revoked.is_some() {
        return Ok(Vec::new());
    }
    Ok(vec![GrantEvent::Revoked(GrantRevoked { grant_id, reason: reason.map(str::to_owned) })])
}

pub(super) fn used(
    state: &State,
    at: Timestamp,
    grant_id: Uuid,
    execution_id: Uuid,
    given: Option<&str>,
) -> Result<Vec<GrantEvent>, Rejection> {
    let grant = state.get(grant_id).ok_or(Rejection::NotFound)?;
    usable(grant, at, given)?;
    // Good by this clock, and over by that of an earlier event: uses of it are no longer counted.
    if !state.open.contains_key(&grant_id) {
        return Err(Rejection::Expired { grant_id, expired_at: grant.expires_at });
    }
    // Where no sum is kept, what cannot be counted is left out.
    let amount = given.and_then(amount).map(|amount| amount.to_string());
    Ok(vec![GrantEvent::Used(GrantUsed { grant_id, execution_id, amount })])
}

const fn invalid(field: &'static str, problem: &'static str) -> Rejection {
    Rejection::Field(InvalidField::Invalid { field, problem })
}
