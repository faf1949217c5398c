//! `GET /v1/connections/{connection}`

use axum::{Json, extract::State};
use vidimus_api_types::{Connection, PlainName, Problem};

use crate::{
    auth::{ANYONE, Caller},
    convert,
    extract::{Param, Plain},
    problem::ApiError,
    state::Api,
};

/// Get a connection
///
/// What the catalogue says of it.
///
/// Roles: any.
#[utoipa::path(
    get,
    path = "/v1/connections/{connection}",
    tag = "connections",
    operation_id = "getConnection",
    params(("connection" = PlainName, Path, description = "Its name.")),
    responses(
        (status = 200, description = "The connection.", body = Connection),
        (status = "default", description = "No answer.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn get(
    caller: Caller<ANYONE>,
    State(api): State<Api>,
    Param(Plain(connection)): Param<Plain>,
) -> Result<Json<Connection>, ApiError> {
    let answer = api.engine().connection(caller.tenant(), &connection).await?;
    answer.map(convert::connection).map(Json).ok_or_else(|| {
        let detail = format!(
            "the catalogue does not describe connection `{connection}`: check the name, or describe it"
        );
        ApiError::not_found("connection_not_found", detail)
    })
}
