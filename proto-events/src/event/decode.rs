//! How a payload is read, in whatever version it was written.

use serde::de::DeserializeOwned;

use crate::{Upcast, upcast_with};

/// A payload that cannot be read as an event.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The event type is not known to this version of the program.
    #[error("unknown event type `{event_type}`: it was written by a newer version; upgrade this program")]
    UnknownType {
        /// The type as recorded.
        event_type: String,
    },
    /// The event type is known, this version of its shape is not.
    #[error(
        "unknown version {schema_version} of event type `{event_type}`: it was written by a newer version; upgrade this program"
    )]
    UnknownVersion {
        /// The type as recorded.
        event_type: String,
        /// The version as recorded.
        schema_version: u16,
    },
    /// The payload does not have the shape that its type and version promise.
    #[error(
        "payload of event type `{event_type}` version {schema_version} does not have its shape: {reason}; run `vidimus log verify`"
    )]
    Shape {
        /// The type as recorded.
        event_type: String,
        /// The version as recorded.
        schema_version: u16,
        /// What the parser says.
        reason: String,
    },
}

/// Reads a payload as `T`, whose shape is version `current`; older versions get there by `upcasts`.
pub(super) fn read<T: DeserializeOwned>(
    upcasts: &[Upcast],
    event_type: &str,
    schema_version: u16,
    current: u16,
    payload: &[u8],
) -> Result<T, DecodeError> {
    let shape =
        |reason: String| DecodeError::Shape { event_type: event_type.to_owned(), schema_version, reason };
    let unknown = || DecodeError::UnknownVersion { event_type: event_type.to_owned(), schema_version };
    if schema_version > current {
        return Err(unknown());
    }
    // One check for UTF-8 over the whole costs less than one for each text in it.
    let text = std::str::from_utf8(payload).map_err(|error| shape(error.to_string()))?;
    if schema_version == current {
        return serde_json::from_str(text).map_err(|error| shape(error.to_string()));
    }
    let old = serde_json::from_str(text).map_err(|error| shape(error.to_string()))?;
    let new = upcast_with(upcasts, event_type, schema_version, current, old).ok_or_else(unknown)?;
    // By way of the text again, as `Json` fields are only kept to the letter there.
    serde_json::to_string(&new)
        .and_then(|text| serde_json::from_str(&text))
        .map_err(|error| shape(error.to_string()))
}
