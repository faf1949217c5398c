//! What can be asked of a tenant's webhooks.

use proto_events::{Actor, GlobalPosition, Timestamp, WebhookFilter};
use uuid::Uuid;

/// A command, who gives it and when. Whether the principal may do that was looked up before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// The authenticated principal.
    pub by: Actor,
    /// Now.
    pub at: Timestamp,
    /// Of which webhook.
    pub webhook_id: Uuid,
    /// What is asked.
    pub action: Action,
}

/// What can be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Create it.
    Create(Create),
    /// Delete it.
    Delete {
        /// Why.
        reason: Option<String>,
    },
    /// Give it up for the time being.
    Park(Park),
    /// Deliver from a position on, again or at last.
    Replay {
        /// What comes after this position; `None`: go on with what could not be delivered.
        after: Option<GlobalPosition>,
        /// Where the log ends now.
        tail: GlobalPosition,
    },
}

/// A webhook that shall be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Create {
    /// Where notifications are posted.
    pub url: String,
    /// What it is for.
    pub label: Option<String>,
    /// Which notifications it gets.
    pub filter: WebhookFilter,
    /// Deliver what comes after this position; `None`: what comes from now on.
    pub after: Option<GlobalPosition>,
    /// Where the log ends now.
    pub tail: GlobalPosition,
}

/// A delivery that is given up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Park {
    /// How often the webhook had been replayed when the delivery was tried: one of before a replay parks nothing.
    pub replays: u32,
    /// Position of the event whose notification could not be delivered.
    pub position: GlobalPosition,
    /// What went wrong the last time.
    pub reason: String,
    /// How often it was tried.
    pub attempts: u32,
    /// When it was tried first.
    pub since: Timestamp,
}
