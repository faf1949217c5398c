//! Webhooks.

use uuid::Uuid;
use vidimus_api_types::{
    CreateWebhook, CreatedWebhook, DeleteWebhook, DeletedWebhook, Page, ReplayWebhook, Webhook, WebhookSecret,
};

use crate::{Client, ClientError, request::Call};

impl Client {
    /// The tenant's webhooks, newest first, and how their deliveries stand; all of them on one page.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn webhooks(&self) -> Result<Page<Webhook>, ClientError> {
        self.json(Call::get(self, &["v1", "webhooks"])).await
    }

    /// A webhook, and how its deliveries stand.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn webhook(&self, id: Uuid) -> Result<Webhook, ClientError> {
        self.json(Call::get(self, &["v1", "webhooks", &id.to_string()])).await
    }

    /// What the deliveries of a webhook are signed with.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn webhook_secret(&self, id: Uuid) -> Result<WebhookSecret, ClientError> {
        self.json(Call::get(self, &["v1", "webhooks", &id.to_string(), "secret"])).await
    }

    /// Makes a webhook; tried again only where it certainly did not get through.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn create_webhook(&self, body: &CreateWebhook) -> Result<CreatedWebhook, ClientError> {
        self.json(Call::post(self, &["v1", "webhooks"], body)?.doubles()).await
    }

    /// Deletes a webhook.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn delete_webhook(
        &self,
        id: Uuid,
        body: &DeleteWebhook,
    ) -> Result<DeletedWebhook, ClientError> {
        self.json(Call::delete(self, &["v1", "webhooks", &id.to_string()], body)?).await
    }

    /// Delivers what comes after a position, again or at last; tried again only where it certainly did not get through, as
    /// it would be delivered twice more.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn replay_webhook(&self, id: Uuid, body: &ReplayWebhook) -> Result<Webhook, ClientError> {
        let path = ["v1", "webhooks", &id.to_string(), "replay"];
        self.json(Call::post(self, &path, body)?.doubles()).await
    }
}
