//! The signature of Standard Webhooks.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, Mac, digest::KeyInit};
use proto_events::Timestamp;
use sha2::{Digest as _, Sha256};

/// How long a block of SHA-256 is.
const BLOCK: usize = 64;

/// What is sent beside a payload, so that its receiver can tell where it is from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// `webhook-timestamp`: when it was signed, in seconds since 1970.
    pub timestamp: String,
    /// `webhook-signature`: `v1,` and HMAC-SHA256 of id, timestamp and payload, joined with dots, in base64.
    pub signature: String,
}

/// Signs a payload, under the id that it has over all attempts.
pub fn sign(key: &[u8], id: &str, at: Timestamp, payload: &[u8]) -> Signed {
    let timestamp = at.as_micros().div_euclid(1_000_000).to_string();
    // As HMAC does it with keys of any length; so there is none that could be refused.
    let mut block = [0; BLOCK];
    if key.len() > BLOCK {
        block[..32].copy_from_slice(&Sha256::digest(key));
    } else {
        block[..key.len()].copy_from_slice(key);
    }
    let mut mac = <Hmac<Sha256> as KeyInit>::new(&block.into());
    for part in [id.as_bytes(), b".", timestamp.as_bytes(), b".", payload] {
        mac.update(part);
    }
    let signature = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
    Signed { timestamp, signature }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The test vector that the libraries of Standard Webhooks share.
    #[test]
    fn it_is_the_signature_of_the_specification() {
        let key = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let at = Timestamp::from_micros(1_614_265_330_000_000);
        let signed = sign(&key, "msg_p5jXN8AQM9LWM0D4loKWxJek", at, br#"{"test": 2432232314}"#);
        assert_eq!(signed.timestamp, "1614265330");
        assert_eq!(signed.signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    /// Reckoned by another program: python3, `hmac.digest(key, b"id.1.x", "sha256")`.
    #[test]
    fn keys_of_any_length_are_keys() {
        let at = Timestamp::from_micros(1_999_999);
        for (length, expected) in [
            (0, "s0rvDBb2ebaIio6BYVq7j57BxBGRm/OQscwT9UjiMbE="),
            (64, "mFK/DvXKwUSAr2boZEmuGMoMVgQOn3brUQW+lHIogeU="),
            (65, "hxo1rC7QQ1+av9aS0s4Fti3vpc+yu2yOvoWS98ABTI8="),
        ] {
            assert_eq!(
                sign(&vec![7; length], "id", at, b"x").signature,
                format!("v1,{expected}"),
                "{length}"
            );
        }
    }
}
