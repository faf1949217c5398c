//! `GET /v1/agents/{agent}/scopes`

use axum::{Json, extract::State};
use vidimus_api_types::{AgentScopes, Name, Problem};

use crate::{
    auth::{ANYONE, Caller},
    convert,
    extract::{Named, Param},
    problem::ApiError,
    state::Api,
};

/// Get the scopes of an agent
///
/// What it may use. None where they were never set.
///
/// Roles: any.
#[utoipa::path(
    get,
    path = "/v1/agents/{agent}/scopes",
    tag = "agents",
    operation_id = "getAgentScopes",
    params(("agent" = Name, Path, description = "Its id as calls name it, percent-encoded.")),
    responses(
        (status = 200, description = "Its scopes.", body = AgentScopes),
        (status = "default", description = "No answer.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn get_scopes(
    caller: Caller<ANYONE>,
    State(api): State<Api>,
    Param(Named(agent)): Param<Named>,
) -> Result<Json<AgentScopes>, ApiError> {
    Ok(Json(convert::agent_scopes(api.engine().agent_scopes(caller.tenant(), &agent).await?)))
}
