//! `DELETE /v1/webhooks/{webhook_id}`

use axum::{Json, extract::State};
use vidimus_api_types::{DeleteWebhook, DeletedWebhook, Problem};

use crate::{
    auth::{ADMIN, Caller},
    convert,
    extract::{Body, Id, Param},
    problem::ApiError,
    state::Api,
};

/// Delete a webhook
///
/// Nothing is posted there any more. One that was deleted before stays as it is.
///
/// Roles: `admin`.
#[utoipa::path(
    delete,
    path = "/v1/webhooks/{webhook_id}",
    tag = "webhooks",
    operation_id = "deleteWebhook",
    params(("webhook_id" = Uuid, Path, description = "Its id.")),
    request_body = DeleteWebhook,
    responses(
        (status = 200, description = "It is deleted.", body = DeletedWebhook),
        (status = "default", description = "No answer.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn delete(
    caller: Caller<ADMIN>,
    State(api): State<Api>,
    Param(Id(webhook_id)): Param<Id>,
    Body(body): Body<DeleteWebhook>,
) -> Result<Json<DeletedWebhook>, ApiError> {
    let answer = api.engine().delete_webhook(&caller.principal, webhook_id, body.reason).await?;
    Ok(Json(convert::deleted_webhook(webhook_id, &answer)))
}
