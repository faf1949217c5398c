//! `POST /v1/executions/{execution_id}/deny`

use axum::{Json, extract::State};
use vidimus_api_types::{Deny, Execution, Problem};

use super::answered;
use crate::{
    auth::{APPROVER, Caller},
    convert,
    extract::{Body, Id, Param},
    problem::ApiError,
    state::Api,
};

/// Deny a call
///
/// A reviewer does not let the call run. Nobody reviews what they asked for themselves.
///
/// Roles: `approver`.
#[utoipa::path(
    post,
    path = "/v1/executions/{execution_id}/deny",
    tag = "executions",
    operation_id = "denyExecution",
    params(("execution_id" = Uuid, Path, description = "Its id.")),
    request_body = Deny,
    responses(
        (status = 200, description = "Denied.", body = Execution),
        (status = "default", description = "No answer.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn deny(
    caller: Caller<APPROVER>,
    State(api): State<Api>,
    Param(Id(execution_id)): Param<Id>,
    Body(body): Body<Deny>,
) -> Result<Json<Execution>, ApiError> {
    let card = convert::seen_card(body.card, &api.settings().redaction);
    let answer = api.engine().deny(&caller.principal, execution_id, body.reason, card).await?;
    answered(&api, &caller.principal, &answer).await
}
