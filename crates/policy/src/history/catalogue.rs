//! What the facts need of a function's description, worked out once when it is described.
//!
//! A description's JSON Schema may say what names do not: `"x-vidimus-role"` beside an argument's type is its role
//! (`secret`, `object`, `title`, `free`, `time`, `destination`, `other`), `"x-vidimus-intents"` at the top of the schema a
//! list of the kinds of action that the function is of.

use std::collections::HashMap;

use proto_events::{Effect, FunctionDescription, FunctionName, TenantId, Trust};
use serde_json::Value;

use super::{kinds::Kinds, lexicon::lexicon, roles, roles::Role};

/// The most functions of all tenants that are kept; what others need is worked out for each call, and what they return is
/// not trusted.
pub(super) const MAX_FUNCTIONS: usize = 65_536;
/// The most arguments of a function whose roles are kept.
const MAX_ARGUMENTS: usize = 256;

/// What the facts need of a function.
#[derive(Clone, Debug, Default)]
pub(super) struct Described {
    /// What kinds of action it is of.
    pub(super) kinds: Kinds,
    /// Whether what it returns is trusted.
    pub(super) is_trusted: bool,
    /// Whether it changes or sends something.
    pub(super) acts: bool,
    /// Whether it destroys something.
    pub(super) destroys: bool,
    /// Whether it takes a one-time code.
    pub(super) one_time_code: bool,
    /// Place of the amount that it moves, as JSON Pointer.
    pub(super) amount: Option<Box<str>>,
    roles: HashMap<Box<str>, Role>,
}

impl Described {
    /// What is known of a function that the catalogue does not describe: the worst. Its name is not trusted to say what
    /// the user asked for.
    pub(super) fn undescribed() -> Self {
        Self { acts: true, destroys: true, ..Self::default() }
    }

    /// What follows from a description.
    pub(super) fn of(function: &FunctionName, description: &FunctionDescription) -> Self {
        let schema =
            description.arguments_schema.as_ref().and_then(|schema| schema.parse().ok()).unwrap_or_default();
        let properties = schema.get("properties").and_then(Value::as_object);
        let arguments = || properties.into_iter().flatten().take(MAX_ARGUMENTS);
        let role = |(name, about): (&String, &Value)| {
            let said = about.get("x-vidimus-role").and_then(Value::as_str).and_then(Role::named);
            (name.as_str().into(), said.unwrap_or_else(|| Role::of_name(name)))
        };
        let takes_code = |(name, about): (&String, &Value)| {
            let about = about.get("description").and_then(Value::as_str).unwrap_or_default();
            let pattern = lexicon().one_time_code.as_ref();
            let says = |text: &str| pattern.is_some_and(|pattern| pattern.is_match(text.as_bytes()));
            says(&name.replace(['_', '-'], " ")) || says(about)
        };
        Self {
            kinds: kinds(function, description, &schema),
            is_trusted: description.results == Trust::Trusted,
            acts: !matches!(description.effect, Effect::None | Effect::Read | Effect::EgressRead),
            destroys: description.effect == Effect::Destroy,
            one_time_code: arguments().any(takes_code),
            amount: description.amount.as_deref().map(Into::into),
            roles: arguments().map(role).collect(),
        }
    }

    /// The role of an argument of the function.
    pub(super) fn role(&self, name: &str) -> Role {
        self.roles.get(name).copied().unwrap_or_else(|| Role::of_name(name))
    }
}

fn kinds(function: &FunctionName, description: &FunctionDescription, schema: &Value) -> Kinds {
    if let Some(said) = schema.get("x-vidimus-intents").and_then(Value::as_array) {
        return said
            .iter()
            .filter_map(Value::as_str)
            .fold(Kinds::default(), |kinds, name| kinds.and(Kinds::named(name)));
    }
    let kinds = kinds_of_name(function);
    if !kinds.is_empty() {
        return kinds;
    }
    let first_sentence = description.purpose.split(". ").next().unwrap_or_default();
    Kinds::of_text(first_sentence)
}

/// By the words of the name without those that say little, or by all of them where nothing else is left. The connection is
/// not looked at.
fn kinds_of_name(function: &FunctionName) -> Kinds {
    let name = function.as_str();
    let words = roles::words_of(name.split_once('.').map_or(name, |(_, name)| name));
    let mut telling = words.clone();
    telling.retain(|word| !lexicon().generic.contains(word.as_str()));
    let kinds = Kinds::of_words(&telling);
    if kinds.is_empty() { Kinds::of_words(&words) } else { kinds }
}

/// The functions of all tenants.
#[derive(Debug, Default)]
pub(super) struct Catalogue {
    functions: HashMap<TenantId, HashMap<FunctionName, Described>>,
    len: usize,
}

impl Catalogue {
    /// A function was described, or described anew.
    pub(super) fn describe(
        &mut self,
        tenant: &TenantId,
        function: &FunctionName,
        description: &FunctionDescription,
    ) {
        let of_tenant = self.functions.entry(tenant.clone()).or_default();
        if of_tenant.remove(function).is_some() {
            self.len -= 1;
        }
        if self.len < MAX_FUNCTIONS {
            of_tenant.insert(function.clone(), Described::of(function, description));
            self.len += 1;
        }
    }

    /// A function is described no more.
    pub(super) fn withdraw(&mut self, tenant: &TenantId, function: &FunctionName) {
        let removed = self.functions.get_mut(tenant).and_then(|of_tenant| of_tenant.remove(function));
        self.len -= usize::from(removed.is_some());
    }

    /// What is known of a function.
    pub(super) fn get(&self, tenant: &TenantId, function: &FunctionName) -> Option<&Described> {
        self.functions.get(tenant)?.get(function)
    }
}

#[cfg(test)]
mod tests;
