//! `PUT /v1/policy/shadow`

use axum::{Json, extract::State};
use vidimus_api_types::{Policy, Problem, ShadowPolicy};

use crate::{
    auth::{ADMIN, Caller},
    convert,
    extract::Body,
    problem::ApiError,
    state::Api,
};

/// Evaluate a policy set beside the one in force
///
/// Without effect: where it would have decided otherwise, that is recorded as `shadow_differed`, in a stream that is
/// never the execution's.
///
/// Roles: `admin`.
#[utoipa::path(
    put,
    path = "/v1/policy/shadow",
    tag = "policy",
    operation_id = "shadowPolicy",
    request_body = ShadowPolicy,
    responses(
        (status = 200, description = "It is evaluated.", body = Policy),
        (status = "default", description = "No answer.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn shadow(
    caller: Caller<ADMIN>,
    State(api): State<Api>,
    Body(body): Body<ShadowPolicy>,
) -> Result<Json<Policy>, ApiError> {
    let answer = api.engine().shadow_policy(&caller.principal, Some(body.files), body.reason).await?;
    Ok(Json(convert::policy_set(&answer)))
}
