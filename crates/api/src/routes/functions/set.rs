//! `PUT /v1/functions/{function}`

use axum::{Json, extract::State};
use proto_events::FunctionName;
use vidimus_api_types::{FunctionAccess, Problem, SetAccess};
use vidimus_engine::AccessAnswer;

use crate::{
    auth::{ADMIN, Caller},
    convert,
    extract::{Body, Param},
    problem::ApiError,
    state::Api,
};

/// Set a function's access
///
/// Holds for what is proposed from now on; what is permitted already keeps its permit.
///
/// Roles: `admin`.
#[utoipa::path(
    put,
    path = "/v1/functions/{function}",
    tag = "functions",
    operation_id = "setFunctionAccess",
    params(("function" = FunctionName, Path, description = "Its name, percent-encoded.")),
    request_body = SetAccess,
    responses(
        (status = 200, description = "Its access now.", body = FunctionAccess),
        (status = "default", description = "No answer.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn set(
    caller: Caller<ADMIN>,
    State(api): State<Api>,
    Param(function): Param<FunctionName>,
    Body(body): Body<SetAccess>,
) -> Result<Json<FunctionAccess>, ApiError> {
    let engine = api.engine();
    let set = engine.set_access(&caller.principal, function.clone(), body.access, body.reason).await?;
    let now = engine.function(caller.tenant(), &function).await?;
    let FunctionAccess { description, .. } = convert::function(now);
    let AccessAnswer { function, access, position, already } = set;
    Ok(Json(FunctionAccess { function, access, description, position, changed: Some(!already) }))
}
