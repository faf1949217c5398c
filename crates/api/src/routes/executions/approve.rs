//! `POST /v1/executions/{execution_id}/approve`

use axum::{Json, extract::State};
use vidimus_api_types::{Approve, Execution, Problem};
use vidimus_engine::Seen;

use super::answered;
use crate::{
    auth::{ADMIN, APPROVER, Caller},
    convert,
    extract::{Body, Id, Param},
    problem::ApiError,
    state::Api,
};

/// Approve a call
///
/// A reviewer agrees to exactly these arguments; the call has its permit when enough have, in every stage. Nobody reviews
/// what they asked for themselves, unless the policy says so. With `break_glass` an administrator passes over the reviewers
/// in an emergency, which is on record as such.
///
/// Roles: `approver` or `admin`.
#[utoipa::path(
    post,
    path = "/v1/executions/{execution_id}/approve",
    tag = "executions",
    operation_id = "approveExecution",
    params(("execution_id" = Uuid, Path, description = "Its id.")),
    request_body = Approve,
    responses(
        (status = 200, description = "Accepted; where nobody else has to, the permit is in the answer.", body = Execution),
        (status = "default", description = "No answer.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn approve(
    caller: Caller<{ APPROVER | ADMIN }>,
    State(api): State<Api>,
    Param(Id(execution_id)): Param<Id>,
    Body(body): Body<Approve>,
) -> Result<Json<Execution>, ApiError> {
    let Approve { arguments_digest, stage, comment, break_glass, card } = body;
    let card = convert::seen_card(card, &api.settings().redaction);
    let seen = Seen { arguments_digest, stage, card };
    let answer = api.engine().approve(&caller.principal, execution_id, seen, comment, break_glass).await?;
    answered(&api, &caller.principal, &answer).await
}
