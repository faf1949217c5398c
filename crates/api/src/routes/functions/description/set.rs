//! `PUT /v1/functions/{function}/description`

use axum::{Json, extract::State};
use proto_events::FunctionName;
use vidimus_api_types::{DescribeFunction, FunctionAccess, Problem};

use crate::{
    auth::{ADMIN, Caller},
    convert,
    extract::{Body, Param},
    problem::ApiError,
    state::Api,
};

/// Describe a function
///
/// In the catalogue: what it is for, what kind of tool it is, what it takes and who answers for it. Holds for what is
/// proposed from now on.
///
/// Roles: `admin`.
#[utoipa::path(
    put,
    path = "/v1/functions/{function}/description",
    tag = "functions",
    operation_id = "describeFunction",
    params(("function" = FunctionName, Path, description = "Its name, percent-encoded.")),
    request_body = DescribeFunction,
    responses(
        (status = 200, description = "The function now.", body = FunctionAccess),
        (status = "default", description = "No answer.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn set(
    caller: Caller<ADMIN>,
    State(api): State<Api>,
    Param(function): Param<FunctionName>,
    Body(body): Body<DescribeFunction>,
) -> Result<Json<FunctionAccess>, ApiError> {
    let answer = api.engine().describe_function(&caller.principal, function, body.into()).await?;
    Ok(Json(convert::function_set(answer)))
}
