//! Signed checkpoints: what the log's tree is, said under a key, so that it can be held against what is said later.
//!
//! The text is a C2SP `tlog-checkpoint`, the envelope a C2SP `signed-note`. The key is derived from the installation's
//! pepper, as that of permits is, for a purpose of its own.

use std::{fmt, str::FromStr};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use ed25519_dalek::{SignatureError, Signer as _, SigningKey};
use proto_events::Digest;
use sha2::{Digest as _, Sha256};
use signed_note::{Note, Signer};
use vidimus_log::TreeHead;

use crate::{Engine, EngineError, KeyPepper};

/// Longer than the 32 bytes of any secret that is hashed under the pepper, so never one of those.
const PURPOSE: &[u8] = b"vidimus: the Ed25519 key that checkpoints are signed with, version 1";
/// The longest name of a log.
const MAX_ORIGIN_BYTES: usize = 255;

/// The name of a log: the first line of its checkpoints, and the name of the key that signs them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckpointOrigin(String);

/// What was given is no name of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the origin of checkpoints is 1 to 255 ASCII letters, digits, `.`, `-`, `_`, `~`, `:` and `/`: an address without its scheme, like `example.com/vidimus`"
)]
pub struct OriginError;

impl FromStr for CheckpointOrigin {
    type Err = OriginError;

    fn from_str(text: &str) -> Result<Self, OriginError> {
        // What an address has: a name of a key takes more, but it stands in commands and on pages too.
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-_~:/".contains(&byte);
        if (1..=MAX_ORIGIN_BYTES).contains(&text.len()) && text.bytes().all(plain) {
            return Ok(Self(text.to_owned()));
        }
        Err(OriginError)
    }
}

impl fmt::Display for CheckpointOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Size and root of the log, signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedCheckpoint {
    /// The log's name.
    pub origin: String,
    /// Size and root.
    pub head: TreeHead,
    /// All of it as a signed note.
    pub note: String,
    /// What the note is verified with, as a verifier key of C2SP `signed-note`.
    pub key: String,
}

/// That the log of the checkpoint begins with all that it was at an earlier size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consistency {
    /// What it was.
    pub from: TreeHead,
    /// What it is.
    pub checkpoint: SignedCheckpoint,
    /// The nodes that lead from the one to the other (RFC 6962, section 2.1.2).
    pub path: Vec<Digest>,
}

/// Signs checkpoints.
pub(crate) struct CheckpointSigner {
    origin: String,
    key: SigningKey,
    key_id: u32,
}

impl CheckpointSigner {
    /// The signer under this name. Without one it is made from the key, so that two installations never share one.
    pub(crate) fn of(pepper: &KeyPepper, origin: Option<CheckpointOrigin>) -> Self {
        let key = SigningKey::from_bytes(&pepper.derive(PURPOSE));
        let public = key.verifying_key().to_bytes();
        let origin = match origin {
            Some(origin) => origin.0,
            None => {
                let digest = Digest::new(Sha256::digest(public).into()).to_string();
                // Reserved for private use (ICANN, 2024), so never an address of somebody else.
                format!("vidimus.internal/log/{}", digest.get(..16).unwrap_or(&digest))
            }
        };
        const ED25519: u8 = 1;
        let typed = [&[ED25519], public.as_slice()].concat();
        let key_id = signed_note::key_id(&origin, &typed);
        Self { origin, key, key_id }
    }

    /// The verifier key.
    fn public(&self) -> String {
        signed_note::new_ed25519_verifier_key(&self.origin, &self.key.verifying_key())
    }

    fn sign_head(&self, head: TreeHead) -> Result<SignedCheckpoint, EngineError> {
        let text = format!("{}\n{}\n{}\n", self.origin, head.size, BASE64.encode(head.root.as_bytes()));
        let failed = |error: signed_note::NoteError| EngineError::Encode(error.to_string());
        let mut note = Note::new(text.as_bytes(), &[]).map_err(failed)?;
        note.add_sigs(&[self]).map_err(failed)?;
        let note =
            String::from_utf8(note.to_bytes()).map_err(|error| EngineError::Encode(error.to_string()))?;
        Ok(SignedCheckpoint { origin: self.origin.clone(), head, note, key: self.public() })
    }
}

impl Signer for CheckpointSigner {
    fn name(&self) -> &str {
        &self.origin
    }

    fn key_id(&self) -> u32 {
        self.key_id
    }

    fn sign(&self, text: &[u8]) -> Result<Vec<u8>, SignatureError> {
        Ok(self.key.try_sign(text)?.to_bytes().to_vec())
    }
}

impl Engine {
    /// This engine with a name for its log. Given after the pepper, whose key signs under it.
    #[must_use]
    pub fn with_checkpoint_origin(self, origin: CheckpointOrigin) -> Self {
        let signer = self.key_pepper.as_ref().map(|pepper| CheckpointSigner::of(pepper, Some(origin)));
        Self { checkpoint_signer: signer, ..self }
    }

    fn checkpoint_signer(&self) -> Result<&CheckpointSigner, EngineError> {
        self.checkpoint_signer.as_ref().ok_or(EngineError::KeyPepperMissing)
    }

    /// What checkpoints are verified with, as a verifier key of C2SP `signed-note`.
    ///
    /// # Errors
    /// When the engine was given no pepper.
    pub fn checkpoint_key(&self) -> Result<String, EngineError> {
        Ok(self.checkpoint_signer()?.public())
    }

    /// The log as it is now, signed. What it says is durable: no log of this installation ever takes it back.
    ///
    /// # Errors
    /// When the engine was given no pepper.
    pub fn checkpoint(&self) -> Result<SignedCheckpoint, EngineError> {
        self.sign_checkpoint(self.log.tree_head())
    }

    pub(crate) fn sign_checkpoint(&self, head: TreeHead) -> Result<SignedCheckpoint, EngineError> {
        self.checkpoint_signer()?.sign_head(head)
    }

    /// That the log as it is now begins with all of its first `from` events.
    ///
    /// # Errors
    /// `proof_out_of_range` where it never had that many, or `from` is 0; when the log cannot be read.
    pub async fn checkpoint_consistency(&self, from: u64) -> Result<Consistency, EngineError> {
        let head = self.log.tree_head();
        let proof = self.log.consistency_proof(from, head.size).await?;
        Ok(Consistency { from: proof.old, checkpoint: self.sign_checkpoint(proof.new)?, path: proof.path })
    }
}
