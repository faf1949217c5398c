//! `GET /v1/webhooks`

use axum::{Json, extract::State};
use vidimus_api_types::{Page, Problem, Webhook};

use crate::{
    auth::{ADMIN, AUDITOR, Caller},
    problem::ApiError,
    routes::webhooks::shown,
    state::Api,
};

/// List webhooks
///
/// Those of the tenant, newest first, and how their deliveries stand; all of them, as there are never more than a hundred.
/// Secrets are not in it.
///
/// Roles: `auditor` or `admin`.
#[utoipa::path(
    get,
    path = "/v1/webhooks",
    tag = "webhooks",
    operation_id = "listWebhooks",
    responses(
        (status = 200, description = "The webhooks.", body = Page<Webhook>),
        (status = "default", description = "No answer.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn list(
    caller: Caller<{ AUDITOR | ADMIN }>,
    State(api): State<Api>,
) -> Result<Json<Page<Webhook>>, ApiError> {
    let position = api.engine().tail();
    let (webhooks, _) = api.engine().webhooks(caller.tenant()).await?;
    let items = webhooks.into_iter().map(|webhook| shown(&api, caller.tenant(), webhook)).collect();
    Ok(Json(Page { items, next: None, position }))
}
