//! `PUT /v1/agents/{agent}/scopes`

use axum::{Json, extract::State};
use vidimus_api_types::{AgentScopes, Name, Problem, SetAgentScopes};

use crate::{
    auth::{ADMIN, Caller},
    convert,
    extract::{Body, Named, Param},
    problem::ApiError,
    state::Api,
};

/// Say which scopes an agent has
///
/// All of them. Holds for what is proposed from now on.
///
/// Roles: `admin`.
#[utoipa::path(
    put,
    path = "/v1/agents/{agent}/scopes",
    tag = "agents",
    operation_id = "setAgentScopes",
    params(("agent" = Name, Path, description = "Its id as calls name it, percent-encoded.")),
    request_body = SetAgentScopes,
    responses(
        (status = 200, description = "Its scopes now.", body = AgentScopes),
        (status = "default", description = "No answer.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn set_scopes(
    caller: Caller<ADMIN>,
    State(api): State<Api>,
    Param(Named(agent)): Param<Named>,
    Body(body): Body<SetAgentScopes>,
) -> Result<Json<AgentScopes>, ApiError> {
    let answer = api.engine().set_agent_scopes(&caller.principal, &agent, body.scopes).await?;
    Ok(Json(convert::agent_scopes_set(answer)))
}
