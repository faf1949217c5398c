//! `GET /v1/executions/{execution_id}/explanation`

use axum::{Json, extract::State};
use proto_events::Role;
use vidimus_api_types::{Explanation, Problem};

use crate::{
    auth::{ANYONE, Caller},
    convert::{self, Rules},
    extract::{Id, Param},
    problem::ApiError,
    state::Api,
};

/// Explain a decision
///
/// Which layer and which rules decided, on which facts, and what would have had to differ; by the last decision on the
/// call and the policy set that it was made under. Those who may not read the policy (a key with the role `agent` alone) are
/// not shown the text of the rules either: what they say to people, what is missing and who answers for it.
///
/// Roles: any.
#[utoipa::path(
    get,
    path = "/v1/executions/{execution_id}/explanation",
    tag = "executions",
    operation_id = "explainExecution",
    params(("execution_id" = Uuid, Path, description = "Its id.")),
    responses(
        (status = 200, description = "The explanation.", body = Explanation),
        (status = "default", description = "No answer.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn explanation(
    caller: Caller<ANYONE>,
    State(api): State<Api>,
    Param(Id(execution_id)): Param<Id>,
) -> Result<Json<Explanation>, ApiError> {
    let explained = api.engine().explain(caller.tenant(), execution_id).await?;
    let explained = explained.ok_or_else(|| {
        let detail = format!("nothing was decided on an execution `{execution_id}`: check the id; one that was handed in after the fact was not decided on");
        ApiError::not_found("explanation_not_found", detail)
    })?;
    let reads_policy = [Role::Approver, Role::Auditor, Role::Admin].into_iter();
    let shown = match reads_policy.into_iter().any(|role| caller.principal.is(role)) {
        true => Rules::Whole,
        false => Rules::Said,
    };
    Ok(Json(convert::explanation(explained, shown)))
}
