//! The layer of the function's access.

use proto_events::{Access, Layer, Outcome, Reviewers};

use super::{Found, Inputs, one_approval, owner_as_reviewers};

/// Code: the function is not known, its access was never set.
pub(crate) const UNKNOWN: &str = "function_unknown";
/// Code: the function's access is `Disabled`.
pub(crate) const DISABLED: &str = "function_disabled";
/// Code: the function's access is `EnabledWithConfirmation`.
pub(crate) const NEEDS_APPROVAL: &str = "function_needs_approval";
/// Code: the function's access is `Enabled`.
pub(crate) const ENABLED: &str = "function_enabled";

pub(super) fn found(inputs: &Inputs<'_>) -> Found {
    let (function, layer) = (&inputs.call.function, Layer::FunctionAccess);
    match inputs.access {
        None => Found::blocked(layer, UNKNOWN, format!("function `{function}` is not known here"))
            .remedy("an administrator sets the access to the function", "admin"),
        Some(Access::Disabled) => {
            Found::blocked(layer, DISABLED, format!("function `{function}` is disabled"))
                .remedy("an administrator enables the function", "admin")
        }
        Some(Access::EnabledWithConfirmation) => {
            let reason =
                format!("function `{function}` is enabled with confirmation: each call has to be approved");
            let owner = inputs.description.and_then(|description| description.owner.as_deref());
            let reviewers: Reviewers = owner_as_reviewers(owner);
            Found::new(layer, Outcome::AwaitingApproval, NEEDS_APPROVAL, reason)
                .asking(one_approval(NEEDS_APPROVAL, reviewers))
        }
        Some(Access::Enabled) => {
            Found::new(layer, Outcome::Allowed, ENABLED, format!("function `{function}` is enabled"))
        }
    }
}
