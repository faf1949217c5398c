//! What happens on a command.

use std::collections::BTreeMap;

use proto_events::{ActorKind, Digest, PolicyEvent, PolicySetActivated, PolicySetShadowed, PolicySetStored};

use super::{Action, Command, Rejection, State};
use crate::{execution::MAX_TEXT_CHARS, field};

/// Most bytes of a set's files, names included.
pub const MAX_POLICY_BYTES: usize = 256 * 1024;

/// What happens when `command` is given in `state`; nothing where it is already so.
///
/// # Errors
/// When the command is refused; see [`Rejection`].
pub fn decide(state: &State, command: &Command) -> Result<Vec<PolicyEvent>, Rejection> {
    field::actor("by", &command.by)?;
    if command.by.kind == ActorKind::Agent {
        return Err(Rejection::AgentCannotManagePolicy { actor: command.by.clone() });
    }
    match &command.action {
        Action::Activate { policy_set, expected_former, reason } => {
            field::optional("reason", reason.as_deref(), MAX_TEXT_CHARS)?;
            activated(state, *policy_set, *expected_former, reason.as_deref())
        }
        Action::Shadow { policy_set, reason } => {
            field::optional("reason", reason.as_deref(), MAX_TEXT_CHARS)?;
            if state.shadow() == *policy_set {
                return Ok(Vec::new());
            }
            let (policy_set, reason) = (*policy_set, reason.clone());
            Ok(vec![PolicyEvent::Shadowed(PolicySetShadowed { policy_set, reason })])
        }
    }
}

fn activated(
    state: &State,
    policy_set: Option<Digest>,
    expected_former: Option<Option<Digest>>,
    reason: Option<&str>,
) -> Result<Vec<PolicyEvent>, Rejection> {
    let former = state.in_force();
    // A retry finds what it wanted: that is no change by somebody else.
    if former == policy_set {
        return Ok(Vec::new());
    }
    if expected_former.is_some_and(|expected| expected != former) {
        return Err(Rejection::ChangedMeanwhile { in_force: former });
    }
    let reason = reason.map(str::to_owned);
    Ok(vec![PolicyEvent::Activated(PolicySetActivated { policy_set, former, reason })])
}

/// What happens when a set is to be stored under its digest; nothing where it `is_stored`. That the digest is the files' is
/// for the caller.
///
/// # Errors
/// Files that are none, or too much.
pub fn store(
    is_stored: bool,
    policy_set: Digest,
    files: &BTreeMap<String, String>,
) -> Result<Vec<PolicyEvent>, Rejection> {
    if files.is_empty() {
        return Err(Rejection::FilesMissing);
    }
    let len = files.iter().map(|(name, text)| name.len() + text.len()).sum();
    field::bytes("files", len, MAX_POLICY_BYTES, "has more than 256 KiB")?;
    if is_stored {
        return Ok(Vec::new());
    }
    Ok(vec![PolicyEvent::Stored(PolicySetStored { policy_set, files: files.clone() })])
}
