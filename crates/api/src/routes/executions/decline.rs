//! `POST /v1/executions/{execution_id}/decline`

use axum::{Json, extract::State};
use vidimus_api_types::{Decline, Execution, Problem};

use super::answered;
use crate::{
    auth::{AGENT, APPROVER, Caller},
    convert,
    extract::{Body, Id, Param},
    problem::ApiError,
    state::Api,
};

/// Decline a call
///
/// The requesting user does not want the call. Nobody else can say so.
///
/// Roles: `agent` or `approver`.
#[utoipa::path(
    post,
    path = "/v1/executions/{execution_id}/decline",
    tag = "executions",
    operation_id = "declineExecution",
    params(("execution_id" = Uuid, Path, description = "Its id.")),
    request_body = Decline,
    responses(
        (status = 200, description = "Declined.", body = Execution),
        (status = "default", description = "No answer.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn decline(
    caller: Caller<{ AGENT | APPROVER }>,
    State(api): State<Api>,
    Param(Id(execution_id)): Param<Id>,
    Body(body): Body<Decline>,
) -> Result<Json<Execution>, ApiError> {
    let card = convert::seen_card(body.card, &api.settings().redaction);
    let answer = api.engine().decline(&caller.principal, execution_id, body.reason, card).await?;
    answered(&api, &caller.principal, &answer).await
}
