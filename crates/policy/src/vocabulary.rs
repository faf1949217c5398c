//! Comparisons with words that a value never is: they check, and never hold.

use proto_events::{ActorKind, Effect, RiskLevel, ToolType};
use serde_json::Value;

use crate::reads::path;

const REQUESTER_KINDS: [ActorKind; 4] =
    [ActorKind::Agent, ActorKind::User, ActorKind::Service, ActorKind::System];

/// A word that the value at `path` never is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct UnknownWord {
    pub(crate) word: String,
    pub(crate) path: String,
    pub(crate) words: Vec<&'static str>,
}

/// The words in a policy's JSON form that are compared with a value that is never one of them.
pub(crate) fn unknown_words(policy: &Value) -> Vec<UnknownWord> {
    let mut found = Vec::new();
    walk(policy.get("conditions").unwrap_or(&Value::Null), &mut found);
    found
}

fn walk(node: &Value, found: &mut Vec<UnknownWord>) {
    match node {
        Value::Array(items) => items.iter().for_each(|item| walk(item, found)),
        Value::Object(members) => {
            for (operator, operand) in members {
                let (left, right) = (operand.get("left"), operand.get("right"));
                if let ("==" | "!=" | "contains", Some(left), Some(right)) = (operator.as_str(), left, right)
                {
                    compare(left, right, found);
                    compare(right, left, found);
                }
                match (operator.as_str(), operand) {
                    ("Value", _) => {}
                    ("Record", Value::Object(values)) => values.values().for_each(|value| walk(value, found)),
                    _ => walk(operand, found),
                }
            }
        }
        _ => {}
    }
}

fn compare(value: &Value, literal: &Value, found: &mut Vec<UnknownWord>) {
    let Some(path) = path(value) else { return };
    let words: Vec<&'static str> = match path.as_slice() {
        ["resource", "tool_type"] => ToolType::ALL.iter().map(|word| word.as_str()).collect(),
        ["resource", "effect"] => Effect::ALL.iter().map(|word| word.as_str()).collect(),
        ["resource", "risk"] => RiskLevel::ALL.iter().map(|word| word.as_str()).collect(),
        ["context", "requester", "kind"] => REQUESTER_KINDS.iter().map(|word| word.as_str()).collect(),
        _ => return,
    };
    let literals: Vec<&Value> = match literal.get("Set").and_then(Value::as_array) {
        Some(items) => items.iter().collect(),
        None => vec![literal],
    };
    let unknown = literals
        .into_iter()
        .filter_map(|literal| literal.get("Value")?.as_str())
        .filter(|word| !words.contains(word));
    found.extend(unknown.map(|word| UnknownWord {
        word: word.to_owned(),
        path: path.join("."),
        words: words.clone(),
    }));
}
