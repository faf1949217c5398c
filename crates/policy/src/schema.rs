//! The schema that rules are checked against.
//!
//! Arguments differ from function to function, and a set of rules is for all functions, so no record type fits them.
//! They are seen through five entities, one for each type of value, whose *tags* are the places of the values:
//!
//! ```text
//! context.text.hasTag("recipient") && context.text.getTag("recipient") like "*@example.com"
//! context.number.hasTag("amount") && context.number.getTag("amount") > 1000
//! context.list.hasTag("labels") && context.list.getTag("labels").contains("internal")
//! ```
//!
//! Cedar's strict checks know that a tag has a type and that it must be asked for before it is read; a record made from
//! each function's own JSON Schema would need a type and an action for each function, and a rule for all functions could
//! then read no argument at all.

use std::sync::OnceLock;

use cedar_policy::{Schema, Validator};

use crate::facts::history_schema;

const FIXED: &str = include_str!("../schema.cedarschema");

/// The vocabulary of rules in Cedar's schema language, history facts included.
pub fn schema_text() -> &'static str {
    static TEXT: OnceLock<String> = OnceLock::new();
    TEXT.get_or_init(|| format!("{FIXED}{}", history_schema()))
}

/// What checks rules against the schema, made once. The text is this crate's own, so an error is a fault of this crate,
/// which any test finds.
pub(crate) fn validator() -> Result<&'static Validator, &'static str> {
    static VALIDATOR: OnceLock<Result<Validator, String>> = OnceLock::new();
    VALIDATOR
        .get_or_init(|| {
            let schema = Schema::from_cedarschema_str(schema_text());
            schema.map(|(schema, _)| Validator::new(schema)).map_err(|error| error.to_string())
        })
        .as_ref()
        .map_err(String::as_str)
}
