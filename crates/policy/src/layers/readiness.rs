//! What has to be so before a call: each check fails with its own reason.
//!
//! | check | code |
//! |---|---|
//! | the function is one that the agent can see | `function_not_visible` |
//! | the agent has the function's scopes | `scope_missing` |
//! | the circumstances name what the function needs | `context_missing` |
//! | the data that the call rests on is fresh enough | `data_stale` |
//! | the caller says what the result is for, and that fits the tool | `intended_use_missing`, `intended_use_mismatch` |
//! | somebody answers for the review of an action | `review_owner_unknown` |
//!
//! Required fields of the arguments are the schema's business, the tenant's boundary is the key's.

use proto_events::{FunctionDescription, FunctionName, Layer, Outcome, RiskLevel, Timestamp, ToolType};
use serde_json::Value;

use super::{Found, Inputs};

/// Member of the circumstances: why nothing has to be done.
const NO_ACTION: &str = "no_action";
/// Member of the circumstances: from when the data is that the call rests on, RFC 3339.
const DATA_AS_OF: &str = "data_as_of";
/// How far ahead of ours the clock may be that told the time of the data.
const CLOCKS_DIFFER_SECONDS: i64 = 60;
/// Member of the circumstances: what the result is for.
const INTENDED_USE: &str = "intended_use";

fn blocked(code: &str, reason: String) -> Found {
    Found::blocked(Layer::Readiness, code, reason)
}

fn member<'a>(context: Option<&'a Value>, name: &str) -> Option<&'a Value> {
    context?.get(name).filter(|value| !value.is_null())
}

/// The workflow decided that there is nothing to do: that is put on record with what it says, and nothing runs.
pub(super) fn no_action(inputs: &Inputs<'_>) -> Option<Found> {
    let reason = member(inputs.context, NO_ACTION)?.as_str()?;
    let reason = format!("the workflow decided that no action is needed: {reason}");
    Some(Found::new(Layer::Readiness, Outcome::NoOp, "no_action_needed", reason))
}

pub(super) fn found(inputs: &Inputs<'_>) -> Vec<Found> {
    let function = &inputs.call.function;
    let Some(description) = inputs.description else {
        if !inputs.connection_described {
            return Vec::new();
        }
        let reason = format!(
            "function `{function}` is not in the catalogue of connection `{}`",
            function.connection()
        );
        let found = blocked("function_not_visible", reason);
        return vec![found.remedy("an administrator describes the function in the catalogue", "admin")];
    };
    let mut all = Vec::new();
    let missing: Vec<&str> = description
        .scopes
        .iter()
        .filter(|scope| !inputs.agent_scopes.contains(*scope))
        .map(String::as_str)
        .collect();
    if !missing.is_empty() {
        let missing = missing.join("`, `");
        let reason = format!("agent `{}` lacks scope `{missing}` of `{function}`", inputs.call.agent);
        let found = blocked("scope_missing", reason);
        all.push(found.remedy(format!("an administrator gives the agent scope `{missing}`"), "admin"));
    }
    all.extend(of_context(function, description, inputs.context, inputs.now));
    if description.tool_type == ToolType::Action
        && description.risk >= RiskLevel::High
        && description.owner.is_none()
    {
        let reason =
            format!("nobody answers for the review of `{function}`, an action of {} risk", description.risk);
        let found = blocked("review_owner_unknown", reason);
        all.push(found.remedy("an administrator names the function's owner in the catalogue", "admin"));
    }
    all
}

/// Whether these circumstances are enough for the function, whatever its arguments are.
pub fn fits_context(
    function: &FunctionName,
    description: &FunctionDescription,
    context: &Value,
    now: Timestamp,
) -> bool {
    of_context(function, description, Some(context), now).is_empty()
}

fn of_context(
    function: &FunctionName,
    description: &FunctionDescription,
    context: Option<&Value>,
    now: Timestamp,
) -> Vec<Found> {
    let mut all = Vec::new();
    let missing: Vec<&str> = description
        .required_context
        .iter()
        .filter(|name| member(context, name).is_none())
        .map(String::as_str)
        .collect();
    if !missing.is_empty() {
        let missing = missing.join("`, `");
        let reason = format!("the circumstances do not say `{missing}`, which `{function}` needs");
        let found = blocked("context_missing", reason);
        all.push(found.remedy(format!("the agent's runtime sends `{missing}` in `context`"), "agent"));
    }
    all.extend(fresh(context, now, description.max_data_age_seconds));
    all.extend(intended_use(context, description.tool_type, description.intended_use_required));
    all
}

fn fresh(context: Option<&Value>, now: Timestamp, max_age: Option<u64>) -> Option<Found> {
    let max_age = max_age?;
    let said = member(context, DATA_AS_OF).and_then(Value::as_str);
    let as_of = said.and_then(|text| text.parse::<Timestamp>().ok());
    let remedy = "the agent reads the data again and sends its time in `context.data_as_of`";
    let reason = match as_of {
        None => format!("how old the data is that the call rests on is not said; it may be {max_age} s old"),
        Some(as_of) => {
            let age = now.as_micros().saturating_sub(as_of.as_micros()) / 1_000_000;
            // Clocks differ a little; data of the future is of no known age.
            let fresh = age >= -CLOCKS_DIFFER_SECONDS && age.max(0).unsigned_abs() <= max_age;
            if fresh {
                return None;
            }
            format!("the data that the call rests on is {age} s old; it may be {max_age} s old")
        }
    };
    Some(blocked("data_stale", reason).remedy(remedy, "agent"))
}

fn intended_use(context: Option<&Value>, tool_type: ToolType, required: bool) -> Option<Found> {
    let said = member(context, INTENDED_USE);
    let expected = match tool_type {
        ToolType::Lookup => "evidence",
        ToolType::Analysis => "analysis",
        ToolType::Draft => "draft",
        ToolType::Action => "action",
    };
    let remedy = format!("the agent's runtime sends `{expected}` as `context.intended_use`");
    match said.map(|said| said.as_str().unwrap_or_default()) {
        None if !required => None,
        None => {
            let reason = "what the result is for is not said".to_owned();
            Some(blocked("intended_use_missing", reason).remedy(remedy, "agent"))
        }
        // What was read or computed may go into a draft or an action; never the other way round.
        Some(said) if rank(said).is_some_and(|said| Some(said) >= rank(expected)) => None,
        Some(said) => {
            let said: String = said.chars().take(80).collect();
            let reason =
                format!("the result is meant as `{said}`, but the function is of type `{tool_type}`");
            Some(blocked("intended_use_mismatch", reason).remedy(remedy, "agent"))
        }
    }
}

fn rank(intended_use: &str) -> Option<usize> {
    ["evidence", "analysis", "draft", "action"].iter().position(|known| *known == intended_use)
}
