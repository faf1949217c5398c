//! A call's arguments in canonical form (RFC 8785), and their digest; and other JSON that callers hand in.
//!
//! Arguments are strict I-JSON (RFC 7493), so that every reader understands the same thing by them: no duplicate keys,
//! no numbers beyond ±(2^53 − 1) (two different integers must never share a digest), no lone surrogates and no
//! noncharacters.

mod error;
mod parse;
#[cfg(test)]
mod tests;

use proto_events::{ArgumentsDigest, Digest, Json};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

pub use error::{InvalidArguments, InvalidPayload, Place, Problem};

/// The largest arguments, as they came and in canonical form, in bytes.
pub const MAX_ARGUMENTS_BYTES: usize = 256 * 1024;
/// The largest other JSON that a caller may hand in, in bytes.
pub const MAX_PAYLOAD_BYTES: usize = 256 * 1024;
/// How many objects and arrays may stand within each other.
pub const MAX_DEPTH: usize = 64;
/// The largest number, up and down: 2^53 − 1. Beyond it two integers may be one number.
pub const MAX_NUMBER: u64 = (1 << 53) - 1;

/// A call's arguments: a JSON object in canonical form, and its digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arguments {
    canonical: Json,
    digest: ArgumentsDigest,
}

impl Arguments {
    /// Reads arguments as a caller sent them.
    ///
    /// # Errors
    /// When they are too large, nest too deep, or are not an object of strict I-JSON.
    pub fn parse(bytes: &[u8]) -> Result<Self, InvalidArguments> {
        if bytes.len() > MAX_ARGUMENTS_BYTES {
            return Err(Problem::TooLarge { len: bytes.len(), max: MAX_ARGUMENTS_BYTES }.nowhere().into());
        }
        Self::of_checked(&parse::parse(bytes, parse::Strictness::Arguments)?)
    }

    /// The arguments that `value` is. It is checked like text that a caller sent.
    ///
    /// # Errors
    /// As for [`Arguments::parse`].
    pub fn from_value(value: &Value) -> Result<Self, InvalidArguments> {
        parse::check(value)?;
        Self::of_checked(value)
    }

    fn of_checked(value: &Value) -> Result<Self, InvalidArguments> {
        if !value.is_object() {
            return Err(Problem::NotObject { found: parse::kind(value) }.nowhere().into());
        }
        let not_json =
            |error: &dyn std::fmt::Display| Problem::NotJson { reason: error.to_string() }.nowhere();
        let text = serde_json_canonicalizer::to_string(value).map_err(|error| not_json(&error))?;
        if text.len() > MAX_ARGUMENTS_BYTES {
            return Err(Problem::TooLarge { len: text.len(), max: MAX_ARGUMENTS_BYTES }.nowhere().into());
        }
        let digest = Digest::new(Sha256::digest(text.as_bytes()).into());
        let canonical = Json::from_text(text).map_err(|error| not_json(&error))?;
        Ok(Self { canonical, digest })
    }

    /// The canonical text.
    pub const fn canonical(&self) -> &Json {
        &self.canonical
    }

    /// SHA-256 of the canonical text.
    pub const fn digest(&self) -> ArgumentsDigest {
        self.digest
    }

    /// The parsed value.
    pub fn to_value(&self) -> Value {
        self.canonical.to_value()
    }
}

/// Reads any JSON value that a caller hands in (a result, a context): bounded, but neither canonical nor restricted in
/// its numbers and keys; it is evidence, and kept as it came.
///
/// # Errors
/// When it is too large, nests too deep or is not JSON.
pub fn payload(bytes: &[u8]) -> Result<Json, InvalidPayload> {
    if bytes.len() > MAX_PAYLOAD_BYTES {
        return Err(Problem::TooLarge { len: bytes.len(), max: MAX_PAYLOAD_BYTES }.nowhere().into());
    }
    parse::parse(bytes, parse::Strictness::Payload)?;
    let not_json = |reason: String| Problem::NotJson { reason }.nowhere();
    let text = String::from_utf8(bytes.to_vec()).map_err(|error| not_json(error.to_string()))?;
    Json::from_text(text).map_err(|error| not_json(error.to_string()).into())
}
