//! Webhooks: creating, replaying, deleting; parking those that cannot be delivered to; and their secrets.

mod deliveries;
mod secret;

use std::sync::Arc;

use proto_events::{Event, GlobalPosition, Role, StreamId, TenantId, WebhookFilter};
use uuid::Uuid;
use vidimus_domain::webhook::{
    Action, Command, Create, Happened, Park, Rejection, State, Webhook, decide, evolve,
};

pub use deliveries::{Deliveries, Delivery, Failing, Failure, Totals};
pub use secret::WebhookSecret;

use crate::{
    Engine, EngineError, Principal,
    engine::{Changed, Loaded},
};

/// A webhook that shall be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewWebhook {
    /// Where notifications are posted.
    pub url: String,
    /// What it is for.
    pub label: Option<String>,
    /// Which notifications it gets.
    pub filter: WebhookFilter,
    /// Deliver what comes after this position; `None`: what comes from now on.
    pub after: Option<GlobalPosition>,
}

/// A webhook that was created.
#[derive(Clone, Debug)]
pub struct CreatedWebhook {
    /// The webhook.
    pub webhook: Webhook,
    /// What its deliveries are signed with.
    pub secret: WebhookSecret,
    /// Position of the event.
    pub position: GlobalPosition,
}

/// The answer to a command on a webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookAnswer {
    /// The webhook; `None` where it is deleted.
    pub webhook: Option<Webhook>,
    /// Position of the last event about the tenant's webhooks.
    pub position: GlobalPosition,
    /// Whether nothing changed.
    pub already: bool,
}

impl Engine {
    /// Asked for by every request about webhooks; read only where the stream has moved since.
    async fn load_webhooks(&self, tenant: &TenantId) -> Result<Loaded<Arc<State>>, EngineError> {
        self.load_folded(&self.webhooks, tenant, &StreamId::webhooks(), |state: State, recorded, event| {
            match event {
                Event::Webhook(event) => {
                    let (by, at) = (&recorded.event.actor, recorded.event.recorded_at);
                    evolve(state, Happened { by, at, event })
                }
                _ => state,
            }
        })
        .await
    }

    /// Decides on the stream of the tenant's webhooks and appends; the webhook as it is then.
    async fn change_webhook(
        &self,
        principal: &Principal,
        webhook_id: Uuid,
        action: Action,
    ) -> Result<WebhookAnswer, EngineError> {
        let (tenant, stream) = (&principal.tenant, StreamId::webhooks());
        let load = || self.load_webhooks(tenant);
        let decide = |state: Arc<State>, at| {
            let command = Command { by: principal.actor.clone(), at, webhook_id, action: action.clone() };
            let events = decide(&state, &command)?;
            let state = Arc::unwrap_or_clone(state).then(&command.by, at, &events);
            Ok((Arc::new(state), events.into_iter().map(Event::Webhook).collect()))
        };
        let Changed { state, position, already } = self.change(principal, &stream, load, decide).await?;
        Ok(WebhookAnswer { webhook: state.webhooks.get(&webhook_id).cloned(), position, already })
    }

    /// Creates a webhook. Takes the role `admin`.
    ///
    /// # Errors
    /// `missing_role`; `key_pepper_missing`; the domain's rejections; the log's errors.
    pub async fn create_webhook(
        &self,
        principal: &Principal,
        new: NewWebhook,
    ) -> Result<CreatedWebhook, EngineError> {
        principal.require(Role::Admin)?;
        let webhook_id = self.ids.fresh();
        let secret = self.derive_webhook_secret(&principal.tenant, webhook_id)?;
        let NewWebhook { url, label, filter, after } = new;
        let create = Create { url, label, filter, after, tail: self.log.tail() };
        let answer = self.change_webhook(principal, webhook_id, Action::Create(create)).await?;
        // There is one: the domain made it.
        let webhook = answer.webhook.ok_or(Rejection::NotFound)?;
        Ok(CreatedWebhook { webhook, secret, position: answer.position })
    }

