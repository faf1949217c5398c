//! `POST /v1/executions/{execution_id}/approve`

use axum::{Json, extract::State};
use vidimus_api_types::{Approve, Execution, Problem};

use super::answered;
use crate::{
    auth::{APPROVER, Caller},
    extract::{Body, Id, Param},
    problem::ApiError,
    state::Api,
};

/// Approve a call
///
/// A reviewer agrees to exactly these arguments; the call then has its permit. Nobody reviews what they asked for
/// themselves.
///
/// Roles: `approver`.
#[utoipa::path(
    post,
    path = "/v1/executions/{execution_id}/approve",
    tag = "executions",
    operation_id = "approveExecution",
    params(("execution_id" = Uuid, Path, description = "Its id.")),
    request_body = Approve,
    responses(
        (status = 200, description = "Approved; the permit is in the answer.", body = Execution),
        (status = "default", description = "No answer.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn approve(
    caller: Caller<APPROVER>,
    State(api): State<Api>,
    Param(Id(execution_id)): Param<Id>,
    Body(body): Body<Approve>,
) -> Result<Json<Execution>, ApiError> {
    let answer =
        api.engine().approve(&caller.principal, execution_id, body.arguments_digest, body.comment).await?;
    answered(&answer)
}
