//! Proofs, checked without the server that made them: whoever has the log's verifier key needs to ask nobody.
//!
//! ```
//! use vidimus_client::proof::CheckpointVerifier;
//! use vidimus_client::types::ExecutionProof;
//!
//! # fn check(key: &str, proof: &str) -> Result<(), Box<dyn std::error::Error>> {
//! let verifier = CheckpointVerifier::from_key(key)?; // as `GET /v1/checkpoint/key` answers it, kept since
//! let proof: ExecutionProof = serde_json::from_str(proof)?; // as `GET /v1/executions/{id}/proof` answers it
//! let checkpoint = verifier.execution(&proof)?;
//! println!("all {} events are among the {} of {}", proof.events.len(), checkpoint.size, checkpoint.origin);
//! # Ok(())
//! # }
//! ```
//!
//! The signature is checked by the crate `signed_note`, the tree by the crate `tlog_tiles`.

mod error;

pub use error::ProofError;
use signed_note::{Note, NoteError, StandardVerifier, Verifier as _, VerifierList};
use tlog_tiles::Hash;
use vidimus_api_types::{Checkpoint, ConsistencyProof, Digest, EventProof, ExecutionProof};

/// More nodes than any path has: a tree of 2^64 leaves is not higher.
const MAX_PATH: usize = 64;
/// The longest note that is looked at, in bytes.
const MAX_NOTE_BYTES: usize = 64 * 1024;

/// Checks checkpoints, and what is proved against them, with the verifier key of a log.
#[derive(Clone)]
pub struct CheckpointVerifier {
    verifier: StandardVerifier,
}

/// A checkpoint whose signature is good: what the log was, as its key says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedCheckpoint {
    /// The log's name.
    pub origin: String,
    /// How many events it had.
    pub size: u64,
    /// The Merkle root over them.
    pub root: Digest,
}

impl std::fmt::Debug for CheckpointVerifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CheckpointVerifier").field("name", &self.verifier.name()).finish_non_exhaustive()
    }
}

fn hash(digest: &Digest) -> Hash {
    Hash(*digest.as_bytes())
}

fn path(nodes: &[Digest]) -> Result<Vec<Hash>, ProofError> {
    if nodes.len() > MAX_PATH {
        return Err(ProofError::Malformed { problem: "a path in it is longer than any tree is high" });
    }
    Ok(nodes.iter().map(hash).collect())
}

impl CheckpointVerifier {
    /// A verifier with a verifier key of C2SP `signed-note`: `<name>+<id>+<key>`.
    ///
    /// # Errors
    /// `checkpoint_key_invalid`: it is none, or not one of Ed25519.
    pub fn from_key(key: &str) -> Result<Self, ProofError> {
        let invalid = |problem| ProofError::KeyInvalid { problem };
        let verifier = StandardVerifier::new(key.trim()).map_err(|error| {
            invalid(match error {
                signed_note::VerifierError::Alg => "it is not one of Ed25519",
                signed_note::VerifierError::Id => "its id is not that of its name and key",
                signed_note::VerifierError::Format => "it is not of the form `<name>+<id>+<key>`",
            })
        })?;
        Ok(Self { verifier })
    }

    /// Checks a checkpoint: that this key signed it, and that it is of the log that the key is named after.
    ///
    /// # Errors
    /// See [`ProofError`].
    pub fn checkpoint(&self, note: &str) -> Result<VerifiedCheckpoint, ProofError> {
        let malformed = |problem| ProofError::Malformed { problem };
        if note.len() > MAX_NOTE_BYTES {
            return Err(malformed("the checkpoint is longer than one is"));
        }
        let note = Note::from_bytes(note.as_bytes())
            .map_err(|_| malformed("the checkpoint is not a whole signed note"))?;
        let known = VerifierList::new(vec![Box::new(self.verifier.clone())]);
        note.verify(&known).map_err(|error| match error {
            NoteError::InvalidSignature { .. } => ProofError::BadSignature,
            NoteError::UnverifiedNote => ProofError::NotSigned { name: self.verifier.name().to_owned() },
            _ => malformed("the checkpoint is not a whole signed note"),
        })?;
        let body = tlog_tiles::Checkpoint::from_bytes(note.text())
            .map_err(|_| malformed("the note is signed, but is no checkpoint"))?;
        if body.origin() != self.verifier.name() {
            return Err(ProofError::OtherLog { origin: body.origin().to_owned() });
        }
        let (origin, root) = (body.origin().to_owned(), Digest::new(body.hash().0));
        Ok(VerifiedCheckpoint { origin, size: body.size(), root })
    }

    /// Checks a checkpoint with its members, which have to say what its note says.
    ///
    /// # Errors
    /// See [`ProofError`].
    pub fn described(&self, described: &Checkpoint) -> Result<VerifiedCheckpoint, ProofError> {
        let checkpoint = self.checkpoint(&described.note)?;
        let differs = |member| Err(ProofError::Differs { member });
        if described.origin != checkpoint.origin {
            return differs("origin");
        }
        if described.size != checkpoint.size {
            return differs("size");
        }
        if described.root != checkpoint.root {
            return differs("root");
        }
        Ok(checkpoint)
    }

    /// Checks a proof of events: its checkpoint, and that every event is in the log of it.
    ///
    /// # Errors
    /// See [`ProofError`]. Whatever it is, nothing is proved.
    pub fn execution(&self, proof: &ExecutionProof) -> Result<VerifiedCheckpoint, ProofError> {
        let checkpoint = self.described(&proof.checkpoint)?;
        proof.events.iter().try_for_each(|event| checkpoint.includes(event))?;
        Ok(checkpoint)
    }

    /// Checks that the log of a proof's checkpoint begins with all that it was before.
    ///
    /// # Errors
    /// See [`ProofError`]. Whatever it is, nothing is proved.
    pub fn consistency(&self, proof: &ConsistencyProof) -> Result<VerifiedCheckpoint, ProofError> {
        let checkpoint = self.described(&proof.checkpoint)?;
        let (from, size) = (proof.from, checkpoint.size);
        let (old, new) = (hash(&proof.from_root), hash(&checkpoint.root));
        tlog_tiles::check_tree(&path(&proof.path)?, size, new, from, old)
            .map_err(|_| ProofError::NotConsistent { from, size })?;
        Ok(checkpoint)
    }
}

impl VerifiedCheckpoint {
    /// Checks that an event is in the log of this checkpoint.
    ///
    /// # Errors
    /// `proof_not_in_tree`, or `proof_malformed`.
    pub fn includes(&self, event: &EventProof) -> Result<(), ProofError> {
        if event.position.get().checked_sub(1) != Some(event.leaf_index) {
            return Err(ProofError::Malformed {
                problem: "the leaf of an event is not that of its position",
            });
        }
        let (leaf, root) = (hash(&event.leaf_hash), hash(&self.root));
        tlog_tiles::check_record(&path(&event.path)?, self.size, root, event.leaf_index, leaf)
            .map_err(|_| ProofError::NotInTree { position: event.position, size: self.size })
    }
}

#[cfg(test)]
mod tests;
