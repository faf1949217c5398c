//! `POST /v1/executions/{execution_id}/abort`

use axum::{Json, extract::State};
use vidimus_api_types::{Abort, Execution, Problem};

use super::answered;
use crate::{
    auth::{APPROVER, Caller},
    convert,
    extract::{Body, Id, Param},
    problem::ApiError,
    state::Api,
};

/// Abort a call, with feedback
///
/// A reviewer does not let the call run, and tells the agent what to know or do instead. Nobody reviews what they
/// asked for themselves.
///
/// Roles: `approver`.
#[utoipa::path(
    post,
    path = "/v1/executions/{execution_id}/abort",
    tag = "executions",
    operation_id = "abortExecution",
    params(("execution_id" = Uuid, Path, description = "Its id.")),
    request_body = Abort,
    responses(
        (status = 200, description = "Aborted.", body = Execution),
        (status = "default", description = "No answer.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn abort(
    caller: Caller<APPROVER>,
    State(api): State<Api>,
    Param(Id(execution_id)): Param<Id>,
    Body(body): Body<Abort>,
) -> Result<Json<Execution>, ApiError> {
    let card = convert::seen_card(body.card, &api.settings().redaction);
    let answer = api.engine().abort(&caller.principal, execution_id, body.feedback, card).await?;
    answered(&api, &caller.principal, &answer).await
}
