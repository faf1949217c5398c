//! `GET /v1/functions/{function}/description`

use axum::{Json, extract::State};
use proto_events::FunctionName;
use vidimus_api_types::{Description, Problem};

use crate::{
    auth::{ANYONE, Caller},
    convert,
    extract::Param,
    problem::ApiError,
    state::Api,
};

/// Get a function's description
///
/// What the catalogue says of it.
///
/// Roles: any.
#[utoipa::path(
    get,
    path = "/v1/functions/{function}/description",
    tag = "functions",
    operation_id = "getFunctionDescription",
    params(("function" = FunctionName, Path, description = "Its name, percent-encoded.")),
    responses(
        (status = 200, description = "What the catalogue says.", body = Description),
        (status = "default", description = "No answer.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn get(
    caller: Caller<ANYONE>,
    State(api): State<Api>,
    Param(function): Param<FunctionName>,
) -> Result<Json<Description>, ApiError> {
    let found = api.engine().function(caller.tenant(), &function).await?;
    let description = found.description.ok_or_else(|| {
        let detail = format!("the catalogue does not describe `{function}`: check the name, or describe it");
        ApiError::not_found("function_not_described", detail)
    })?;
    Ok(Json(convert::description(&description)))
}
