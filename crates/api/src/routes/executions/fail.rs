//! `POST /v1/executions/{execution_id}/fail`

use axum::{Json, extract::State};
use vidimus_api_types::{Execution, Fail, FailureStatus, Problem, ResultStatus};
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

/// Report failure
///
/// The running call ended without success. Only who started it reports, and a result is reported once.
///
/// Roles: `agent`.
#[utoipa::path(
    post,
    path = "/v1/executions/{execution_id}/fail",
    tag = "executions",
    operation_id = "failExecution",
    params(("execution_id" = Uuid, Path, description = "Its id.")),
    request_body = Fail,
    responses(
        (status = 200, description = "On record.", body = Execution),
        (status = "default", description = "No answer.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn fail(
    caller: Caller<AGENT>,
    State(api): State<Api>,
    Param(Id(execution_id)): Param<Id>,
    Body(body): Body<Fail>,
) -> Result<Json<Execution>, ApiError> {
    let status = match body.status.unwrap_or(FailureStatus::Failed) {
        FailureStatus::Failed => ResultStatus::Failed,
        FailureStatus::TimedOut => ResultStatus::TimedOut,
        FailureStatus::Skipped => ResultStatus::Skipped,
    };
    let report = Report {
        result: convert::payload("result", body.result)?,
        error: body.error,
        reason: body.reason,
        timing: body.timing,
    };
    let answer =
        api.engine().complete(&caller.principal, execution_id, Completion { status, report }).await?;
    answered(&api, &caller.principal, &answer).await
}
