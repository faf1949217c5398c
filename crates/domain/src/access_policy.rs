//! The decision on a call from the function's access alone: what holds as long as there is no policy set.

use proto_events::{
    Access, ArgumentsDigest, Decision, Facts, FunctionName, Layer, LayerFinding, Outcome, StreamVersion,
};
use serde_json::Value;

/// Name of the fact: the function's access, `null` where it was never set.
pub const FACT_ACCESS: &str = "function.access";
/// Name of the fact: version of the function's stream that the access was read at, `null` where there is none.
pub const FACT_ACCESS_VERSION: &str = "function.access.version";

/// Code: the function is not known, its access was never set.
pub const FUNCTION_UNKNOWN: &str = "function_unknown";
/// Code: the function's access is `Disabled`.
pub const FUNCTION_DISABLED: &str = "function_disabled";
/// Code: the function's access is `EnabledWithConfirmation`.
pub const FUNCTION_NEEDS_APPROVAL: &str = "function_needs_approval";
/// Code: the function's access is `Enabled`.
pub const FUNCTION_ENABLED: &str = "function_enabled";

/// The decision on a call of `function` with the arguments of `arguments_digest`.
///
/// `access` is the function's access and `version` the version of its stream that it was read at; both `None` where it
/// was never set, which blocks.
pub fn decision_from_access(
    function: &FunctionName,
    access: Option<Access>,
    version: Option<StreamVersion>,
    arguments_digest: ArgumentsDigest,
) -> Decision {
    let (outcome, code, reason) = match access {
        None => (Outcome::Blocked, FUNCTION_UNKNOWN, format!("function `{function}` is not known here")),
        Some(Access::Disabled) => {
            (Outcome::Blocked, FUNCTION_DISABLED, format!("function `{function}` is disabled"))
        }
        Some(Access::EnabledWithConfirmation) => (
            Outcome::AwaitingApproval,
            FUNCTION_NEEDS_APPROVAL,
            format!("function `{function}` is enabled with confirmation: each call has to be approved"),
        ),
        Some(Access::Enabled) => {
            (Outcome::Allowed, FUNCTION_ENABLED, format!("function `{function}` is enabled"))
        }
    };
    let facts = Facts::from([
        (FACT_ACCESS.to_owned(), access.map_or(Value::Null, |access| Value::from(access.as_str()))),
        (FACT_ACCESS_VERSION.to_owned(), version.map_or(Value::Null, |version| Value::from(version.get()))),
    ]);
    let finding = LayerFinding { layer: Layer::FunctionAccess, outcome, code: code.to_owned(), reason };
    Decision {
        outcome,
        arguments_digest,
        policy_set: None,
        findings: vec![finding],
        matched_rules: Vec::new(),
        facts,
    }
}

/// What would have to be there, and who can do something about it; for the code of a finding that blocks.
pub fn remedy(code: &str) -> Option<(&'static str, &'static str)> {
    match code {
        FUNCTION_UNKNOWN => Some(("an administrator sets the access to the function", "admin")),
        FUNCTION_DISABLED => Some(("an administrator enables the function", "admin")),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
