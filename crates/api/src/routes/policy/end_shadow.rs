//! `DELETE /v1/policy/shadow`

use axum::{Json, extract::State};
use vidimus_api_types::{EndShadow, Policy, Problem};

use crate::{
    auth::{ADMIN, Caller},
    convert,
    extract::Body,
    problem::ApiError,
    state::Api,
};

/// End the evaluation of a policy set
///
/// What it would have decided stays on record.
///
/// Roles: `admin`.
#[utoipa::path(
    delete,
    path = "/v1/policy/shadow",
    tag = "policy",
    operation_id = "endShadowPolicy",
    request_body = EndShadow,
    responses(
        (status = 200, description = "None is evaluated.", body = Policy),
        (status = "default", description = "No answer.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn end_shadow(
    caller: Caller<ADMIN>,
    State(api): State<Api>,
    Body(body): Body<EndShadow>,
) -> Result<Json<Policy>, ApiError> {
    let answer = api.engine().shadow_policy(&caller.principal, None, body.reason).await?;
    Ok(Json(convert::policy_set(&answer)))
}
