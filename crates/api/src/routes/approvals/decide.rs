//! `POST /v1/approvals/decisions`

use axum::{Json, extract::State, http::StatusCode};
use vidimus_api_types::{DecideBatch, DecidedBatch, Problem};
use vidimus_domain::execution::Rejection;
use vidimus_engine::{EngineError, MAX_BATCH};

use crate::{
    auth::{APPROVER, Caller},
    convert,
    extract::Body,
    problem::ApiError,
    routes::executions::token,
    state::Api,
};

/// Decide several approvals
///
/// All of them, or none: the problem names the first that is refused, by its place in `decisions`. The same again
/// changes nothing.
///
/// Roles: `approver`.
#[utoipa::path(
    post,
    path = "/v1/approvals/decisions",
    tag = "approvals",
    operation_id = "decideApprovals",
    request_body = DecideBatch,
    responses(
        (status = 200, description = "All are decided.", body = DecidedBatch),
        (status = "default", description = "No answer.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn decide(
    caller: Caller<APPROVER>,
    State(api): State<Api>,
    Body(body): Body<DecideBatch>,
) -> Result<Json<DecidedBatch>, ApiError> {
    let decisions = body.decisions;
    if !(1..=MAX_BATCH).contains(&decisions.len()) {
        let error = EngineError::BatchSize { size: decisions.len(), max: MAX_BATCH };
        return Err(ApiError::field(
            StatusCode::UNPROCESSABLE_ENTITY,
            error.code(),
            "body.decisions",
            &error,
        ));
    }
    let items =
        decisions.into_iter().map(|one| convert::batch_item(one, &api.settings().redaction)).collect();
    let answers = api.engine().decide_batch(&caller.principal, items).await?;
    let position = answers.iter().map(|answer| answer.position).max().unwrap_or_else(|| api.engine().tail());
    let mut items = Vec::with_capacity(answers.len());
    for answer in &answers {
        let token = token(&api, &caller.principal, answer).await;
        let shown = convert::execution(answer, token);
        items.push(shown.ok_or(EngineError::Execution(Rejection::NotFound))?);
    }
    Ok(Json(DecidedBatch { items, position }))
}
