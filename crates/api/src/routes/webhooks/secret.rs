//! `GET /v1/webhooks/{webhook_id}/secret`

use axum::{Json, extract::State};
use vidimus_api_types::{Problem, WebhookSecret};

use crate::{
    auth::{ADMIN, Caller},
    extract::{Id, Param},
    problem::ApiError,
    state::Api,
};

/// Get a webhook's secret
///
/// What its deliveries are signed with, for whoever checks them. It is always the same: to have another, make another
/// webhook and delete this one.
///
/// Roles: `admin`.
#[utoipa::path(
    get,
    path = "/v1/webhooks/{webhook_id}/secret",
    tag = "webhooks",
    operation_id = "getWebhookSecret",
    params(("webhook_id" = Uuid, Path, description = "Its id.")),
    responses(
        (status = 200, description = "The secret.", body = WebhookSecret),
        (status = "default", description = "No answer.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn secret(
    caller: Caller<ADMIN>,
    State(api): State<Api>,
    Param(Id(webhook_id)): Param<Id>,
) -> Result<Json<WebhookSecret>, ApiError> {
    let secret = api.engine().webhook_secret(&caller.principal, webhook_id).await?;
    Ok(Json(WebhookSecret { secret: secret.expose() }))
}
