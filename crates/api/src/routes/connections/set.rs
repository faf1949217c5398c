//! `PUT /v1/connections/{connection}`

use axum::{Json, extract::State};
use vidimus_api_types::{Connection, DescribeConnection, PlainName, Problem};

use crate::{
    auth::{ADMIN, Caller},
    convert,
    extract::{Body, Param, Plain},
    problem::ApiError,
    state::Api,
};

/// Describe a connection
///
/// In the catalogue: what it is for, where it goes, who answers for it. Of a connection that is described, agents see
/// described functions only.
///
/// Roles: `admin`.
#[utoipa::path(
    put,
    path = "/v1/connections/{connection}",
    tag = "connections",
    operation_id = "describeConnection",
    params(("connection" = PlainName, Path, description = "Its name.")),
    request_body = DescribeConnection,
    responses(
        (status = 200, description = "The connection now.", body = Connection),
        (status = "default", description = "No answer.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn set(
    caller: Caller<ADMIN>,
    State(api): State<Api>,
    Param(Plain(connection)): Param<Plain>,
    Body(body): Body<DescribeConnection>,
) -> Result<Json<Connection>, ApiError> {
    let described = convert::described_connection(connection, body);
    let answer = api.engine().describe_connection(&caller.principal, described).await?;
    Ok(Json(convert::connection_set(answer)))
}
