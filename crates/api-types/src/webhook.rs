//! Webhooks.

use proto_events::{Actor, FunctionName, GlobalPosition, NotificationType, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{given, stage::named};

/// Which notifications a webhook gets: those that are all of what is named. Nothing named: every one of the tenant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct WebhookFilter {
    /// Only of one of these types.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "openapi", schema(max_items = 16))]
    pub types: Vec<NotificationType>,
    /// Only of this agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "openapi",
        schema(
            min_length = 1,
            max_length = 255,
            pattern = "^[^\\x00-\\x1f\\x7f-\\x9f]*[^\\s\\x00-\\x1f\\x7f-\\x9f][^\\x00-\\x1f\\x7f-\\x9f]*$"
        )
    )]
    pub agent: Option<String>,
    /// Only of this conversation.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "openapi",
        schema(
            min_length = 1,
            max_length = 255,
            pattern = "^[^\\x00-\\x1f\\x7f-\\x9f]*[^\\s\\x00-\\x1f\\x7f-\\x9f][^\\x00-\\x1f\\x7f-\\x9f]*$"
        )
    )]
    pub conversation: Option<String>,
    /// Only of this function.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub function: Option<FunctionName>,
}

/// Makes a webhook in the caller's own tenant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CreateWebhook {
    /// Where notifications are posted: `https` (or `http`, where the server is configured to), no user, no fragment.
    #[cfg_attr(
        feature = "openapi",
        schema(
            max_length = 2048,
            pattern = "^https?://([A-Za-z0-9._-]+|\\[[0-9A-Fa-f:.]+\\])(:[0-9]{1,5})?([/?][!\"$-\\[\\]-~]*)?$"
        )
    )]
    pub url: String,
    /// What people call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "openapi",
        schema(
            min_length = 1,
            max_length = 255,
            pattern = "^[^\\x00-\\x1f\\x7f-\\x9f]*[^\\s\\x00-\\x1f\\x7f-\\x9f][^\\x00-\\x1f\\x7f-\\x9f]*$"
        )
    )]
    pub label: Option<String>,
    /// Which notifications it gets; every one without it.
    #[serde(default, deserialize_with = "given::object")]
    pub filter: WebhookFilter,
    /// Deliver what comes after this position: 0 for all of history. Without it, what comes from now on.
    #[serde(default, deserialize_with = "given::integer", skip_serializing_if = "Option::is_none")]
    pub after: Option<GlobalPosition>,
}

/// A webhook that was just made.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CreatedWebhook {
    /// What its deliveries are signed with.
    pub secret: String,
    /// The webhook.
    pub webhook: Webhook,
}

impl std::fmt::Debug for CreatedWebhook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CreatedWebhook").field("webhook", &self.webhook).finish_non_exhaustive()
    }
}

/// What the deliveries of a webhook are signed with (Standard Webhooks).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WebhookSecret {
    /// `whsec_` and the key in base64.
    pub secret: String,
}

impl std::fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("WebhookSecret(..)")
    }
}

named! {
    /// How a webhook stands.
    WebhookStatus {
        /// What comes is delivered.
        Active = "active",
        /// A notification was not taken; it is tried again.
        Retrying = "retrying",
        /// Given up for the time being: nothing is delivered before it is replayed.
        Parked = "parked",
    }
}

/// A webhook, without its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Webhook {
    /// Its id.
    pub id: Uuid,
    /// How it stands.
    pub status: WebhookStatus,
    /// Where notifications are posted.
    pub url: String,
    /// What people call it.
    pub label: Option<String>,
    /// Which notifications it gets.
    pub filter: WebhookFilter,
    /// Everything up to this position was delivered, or is not for it; `null` where the server that was asked does not
    /// deliver.
    pub delivered: Option<GlobalPosition>,
    /// By how many events of the log it is behind, whether or not they are for it.
    pub lag: Option<u64>,
    /// The notification that is not taken, if there is one.
    pub failing: Option<WebhookFailing>,
    /// When a notification was taken last.
    pub last_success_at: Option<Timestamp>,
    /// The last attempt that failed.
    pub last_failure: Option<WebhookFailure>,
    /// When it was parked.
    pub parked_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Who made it.
    pub created_by: Actor,
}

/// A notification that is not taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WebhookFailing {
    /// Position of its event.
    pub position: GlobalPosition,
    /// How often it was tried.
    pub attempts: u32,
    /// When it was tried first.
    pub since: Timestamp,
    /// When it is tried next; `null` where it is not before a replay.
    pub next_attempt_at: Option<Timestamp>,
}

/// An attempt that failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WebhookFailure {
    /// When.
    pub at: Timestamp,
    /// Why, in words.
    pub reason: String,
}

/// Deletes a webhook.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct DeleteWebhook {
    /// Why; goes on the audit trail.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(max_length = 5000))]
    pub reason: Option<String>,
}

/// A webhook that is no more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DeletedWebhook {
    /// Its id.
    pub id: Uuid,
    /// Position of the last event about the tenant's webhooks.
    pub position: GlobalPosition,
}

/// Sets a webhook to a position, and parks it no longer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct ReplayWebhook {
    /// Deliver what comes after this position: 0 for all of history. Without it, a webhook that is parked goes on with what
    /// was not taken, and one that is not stays as it is.
    #[serde(deserialize_with = "given::integer", skip_serializing_if = "Option::is_none")]
    pub after: Option<GlobalPosition>,
}
