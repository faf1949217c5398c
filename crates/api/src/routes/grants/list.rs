//! `GET /v1/grants`

use axum::{Json, extract::State};
use vidimus_api_types::{Grant, Page, Problem};

use crate::{
    auth::{ADMIN, APPROVER, AUDITOR, Caller},
    convert,
    problem::ApiError,
    state::Api,
};

/// List grants
///
/// Those in force, and the last thousand that were; on one page.
///
/// Roles: `approver`, `auditor` or `admin`.
#[utoipa::path(
    get,
    path = "/v1/grants",
    tag = "grants",
    operation_id = "listGrants",
    responses(
        (status = 200, description = "The grants.", body = Page<Grant>),
        (status = "default", description = "No answer.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn list(
    caller: Caller<{ APPROVER | AUDITOR | ADMIN }>,
    State(api): State<Api>,
) -> Result<Json<Page<Grant>>, ApiError> {
    let (grants, position) = api.engine().grants(caller.tenant()).await?;
    let grant = |known| convert::grant(known, position);
    Ok(Json(Page { items: grants.into_iter().map(grant).collect(), next: None, position }))
}
