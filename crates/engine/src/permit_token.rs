//! Permits as signed tokens: what a tool server checks offline before it runs a call.
//!
//! A JSON Web Token (RFC 7519) as a compact JWS (RFC 7515) under Ed25519 (RFC 8037). The key is derived from the
//! installation's pepper, so that there is one secret to keep; the public half is answered as a JWK Set (RFC 7517).

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use ed25519_dalek::{Signer as _, SigningKey};
use proto_events::{TenantId, Timestamp};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use vidimus_domain::execution::{Execution, Permit, Stage};

use crate::{Engine, EngineError, KeyPepper};

/// Longer than the 32 bytes of any secret that is hashed under the pepper, so never one of those.
const PURPOSE: &[u8] = b"vidimus: the Ed25519 key that permit tokens are signed with, version 1";

/// Signs permits.
pub(crate) struct PermitSigner {
    key: SigningKey,
    /// RFC 7638 thumbprint of the public key.
    key_id: String,
    public: String,
}

impl PermitSigner {
    pub(crate) fn of(pepper: &KeyPepper) -> Self {
        let key = SigningKey::from_bytes(&pepper.derive(PURPOSE));
        let public = BASE64.encode(key.verifying_key().as_bytes());
        // The members that RFC 8037 requires, in the order and spelling that RFC 7638 hashes.
        let members = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{public}"}}"#);
        let key_id = BASE64.encode(Sha256::digest(members));
        Self { key, key_id, public }
    }

    fn keys(&self) -> Value {
        json!({ "keys": [{
            "kty": "OKP", "crv": "Ed25519", "x": self.public, "kid": self.key_id, "use": "sig", "alg": "EdDSA",
        }] })
    }

    fn sign(&self, claims: &Value) -> String {
        let header = json!({ "alg": "EdDSA", "kid": self.key_id, "typ": "vidimus-permit+jwt" });
        let part = |value: &Value| BASE64.encode(value.to_string());
        let signed = format!("{}.{}", part(&header), part(claims));
        let signature = BASE64.encode(self.key.sign(signed.as_bytes()).to_bytes());
        format!("{signed}.{signature}")
    }
}

/// Seconds since 1970, as JSON Web Tokens have times.
fn seconds(at: Timestamp) -> i64 {
    at.as_micros().div_euclid(1_000_000)
}

impl Engine {
    /// The public keys that permit tokens are checked with, as a JWK Set; `None` where the engine was given no pepper.
    pub fn permit_keys(&self) -> Option<Value> {
        self.permit_signer.as_ref().map(PermitSigner::keys)
    }

    /// The permit of an execution that may be started now, as a signed token; `None` where there is none, or the engine was
    /// given no pepper. It is good for as long as the permit is, so freezes and the policy set in force are looked up as a
    /// start does: that a freeze holds the execution, or that another set withdraws its permit, comes on record later.
    /// Where they cannot be looked up there is none either: what it goes along with has happened, and can be asked for again.
    pub async fn permit_token(&self, tenant: &TenantId, execution: &Execution) -> Option<String> {
        let signer = self.permit_signer.as_ref()?;
        let permit = execution
            .permit
            .as_ref()
            .filter(|_| execution.stage == Stage::Permitted && execution.suspended.is_none())?;
        match self.may_be_handed_out(tenant, execution, permit).await {
            Ok(true) => {}
            Ok(false) => return None,
            Err(error) => {
                tracing::warn!(execution = %execution.id(), %error, "a permit is not handed out as a token");
                return None;
            }
        }
        let (call, issued) = (execution.call(), seconds(self.now()));
        let mut claims = json!({
            "iss": "vidimus",
            "sub": format!("agent:{}", call.agent),
            "tenant": tenant.as_str(),
            "jti": permit.id.to_string(),
            "execution_id": execution.id().to_string(),
            "function": call.function.as_str(),
            "arguments_sha256": permit.arguments_digest.to_string(),
            "iat": issued,
            "nbf": issued,
            // Rounded down: never longer than the permit.
            "exp": seconds(permit.expires_at),
        });
        if let (Some(policy_set), Value::Object(claims)) = (&permit.policy_set, &mut claims) {
            claims.insert("policy_set".to_owned(), policy_set.clone().into());
        }
        Some(signer.sign(&claims))
    }

    async fn may_be_handed_out(
        &self,
        tenant: &TenantId,
        execution: &Execution,
        permit: &Permit,
    ) -> Result<bool, EngineError> {
        let call = execution.call();
        let freezes = self.load_freezes(tenant).await?;
        if freezes.state.covering(&call.agent, &call.function).is_some() {
            return Ok(false);
        }
        let in_force = self.load_policy(tenant).await?.state.in_force();
        Ok(permit.policy_set == in_force.map(|digest| digest.to_string()))
    }
}
