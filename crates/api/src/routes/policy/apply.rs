//! `PUT /v1/policy`

use axum::{Json, extract::State};
use vidimus_api_types::{ApplyPolicy, Policy, Problem};

use crate::{
    auth::{ADMIN, Caller},
    convert,
    extract::Body,
    problem::ApiError,
    state::Api,
};

/// Put a policy set into force
///
/// Validated first: where it has errors nothing changes, and the problem lists them in `policy_errors`, each with file,
/// line and column. What is proposed from then on is decided under it, and what waits for people, or has a permit that
/// was not used, is decided again.
///
/// Roles: `admin`.
#[utoipa::path(
    put,
    path = "/v1/policy",
    tag = "policy",
    operation_id = "applyPolicy",
    request_body = ApplyPolicy,
    responses(
        (status = 200, description = "It is in force.", body = Policy),
        (status = "default", description = "No answer.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn apply(
    caller: Caller<ADMIN>,
    State(api): State<Api>,
    Body(body): Body<ApplyPolicy>,
) -> Result<Json<Policy>, ApiError> {
    let ApplyPolicy { files, expected_former, reason } = body;
    let answer = api.engine().apply_policy(&caller.principal, files, expected_former, reason).await?;
    Ok(Json(convert::policy_set(&answer)))
}
