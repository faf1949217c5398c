//! The ways to be told no.

use proto_events::{Actor, Digest};

use crate::field::InvalidField;

/// Why a policy set is not stored or put in force. Nothing changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// A field of the command breaks its limits.
    #[error(transparent)]
    Field(#[from] InvalidField),
    /// What is allowed is not for agents to say.
    #[error("agent `{actor}` cannot manage policy sets: have an administrator do it")]
    AgentCannotManagePolicy {
        /// Who tried.
        actor: Actor,
    },
    /// Another set is in force than the caller believes.
    #[error(
        "the policy changed meanwhile: {} is in force now; compare with it and send the command again",
        words(*.in_force)
    )]
    ChangedMeanwhile {
        /// What is in force.
        in_force: Option<Digest>,
    },
    /// A set without files.
    #[error("a policy set has at least one file: send its files, or clear the policy")]
    FilesMissing,
}

fn words(policy_set: Option<Digest>) -> String {
    policy_set.map_or_else(|| "no set".to_owned(), |policy_set| format!("set `{policy_set}`"))
}

impl Rejection {
    /// Every code that [`Rejection::code`] and [`store`](super::store) can answer.
    pub const ALL_CODES: &'static [&'static str] = &[
        "invalid_field",
        "text_too_long",
        "agent_cannot_manage_policy",
        "policy_changed_meanwhile",
        "policy_files_missing",
    ];

    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Field(field) => field.code(),
            Self::AgentCannotManagePolicy { .. } => "agent_cannot_manage_policy",
            Self::ChangedMeanwhile { .. } => "policy_changed_meanwhile",
            Self::FilesMissing => "policy_files_missing",
        }
    }
}
