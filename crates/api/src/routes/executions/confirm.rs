//! `POST /v1/executions/{execution_id}/confirm`

use axum::{Json, extract::State};
use vidimus_api_types::{Confirm, Execution, Problem};
use vidimus_engine::Seen;

use super::answered;
use crate::{
    auth::{AGENT, APPROVER, Caller},
    convert,
    extract::{Body, Id, Param},
    problem::ApiError,
    state::Api,
};

/// Confirm a call
///
/// The requesting user agrees to the call, which then has its permit. Nobody else can, and an agent never can.
///
/// Roles: `agent` or `approver`.
#[utoipa::path(
    post,
    path = "/v1/executions/{execution_id}/confirm",
    tag = "executions",
    operation_id = "confirmExecution",
    params(("execution_id" = Uuid, Path, description = "Its id.")),
    request_body = Confirm,
    responses(
        (status = 200, description = "Confirmed; the permit is in the answer.", body = Execution),
        (status = "default", description = "No answer.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn confirm(
    caller: Caller<{ AGENT | APPROVER }>,
    State(api): State<Api>,
    Param(Id(execution_id)): Param<Id>,
    Body(body): Body<Confirm>,
) -> Result<Json<Execution>, ApiError> {
    let card = convert::seen_card(body.card, &api.settings().redaction);
    let seen = Seen { arguments_digest: body.arguments_digest, stage: None, card };
    let answer = api.engine().confirm(&caller.principal, execution_id, seen).await?;
    answered(&api, &caller.principal, &answer).await
}
