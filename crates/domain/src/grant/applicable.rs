//! The grant for a call.

use proto_events::{CallRef, Timestamp};
use serde_json::Value;

use super::{Grant, Rejection, Standing, State, amount, is_met};

/// The grant that lets this call through at `at`, if one does: the one that expires first. It covers the agent, the function,
/// the conversation and the arguments, and has enough left for one more call of this amount.
pub fn applicable<'a>(
    state: &'a State,
    at: Timestamp,
    call: &CallRef,
    arguments: &Value,
    amount: Option<&str>,
) -> Option<&'a Grant> {
    let covers = |grant: &&Grant| {
        let scope = &grant.scope;
        scope.agent == call.agent
            && scope.function == call.function
            && scope.conversation.as_ref().is_none_or(|only| *only == call.conversation)
            && scope.conditions.iter().all(|condition| is_met(condition, arguments))
    };
    state
        .in_force(at)
        .filter(covers)
        .filter(|grant| usable(grant, at, amount).is_ok())
        .min_by_key(|grant| (grant.expires_at, grant.grant_id))
}

/// The call's amount: the argument that the catalogue names by JSON Pointer, where it is a number or a decimal number in text,
/// as [`amount`] reads it.
pub fn amount_at(arguments: &Value, pointer: &str) -> Option<String> {
    let text = match arguments.pointer(pointer)? {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        _ => return None,
    };
    amount(&text).map(|amount| amount.to_string())
}

/// Whether the grant has enough left for one more call of this amount.
pub(super) fn usable(grant: &Grant, at: Timestamp, given: Option<&str>) -> Result<(), Rejection> {
    let grant_id = grant.grant_id;
    match grant.standing(at) {
        Standing::InForce => {}
        Standing::Revoked => return Err(Rejection::Revoked { grant_id }),
        Standing::UsedUp => return Err(Rejection::UsedUp { grant_id }),
        Standing::Expired => return Err(Rejection::Expired { grant_id, expired_at: grant.expires_at }),
    }
    let Some(max) = grant.max_sum else { return Ok(()) };
    let amount = given.and_then(amount).ok_or(Rejection::AmountUnreadable { grant_id })?;
    match grant.sum.checked_add(amount) {
        Some(sum) if sum <= max => Ok(()),
        _ => Err(Rejection::SumExceeded { grant_id, left: max.saturating_sub(grant.sum) }),
    }
}
