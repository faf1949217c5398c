//! A JSON value that is kept as the text it came as.

use std::fmt;

use bytes::Bytes;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

/// A text that is not JSON.
#[derive(Debug, thiserror::Error)]
#[error("not JSON: {0}")]
pub struct InvalidJson(#[from] serde_json::Error);

/// A JSON value kept as text: reading an event neither parses it nor changes a byte of it.
///
/// Two are equal when their texts are. What must be compared by value is kept in canonical form (RFC 8785).
///
/// Read it from JSON text (`serde_json::from_slice`, `from_str`): where the text is gone, as in a
/// [`serde_json::Value`], its order and spelling are too; and serde cannot carry it through `flatten`, `untagged` and
/// internally tagged enums at all.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Json(Box<RawValue>);

impl Json {
    /// The value that `text` is, without the white space around it.
    ///
    /// # Errors
    /// When `text` is not one JSON value.
    pub fn from_text(text: String) -> Result<Self, InvalidJson> {
        Ok(Self(RawValue::from_string(text)?))
    }

    /// The text of `value`, the members of objects in order of their names: whatever else is built along with this, as a
    /// feature of `serde_json` can make it keep them as they came.
    pub fn from_value(value: &serde_json::Value) -> Self {
        let mut value = value.clone();
        value.sort_all_objects();
        // A `Value` always has a text; `null` can only stand in if serde_json breaks that.
        Self(serde_json::value::to_raw_value(&value).unwrap_or_else(|_| RawValue::NULL.to_owned()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        self.0.get()
    }

    /// The parsed value; `null` where [`Json::parse`] fails. For what has been parsed before, as canonical JSON has.
    pub fn to_value(&self) -> serde_json::Value {
        self.parse().unwrap_or_default()
    }

    /// The parsed value.
    ///
    /// # Errors
    /// Being JSON is not enough for the parser: it refuses more than 128 levels, numbers beyond `f64` and escapes of
    /// half a surrogate pair.
    pub fn parse(&self) -> Result<serde_json::Value, InvalidJson> {
        Ok(serde_json::from_str(self.0.get())?)
    }

    /// The text's bytes, not copied.
    pub(crate) fn into_bytes(self) -> Bytes {
        Bytes::from(<Box<str>>::from(self.0).into_boxed_bytes())
    }
}

/// Reads a field that is there: a `null` is the value `null`, not nothing. For `Option<Json>`, with `default`.
pub(crate) fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Json>, D::Error> {
    Json::deserialize(deserializer).map(Some)
}

impl PartialEq for Json {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Json {}

impl fmt::Debug for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl JsonSchema for Json {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Json".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"description": "any JSON value"})
    }
}
