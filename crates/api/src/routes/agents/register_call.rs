//! `PUT /v1/agents/{agent_id}/calls/{call_id}`

use axum::{Json, extract::State, http::StatusCode};
use vidimus_api_types::{AgentCall, Problem};

use super::{Id, is_known};
use crate::{
    auth::{ADMIN, AGENT, Caller},
    extract::Param,
    problem::ApiError,
    state::Api,
};

/// Register a call of an agent
///
/// A call is a conversation: from then on tool executions can be handed in for it. The agent has to be registered, or
/// named by an execution.
///
/// Roles: `agent`, `admin`.
#[utoipa::path(
    put,
    path = "/v1/agents/{agent_id}/calls/{call_id}",
    tag = "agents",
    operation_id = "registerAgentCall",
    params(
        ("agent_id" = Uuid, Path, description = "The agent's id."),
        ("call_id" = Uuid, Path, description = "Its id."),
    ),
    responses(
        (status = 201, description = "Registered.", body = AgentCall),
        (status = 200, description = "It was registered before.", body = AgentCall),
        (status = "default", description = "No answer.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn register_call(
    caller: Caller<{ AGENT | ADMIN }>,
    State(api): State<Api>,
    Param((Id(agent_id), Id(call_id))): Param<(Id, Id)>,
) -> Result<(StatusCode, Json<AgentCall>), ApiError> {
    if !is_known(&api, caller.tenant(), agent_id, None).await? {
        let detail =
            format!("there is no agent `{agent_id}`: register it with `PUT /v1/agents/{agent_id}` first");
        return Err(ApiError::not_found("agent_not_found", detail));
    }
    let (agent, call) = (agent_id.to_string(), call_id.to_string());
    let registered = api.engine().register_conversation(&caller.principal, agent, call).await?;
    let status = if registered.already { StatusCode::OK } else { StatusCode::CREATED };
    Ok((status, Json(AgentCall { agent_id, call_id, position: registered.position })))
}
