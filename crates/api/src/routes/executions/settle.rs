//! `POST /v1/executions/{execution_id}/settle`

use axum::{Json, extract::State};
use vidimus_api_types::{Execution, Problem, Settle};

use super::answered;
use crate::{
    auth::{ADMIN, APPROVER, Caller},
    convert,
    extract::{Body, Id, Param},
    problem::ApiError,
    state::Api,
};

/// Settle an unknown result
///
/// Evidence shows how a call ended that started and went silent. Only what is unknown can be settled.
///
/// Roles: `approver` or `admin`.
#[utoipa::path(
    post,
    path = "/v1/executions/{execution_id}/settle",
    tag = "executions",
    operation_id = "settleExecution",
    params(("execution_id" = Uuid, Path, description = "Its id.")),
    request_body = Settle,
    responses(
        (status = 200, description = "Settled.", body = Execution),
        (status = "default", description = "No answer.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn settle(
    caller: Caller<{ APPROVER | ADMIN }>,
    State(api): State<Api>,
    Param(Id(execution_id)): Param<Id>,
    Body(body): Body<Settle>,
) -> Result<Json<Execution>, ApiError> {
    let result = convert::payload("result", body.result)?;
    let (by, status) = (&caller.principal, body.status);
    let answer = api.engine().settle(by, execution_id, status, body.evidence, result).await?;
    answered(&api, &caller.principal, &answer).await
}
