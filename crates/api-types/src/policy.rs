//! Policy sets: what is in force, what is tried out beside it, and what was.

use std::collections::BTreeMap;

use proto_events::{Actor, Digest, GlobalPosition, Timestamp};
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};

const MAX_POLICY_FILES: usize = 64;

/// The files of a policy set by name (`*.cedar`), at most 64 and 256 KiB in all.
pub type PolicyFiles = BTreeMap<String, String>;

/// Puts a policy set into force: what is proposed from then on is decided under it, and what waits is decided again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ApplyPolicy {
    /// Its files by name.
    #[serde(deserialize_with = "files")]
    #[cfg_attr(feature = "openapi", schema(schema_with = policy_files))]
    pub files: PolicyFiles,
    /// The set that is to be in force until now, `null` for none: where another is, nothing is changed. Without it, that does
    /// not matter.
    #[serde(default, deserialize_with = "told", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Digest>))]
    pub expected_former: Option<Option<Digest>>,
    /// Why; goes on the audit trail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(max_length = 5000))]
    pub reason: Option<String>,
}

/// Takes the policy set out of force: without one, access alone decides.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct ClearPolicy {
    /// The set that is to be in force until now, `null` for none: where another is, nothing is changed. Without it, that does
    /// not matter.
    #[serde(deserialize_with = "told", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Digest>))]
    pub expected_former: Option<Option<Digest>>,
    /// Why; goes on the audit trail.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(max_length = 5000))]
    pub reason: Option<String>,
}

/// Evaluates a candidate beside the set in force, without effect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ShadowPolicy {
    /// Its files by name.
    #[serde(deserialize_with = "files")]
    #[cfg_attr(feature = "openapi", schema(schema_with = policy_files))]
    pub files: PolicyFiles,
    /// Why; goes on the audit trail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(max_length = 5000))]
    pub reason: Option<String>,
}

/// Ends the evaluation of a candidate.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct EndShadow {
    /// Why; goes on the audit trail.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(max_length = 5000))]
    pub reason: Option<String>,
}

/// A value that was told, also where it is `null`.
fn told<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<Digest>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

pub(crate) fn files<'de, D: Deserializer<'de>>(deserializer: D) -> Result<PolicyFiles, D::Error> {
    let files = PolicyFiles::deserialize(deserializer)?;
    if files.is_empty() || files.len() > MAX_POLICY_FILES {
        return Err(D::Error::custom(format_args!("there are {} files: send 1 to 64", files.len())));
    }
    match files.keys().find(|name| !is_file_name(name)) {
        None => Ok(files),
        Some(name) => Err(D::Error::custom(format_args!(
            "`{}` is no name of a policy file: use letters, digits, `.`, `_` and `-`, and `.cedar` at the end",
            name.chars().take(80).collect::<String>().escape_debug()
        ))),
    }
}

fn is_file_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    let stem = name.strip_suffix(".cedar");
    name.len() <= 64
        && stem.is_some_and(|stem| !stem.is_empty() && !stem.starts_with('.'))
        && name.bytes().all(plain)
}

/// The names are plain, so that they are file names everywhere.
#[cfg(feature = "openapi")]
pub(crate) fn policy_files() -> utoipa::openapi::Schema {
    use utoipa::openapi::{ObjectBuilder, Schema, schema::Type};
    let name = ObjectBuilder::new()
        .schema_type(Type::String)
        .max_length(Some(64))
        .pattern(Some("^[A-Za-z0-9_-][A-Za-z0-9._-]*\\.cedar$"))
        .build();
    ObjectBuilder::new()
        .schema_type(Type::Object)
        .min_properties(Some(1))
        .max_properties(Some(MAX_POLICY_FILES))
        .property_names(Some(Schema::from(name)))
        .additional_properties(Some(Schema::from(ObjectBuilder::new().schema_type(Type::String).build())))
        .description(Some("1 to 64 files by name, at most 256 KiB in all."))
        .build()
        .into()
}

/// What is in force, and what is evaluated beside it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Policy {
    /// The set in force, as the digest of its files; `null` where none is.
    pub policy_set: Option<Digest>,
    /// Since when, and by whom; `null` where there never was one.
    pub activated: Option<PolicyActivation>,
    /// The candidate that is evaluated beside it, without effect.
    pub shadow: Option<Digest>,
    /// Since when, and by whom; `null` where none is evaluated.
    pub shadowed: Option<PolicyActivation>,
    /// Position of the last event about the tenant's policy; 0 where there is none.
    pub position: GlobalPosition,
    /// Only in the answer to a command: whether it was so before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub already: Option<bool>,
}

/// When a set came into force, or went out of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PolicyActivation {
    /// When.
    pub at: Timestamp,
    /// Who did it.
    pub by: Actor,
    /// Why, if they said.
    pub reason: Option<String>,
}

/// A policy set that is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PolicySet {
    /// SHA-256 of the canonical JSON (RFC 8785) of `files`.
    pub policy_set: Digest,
    /// The files by name, byte for byte.
    pub files: PolicyFiles,
}

/// Something that changed about a tenant's policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PolicyChange {
    /// Whether it is about the candidate alone, which decides nothing.
    pub shadow: bool,
    /// The set from then on; `null` for none.
    pub policy_set: Option<Digest>,
    /// The set before; not for a candidate.
    pub former: Option<Digest>,
    /// When.
    pub at: Timestamp,
    /// Who did it.
    pub by: Actor,
    /// Why, if they said.
    pub reason: Option<String>,
    /// Position of its event.
    pub position: GlobalPosition,
}
