//! `DELETE /v1/grants/{grant_id}`

use axum::{Json, extract::State};
use vidimus_api_types::{Grant, Problem, RevokeGrant};

use crate::{
    auth::{ADMIN, Caller},
    convert,
    extract::{Body, Id, Param},
    problem::ApiError,
    state::Api,
};

/// Revoke a grant
///
/// What it let through keeps its permit. One that was revoked before stays as it is.
///
/// Roles: `admin`.
#[utoipa::path(
    delete,
    path = "/v1/grants/{grant_id}",
    tag = "grants",
    operation_id = "revokeGrant",
    params(("grant_id" = Uuid, Path, description = "Its id.")),
    request_body = RevokeGrant,
    responses(
        (status = 200, description = "It is revoked.", body = Grant),
        (status = "default", description = "No answer.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn revoke(
    caller: Caller<ADMIN>,
    State(api): State<Api>,
    Param(Id(grant_id)): Param<Id>,
    Body(body): Body<RevokeGrant>,
) -> Result<Json<Grant>, ApiError> {
    let answer = api.engine().revoke_grant(&caller.principal, grant_id, body.reason).await?;
    Ok(Json(convert::grant_set(answer)))
}
