//! `GET /v1/delegations`

use axum::{Json, extract::State};
use vidimus_api_types::{Delegation, Page, Problem};

use crate::{
    auth::{ADMIN, APPROVER, AUDITOR, Caller},
    convert,
    problem::ApiError,
    state::Api,
};

/// List delegations
///
/// Those that are not over, also those to come; on one page.
///
/// Roles: `approver`, `auditor` or `admin`.
#[utoipa::path(
    get,
    path = "/v1/delegations",
    tag = "reviewers",
    operation_id = "listDelegations",
    responses(
        (status = 200, description = "The delegations.", body = Page<Delegation>),
        (status = "default", description = "No answer.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn list(
    caller: Caller<{ APPROVER | AUDITOR | ADMIN }>,
    State(api): State<Api>,
) -> Result<Json<Page<Delegation>>, ApiError> {
    let (delegations, position) = api.engine().delegations(caller.tenant()).await?;
    let delegation = |known| convert::delegation(known, position);
    Ok(Json(Page { items: delegations.into_iter().map(delegation).collect(), next: None, position }))
}
