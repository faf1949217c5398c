//! `PUT /v1/agents/{agent_id}`

use axum::{Json, extract::State, http::StatusCode};
use vidimus_api_types::{Agent, Problem, RegisterAgent};

use super::Id;
use crate::{
    auth::{ADMIN, AGENT, Caller},
    extract::{Body, Param},
    problem::ApiError,
    state::Api,
};

/// Register an agent
///
/// Or give it another name: the name is what the body says, or none. From then on calls of it can be registered and
/// handed in.
///
/// Roles: `agent`, `admin`.
#[utoipa::path(
    put,
    path = "/v1/agents/{agent_id}",
    tag = "agents",
    operation_id = "registerAgent",
    params(("agent_id" = Uuid, Path, description = "Its id.")),
    request_body = RegisterAgent,
    responses(
        (status = 201, description = "Registered.", body = Agent),
        (status = 200, description = "It was registered before; its name is the one given now.", body = Agent),
        (status = "default", description = "No answer.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn register(
    caller: Caller<{ AGENT | ADMIN }>,
    State(api): State<Api>,
    Param(Id(agent_id)): Param<Id>,
    Body(body): Body<RegisterAgent>,
) -> Result<(StatusCode, Json<Agent>), ApiError> {
    let agent = agent_id.to_string();
    let known = api.engine().is_agent_registered(caller.tenant(), &agent).await?;
    let registered = api.engine().register_agent(&caller.principal, agent, body.name.clone()).await?;
    let status = if known || registered.already { StatusCode::OK } else { StatusCode::CREATED };
    Ok((status, Json(Agent { agent_id, name: body.name, position: registered.position })))
}
