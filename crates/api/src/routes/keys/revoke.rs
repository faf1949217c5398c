//! `DELETE /v1/keys/{key_id}`

use axum::{Json, extract::State};
use vidimus_api_types::{Key, Problem, RevokeKey};

use crate::{
    auth::{ADMIN, Caller},
    convert,
    extract::{Body, Id, Param},
    problem::ApiError,
    state::Api,
};

/// Revoke a key
///
/// From the next request on it opens nothing. A key that was revoked before stays as it is.
///
/// Roles: `admin`.
#[utoipa::path(
    delete,
    path = "/v1/keys/{key_id}",
    tag = "keys",
    operation_id = "revokeKey",
    params(("key_id" = Uuid, Path, description = "Its id.")),
    request_body = RevokeKey,
    responses(
        (status = 200, description = "The key, revoked.", body = Key),
        (status = "default", description = "No answer.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn revoke(
    caller: Caller<ADMIN>,
    State(api): State<Api>,
    Param(Id(key_id)): Param<Id>,
    Body(body): Body<RevokeKey>,
) -> Result<Json<Key>, ApiError> {
    let (key, _) = api.engine().revoke_key(&caller.principal, key_id, body.reason).await?;
    Ok(Json(convert::key(key, api.engine().now())))
}
