//! Schemas as AsyncAPI has them: draft-07, all in one room.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{AsyncApiError, reference};

/// Where a schema of a description keeps those that it refers to.
const COMPONENTS: &str = "#/components/schemas/";
const DEFINITIONS: &str = "#/$defs/";
/// What the names of schemas of the HTTP API begin with here: some have the name of a type that is published, in another
/// shape, as what is asked is looser than what is answered.
const OF_THE_API: &str = "api.";

/// The checked-in schema of a version that is no longer written.
macro_rules! old {
    ($($event_type:literal $version:literal,)+) => {
        &[$((
            $event_type,
            $version,
            include_str!(concat!("../../schemas/", $event_type, ".v", $version, ".schema.json")),
        ),)+]
    };
}

/// Type, version and schema of every shape that is no longer written. What was recorded in it stays on the bus as it is.
pub(super) const OLD: &[(&str, u16, &str)] = old! {
    "initiated" 1,
    "allowed" 1,
    "blocked" 1,
    "no_op" 1,
    "confirmation_required" 1,
    "approval_required" 1,
    "approval_accepted" 1,
    "approval_denied" 1,
    "approval_aborted" 1,
    "webhook_created" 1,
    "confirmed" 1,
    "declined" 1,
    "approval_voted" 1,
    "approval_accepted" 2,
    "approval_denied" 2,
    "approval_aborted" 2,
};

/// The schemas of the components, by name.
pub(super) struct Schemas(BTreeMap<String, Value>);

impl Schemas {
    /// Those of everything that is recorded or published, or was recorded once, with their definitions beside them.
    pub(super) fn published() -> Result<Self, AsyncApiError> {
        let mut all = Self(BTreeMap::new());
        for (file, schema) in crate::schemas() {
            all.insert_with_definitions(component(&file), schema.to_value(), "")?;
        }
        for (event_type, version, schema) in OLD {
            let name = format!("{event_type}.v{version}");
            let schema = serde_json::from_str(schema)
                .map_err(|_| AsyncApiError::Lacking { what: format!("a readable schema of `{name}`") })?;
            // An old shape has old definitions under names that stand for new ones today.
            all.insert_with_definitions(&name, schema, &format!("{name}."))?;
        }
        Ok(all)
    }

    /// Adds a schema, and its definitions beside it under names that begin with `prefix`.
    fn insert_with_definitions(
        &mut self,
        name: &str,
        mut schema: Value,
        prefix: &str,
    ) -> Result<(), AsyncApiError> {
        let Some(members) = schema.as_object_mut() else { return Ok(()) };
        members.remove("$schema");
        if let Some(Value::Object(definitions)) = members.remove("$defs") {
            for (name, definition) in definitions {
                self.insert(format!("{prefix}{name}"), draft_07(definition, DEFINITIONS, prefix))?;
            }
        }
        self.insert(name.to_owned(), draft_07(schema, DEFINITIONS, prefix))
    }

    /// Takes a schema of the HTTP API, and with it whatever it refers to.
    pub(super) fn of_api(&mut self, openapi: &Value, schema: &Value) -> Result<Value, AsyncApiError> {
        let mut wanted = Vec::new();
        referred_to(schema, &mut wanted);
        while let Some(name) = wanted.pop() {
            let known = format!("{OF_THE_API}{name}");
            if self.0.contains_key(&known) {
                continue;
            }
            let found = &openapi["components"]["schemas"][&name];
            if found.is_null() {
                return Err(AsyncApiError::Lacking { what: format!("the schema `{name}`") });
            }
            referred_to(found, &mut wanted);
            self.insert(known, draft_07(found.clone(), COMPONENTS, OF_THE_API))?;
        }
        Ok(draft_07(schema.clone(), COMPONENTS, OF_THE_API))
    }

    fn insert(&mut self, name: String, schema: Value) -> Result<(), AsyncApiError> {
        match self.0.get(&name) {
            Some(known) if *known != schema => Err(AsyncApiError::Ambiguous { name }),
            _ => {
                self.0.insert(name, schema);
                Ok(())
            }
        }
    }

    pub(super) fn into_value(self) -> Value {
        Value::Object(self.0.into_iter().collect())
    }
}

/// The component of a checked-in schema, by the name of its file.
pub(super) fn component(file: &str) -> &str {
    file.strip_suffix(".schema.json").unwrap_or(file)
}

/// A reference to the component of a checked-in schema.
pub(super) fn published(name: &str) -> Value {
    reference("schemas", name)
}

/// A schema of draft 2020-12 in draft-07, for the keywords that occur here. References move from `from` to the components,
/// under a name that begins with `prefix`. What stands beside a reference counts for nothing in draft-07, so the reference
/// moves one down.
fn draft_07(schema: Value, from: &str, prefix: &str) -> Value {
    match schema {
        Value::Object(mut members) => {
            let target = members.get("$ref").and_then(Value::as_str).and_then(|text| text.strip_prefix(from));
            let moved = target.map(|name| reference("schemas", &format!("{prefix}{name}")));
            match moved {
                Some(moved) if members.len() == 1 => moved,
                Some(moved) => {
                    members.remove("$ref");
                    members.insert("allOf".to_owned(), json!([moved]));
                    Value::Object(members)
                }
                None => {
                    members.into_iter().map(|(name, member)| (name, draft_07(member, from, prefix))).collect()
                }
            }
        }
        Value::Array(items) => items.into_iter().map(|item| draft_07(item, from, prefix)).collect(),
        other => other,
    }
}

/// Names of the components that a schema refers to.
fn referred_to(schema: &Value, names: &mut Vec<String>) {
    match schema {
        Value::Object(members) => {
            let target = members.get("$ref").and_then(Value::as_str);
            names.extend(target.and_then(|text| text.strip_prefix(COMPONENTS)).map(str::to_owned));
            members.values().for_each(|member| referred_to(member, names));
        }
        Value::Array(items) => items.iter().for_each(|item| referred_to(item, names)),
        _ => {}
    }
}
