//! `GET /v1/freezes`

use axum::{Json, extract::State};
use vidimus_api_types::{Freeze, Page, Problem};

use crate::{
    auth::{ADMIN, APPROVER, AUDITOR, Caller},
    convert,
    problem::ApiError,
    state::Api,
};

/// List freezes
///
/// Those in force; all of them on one page, as there are never more than a thousand.
///
/// Roles: `approver`, `auditor` or `admin`.
#[utoipa::path(
    get,
    path = "/v1/freezes",
    tag = "freezes",
    operation_id = "listFreezes",
    responses(
        (status = 200, description = "The freezes.", body = Page<Freeze>),
        (status = "default", description = "No answer.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn list(
    caller: Caller<{ APPROVER | AUDITOR | ADMIN }>,
    State(api): State<Api>,
) -> Result<Json<Page<Freeze>>, ApiError> {
    let (freezes, position) = api.engine().freezes(caller.tenant()).await?;
    let freeze = |freeze| convert::freeze(freeze, position);
    Ok(Json(Page { items: freezes.into_iter().map(freeze).collect(), next: None, position }))
}
