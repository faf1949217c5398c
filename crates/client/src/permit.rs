//! Permits, checked where a call is to run: a tool server that has the installation's public keys needs to ask nobody.
//!
//! ```
//! use vidimus_client::permit::{CalledWith, Expected, PermitVerifier};
//! use vidimus_client::types::{FunctionName, JwkSet, TenantId, Timestamp};
//!
//! # fn check(keys: &str, token: &str, arguments: &serde_json::Value, now: Timestamp)
//! # -> Result<(), Box<dyn std::error::Error>> {
//! let keys: JwkSet = serde_json::from_str(keys)?; // as `GET /v1/permits/keys` answers it
//! let verifier = PermitVerifier::from_jwks(&keys)?;
//! let (tenant, function): (TenantId, FunctionName) = ("acme".parse()?, "crm.send_offer".parse()?);
//! let arguments = CalledWith::Arguments(arguments);
//! let permit = verifier.verify(token, &Expected { tenant: &tenant, function: &function, arguments, now })?;
//! // Once: whoever runs the call keeps `permit.permit_id` until `permit.expires_at`, or has `start` use the permit up.
//! # Ok(())
//! # }
//! ```

mod arguments;
mod error;
mod token;

use std::{collections::BTreeMap, time::Duration};

pub use arguments::arguments_digest;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use ed25519_dalek::VerifyingKey;
pub use error::PermitError;
use serde_json::Value;
use uuid::Uuid;
use vidimus_api_types::{ArgumentsDigest, FunctionName, JwkSet, TenantId, Timestamp};

/// The most keys that are read from a set.
pub const MAX_KEYS: usize = 64;

/// How far this machine's clock may be behind that of the installation: a token is good from the moment on that it is asked for.
pub const CLOCK_BEHIND: Duration = Duration::from_secs(5);

/// Checks permit tokens with the public keys of an installation.
#[derive(Clone, Debug)]
pub struct PermitVerifier {
    keys: BTreeMap<String, VerifyingKey>,
}

/// What a permit has to be for.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// The tenant that the tool server works for.
    pub tenant: &'a TenantId,
    /// What is about to run.
    pub function: &'a FunctionName,
    /// With what.
    pub arguments: CalledWith<'a>,
    /// What time it is.
    pub now: Timestamp,
}

/// What a call is made with.
#[derive(Clone, Copy, Debug)]
pub enum CalledWith<'a> {
    /// The arguments themselves, as they are going to be used.
    Arguments(&'a Value),
    /// Their digest: of arguments that were read as [`arguments_digest`] reads them.
    Digest(ArgumentsDigest),
}

/// A permit that is good: exactly this may run, once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedPermit {
    /// The permit's id: what must not be seen twice.
    pub permit_id: Uuid,
    /// The execution that it belongs to.
    pub execution_id: Uuid,
    /// The tenant.
    pub tenant: TenantId,
    /// The agent that may make the call.
    pub agent: String,
    /// What may be called.
    pub function: FunctionName,
    /// With which arguments.
    pub arguments_digest: ArgumentsDigest,
    /// The policy set that it was given under.
    pub policy_set: Option<String>,
    /// When the token was issued.
    pub issued_at: Timestamp,
    /// From when on it is too late to start.
    pub expires_at: Timestamp,
}

impl PermitVerifier {
    /// A verifier with the Ed25519 keys of a set; keys of other kinds are passed over.
    ///
    /// # Errors
    /// `permit_keys_invalid`: there is none, one is broken, two have the same id, or there are more than [`MAX_KEYS`].
    pub fn from_jwks(set: &JwkSet) -> Result<Self, PermitError> {
        let invalid = |problem| PermitError::KeysInvalid { problem };
        if set.keys.len() > MAX_KEYS {
            return Err(invalid("more than 64 keys are in it"));
        }
        let mut keys = BTreeMap::new();
        for key in &set.keys {
            let is_ours = key.kty == "OKP"
                && key.crv.as_deref() == Some("Ed25519")
                && key.alg.as_deref().is_none_or(|alg| alg == "EdDSA" || alg == "Ed25519")
                && key.key_use.as_deref().is_none_or(|for_what| for_what == "sig");
            let (true, Some(id)) = (is_ours, &key.kid) else { continue };
            let bytes = key.x.as_ref().and_then(|x| BASE64.decode(x).ok());
            let bytes = bytes.and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
            let public = bytes.and_then(|bytes| VerifyingKey::from_bytes(&bytes).ok());
            // With a weak key, anybody's signature may be good.
            let public = public.filter(|public| !public.is_weak());
            let public = public.ok_or_else(|| invalid("a key is no Ed25519 key"))?;
            if keys.insert(id.clone(), public).is_some() {
                return Err(invalid("two keys have the same `kid`"));
            }
        }
        if keys.is_empty() {
            return Err(invalid("no Ed25519 key is in it"));
        }
        Ok(Self { keys })
    }

    /// Checks a permit token: its signature, its time, and that it is for exactly this.
    ///
    /// # Errors
    /// See [`PermitError`]. Whatever it is, the call must not run.
    pub fn verify(&self, token: &str, expected: &Expected<'_>) -> Result<VerifiedPermit, PermitError> {
        let permit = token::open(&self.keys, token)?;
        if expected.now >= permit.expires_at {
            return Err(PermitError::Expired { at: permit.expires_at });
        }
        if expected.now.plus(CLOCK_BEHIND) < permit.not_before {
            return Err(PermitError::NotYet { from: permit.not_before });
        }
        if permit.claims.tenant != *expected.tenant {
            return Err(PermitError::OtherTenant { tenant: permit.claims.tenant });
        }
        if permit.claims.function != *expected.function {
            return Err(PermitError::OtherFunction { function: permit.claims.function });
        }
        let digest = match expected.arguments {
            CalledWith::Arguments(arguments) => arguments_digest(arguments)?,
            CalledWith::Digest(digest) => digest,
        };
        if permit.claims.arguments_sha256 != digest {
            return Err(PermitError::OtherArguments { permitted: permit.claims.arguments_sha256 });
        }
        let claims = permit.claims;
        Ok(VerifiedPermit {
            permit_id: claims.jti,
            execution_id: claims.execution_id,
            tenant: claims.tenant,
            agent: permit.agent,
            function: claims.function,
            arguments_digest: claims.arguments_sha256,
            policy_set: claims.policy_set,
            issued_at: permit.issued_at,
            expires_at: permit.expires_at,
        })
    }
}

#[cfg(test)]
mod tests;
