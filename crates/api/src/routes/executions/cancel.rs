//! `POST /v1/executions/{execution_id}/cancel`

use axum::{Json, extract::State};
use vidimus_api_types::{Cancel, Execution, Problem};

use super::answered;
use crate::{
    auth::{AGENT, APPROVER, Caller},
    extract::{Body, Id, Param},
    problem::ApiError,
    state::Api,
};

/// Cancel a call
///
/// Calls it off: its requester or the proposing agent before it started, its executor after.
///
/// Roles: `agent` or `approver`.
#[utoipa::path(
    post,
    path = "/v1/executions/{execution_id}/cancel",
    tag = "executions",
    operation_id = "cancelExecution",
    params(("execution_id" = Uuid, Path, description = "Its id.")),
    request_body = Cancel,
    responses(
        (status = 200, description = "Cancelled.", body = Execution),
        (status = "default", description = "No answer.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn cancel(
    caller: Caller<{ AGENT | APPROVER }>,
    State(api): State<Api>,
    Param(Id(execution_id)): Param<Id>,
    Body(body): Body<Cancel>,
) -> Result<Json<Execution>, ApiError> {
    let answer = api.engine().cancel(&caller.principal, execution_id, body.reason).await?;
    answered(&api, &caller.principal, &answer).await
}
