//! `POST /v1/freezes`

use axum::{Json, extract::State, http::StatusCode};
use vidimus_api_types::{CreateFreeze, Freeze, Problem};

use crate::{
    auth::{ADMIN, Caller},
    convert,
    extract::Body,
    problem::ApiError,
    state::Api,
};

/// Freeze a tenant, an agent or a function
///
/// From now on nothing of it is allowed, confirmed, approved or started, and the deadlines of people and permits stand
/// still. What is frozen already keeps its freeze. What runs is not stopped.
///
/// Roles: `admin`.
#[utoipa::path(
    post,
    path = "/v1/freezes",
    tag = "freezes",
    operation_id = "createFreeze",
    request_body = CreateFreeze,
    responses(
        (status = 201, description = "It is frozen.", body = Freeze),
        (status = 200, description = "It was frozen before.", body = Freeze),
        (status = "default", description = "No answer.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn create(
    caller: Caller<ADMIN>,
    State(api): State<Api>,
    Body(body): Body<CreateFreeze>,
) -> Result<(StatusCode, Json<Freeze>), ApiError> {
    let answer = api.engine().freeze(&caller.principal, body.scope, body.reason).await?;
    let status = if answer.already { StatusCode::OK } else { StatusCode::CREATED };
    Ok((status, Json(convert::freeze_set(answer))))
}
