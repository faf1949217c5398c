//! `POST /v1/executions/{execution_id}/revise`

use axum::{Json, extract::State, http::StatusCode};
use vidimus_api_types::{Problem, Revise, Revised};

use super::answered;
use crate::{
    auth::{APPROVER, Caller},
    convert,
    extract::{Body, Id, Param},
    problem::ApiError,
    state::Api,
};

/// Revise a call
///
/// A reviewer edits the arguments: the call is aborted with the feedback, and a new attempt with the other arguments,
/// linked to it and on behalf of the same requester, is decided on. Who edited it is on its asking side. The same again
/// gets the same new attempt.
///
/// Roles: `approver`.
#[utoipa::path(
    post,
    path = "/v1/executions/{execution_id}/revise",
    tag = "executions",
    operation_id = "reviseExecution",
    params(("execution_id" = Uuid, Path, description = "Its id.")),
    request_body = Revise,
    responses(
        (status = 201, description = "The call is aborted, and the new attempt is decided.", body = Revised),
        (status = 200, description = "It was so before.", body = Revised),
        (status = "default", description = "No answer.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn revise(
    caller: Caller<APPROVER>,
    State(api): State<Api>,
    Param(Id(execution_id)): Param<Id>,
    Body(body): Body<Revise>,
) -> Result<(StatusCode, Json<Revised>), ApiError> {
    let arguments = convert::arguments(&body.arguments)?;
    let card = convert::seen_card(body.card, &api.settings().redaction);
    let revised =
        api.engine().revise(&caller.principal, execution_id, arguments, body.feedback, card).await?;
    let status = if revised.new.already { StatusCode::OK } else { StatusCode::CREATED };
    let Json(former) = answered(&api, &caller.principal, &revised.former).await?;
    let Json(new) = answered(&api, &caller.principal, &revised.new).await?;
    Ok((status, Json(Revised { former, new })))
}
