//! The text of a policy set.

use std::collections::BTreeMap;

use proto_events::Digest;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// Why files are no policy set's text, before anything in them is looked at.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// No file.
    #[error("a policy set has at least one file: add a `*.cedar` file")]
    Empty,
    /// Too many files.
    #[error(
        "{0} files are more than the {max} of a policy set: put several rules into one file",
        max = PolicySource::MAX_FILES
    )]
    TooManyFiles(usize),
    /// Too much text.
    #[error(
        "{0} bytes are more than the {max} of a policy set: split it by tenant or shorten it",
        max = PolicySource::MAX_BYTES
    )]
    TooLarge(usize),
    /// A name that is no plain name of a Cedar file.
    #[error(
        "`{}` is no name of a policy file: use letters, digits, `.`, `_` and `-`, no folder, at most 64 characters, \
         and `.cedar` at the end", .0.escape_debug()
    )]
    FileName(String),
}

impl SourceError {
    /// The error's stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Empty => "policy_source_empty",
            Self::TooManyFiles(_) => "policy_source_too_many_files",
            Self::TooLarge(_) => "policy_source_too_large",
            Self::FileName(_) => "policy_file_name_invalid",
        }
    }
}

/// The files of a policy set by name, byte for byte.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "BTreeMap<String, String>", into = "BTreeMap<String, String>")]
pub struct PolicySource(BTreeMap<String, String>);

impl PolicySource {
    /// The most files.
    pub const MAX_FILES: usize = 64;
    /// The most bytes in all files, names included.
    pub const MAX_BYTES: usize = 256 * 1024;
    /// The most rules in all files.
    pub const MAX_RULES: usize = 1_000;

    /// The source of these files, by name.
    ///
    /// # Errors
    /// When there is none, too many, too much in them, or one has a name that is not `*.cedar` without a folder.
    pub fn new(files: BTreeMap<String, String>) -> Result<Self, SourceError> {
        if files.is_empty() {
            return Err(SourceError::Empty);
        }
        if files.len() > Self::MAX_FILES {
            return Err(SourceError::TooManyFiles(files.len()));
        }
        if let Some(name) = files.keys().find(|name| !is_file_name(name)) {
            return Err(SourceError::FileName(name.chars().take(80).collect()));
        }
        let bytes = files.iter().map(|(name, text)| name.len() + text.len()).sum();
        if bytes > Self::MAX_BYTES {
            return Err(SourceError::TooLarge(bytes));
        }
        Ok(Self(files))
    }

    /// The files by name.
    pub const fn files(&self) -> &BTreeMap<String, String> {
        &self.0
    }

    /// The set's version: SHA-256 of the canonical JSON (RFC 8785) of the files by name.
    pub fn digest(&self) -> Digest {
        // A map of texts always has a canonical form.
        let canonical = serde_json_canonicalizer::to_vec(&self.0).unwrap_or_default();
        Digest::new(Sha256::digest(canonical).into())
    }
}

impl TryFrom<BTreeMap<String, String>> for PolicySource {
    type Error = SourceError;

    fn try_from(files: BTreeMap<String, String>) -> Result<Self, SourceError> {
        Self::new(files)
    }
}

impl From<PolicySource> for BTreeMap<String, String> {
    fn from(source: PolicySource) -> Self {
        source.0
    }
}

fn is_file_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    name.len() <= 64
        && name.strip_suffix(".cedar").is_some_and(|stem| !stem.is_empty() && !stem.starts_with('.'))
        && name.bytes().all(plain)
}
