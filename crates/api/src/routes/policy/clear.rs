//! `DELETE /v1/policy`

use axum::{Json, extract::State};
use vidimus_api_types::{ClearPolicy, Policy, Problem};

use crate::{
    auth::{ADMIN, Caller},
    convert,
    extract::Body,
    problem::ApiError,
    state::Api,
};

/// Take the policy set out of force
///
/// Without one, freezes, access and the catalogue decide.
///
/// Roles: `admin`.
#[utoipa::path(
    delete,
    path = "/v1/policy",
    tag = "policy",
    operation_id = "clearPolicy",
    request_body = ClearPolicy,
    responses(
        (status = 200, description = "None is in force.", body = Policy),
        (status = "default", description = "No answer.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn clear(
    caller: Caller<ADMIN>,
    State(api): State<Api>,
    Body(body): Body<ClearPolicy>,
) -> Result<Json<Policy>, ApiError> {
    let answer = api.engine().clear_policy(&caller.principal, body.expected_former, body.reason).await?;
    Ok(Json(convert::policy_set(&answer)))
}
