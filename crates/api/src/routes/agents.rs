//! `/v1/agents`

mod get_scopes;
mod register;
mod register_call;
mod set_scopes;
mod submit;

use proto_events::TenantId;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;
use vidimus_projection::{ExecutionFilter, PageRequest};

use crate::{extract::Id, problem::ApiError, state::Api};

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(register::register))
        .routes(routes!(register_call::register_call))
        .routes(routes!(submit::submit))
        .routes(routes!(get_scopes::get_scopes, set_scopes::set_scopes))
}

/// Whether the tenant knows the agent, or this call of it: it was registered, or an execution named it.
async fn is_known(api: &Api, tenant: &TenantId, agent: Uuid, call: Option<Uuid>) -> Result<bool, ApiError> {
    let (agent, conversation) = (agent.to_string(), call.map(|call| call.to_string()));
    let engine = api.engine();
    let registered = match &conversation {
        None => engine.is_agent_registered(tenant, &agent).await?,
        Some(conversation) => engine.is_conversation_registered(tenant, &agent, conversation).await?,
    };
    if registered {
        return Ok(true);
    }
    let tail = engine.log().tail();
    let filter = ExecutionFilter { agent: Some(agent), conversation, ..ExecutionFilter::default() };
    let named = async || {
        let page = api.views().executions(tenant, &filter, &PageRequest::first(1)).await?;
        Ok::<_, ApiError>(!page.items.is_empty())
    };
    // What a view shows is so, however old it is. What it does not show may just not have reached it: a view that lags
    // must not make a "there is none" of that.
    if matches!(named().await, Ok(true)) {
        return Ok(true);
    }
    api.views().reached(tail, api.settings().position_timeout).await?;
    named().await
}
