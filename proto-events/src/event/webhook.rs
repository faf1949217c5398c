//! Payloads of the events of webhooks.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{FunctionName, GlobalPosition, NotificationType, Timestamp, WebhookEvent};

/// Which notifications a webhook gets: those that are all of what is named. Nothing named: every one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WebhookFilter {
    /// Only of one of these types; absent: of any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub types: Vec<NotificationType>,
    /// Only of this agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// Only of this conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversation: Option<String>,
    /// Only of this function.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub function: Option<FunctionName>,
}

/// A webhook was created: from now on the tenant's notifications are posted there. Who and when: the envelope.
///
/// The secret that they are signed with is in no event: it is derived from the id and the installation's own key (the
/// pepper).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WebhookCreated {
    /// The webhook.
    pub webhook_id: Uuid,
    /// Where notifications are posted.
    pub url: String,
    /// What it is for, if the administrator said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Which notifications it gets.
    pub filter: WebhookFilter,
    /// Deliveries begin with what comes after this position.
    pub starts_after: GlobalPosition,
}

/// A webhook was deleted: nothing is posted there any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WebhookDeleted {
    /// The webhook.
    pub webhook_id: Uuid,
    /// Why, if the administrator said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A webhook was parked: a notification could not be delivered, and nothing is posted until somebody replays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WebhookParked {
    /// The webhook.
    pub webhook_id: Uuid,
    /// Position of the event whose notification could not be delivered; those before it were.
    pub position: GlobalPosition,
    /// What went wrong the last time, in words.
    pub reason: String,
    /// How often it was tried.
    pub attempts: u32,
    /// When it was tried first.
    pub since: Timestamp,
}

/// A webhook was set to a position, and is parked no longer: what comes after it is delivered, again or at last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WebhookReplayed {
    /// The webhook.
    pub webhook_id: Uuid,
    /// Deliveries go on with what comes after this position.
    pub after: GlobalPosition,
}

impl WebhookEvent {
    /// The webhook that the event is about.
    pub const fn webhook_id(&self) -> Uuid {
        match self {
            Self::Created(event) => event.webhook_id,
            Self::Deleted(event) => event.webhook_id,
            Self::Parked(event) => event.webhook_id,
            Self::Replayed(event) => event.webhook_id,
        }
    }
}
