//! `DELETE /v1/freezes/{freeze_id}`

use axum::{Json, extract::State};
use vidimus_api_types::{EndFreeze, EndedFreeze, Problem};

use crate::{
    auth::{ADMIN, Caller},
    extract::{Body, Id, Param},
    problem::ApiError,
    state::Api,
};

/// End a freeze
///
/// Deadlines go on, as much later as they stood still. One that was ended before stays so.
///
/// Roles: `admin`.
#[utoipa::path(
    delete,
    path = "/v1/freezes/{freeze_id}",
    tag = "freezes",
    operation_id = "endFreeze",
    params(("freeze_id" = Uuid, Path, description = "Its id.")),
    request_body = EndFreeze,
    responses(
        (status = 200, description = "It is over.", body = EndedFreeze),
        (status = "default", description = "No answer.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn end(
    caller: Caller<ADMIN>,
    State(api): State<Api>,
    Param(Id(freeze_id)): Param<Id>,
    Body(body): Body<EndFreeze>,
) -> Result<Json<EndedFreeze>, ApiError> {
    let answer = api.engine().unfreeze(&caller.principal, freeze_id, body.reason).await?;
    Ok(Json(EndedFreeze { id: freeze_id, position: answer.position }))
}
