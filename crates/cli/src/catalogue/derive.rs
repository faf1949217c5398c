//! What a file does not say of a tool, from what it does.
//!
//! The principles are in `docs/reference/catalogue.md`. Hints of an MCP server are what a stranger says of itself: they make
//! what is derived stricter, never milder. Where nothing is known the worst is assumed, as a decision does for a function
//! without a description.

use proto_events::{Effect, FunctionDescription, Json, RiskLevel, ToolType, Trust};
use serde_json::Value;

use super::{
    Derived,
    item::{Hints, Item},
    words,
};

/// The longest purpose, in characters.
const MAX_PURPOSE_CHARS: usize = 5_000;
/// Names of arguments that are a quantity of what a call moves.
const AMOUNTS: &[&str] = &["amount", "sum", "total", "total_amount", "payment_amount"];
/// Names of arguments that say where a call goes.
const ADDRESSES: &[&str] = &["url", "uri", "link", "webpage", "website", "endpoint", "host", "domain"];
/// Words in names of arguments that are secrets.
const SECRETS: &[&str] = &[
    "password",
    "passwd",
    "otp",
    "secret",
    "token",
    "pin",
    "credential",
    "credentials",
    "api_key",
    "apikey",
];
/// Most members that are derived as sensitive.
const MAX_SENSITIVE: usize = 64;

/// What was derived, as it is found.
#[derive(Default)]
struct Notes(Vec<Derived>);

impl Notes {
    fn add(&mut self, member: &'static str, value: impl ToString, because: impl Into<String>) {
        self.0.push(Derived { member, value: value.to_string(), because: because.into() });
    }
}

/// The description of a tool, and what of it was derived.
pub(super) fn description(item: Item, owner: Option<&str>) -> (FunctionDescription, Vec<Derived>) {
    let mut notes = Notes::default();
    let purpose = purpose(&item, &mut notes);
    let (name, described) = (words::words(&item.name), words::words(&purpose));
    let arguments = arguments(item.arguments_schema.as_ref());
    let effect = item.effect.unwrap_or_else(|| {
        let (effect, because) = effect(&name, &described, &arguments, item.annotations);
        notes.add("effect", effect, because);
        effect
    });
    let tool_type = item.tool_type.unwrap_or_else(|| {
        let (tool_type, because) = tool_type(effect, &name);
        notes.add("tool_type", tool_type, because);
        tool_type
    });
    let owner = item.owner.or_else(|| {
        let owner = owner?.to_owned();
        notes.add("owner", &owner, "`--owner`");
        Some(owner)
    });
    let risk = item.risk.unwrap_or_else(|| {
        let (risk, because) = risk(effect, tool_type, owner.is_some());
        notes.add("risk", risk, because);
        risk
    });
    let results = item.results.unwrap_or_else(|| {
        let (results, because) = results(effect, &name, &described, item.annotations);
        notes.add("results", results, because);
        results
    });
    let amount = item.amount.or_else(|| {
        let pointer = amount(effect, &arguments)?;
        notes.add("amount", &pointer, "an argument of that name is a quantity");
        Some(pointer)
    });
    let sensitive = item.sensitive.unwrap_or_else(|| {
        let secrets: Vec<String> = arguments
            .iter()
            .filter(|(name, _)| is_secret(name))
            .map(|(name, _)| name.clone())
            .take(MAX_SENSITIVE)
            .collect();
        if !secrets.is_empty() {
            notes.add("sensitive", secrets.join(", "), "arguments with the name of a secret");
        }
        secrets
    });
    let description = FunctionDescription {
        purpose,
        tool_type,
        effect,
        risk,
        results,
        arguments_schema: item.arguments_schema.as_ref().map(Json::from_value),
        scopes: item.scopes,
        sensitive,
        required_context: item.required_context,
        max_data_age_seconds: item.max_data_age_seconds,
        intended_use_required: item.intended_use_required,
        owner,
        amount,
    };
    (description, notes.0)
}

fn purpose(item: &Item, notes: &mut Notes) -> String {
    let said = [&item.purpose, &item.title]
        .into_iter()
        .flatten()
        .map(|text| text.trim())
        .find(|text| !text.is_empty());
    let Some(said) = said else {
        let purpose = words::words(&item.name).join(" ");
        let purpose = if purpose.is_empty() { item.name.clone() } else { purpose };
        notes.add("purpose", &purpose, "the file says nothing but the name");
        return purpose;
    };
    if said.chars().nth(MAX_PURPOSE_CHARS).is_some() {
        notes.add("purpose", "(cut)", "it has more than 5,000 characters");
        return said.chars().take(MAX_PURPOSE_CHARS).collect();
    }
    said.to_owned()
}

