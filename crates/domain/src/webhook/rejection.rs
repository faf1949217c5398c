//! The ways to be told no.

use proto_events::{Actor, GlobalPosition};
use uuid::Uuid;

use crate::field::InvalidField;

/// Why a webhook is not created, deleted, parked or replayed. Nothing changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// A field of the command breaks its limits.
    #[error(transparent)]
    Field(#[from] InvalidField),
    /// The address has the form of one, and nothing can be posted there.
    #[error("`url` {problem}: correct it and send the command again")]
    AddressUnusable {
        /// Why not, in words.
        problem: &'static str,
    },
    /// Where notifications go is not for agents to say.
    #[error("agent `{actor}` cannot manage webhooks: have an administrator do it")]
    AgentCannotManageWebhooks {
        /// Who tried.
        actor: Actor,
    },
    /// The tenant has as many as it may have.
    #[error("there are {max} webhooks already, which is the most: delete one that is not needed any more")]
    TooMany {
        /// The bound.
        max: usize,
    },
    /// The log has not come that far.
    #[error("`{position}` is past the end of the log, which is at {tail}: take the position of an event")]
    PositionUnknown {
        /// The position that was asked for.
        position: GlobalPosition,
        /// Where the log ends.
        tail: GlobalPosition,
    },
    /// The id is another webhook's.
    #[error("there is a webhook `{webhook_id}` already: send the command again to get another id")]
    Exists {
        /// The id.
        webhook_id: Uuid,
    },
    /// There is no such webhook in this tenant.
    #[error("there is no such webhook: look its id up in the list of webhooks")]
    NotFound,
}

impl Rejection {
    /// Every code that [`Rejection::code`] can answer.
    pub const ALL_CODES: &'static [&'static str] = &[
        "invalid_field",
        "text_missing",
        "text_too_long",
        "address_unusable",
        "agent_cannot_manage_webhooks",
        "too_many_webhooks",
        "position_unknown",
        "webhook_exists",
        "webhook_not_found",
    ];

    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Field(field) => field.code(),
            Self::AddressUnusable { .. } => "address_unusable",
            Self::AgentCannotManageWebhooks { .. } => "agent_cannot_manage_webhooks",
            Self::TooMany { .. } => "too_many_webhooks",
            Self::PositionUnknown { .. } => "position_unknown",
            Self::Exists { .. } => "webhook_exists",
            Self::NotFound => "webhook_not_found",
        }
    }
}
