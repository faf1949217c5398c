//! Why nothing is proved.

use vidimus_api_types::GlobalPosition;

/// Why nothing is proved.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The verifier key cannot be used.
    #[error(
        "this is no verifier key, as {problem}: take it from `GET /v1/checkpoint/key`, whole and in one line"
    )]
    KeyInvalid {
        /// What is wrong.
        problem: &'static str,
    },
    /// It is no proof, or no checkpoint.
    #[error("this is no proof, as {problem}: take it as the server answered it")]
    Malformed {
        /// What is wrong.
        problem: &'static str,
    },
    /// The checkpoint has no signature of this key.
    #[error("the checkpoint is not signed with the key of `{}`: use the key of the log that it is of", .name.escape_debug())]
    NotSigned {
        /// The name of the key.
        name: String,
    },
    /// The signature is not that of the key over exactly this checkpoint.
    #[error("the checkpoint's signature is not good: it was changed, or made by somebody else")]
    BadSignature,
    /// The checkpoint is of another log than the key.
    #[error("the checkpoint is of `{}`, whose name is not that of the key: use the key of that log", .origin.escape_debug())]
    OtherLog {
        /// Which log it is of.
        origin: String,
    },
    /// What stands beside the note is not what it says.
    #[error("`checkpoint.{member}` is not what the signed note says: the file was changed")]
    Differs {
        /// What differs.
        member: &'static str,
    },
    /// An event is not in the tree.
    #[error(
        "the event at position {position} is not proved: its leaf and path do not lead to the root of the {size} events"
    )]
    NotInTree {
        /// Which event.
        position: GlobalPosition,
        /// How many events the checkpoint has.
        size: u64,
    },
    /// A tree does not begin with another.
    #[error("the log of {size} events does not begin with the one of {from}: one of the two was changed")]
    NotConsistent {
        /// The earlier size.
        from: u64,
        /// The later one.
        size: u64,
    },
}

impl ProofError {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::KeyInvalid { .. } => "checkpoint_key_invalid",
            Self::Malformed { .. } => "proof_malformed",
            Self::NotSigned { .. } => "checkpoint_not_signed",
            Self::BadSignature => "checkpoint_signature_bad",
            Self::OtherLog { .. } => "checkpoint_of_another_log",
            Self::Differs { .. } => "checkpoint_differs",
            Self::NotInTree { .. } => "proof_not_in_tree",
            Self::NotConsistent { .. } => "proof_not_consistent",
        }
    }
}
