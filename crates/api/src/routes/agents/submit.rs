//! `POST /v1/agents/{agent_id}/calls/{call_id}/tool-executions`
//!
//! Its shapes are those of a document that is not ours (`docs/reference/submit.md`), to the letter: hence errors of its
//! own, and a body that is checked field by field.

mod body;
mod finished;
mod refusal;
mod validation;

use axum::{
    extract::{Path, Request, State, rejection::PathRejection},
    http::StatusCode,
};
use refusal::Refusal;
use uuid::Uuid;
use validation::{Fault, Faults};
use vidimus_api_types::{Problem, SubmissionError, ToolExecutionCreate};

use super::{Id, is_known};
use crate::{
    auth::{AGENT, Caller},
    extract::{IdempotencyKey, idempotency_key},
    problem::ApiError,
    state::Api,
};

/// Submit tool execution
///
/// Append a tool execution record to a call.
///
/// This endpoint is primarily used by agent runtimes to report contextual and system tool activity after the fact. Agent
/// and call have to be registered, or named by an execution. Nothing is decided on what is handed in. With an
/// idempotency key the same record again adds nothing.
///
/// Roles: `agent`.
#[utoipa::path(
    post,
    path = "/v1/agents/{agent_id}/calls/{call_id}/tool-executions",
    tag = "agents",
    operation_id = "submitCallToolExecution",
    params(
        ("agent_id" = Uuid, Path, description = "Voice agent ID."),
        ("call_id" = Uuid, Path, description = "Call ID."),
        IdempotencyKey,
    ),
    request_body = ToolExecutionCreate,
    responses(
        (status = 204, description = "Tool execution recorded."),
        (status = 401, description = "Unauthorized.", body = SubmissionError),
        (status = 403, description = "Forbidden.", body = SubmissionError),
        (status = 404, description = "Not found.", body = SubmissionError),
        (status = 409, description = "The idempotency key names another record.", body = SubmissionError),
        (status = 422, description = "Validation error.", body = SubmissionError),
        (status = 500, description = "Internal server error.", body = SubmissionError),
        (
            status = "default", description = "Refused in front of this endpoint, for example too many requests.",
            body = Problem, content_type = "application/problem+json",
        ),
    )
)]
pub(super) async fn submit(
    caller: Result<Caller<AGENT>, ApiError>,
    State(api): State<Api>,
    path: Result<Path<(String, String)>, PathRejection>,
    request: Request,
) -> Result<StatusCode, Refusal> {
    let caller = caller?;
    let mut faults = Faults::default();
    let ids = ids(path, &mut faults);
    let key = idempotency_key(request.headers(), None).map_err(Fault::from);
    let key = faults.keep(&refusal::IDEMPOTENCY_KEY, key);
    let body = body::read(request, &api, &mut faults).await;
    let (Some((agent, call)), Some(key), Some(body), true) = (ids, key, body, faults.is_empty()) else {
        return Err(faults.into());
    };
    if !is_known(&api, caller.tenant(), agent, Some(call)).await? {
        return Err(Refusal::not_found(agent, call));
    }
    api.engine().record(&caller.principal, finished::finished(agent, call, body, key)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The ids of agent and call.
fn ids(path: Result<Path<(String, String)>, PathRejection>, faults: &mut Faults) -> Option<(Uuid, Uuid)> {
    let fault = || Fault::new("uuid_parsing", "Input should be a valid UUID");
    // It is refused where it is not UTF-8; no UUID is that.
    let Ok(Path((agent, call))) = path else {
        faults.add(&["path"], fault());
        return None;
    };
    let mut id = |name, text: &str| {
        faults.keep(&["path", name], text.parse::<Id>().map(|Id(id)| id).map_err(|_| fault()))
    };
    let (agent, call) = (id("agent_id", &agent), id("call_id", &call));
    agent.zip(call)
}
