//! `DELETE /v1/delegations/{delegation_id}`

use axum::{Json, extract::State};
use vidimus_api_types::{EndedDelegation, Problem};

use crate::{
    auth::{ADMIN, APPROVER, Caller},
    extract::{Id, Param},
    problem::ApiError,
    state::Api,
};

/// End a delegation
///
/// Before its time. One that was ended before stays so.
///
/// Roles: `approver` or `admin`.
#[utoipa::path(
    delete,
    path = "/v1/delegations/{delegation_id}",
    tag = "reviewers",
    operation_id = "endDelegation",
    params(("delegation_id" = Uuid, Path, description = "Its id.")),
    responses(
        (status = 200, description = "It is over.", body = EndedDelegation),
        (status = "default", description = "No answer.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn end(
    caller: Caller<{ APPROVER | ADMIN }>,
    State(api): State<Api>,
    Param(Id(delegation_id)): Param<Id>,
) -> Result<Json<EndedDelegation>, ApiError> {
    let answer = api.engine().end_delegation(&caller.principal, delegation_id).await?;
    Ok(Json(EndedDelegation { id: delegation_id, position: answer.position }))
}
