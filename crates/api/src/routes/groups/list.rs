//! `GET /v1/groups`

use axum::{Json, extract::State};
use vidimus_api_types::{Group, Page, Problem};

use crate::{
    auth::{ADMIN, APPROVER, AUDITOR, Caller},
    convert,
    problem::ApiError,
    state::Api,
};

/// List groups of reviewers
///
/// All of them on one page, by name.
///
/// Roles: `approver`, `auditor` or `admin`.
#[utoipa::path(
    get,
    path = "/v1/groups",
    tag = "reviewers",
    operation_id = "listGroups",
    responses(
        (status = 200, description = "The groups.", body = Page<Group>),
        (status = "default", description = "No answer.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn list(
    caller: Caller<{ APPROVER | AUDITOR | ADMIN }>,
    State(api): State<Api>,
) -> Result<Json<Page<Group>>, ApiError> {
    let (groups, position) = api.engine().groups(caller.tenant()).await?;
    let group = |(group, members)| convert::group(group, members, position);
    Ok(Json(Page { items: groups.into_iter().map(group).collect(), next: None, position }))
}
