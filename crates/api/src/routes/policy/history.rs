//! `GET /v1/policy/history`

use axum::{Json, extract::State};
use vidimus_api_types::{Page, PolicyChange, Problem};

use crate::{
    auth::{ADMIN, APPROVER, AUDITOR, Caller},
    convert,
    problem::ApiError,
    state::Api,
};

/// List changes of the policy
///
/// The last hundred, newest first; the audit trail has them all.
///
/// Roles: `approver`, `auditor` or `admin`.
#[utoipa::path(
    get,
    path = "/v1/policy/history",
    tag = "policy",
    operation_id = "listPolicyChanges",
    responses(
        (status = 200, description = "The changes.", body = Page<PolicyChange>),
        (status = "default", description = "No answer.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn history(
    caller: Caller<{ APPROVER | AUDITOR | ADMIN }>,
    State(api): State<Api>,
) -> Result<Json<Page<PolicyChange>>, ApiError> {
    let (changes, position) = api.engine().policy_history(caller.tenant()).await?;
    let items = changes.into_iter().map(convert::policy_change).collect();
    Ok(Json(Page { items, next: None, position }))
}
