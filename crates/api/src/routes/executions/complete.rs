//! `POST /v1/executions/{execution_id}/complete`

use axum::{Json, extract::State};
use vidimus_api_types::{Complete, Execution, Problem, ResultStatus};
use vidimus_domain::execution::Report;
use vidimus_engine::Completion;

use super::answered;
use crate::{
    auth::{AGENT, Caller},
    convert,
    extract::{Body, Id, Param},
    problem::ApiError,
    state::Api,
};

/// Report success
///
/// The running call ended well. Only who started it reports, and a result is reported once.
///
/// Roles: `agent`.
#[utoipa::path(
    post,
    path = "/v1/executions/{execution_id}/complete",
    tag = "executions",
    operation_id = "completeExecution",
    params(("execution_id" = Uuid, Path, description = "Its id.")),
    request_body = Complete,
    responses(
        (status = 200, description = "On record.", body = Execution),
        (status = "default", description = "No answer.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn complete(
    caller: Caller<AGENT>,
    State(api): State<Api>,
    Param(Id(execution_id)): Param<Id>,
    Body(body): Body<Complete>,
) -> Result<Json<Execution>, ApiError> {
    let report =
        Report { result: convert::payload("result", body.result)?, timing: body.timing, ..Report::default() };
    let completion = Completion { status: ResultStatus::Succeeded, report };
    let answer = api.engine().complete(&caller.principal, execution_id, completion).await?;
    answered(&api, &caller.principal, &answer).await
}
