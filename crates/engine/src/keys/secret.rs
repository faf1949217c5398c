//! What nobody may see: the pepper, and a key's token.

use std::fmt;

use hmac::{Hmac, Mac, digest::KeyInit};
use proto_events::{Digest, TenantId};
use sha2::Sha256;
use uuid::Uuid;

use super::token::Token;
use crate::Ids;

type HmacSha256 = Hmac<Sha256>;

/// The installation's own key, under which the secrets of API keys are hashed. Whoever has the log alone can neither
/// check nor make a token; whoever loses the pepper has lost every key.
#[derive(Clone)]
pub struct KeyPepper([u8; 32]);

impl KeyPepper {
    /// The pepper with these bytes.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// A new pepper, for an installation that has none.
    pub fn draw(ids: &dyn Ids) -> Self {
        Self(ids.secret())
    }

    /// Its bytes, to be kept beside the data and nowhere else.
    pub const fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    fn mac(&self, message: &[u8]) -> HmacSha256 {
        // As HMAC pads a key that is shorter than a block; so there is no length that could be refused.
        let mut block = [0; 64];
        block[..32].copy_from_slice(&self.0);
        let mut mac = <HmacSha256 as KeyInit>::new(&block.into());
        mac.update(message);
        mac
    }

    /// A key for what `purpose` names, which has more than 32 bytes: so it is never what stands in the log for a secret.
    pub(crate) fn derive(&self, purpose: &[u8]) -> [u8; 32] {
        self.mac(purpose).finalize().into_bytes().into()
    }

    /// What stands in the log for a secret.
    pub(crate) fn hash(&self, secret: &[u8; 32]) -> Digest {
        Digest::new(self.mac(secret).finalize().into_bytes().into())
    }

    /// Whether it is the hash of this secret; takes as long whatever differs.
    pub(crate) fn is_hash(&self, hash: &Digest, secret: &[u8; 32]) -> bool {
        self.mac(secret).verify_slice(hash.as_bytes()).is_ok()
    }
}

impl fmt::Debug for KeyPepper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyPepper(..)")
    }
}

/// The token of a key that was just created. It is shown once and kept nowhere.
#[derive(Clone)]
pub struct KeySecret(String);

impl KeySecret {
    pub(crate) fn of(tenant: &TenantId, key_id: Uuid, secret: &[u8; 32]) -> Self {
        Self(Token { tenant: tenant.clone(), key_id, secret: *secret }.to_text())
    }

    /// The token: `vidimus_<tenant>.<key id>.<secret>`.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for KeySecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeySecret(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_hmac_sha256() {
        // Reckoned by another program: python3, `hmac.digest(bytes(range(32)), b"\x07" * 32, "sha256")`.
        let pepper = KeyPepper::new(std::array::from_fn(|index| u8::try_from(index).unwrap()));
        let hash = pepper.hash(&[7; 32]);
        assert_eq!(hash.to_string(), "4739c539ce943412ce955fa24934a7f0333aeb68821c7f2f499d45bc930fafeb");
        assert!(pepper.is_hash(&hash, &[7; 32]));
        assert!(!pepper.is_hash(&hash, &[8; 32]));
        assert!(!KeyPepper::new([0; 32]).is_hash(&hash, &[7; 32]));
    }

    #[test]
    fn what_is_secret_does_not_show() {
        let secret = KeySecret::of(&"acme".parse().unwrap(), Uuid::nil(), &[7; 32]);
        assert_eq!(format!("{secret:?} {:?}", KeyPepper::new([7; 32])), "KeySecret(..) KeyPepper(..)");
    }
}
