//! What the deliveries of a webhook are signed with.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use proto_events::TenantId;
use uuid::Uuid;

use crate::KeyPepper;

/// Keeps what is derived for webhooks apart from all else that the pepper is good for.
const PURPOSE: &[u8] = b"webhook-secret";

/// What the deliveries of a webhook are signed with: derived from its id and the installation's pepper, so that it is
/// nowhere on record and can still be shown again.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookSecret([u8; 32]);

impl WebhookSecret {
    /// Tenant and purpose end where they end: neither can hold a NUL, and an id has 16 bytes.
    pub(crate) fn derive(pepper: &KeyPepper, tenant: &TenantId, webhook_id: Uuid) -> Self {
        let parts = [PURPOSE, tenant.as_str().as_bytes(), webhook_id.as_bytes()];
        Self(pepper.derive(&parts.join(&0)))
    }

    /// The key of the signature.
    pub const fn key(&self) -> &[u8; 32] {
        &self.0
    }

    /// As it is handed to whoever checks signatures: `whsec_` and the key in base64 (Standard Webhooks).
    pub fn expose(&self) -> String {
        format!("whsec_{}", STANDARD.encode(self.0))
    }
}

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookSecret(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_webhook_has_its_own_and_it_does_not_show() {
        let (acme, globex) = ("acme".parse().unwrap(), "globex".parse().unwrap());
        let pepper = KeyPepper::new(std::array::from_fn(|index| u8::try_from(index).unwrap()));
        let secret = WebhookSecret::derive(&pepper, &acme, Uuid::from_u128(7));
        // Reckoned by another program: python3, `hmac.digest(bytes(range(32)), b"webhook-secret\0acme\0" +
        // (7).to_bytes(16, "big"), "sha256")`.
        assert_eq!(secret.expose(), "whsec_kPgUGXm4cv3GRIFS7jaT64m3L60OqO13Hk3iM52vGbw=");
        assert_eq!(secret, WebhookSecret::derive(&pepper, &acme, Uuid::from_u128(7)));
        assert_ne!(secret, WebhookSecret::derive(&pepper, &acme, Uuid::from_u128(8)));
        assert_ne!(secret, WebhookSecret::derive(&pepper, &globex, Uuid::from_u128(7)));
        assert_ne!(secret, WebhookSecret::derive(&KeyPepper::new([0; 32]), &acme, Uuid::from_u128(7)));
        assert_eq!(format!("{secret:?}"), "WebhookSecret(..)");
    }
}
