//! The text of a token: `vidimus_<tenant>.<key id as 32 hex digits>.<secret as 43 characters base64url>`.
//!
//! It names its tenant, so that the key's stream is found without an index over all tenants; the prefix is for scanners
//! that look for secrets where none should be. Every token has one text only.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use proto_events::TenantId;
use uuid::Uuid;

const PREFIX: &str = "vidimus_";
const ID_LEN: usize = 32;
const SECRET_LEN: usize = 43;
/// With the longest tenant. What is longer is not looked into.
const MAX_LEN: usize = PREFIX.len() + 64 + 1 + ID_LEN + 1 + SECRET_LEN;

/// What a token says. No `Debug`: it holds the secret.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) tenant: TenantId,
    pub(super) key_id: Uuid,
    pub(super) secret: [u8; 32],
}

impl Token {
    pub(super) fn to_text(&self) -> String {
        let secret = URL_SAFE_NO_PAD.encode(self.secret);
        format!("{PREFIX}{}.{}.{secret}", self.tenant, self.key_id.simple())
    }

    /// Reads a token; `None` for everything that [`Token::to_text`] does not write.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if text.len() > MAX_LEN {
            return None;
        }
        let (tenant, rest) = text.strip_prefix(PREFIX)?.split_once('.')?;
        let (id, secret) = rest.split_once('.')?;
        let is_id = id.len() == ID_LEN && id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        if !is_id || secret.len() != SECRET_LEN {
            return None;
        }
        let key_id = Uuid::try_parse(id).ok()?;
        // The decoder refuses padding, other alphabets, and bits after the last whole byte.
        let secret = URL_SAFE_NO_PAD.decode(secret).ok()?.try_into().ok()?;
        Some(Self { tenant: tenant.parse().ok()?, key_id, secret })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TEXT: &str =
        "vidimus_acme.0123456789abcdef0123456789abcdef.BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc";

    #[test]
    fn a_token_has_one_text() {
        let token = Token::parse(TEXT).unwrap();
        assert_eq!(token.tenant.as_str(), "acme");
        assert_eq!(token.key_id.to_string(), "01234567-89ab-cdef-0123-456789abcdef");
        assert_eq!(token.secret, [7; 32]);
        assert_eq!(token.to_text(), TEXT);
        let other = [
            "",
            "vidimus_",
            "vidimus_..",
            "vidimus_acme",
            &TEXT[8..],
            &TEXT.replace("vidimus_", "Vidimus_"),
            &TEXT.replace("acme", ""),
            &TEXT.replace("acme", "ac me"),
            &TEXT.replace("acme", "ac.me"),
            &TEXT.replace("acme", &"a".repeat(65)),
            &TEXT.replace("abcdef", "ABCDEF"),
            &TEXT.replace("0123456789abcdef.", "0123456789abcde."),
            &TEXT.replace("01234567", "0123-4567"),
            &TEXT.replace("0123456789abcdef0", "0123456789abcdeg0"),
            &TEXT[..TEXT.len() - 1],
            &format!("{TEXT}="),
            &format!("{TEXT}B"),
            &format!("{TEXT}.B"),
            &format!(" {TEXT}"),
            &format!("{TEXT}\n"),
            // Another bit after the last whole byte: the same bytes, but another text.
            &format!("{}d", &TEXT[..TEXT.len() - 1]),
            &TEXT.replace(".Bwc", ".B+c"),
            &TEXT.replace(".Bwc", ".Bäc"),
            &"ä".repeat(60),
        ]
        .map(str::to_owned);
        for text in other {
            assert!(Token::parse(&text).is_none(), "{text}");
        }
        let longest = TEXT.replace("acme", &"a".repeat(64));
        assert_eq!(longest.len(), MAX_LEN);
        assert!(Token::parse(&longest).is_some());
        assert!(Token::parse(&longest.repeat(70_000)).is_none());
    }

    proptest! {
        #[test]
        fn every_token_is_read_as_it_was_written(
            tenant in "[A-Za-z0-9_-]{1,64}",
            id in any::<u128>(),
            secret in any::<[u8; 32]>(),
        ) {
            let token = Token { tenant: tenant.parse().unwrap(), key_id: Uuid::from_u128(id), secret };
            let text = token.to_text();
            prop_assert!(Token::parse(&text) == Some(token));
        }

        #[test]
        fn any_text_is_a_token_or_none(
            text in prop_oneof![
                any::<String>(),
                "vidimus_[a-z_.-]{0,8}\\.[0-9a-fA-F]{31,33}\\.[A-Za-z0-9_+/=-]{42,44}",
            ],
        ) {
            if let Some(token) = Token::parse(&text) {
                prop_assert_eq!(token.to_text(), text);
            }
        }

        #[test]
        fn another_byte_is_another_token_or_none(at in 0..TEXT.len(), byte in 0x20_u8..0x7f) {
            let mut bytes = TEXT.as_bytes().to_vec();
            bytes[at] = byte;
            let text = String::from_utf8(bytes).unwrap();
            let token = Token::parse(&text);
            prop_assert!(text == TEXT || token.is_none() || token != Token::parse(TEXT));
        }
    }
}
