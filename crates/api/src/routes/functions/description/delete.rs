//! `DELETE /v1/functions/{function}/description`

use axum::{Json, extract::State};
use proto_events::FunctionName;
use vidimus_api_types::{FunctionAccess, Problem, WithdrawFunction};

use crate::{
    auth::{ADMIN, Caller},
    convert,
    extract::{Body, Param},
    problem::ApiError,
    state::Api,
};

/// Take a function's description out of the catalogue
///
/// Its access stays as it is. One that is not described stays so.
///
/// Roles: `admin`.
#[utoipa::path(
    delete,
    path = "/v1/functions/{function}/description",
    tag = "functions",
    operation_id = "withdrawFunction",
    params(("function" = FunctionName, Path, description = "Its name, percent-encoded.")),
    request_body = WithdrawFunction,
    responses(
        (status = 200, description = "The function now.", body = FunctionAccess),
        (status = "default", description = "No answer.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn delete(
    caller: Caller<ADMIN>,
    State(api): State<Api>,
    Param(function): Param<FunctionName>,
    Body(body): Body<WithdrawFunction>,
) -> Result<Json<FunctionAccess>, ApiError> {
    let answer = api.engine().withdraw_function(&caller.principal, function, body.reason).await?;
    Ok(Json(convert::function_set(answer)))
}
