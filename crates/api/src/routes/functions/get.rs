//! `GET /v1/functions/{function}`

use axum::{Json, extract::State};
use proto_events::FunctionName;
use vidimus_api_types::{FunctionAccess, Problem};

use crate::{
    auth::{ANYONE, Caller},
    convert,
    extract::Param,
    problem::ApiError,
    state::Api,
};

/// Get a function
///
/// Its access, and what the catalogue says of it. Where access was never set there is none, and calls of the function are
/// blocked.
///
/// Roles: any.
#[utoipa::path(
    get,
    path = "/v1/functions/{function}",
    tag = "functions",
    operation_id = "getFunction",
    params(("function" = FunctionName, Path, description = "Its name, percent-encoded.")),
    responses(
        (status = 200, description = "The function, as the log has it.", body = FunctionAccess),
        (status = "default", description = "No answer.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn get(
    caller: Caller<ANYONE>,
    State(api): State<Api>,
    Param(function): Param<FunctionName>,
) -> Result<Json<FunctionAccess>, ApiError> {
    let answer = api.engine().function(caller.tenant(), &function).await?;
    Ok(Json(convert::function(answer)))
}
