//! `proto-events/asyncapi.json` is made from the types, the enums and the description of this API. `UPDATE_ASYNCAPI=1` writes
//! it.
#![allow(clippy::unwrap_used, reason = "these are tests")]

use std::{fs, path::Path};

use proto_events::{AsyncApiError, asyncapi};
use serde_json::{Value, json};

fn openapi() -> Value {
    serde_json::to_value(vidimus_api::openapi()).unwrap()
}

#[test]
fn the_checked_in_description_of_the_bus_is_the_generated_one() {
    let generated = asyncapi(&openapi(), vidimus_api::commands::route).unwrap();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../proto-events/asyncapi.json");
    if std::env::var_os("UPDATE_ASYNCAPI").is_some_and(|value| value == "1") {
        fs::write(&path, format!("{generated:#}\n")).unwrap();
    }
    let checked_in: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    // As values: the order of members depends on what else is built.
    assert!(checked_in == generated, "look at the change, then `UPDATE_ASYNCAPI=1`");
}

#[test]
fn what_the_description_of_the_api_lacks_is_named() {
    let lacking = |what: &str| Err(AsyncApiError::Lacking { what: what.to_owned() });
    assert_eq!(asyncapi(&json!({}), vidimus_api::commands::route), lacking("`POST /v1/executions`"));
    let mut without_a_schema = openapi();
    without_a_schema["components"]["schemas"].as_object_mut().unwrap().remove("FieldError");
    assert_eq!(asyncapi(&without_a_schema, vidimus_api::commands::route), lacking("the schema `FieldError`"));
}