    /// Deletes a webhook; answers whether it was deleted already. Takes the role `admin`.
    ///
    /// # Errors
    /// `missing_role`; `webhook_not_found`, also where the webhook is another tenant's; the log's errors.
    pub async fn delete_webhook(
        &self,
        principal: &Principal,
        webhook_id: Uuid,
        reason: Option<String>,
    ) -> Result<WebhookAnswer, EngineError> {
        principal.require(Role::Admin)?;
        self.change_webhook(principal, webhook_id, Action::Delete { reason }).await
    }

    /// Sets a webhook to what comes after a position, and parks it no longer; without a position it goes on with what
    /// could not be delivered. Takes the role `admin`.
    ///
    /// # Errors
    /// `missing_role`; `position_unknown`; `webhook_not_found`, also where the webhook is another tenant's; the log's
    /// errors.
    pub async fn replay_webhook(
        &self,
        principal: &Principal,
        webhook_id: Uuid,
        after: Option<GlobalPosition>,
    ) -> Result<WebhookAnswer, EngineError> {
        principal.require(Role::Admin)?;
        let tail = self.log.tail();
        self.change_webhook(principal, webhook_id, Action::Replay { after, tail }).await
    }

    /// Puts on record that a webhook is given up for the time being. For whoever delivers.
    ///
    /// # Errors
    /// `webhook_not_found`; the log's errors.
    pub async fn park_webhook(
        &self,
        tenant: &TenantId,
        webhook_id: Uuid,
        park: Park,
    ) -> Result<WebhookAnswer, EngineError> {
        let principal = Principal::system(tenant.clone(), "webhooks");
        self.change_webhook(&principal, webhook_id, Action::Park(park)).await
    }

    /// A webhook of the tenant, if there is one with this id.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub async fn webhook(
        &self,
        tenant: &TenantId,
        webhook_id: Uuid,
    ) -> Result<Option<WebhookAnswer>, EngineError> {
        let loaded = self.load_webhooks(tenant).await?;
        let position = loaded.position();
        let webhook = loaded.state.webhooks.get(&webhook_id).cloned();
        Ok(webhook.map(|webhook| WebhookAnswer { webhook: Some(webhook), position, already: true }))
    }

    /// The tenant's webhooks, newest first, and the position of the last event about them.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub async fn webhooks(&self, tenant: &TenantId) -> Result<(Vec<Webhook>, GlobalPosition), EngineError> {
        let loaded = self.load_webhooks(tenant).await?;
        let position = loaded.position();
        let mut webhooks: Vec<_> = loaded.state.webhooks.values().cloned().collect();
        webhooks.sort_by_key(|webhook| std::cmp::Reverse((webhook.created_at, webhook.webhook_id)));
        Ok((webhooks, position))
    }

    /// What the deliveries of a webhook are signed with. Takes the role `admin`.
    ///
    /// # Errors
    /// `missing_role`; `key_pepper_missing`; `webhook_not_found`, also where the webhook is another tenant's; the log's
    /// errors.
    pub async fn webhook_secret(
        &self,
        principal: &Principal,
        webhook_id: Uuid,
    ) -> Result<WebhookSecret, EngineError> {
        principal.require(Role::Admin)?;
        let found = self.webhook(&principal.tenant, webhook_id).await?;
        found.ok_or(Rejection::NotFound)?;
        self.derive_webhook_secret(&principal.tenant, webhook_id)
    }

    /// The same for whoever delivers, and knows that there is such a webhook.
    ///
    /// # Errors
    /// `key_pepper_missing`.
    pub fn derive_webhook_secret(
        &self,
        tenant: &TenantId,
        webhook_id: Uuid,
    ) -> Result<WebhookSecret, EngineError> {
        Ok(WebhookSecret::derive(self.pepper()?, tenant, webhook_id))
    }
}
