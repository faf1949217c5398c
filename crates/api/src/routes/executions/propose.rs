//! `POST /v1/executions`

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode},
};
use proto_events::CallRef;
use vidimus_api_types::{Execution, Problem, Propose};
use vidimus_engine::Proposal;

use super::answered;
use crate::{
    auth::{AGENT, Caller},
    convert,
    extract::{Body, IdempotencyKey, idempotency_key},
    problem::ApiError,
    state::Api,
};

/// Propose a call
///
/// Decides whether the call may run, and answers when the decision is durable. A block is a decision, not an error. With
/// an idempotency key the same call (agent, conversation, requester, function and arguments) gets the earlier answer.
///
/// Roles: `agent`.
#[utoipa::path(
    post,
    path = "/v1/executions",
    tag = "executions",
    operation_id = "proposeExecution",
    params(IdempotencyKey),
    request_body = Propose,
    responses(
        (status = 201, description = "Decided.", body = Execution),
        (status = 200, description = "Decided before: the earlier attempt's answer.", body = Execution),
        (status = "default", description = "No answer.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn propose(
    caller: Caller<AGENT>,
    State(api): State<Api>,
    headers: HeaderMap,
    Body(body): Body<Propose>,
) -> Result<(StatusCode, Json<Execution>), ApiError> {
    let proposal = Proposal {
        call: CallRef {
            agent: body.agent,
            conversation: body.conversation,
            request_id: body.request_id,
            function: body.function,
        },
        arguments: convert::arguments(&body.arguments)?,
        requester: body.requester,
        idempotency_key: idempotency_key(&headers, body.idempotency_key)?,
        context: convert::context(body.context)?,
        former_execution: None,
        asked_by: Vec::new(),
    };
    let answer = api.engine().propose(&caller.principal, proposal).await?;
    let status = if answer.already { StatusCode::OK } else { StatusCode::CREATED };
    Ok((status, answered(&api, &caller.principal, &answer).await?))
}
