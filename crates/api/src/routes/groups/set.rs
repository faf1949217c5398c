//! `PUT /v1/groups/{group}`

use axum::{Json, extract::State};
use vidimus_api_types::{Group, PlainName, Problem, SetGroup};

use crate::{
    auth::{ADMIN, Caller},
    convert,
    extract::{Body, Param, Plain},
    problem::ApiError,
    state::Api,
};

/// Say who is in a group of reviewers
///
/// Everybody who is in it; nobody ends it. Counts at once, also for what waits.
///
/// Roles: `admin`.
#[utoipa::path(
    put,
    path = "/v1/groups/{group}",
    tag = "reviewers",
    operation_id = "setGroup",
    params(("group" = PlainName, Path, description = "Its name.")),
    request_body = SetGroup,
    responses(
        (status = 200, description = "The group now.", body = Group),
        (status = "default", description = "No answer.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn set(
    caller: Caller<ADMIN>,
    State(api): State<Api>,
    Param(Plain(group)): Param<Plain>,
    Body(body): Body<SetGroup>,
) -> Result<Json<Group>, ApiError> {
    let answer = api.engine().set_group(&caller.principal, group, body.members).await?;
    Ok(Json(convert::group_set(answer)))
}
