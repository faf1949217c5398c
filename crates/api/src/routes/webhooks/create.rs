//! `POST /v1/webhooks`

use axum::{Json, extract::State, http::StatusCode};
use vidimus_api_types::{CreateWebhook, CreatedWebhook, Problem};
use vidimus_engine::EngineError;

use crate::{
    auth::{ADMIN, Caller},
    convert,
    extract::Body,
    problem::ApiError,
    state::Api,
};

/// Make a webhook
///
/// In the caller's own tenant: its notifications are posted there, signed, in order, until they are taken.
///
/// Roles: `admin`.
#[utoipa::path(
    post,
    path = "/v1/webhooks",
    tag = "webhooks",
    operation_id = "createWebhook",
    request_body = CreateWebhook,
    responses(
        (status = 201, description = "The webhook, and what its deliveries are signed with.", body = CreatedWebhook),
        (status = "default", description = "No answer.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn create(
    caller: Caller<ADMIN>,
    State(api): State<Api>,
    Body(body): Body<CreateWebhook>,
) -> Result<(StatusCode, Json<CreatedWebhook>), ApiError> {
    if let Some(deliveries) = api.deliveries() {
        deliveries.check(&body.url).map_err(EngineError::Webhook)?;
    }
    let created = api.engine().create_webhook(&caller.principal, convert::new_webhook(body)).await?;
    Ok((StatusCode::CREATED, Json(convert::created_webhook(created, api.engine().tail()))))
}
