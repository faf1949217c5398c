//! `GET /v1/me`

use axum::{Json, extract::State};
use utoipa_axum::{router::OpenApiRouter, routes};
use vidimus_api_types::{Me, Problem};

use crate::{
    auth::{ANYONE, Caller},
    state::Api,
};

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(me))
}

/// Who am I
///
/// Whom the key is for, what it may do, and what time it is here.
///
/// Roles: any.
#[utoipa::path(
    get,
    path = "/v1/me",
    tag = "keys",
    operation_id = "getMe",
    responses(
        (status = 200, description = "The principal of the key.", body = Me),
        (status = "default", description = "No answer.", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn me(caller: Caller<ANYONE>, State(api): State<Api>) -> Json<Me> {
    let now = api.engine().now();
    let principal = caller.principal;
    Json(Me {
        tenant: principal.tenant,
        actor: principal.actor,
        roles: principal.roles.into_iter().collect(),
        now,
    })
}
