//! `/v1/webhooks`

mod create;
mod delete;
mod get;
mod list;
mod replay;
mod secret;

use proto_events::TenantId;
use utoipa_axum::{router::OpenApiRouter, routes};
use vidimus_api_types::Webhook;

use crate::{convert, state::Api};

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list::list, create::create))
        .routes(routes!(get::get, delete::delete))
        .routes(routes!(secret::secret))
        .routes(routes!(replay::replay))
}

/// A webhook, with how its deliveries stand.
fn shown(api: &Api, tenant: &TenantId, webhook: vidimus_engine::Webhook) -> Webhook {
    let delivery = api.deliveries().and_then(|deliveries| deliveries.of(tenant, webhook.webhook_id));
    // Whoever delivers may not have seen a replay yet.
    let delivery = delivery.map(|delivery| delivery.in_latest_run(&webhook));
    convert::webhook(webhook, delivery, api.engine().tail())
}
