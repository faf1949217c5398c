//! The ways to be told no.

use proto_events::{Actor, Timestamp};
use uuid::Uuid;

use crate::field::InvalidField;

/// Why a group or a delegation is not changed. Nothing changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// A field of the command breaks its limits.
    #[error(transparent)]
    Field(#[from] InvalidField),
    /// Who reviews is not for agents to say.
    #[error("agent `{actor}` cannot manage reviewers: have an administrator do it")]
    AgentCannotManageReviewers {
        /// Who tried.
        actor: Actor,
    },
    /// There are as many groups as there may be.
    #[error("there are {max} groups already, which is the most: empty one that is not needed any more")]
    TooManyGroups {
        /// The bound.
        max: usize,
    },
    /// Somebody delegates for another, or ends what is another's.
    #[error("`{actor}` cannot manage the delegations of `{of}`: have them do it, or an administrator")]
    NotTheirs {
        /// Who tried.
        actor: Actor,
        /// Whose it is.
        of: Actor,
    },
    /// Nobody stands in for themself.
    #[error("`{actor}` cannot stand in for themself: name somebody else")]
    ToOneself {
        /// Who.
        actor: Actor,
    },
    /// It would be over before it began.
    #[error("the delegation would end at `{ends_at}`, which is over, or before it starts: give a later end")]
    EndsBeforeItStarts {
        /// When it would end.
        ends_at: Timestamp,
    },
    /// It would begin too far ahead.
    #[error(
        "the delegation would start at `{starts_at}`: give a start until `{latest}`, which is 365 days from now"
    )]
    StartsTooFar {
        /// When it would begin.
        starts_at: Timestamp,
        /// The latest that there may be.
        latest: Timestamp,
    },
    /// It would last too long.
    #[error("the delegation would last longer than 90 days: give an end until `{latest}`")]
    TooLong {
        /// The latest end.
        latest: Timestamp,
    },
    /// There are as many delegations as there may be.
    #[error("{max} delegations are not over, which is the most: end one that is not needed any more")]
    TooManyDelegations {
        /// The bound.
        max: usize,
    },
    /// The id is taken.
    #[error("there is a delegation `{delegation_id}` already: send the command again to get another id")]
    Exists {
        /// The id.
        delegation_id: Uuid,
    },
    /// There is no such delegation.
    #[error("there is no such delegation: look its id up in the list of delegations")]
    DelegationNotFound,
}

impl Rejection {
    /// Every code that [`Rejection::code`] can answer.
    pub const ALL_CODES: &'static [&'static str] = &[
        "invalid_field",
        "text_too_long",
        "agent_cannot_manage_reviewers",
        "too_many_groups",
        "delegation_of_another",
        "delegation_to_oneself",
        "delegation_over",
        "delegation_starts_too_far",
        "delegation_too_long",
        "too_many_delegations",
        "delegation_exists",
        "delegation_not_found",
    ];

    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Field(field) => field.code(),
            Self::AgentCannotManageReviewers { .. } => "agent_cannot_manage_reviewers",
            Self::TooManyGroups { .. } => "too_many_groups",
            Self::NotTheirs { .. } => "delegation_of_another",
            Self::ToOneself { .. } => "delegation_to_oneself",
            Self::EndsBeforeItStarts { .. } => "delegation_over",
            Self::StartsTooFar { .. } => "delegation_starts_too_far",
            Self::TooLong { .. } => "delegation_too_long",
            Self::TooManyDelegations { .. } => "too_many_delegations",
            Self::Exists { .. } => "delegation_exists",
            Self::DelegationNotFound => "delegation_not_found",
        }
    }
}
