//! `POST /v1/executions/{execution_id}/comments`

use axum::{Json, extract::State};
use vidimus_api_types::{AddComment, Execution, Problem};

use super::answered;
use crate::{
    auth::{ANYONE, Caller},
    extract::{Body, Id, Param},
    problem::ApiError,
    state::Api,
};

/// Comment on a call that waits
///
/// Of its asking side, or as one of its reviewers; goes on the audit trail.
///
/// Roles: any.
#[utoipa::path(
    post,
    path = "/v1/executions/{execution_id}/comments",
    tag = "executions",
    operation_id = "commentExecution",
    params(("execution_id" = Uuid, Path, description = "Its id.")),
    request_body = AddComment,
    responses(
        (status = 200, description = "It is on record.", body = Execution),
        (status = "default", description = "No answer.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn comment(
    caller: Caller<ANYONE>,
    State(api): State<Api>,
    Param(Id(execution_id)): Param<Id>,
    Body(body): Body<AddComment>,
) -> Result<Json<Execution>, ApiError> {
    let answer = api.engine().comment(&caller.principal, execution_id, body.text).await?;
    answered(&api, &caller.principal, &answer).await
}
