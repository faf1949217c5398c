//! Why a permit is not good.

use vidimus_api_types::{ArgumentsDigest, FunctionName, TenantId, Timestamp};

/// Why a permit is not good, or could not be looked at. Whatever it is, the call must not run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PermitError {
    /// The set of keys cannot be used.
    #[error(
        "the permit keys cannot be used, as {problem}: take them from `GET /v1/permits/keys` of the installation"
    )]
    KeysInvalid {
        /// What is wrong.
        problem: &'static str,
    },
    /// It is no permit token.
    #[error("this is no permit token, as {problem}: pass on `permit.token` of the execution as it is")]
    Malformed {
        /// What is wrong.
        problem: &'static str,
    },
    /// It names a key that is not in the set.
    #[error("the permit is signed with key `{}`, which is not known: fetch the permit keys anew", .key_id.escape_debug())]
    UnknownKey {
        /// The key's id, cut to 80 characters.
        key_id: String,
    },
    /// The signature is not that of the key over exactly this token.
    #[error(
        "the permit's signature is not good: it was changed, or made by somebody else; do not run the call"
    )]
    BadSignature,
    /// It is too late.
    #[error("the permit expired at {at}: ask for the execution again")]
    Expired {
        /// When.
        at: Timestamp,
    },
    /// It is too early.
    #[error("the permit is good from {from} on: set this machine's clock, or wait")]
    NotYet {
        /// From when on.
        from: Timestamp,
    },
    /// It is another tenant's.
    #[error("the permit is of tenant `{tenant}`: do not run the call for another")]
    OtherTenant {
        /// Whose it is.
        tenant: TenantId,
    },
    /// It is for another function.
    #[error("the permit is for `{function}`: do not run another function under it")]
    OtherFunction {
        /// What it is for.
        function: FunctionName,
    },
    /// It is for other arguments.
    #[error("the permit is for arguments with the digest `{permitted}`: do not run the call with others")]
    OtherArguments {
        /// The digest of the arguments that it is for.
        permitted: ArgumentsDigest,
    },
    /// The arguments are none that can have a permit.
    #[error("the arguments are none that a permit can be for, as {problem}: do not run the call")]
    ArgumentsInvalid {
        /// What is wrong.
        problem: &'static str,
    },
}

impl PermitError {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::KeysInvalid { .. } => "permit_keys_invalid",
            Self::Malformed { .. } => "malformed",
            Self::UnknownKey { .. } => "unknown_key",
            Self::BadSignature => "bad_signature",
            Self::Expired { .. } => "expired",
            Self::NotYet { .. } => "not_yet",
            Self::OtherTenant { .. } => "other_tenant",
            Self::OtherFunction { .. } => "other_function",
            Self::OtherArguments { .. } => "other_arguments",
            Self::ArgumentsInvalid { .. } => "arguments_invalid",
        }
    }
}
