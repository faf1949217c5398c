//! `POST /v1/executions/{execution_id}/start`

use axum::{Json, extract::State};
use proto_events::TenantId;
use uuid::Uuid;
use vidimus_api_types::{Execution, Problem, Start};
use vidimus_domain::execution::Rejection;
use vidimus_engine::{Engine, EngineError};

use super::answered;
use crate::{
    auth::{AGENT, Caller},
    extract::{Body, Id, Param},
    problem::ApiError,
    state::Api,
};

/// Start a call
///
/// Uses up the permit: from here on the call counts as running, until its executor reports or its lease runs out.
/// Whoever repeats their own start is told again that it has started (`already`), which is no leave to run twice.
///
/// Roles: `agent`.
#[utoipa::path(
    post,
    path = "/v1/executions/{execution_id}/start",
    tag = "executions",
    operation_id = "startExecution",
    params(("execution_id" = Uuid, Path, description = "Its id.")),
    request_body = Start,
    responses(
        (status = 200, description = "Started; the lease is in the answer.", body = Execution),
        (status = "default", description = "No answer.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn start(
    caller: Caller<AGENT>,
    State(api): State<Api>,
    Param(Id(execution_id)): Param<Id>,
    Body(body): Body<Start>,
) -> Result<Json<Execution>, ApiError> {
    let (engine, by) = (api.engine(), &caller.principal);
    let start = async |permit_id| engine.start(by, execution_id, permit_id, body.arguments_digest).await;
    if let Some(permit_id) = body.permit_id {
        return answered(&api, &caller.principal, &start(permit_id).await?).await;
    }
    let own = async || own_permit(engine, &by.tenant, execution_id).await;
    let answer = match start(own().await?).await {
        // A permit comes once and stays: where there was none and now this is not it, it came meanwhile.
        Err(EngineError::Execution(Rejection::PermitMismatch { .. })) => start(own().await?).await,
        answer => answer,
    };
    answered(&api, &caller.principal, &answer?).await
}

/// The execution's own permit; where it has none, an id that no permit has, and the domain says why there is none.
async fn own_permit(engine: &Engine, tenant: &TenantId, execution_id: Uuid) -> Result<Uuid, EngineError> {
    let answer = engine.execution(tenant, execution_id).await?;
    let execution = answer.as_ref().and_then(|answer| answer.state.execution());
    let permit = execution.and_then(|execution| execution.permit.as_ref());
    Ok(permit.map_or(Uuid::nil(), |permit| permit.id))
}