/// The arguments by name, with their schemas.
fn arguments(schema: Option<&Value>) -> Vec<(String, Value)> {
    let properties = schema.and_then(|schema| schema.get("properties")).and_then(Value::as_object);
    properties.into_iter().flatten().map(|(name, schema)| (name.clone(), schema.clone())).collect()
}

/// An effect class and why it is this one.
struct Judged(Effect, String);

impl Judged {
    fn at_least(&mut self, least: Effect, because: impl FnOnce() -> String) {
        if self.0 < least {
            *self = Self(least, because());
        }
    }
}

fn effect(
    name: &[String],
    described: &[String],
    arguments: &[(String, Value)],
    hints: Hints,
) -> (Effect, String) {
    let mut judged = match words::effect(name, described) {
        Some((effect, word)) => Judged(effect, format!("the word `{word}`")),
        None => Judged(Effect::Destroy, "nothing says what it does: the worst".to_owned()),
    };
    let address = arguments.iter().find(|(name, _)| ADDRESSES.contains(&name.to_lowercase().as_str()));
    if let (Effect::Read, Some((address, _))) = (judged.0, address) {
        judged.at_least(Effect::EgressRead, || format!("it reads at `{address}`"));
    }
    if let (true, Some(word)) = (judged.0 >= Effect::Write, words::credential(name)) {
        judged.at_least(Effect::Auth, || format!("it changes or uses a `{word}`"));
    }
    if hints.read_only_hint == Some(false) {
        judged.at_least(Effect::Write, || "hint `readOnlyHint: false`".to_owned());
    }
    // The protocol gives this hint a meaning only for tools that are not read-only.
    if hints.destructive_hint == Some(true) && hints.read_only_hint != Some(true) {
        judged.at_least(Effect::Destroy, || "hint `destructiveHint: true`".to_owned());
    }
    if hints.open_world_hint == Some(true) {
        let least = if judged.0 < Effect::Write { Effect::EgressRead } else { Effect::Send };
        judged.at_least(least, || "hint `openWorldHint: true`".to_owned());
    }
    (judged.0, judged.1)
}

fn tool_type(effect: Effect, name: &[String]) -> (ToolType, &'static str) {
    match effect {
        Effect::None => (ToolType::Analysis, "it changes nothing and reads nothing"),
        Effect::Read | Effect::EgressRead => (ToolType::Lookup, "it reads"),
        Effect::Write if words::is_lookup(name) => {
            (ToolType::Lookup, "its name says that it brings something in")
        }
        Effect::Write if words::is_draft(name) => {
            (ToolType::Draft, "its name says that it prepares something")
        }
        _ => (ToolType::Action, "it affects something"),
    }
}

fn risk(effect: Effect, tool_type: ToolType, has_owner: bool) -> (RiskLevel, &'static str) {
    match effect {
        Effect::None | Effect::Read => (RiskLevel::Low, "it reads at most"),
        Effect::EgressRead => (RiskLevel::Medium, "reading tells the other side something"),
        Effect::Write => (RiskLevel::Medium, "what it changes can be changed back"),
        _ if tool_type == ToolType::Action && !has_owner => {
            (RiskLevel::Medium, "`high` once somebody answers for it: name an owner, then say so")
        }
        _ => (RiskLevel::High, "it cannot be taken back"),
    }
}

fn results(effect: Effect, name: &[String], described: &[String], hints: Hints) -> (Trust, String) {
    if hints.open_world_hint == Some(true) {
        return (Trust::Untrusted, "hint `openWorldHint: true`".to_owned());
    }
    if effect == Effect::EgressRead {
        return (Trust::Untrusted, "it reads at an address of the caller's choosing".to_owned());
    }
    if effect == Effect::None {
        return (Trust::Trusted, "it returns what it was given".to_owned());
    }
    match words::written_by_others(name, described) {
        Ok(Some(word)) => (Trust::Untrusted, format!("`{word}`: others can write that")),
        Ok(None) => (Trust::Trusted, "nothing says that others can write what it returns".to_owned()),
        Err(own) => (Trust::Trusted, format!("`{own}`: the tenant's own")),
    }
}

fn amount(effect: Effect, arguments: &[(String, Value)]) -> Option<String> {
    let is_quantity = |schema: &Value| {
        matches!(schema.get("type").and_then(Value::as_str), Some("number" | "integer" | "string"))
    };
    if effect < Effect::Write {
        return None;
    }
    let named =
        |wanted: &&str| arguments.iter().find(|(name, schema)| name == *wanted && is_quantity(schema));
    AMOUNTS.iter().find_map(named).map(|(name, _)| format!("/{name}"))
}

fn is_secret(name: &str) -> bool {
    let words = words::spaced(&words::words(name));
    SECRETS.iter().any(|secret| words.contains(&format!(" {} ", secret.replace('_', " "))))
}
