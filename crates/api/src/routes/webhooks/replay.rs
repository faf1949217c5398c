//! `POST /v1/webhooks/{webhook_id}/replay`

use axum::{Json, extract::State};
use vidimus_api_types::{Problem, ReplayWebhook, Webhook};
use vidimus_domain::webhook::Rejection;
use vidimus_engine::EngineError;

use crate::{
    auth::{ADMIN, Caller},
    extract::{Body, Id, Param},
    problem::ApiError,
    routes::webhooks::shown,
    state::Api,
};

/// Replay a webhook
///
/// Delivers what comes after a position, again or at last, and parks the webhook no longer.
///
/// Roles: `admin`.
#[utoipa::path(
    post,
    path = "/v1/webhooks/{webhook_id}/replay",
    tag = "webhooks",
    operation_id = "replayWebhook",
    params(("webhook_id" = Uuid, Path, description = "Its id.")),
    request_body = ReplayWebhook,
    responses(
        (status = 200, description = "The webhook.", body = Webhook),
        (status = "default", description = "No answer.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn replay(
    caller: Caller<ADMIN>,
    State(api): State<Api>,
    Param(Id(webhook_id)): Param<Id>,
    Body(body): Body<ReplayWebhook>,
) -> Result<Json<Webhook>, ApiError> {
    let answer = api.engine().replay_webhook(&caller.principal, webhook_id, body.after).await?;
    // There is one: the domain replays it, or says that it is not found.
    let webhook = answer.webhook.ok_or(EngineError::Webhook(Rejection::NotFound))?;
    Ok(Json(shown(&api, caller.tenant(), webhook)))
}
