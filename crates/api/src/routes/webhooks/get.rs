//! `GET /v1/webhooks/{webhook_id}`

use axum::{Json, extract::State};
use vidimus_api_types::{Problem, Webhook};
use vidimus_domain::webhook::Rejection;
use vidimus_engine::EngineError;

use crate::{
    auth::{ADMIN, AUDITOR, Caller},
    extract::{Id, Param},
    problem::ApiError,
    routes::webhooks::shown,
    state::Api,
};

/// Get a webhook
///
/// And how its deliveries stand: how far they are, what is not taken and why.
///
/// Roles: `auditor` or `admin`.
#[utoipa::path(
    get,
    path = "/v1/webhooks/{webhook_id}",
    tag = "webhooks",
    operation_id = "getWebhook",
    params(("webhook_id" = Uuid, Path, description = "Its id.")),
    responses(
        (status = 200, description = "The webhook.", body = Webhook),
        (status = "default", description = "No answer.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn get(
    caller: Caller<{ AUDITOR | ADMIN }>,
    State(api): State<Api>,
    Param(Id(webhook_id)): Param<Id>,
) -> Result<Json<Webhook>, ApiError> {
    let found = api.engine().webhook(caller.tenant(), webhook_id).await?;
    let webhook = found.and_then(|answer| answer.webhook);
    let webhook = webhook.ok_or(EngineError::Webhook(Rejection::NotFound))?;
    Ok(Json(shown(&api, caller.tenant(), webhook)))
}
