//! The ways to be told no.

use proto_events::{Actor, Timestamp};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::field::InvalidField;

/// Why a grant is not given, taken back or used. Nothing changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// A field of the command breaks its limits.
    #[error(transparent)]
    Field(#[from] InvalidField),
    /// What is approved in advance is not for agents to say.
    #[error("agent `{actor}` cannot give or take back grants: have an administrator do it")]
    AgentCannotManageGrants {
        /// Who tried.
        actor: Actor,
    },
    /// It would never be good.
    #[error("the grant would expire at `{expires_at}`, which is over: give a later time")]
    ExpiryInThePast {
        /// When it would expire.
        expires_at: Timestamp,
    },
    /// It would be good for too long.
    #[error(
        "the grant would expire at `{expires_at}`: give a time until `{latest}`, which is 90 days from now"
    )]
    ExpiryTooFar {
        /// When it would expire.
        expires_at: Timestamp,
        /// The latest that there may be.
        latest: Timestamp,
    },
    /// There are as many as there may be.
    #[error("{max} grants are good, which is the most: revoke one that is not needed any more")]
    TooMany {
        /// The bound.
        max: usize,
    },
    /// The id is taken.
    #[error("there is a grant `{grant_id}` already: send the command again to get another id")]
    Exists {
        /// The id.
        grant_id: Uuid,
    },
    /// There is no such grant.
    #[error("there is no such grant: look its id up in the list of grants")]
    NotFound,
    /// It was taken back.
    #[error("grant `{grant_id}` was revoked: ask for an approval, or for another grant")]
    Revoked {
        /// The grant.
        grant_id: Uuid,
    },
    /// Nothing is left of it.
    #[error("grant `{grant_id}` is used up: ask for an approval, or for another grant")]
    UsedUp {
        /// The grant.
        grant_id: Uuid,
    },
    /// Its time is over.
    #[error("grant `{grant_id}` expired at `{expired_at}`: ask for an approval, or for another grant")]
    Expired {
        /// The grant.
        grant_id: Uuid,
        /// When.
        expired_at: Timestamp,
    },
    /// Too little is left of it.
    #[error(
        "of grant `{grant_id}` {left} is left, which is less than the call's amount: ask for an approval"
    )]
    SumExceeded {
        /// The grant.
        grant_id: Uuid,
        /// How much.
        left: Decimal,
    },
    /// The call has no amount that could be counted.
    #[error(
        "grant `{grant_id}` is for a sum, and the call has no amount that can be counted: name the amount's argument in the catalogue, or ask for an approval"
    )]
    AmountUnreadable {
        /// The grant.
        grant_id: Uuid,
    },
}

impl Rejection {
    /// Every code that [`Rejection::code`] can answer.
    pub const ALL_CODES: &'static [&'static str] = &[
        "invalid_field",
        "text_missing",
        "text_too_long",
        "agent_cannot_manage_grants",
        "expiry_in_the_past",
        "expiry_too_far",
        "too_many_grants",
        "grant_exists",
        "grant_not_found",
        "grant_revoked",
        "grant_used_up",
        "grant_expired",
        "grant_sum_exceeded",
        "grant_amount_unreadable",
    ];

    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Field(field) => field.code(),
            Self::AgentCannotManageGrants { .. } => "agent_cannot_manage_grants",
            Self::ExpiryInThePast { .. } => "expiry_in_the_past",
            Self::ExpiryTooFar { .. } => "expiry_too_far",
            Self::TooMany { .. } => "too_many_grants",
            Self::Exists { .. } => "grant_exists",
            Self::NotFound => "grant_not_found",
            Self::Revoked { .. } => "grant_revoked",
            Self::UsedUp { .. } => "grant_used_up",
            Self::Expired { .. } => "grant_expired",
            Self::SumExceeded { .. } => "grant_sum_exceeded",
            Self::AmountUnreadable { .. } => "grant_amount_unreadable",
        }
    }
}
