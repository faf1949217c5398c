//! The token: a JSON Web Token (RFC 7519) as a compact JWS (RFC 7515) under Ed25519 (RFC 8037). One algorithm, one type: what
//! a token says of itself chooses nothing but the key.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use ed25519_dalek::{Signature, VerifyingKey};
use serde::{Deserialize, Deserializer, de::IgnoredAny};
use uuid::Uuid;
use vidimus_api_types::{ArgumentsDigest, FunctionName, TenantId, Timestamp};

use super::PermitError;

/// The longest token that is looked at; a real one has about a fifth of that.
const MAX_TOKEN_BYTES: usize = 8 * 1024;
const TYPE: &str = "vidimus-permit+jwt";
const ISSUER: &str = "vidimus";
/// The last second of the year 9999.
const MAX_SECONDS: i64 = 253_402_300_799;

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: String,
    typ: String,
    /// What has to be understood, and is not.
    #[serde(default, deserialize_with = "present")]
    crit: bool,
}

/// A member is there, `null` too.
fn present<'de, D: Deserializer<'de>>(member: D) -> Result<bool, D::Error> {
    IgnoredAny::deserialize(member).map(|_| true)
}

#[derive(Deserialize)]
pub(super) struct Claims {
    iss: String,
    sub: String,
    pub(super) tenant: TenantId,
    pub(super) jti: Uuid,
    pub(super) execution_id: Uuid,
    pub(super) function: FunctionName,
    pub(super) arguments_sha256: ArgumentsDigest,
    #[serde(default)]
    pub(super) policy_set: Option<String>,
    iat: i64,
    nbf: i64,
    exp: i64,
}

/// What a token with a good signature says.
pub(super) struct Opened {
    pub(super) claims: Claims,
    pub(super) agent: String,
    pub(super) issued_at: Timestamp,
    pub(super) not_before: Timestamp,
    pub(super) expires_at: Timestamp,
}

const fn malformed(problem: &'static str) -> PermitError {
    PermitError::Malformed { problem }
}

fn part(text: &str) -> Result<Vec<u8>, PermitError> {
    BASE64.decode(text).map_err(|_| malformed("a part of it is no base64url without padding"))
}

fn instant(seconds: i64) -> Result<Timestamp, PermitError> {
    if !(0..=MAX_SECONDS).contains(&seconds) {
        return Err(malformed("it has a time that is none"));
    }
    Ok(Timestamp::from_micros(seconds * 1_000_000))
}

/// Reads a token whose signature is good.
pub(super) fn open(keys: &BTreeMap<String, VerifyingKey>, token: &str) -> Result<Opened, PermitError> {
    if token.len() > MAX_TOKEN_BYTES {
        return Err(malformed("it is longer than 8 KiB"));
    }
    let three = || malformed("it does not have three parts");
    let (signed, signature) = token.rsplit_once('.').ok_or_else(three)?;
    let (header, claims) = signed.split_once('.').ok_or_else(three)?;
    let header: Header = serde_json::from_slice(&part(header)?)
        .map_err(|_| malformed("its header is not that of a permit"))?;
    if header.alg != "EdDSA" || header.crit {
        return Err(malformed("it is not signed as permits are"));
    }
    if !header.typ.eq_ignore_ascii_case(TYPE) {
        return Err(malformed("it is a token for something else"));
    }
    let unknown = || PermitError::UnknownKey { key_id: header.kid.chars().take(80).collect() };
    let key = keys.get(&header.kid).ok_or_else(unknown)?;
    let signature = part(signature)?;
    let signature = Signature::from_slice(&signature).map_err(|_| malformed("its signature is none"))?;
    key.verify_strict(signed.as_bytes(), &signature).map_err(|_| PermitError::BadSignature)?;

    let claims: Claims = serde_json::from_slice(&part(claims)?)
        .map_err(|_| malformed("its claims are not those of a permit"))?;
    if claims.iss != ISSUER {
        return Err(malformed("its issuer is not Vidimus"));
    }
    let agent = claims.sub.strip_prefix("agent:").ok_or_else(|| malformed("its subject is no agent"))?;
    Ok(Opened {
        agent: agent.to_owned(),
        issued_at: instant(claims.iat)?,
        not_before: instant(claims.nbf)?,
        expires_at: instant(claims.exp)?,
        claims,
    })
}
