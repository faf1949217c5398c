//! `POST /v1/executions/{execution_id}/progress`

use axum::{Json, extract::State};
use vidimus_api_types::{Execution, Problem, Progress};

use super::answered;
use crate::{
    auth::{AGENT, Caller},
    extract::{Body, Id, Param},
    problem::ApiError,
    state::Api,
};

/// Report progress
///
/// The running call is alive, and its lease is renewed. Only who started it reports.
///
/// Roles: `agent`.
#[utoipa::path(
    post,
    path = "/v1/executions/{execution_id}/progress",
    tag = "executions",
    operation_id = "progressExecution",
    params(("execution_id" = Uuid, Path, description = "Its id.")),
    request_body = Progress,
    responses(
        (status = 200, description = "On record; the new lease is in the answer.", body = Execution),
        (status = "default", description = "No answer.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn progress(
    caller: Caller<AGENT>,
    State(api): State<Api>,
    Param(Id(execution_id)): Param<Id>,
    Body(body): Body<Progress>,
) -> Result<Json<Execution>, ApiError> {
    let answer = api.engine().progress(&caller.principal, execution_id, body.message, body.percent).await?;
    answered(&api, &caller.principal, &answer).await
}
