//! `POST /v1/grants`

use axum::{Json, extract::State, http::StatusCode};
use vidimus_api_types::{CreateGrant, Grant, Problem};

use crate::{
    auth::{ADMIN, Caller},
    convert,
    extract::Body,
    problem::ApiError,
    state::Api,
};

/// Give a grant
///
/// Calls that it covers need no approval until it expires, at most 90 days from now; it lifts no block. Each use is on
/// record with the decision that used it.
///
/// Roles: `admin`.
#[utoipa::path(
    post,
    path = "/v1/grants",
    tag = "grants",
    operation_id = "createGrant",
    request_body = CreateGrant,
    responses(
        (status = 201, description = "It is in force.", body = Grant),
        (status = "default", description = "No answer.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn create(
    caller: Caller<ADMIN>,
    State(api): State<Api>,
    Body(body): Body<CreateGrant>,
) -> Result<(StatusCode, Json<Grant>), ApiError> {
    let answer = api.engine().create_grant(&caller.principal, convert::new_grant(body)).await?;
    Ok((StatusCode::CREATED, Json(convert::grant_set(answer))))
}
