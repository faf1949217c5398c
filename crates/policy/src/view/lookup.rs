//! The value of each fact of a request.

use crate::{
    HISTORY_FACTS,
    reads::Family,
    request::Request,
    value::FactValue,
    view::arguments::{self, cut},
};

const MICROS_PER_SECOND: i64 = 1_000_000;
const SECONDS_PER_DAY: i64 = 86_400;

/// The most attributes that rules see; those first by name.
const MAX_ATTRIBUTES: usize = 64;

/// The value of a fact of `request`; nothing where it has none.
pub(crate) fn fact<'a>(request: &Request<'a>, family: Family, name: &str) -> Option<FactValue<'a>> {
    match family {
        Family::Agent => match name {
            "id" => Some(request.agent.id.into()),
            "scopes" => Some(request.agent.scopes.into()),
            _ => None,
        },
        Family::Requester => match name {
            "id" => Some(request.requester.id.into()),
            "kind" => Some(request.requester.kind.as_str().into()),
            "groups" => Some(request.requester.groups.into()),
            _ => None,
        },
        Family::Function => function(request, name),
        Family::Now => now(request, name),
        Family::History => request.history.value(name),
        Family::Text => arguments::text(request.arguments, name),
        Family::Number => arguments::number(request.arguments, name),
        Family::Decimal => arguments::decimal(request.arguments, name),
        Family::Flag => arguments::flag(request.arguments, name),
        Family::List => arguments::list(request.arguments, name),
        Family::Attributes => request.attributes.get(name).map(|text| cut(text).into()),
        Family::Call => match name {
            "conversation" => Some(request.conversation.into()),
            "argument_names" => Some(arguments::names(request.arguments)),
            "arguments_partial" => Some(arguments::is_partial(request.arguments).into()),
            _ => None,
        },
    }
}

/// The names of the facts of a family that `request` may have.
pub(crate) fn names(request: &Request<'_>, family: Family) -> Vec<String> {
    let fixed = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    match family {
        Family::Agent => fixed(&["id", "scopes"]),
        Family::Requester => fixed(&["id", "kind", "groups"]),
        Family::Function => fixed(&FUNCTION_FIELDS),
        Family::Now => fixed(&["epoch_seconds", "hour", "weekday"]),
        Family::History => HISTORY_FACTS.iter().map(|fact| fact.name.to_owned()).collect(),
        Family::Attributes => request.attributes.keys().take(MAX_ATTRIBUTES).cloned().collect(),
        Family::Call => fixed(&["conversation", "argument_names", "arguments_partial"]),
        Family::Text | Family::Number | Family::Decimal | Family::Flag | Family::List => {
            arguments::places(request.arguments)
        }
    }
}

const FUNCTION_FIELDS: [&str; 8] =
    ["name", "connection", "tool_type", "effect", "risk", "scopes", "described", "results_trusted"];

fn function<'a>(request: &Request<'a>, name: &str) -> Option<FactValue<'a>> {
    let function = &request.function;
    Some(match name {
        "name" => function.name.into(),
        "connection" => function.connection().into(),
        "tool_type" => function.tool_type.as_str().into(),
        "effect" => function.effect.as_str().into(),
        "risk" => function.risk.as_str().into(),
        "scopes" => function.scopes.into(),
        "described" => function.described.into(),
        "results_trusted" => function.results_trusted.into(),
        _ => return None,
    })
}

fn now(request: &Request<'_>, name: &str) -> Option<FactValue<'static>> {
    let seconds = request.now.as_micros().div_euclid(MICROS_PER_SECOND);
    Some(FactValue::Long(match name {
        "epoch_seconds" => seconds,
        "hour" => seconds.rem_euclid(SECONDS_PER_DAY) / 3_600,
        // 1970-01-01 was a Thursday.
        "weekday" => (seconds.div_euclid(SECONDS_PER_DAY) + 3).rem_euclid(7) + 1,
        _ => return None,
    }))
}
