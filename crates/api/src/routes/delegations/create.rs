//! `POST /v1/delegations`

use axum::{Json, extract::State, http::StatusCode};
use vidimus_api_types::{CreateDelegation, Delegation, Problem};

use crate::{
    auth::{ADMIN, APPROVER, Caller},
    convert,
    extract::Body,
    problem::ApiError,
    state::Api,
};

/// Let somebody decide in another's place
///
/// For an absence, at most 90 days. Reviewers delegate for themselves, administrators for anybody. Who decides in
/// somebody's place counts as that somebody, and never decides on what they asked for.
///
/// Roles: `approver` or `admin`.
#[utoipa::path(
    post,
    path = "/v1/delegations",
    tag = "reviewers",
    operation_id = "createDelegation",
    request_body = CreateDelegation,
    responses(
        (status = 201, description = "It is on record.", body = Delegation),
        (status = "default", description = "No answer.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn create(
    caller: Caller<{ APPROVER | ADMIN }>,
    State(api): State<Api>,
    Body(body): Body<CreateDelegation>,
) -> Result<(StatusCode, Json<Delegation>), ApiError> {
    let answer = api.engine().delegate(&caller.principal, convert::new_delegation(body)).await?;
    Ok((StatusCode::CREATED, Json(convert::delegation_set(answer))))
}
