//! `GET /v1/policy`

use axum::{Json, extract::State};
use vidimus_api_types::{Policy, Problem};

use crate::{
    auth::{ADMIN, APPROVER, AUDITOR, Caller},
    convert,
    problem::ApiError,
    state::Api,
};

/// Get the policy in force
///
/// Which set is in force, and which is evaluated beside it.
///
/// Roles: `approver`, `auditor` or `admin`.
#[utoipa::path(
    get,
    path = "/v1/policy",
    tag = "policy",
    operation_id = "getPolicy",
    responses(
        (status = 200, description = "What is in force.", body = Policy),
        (status = "default", description = "No answer.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn get(
    caller: Caller<{ APPROVER | AUDITOR | ADMIN }>,
    State(api): State<Api>,
) -> Result<Json<Policy>, ApiError> {
    Ok(Json(convert::policy(&api.engine().policy(caller.tenant()).await?)))
}
