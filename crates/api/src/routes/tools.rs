//! `GET /v1/tools`

use axum::{Json, extract::State};
use utoipa_axum::{router::OpenApiRouter, routes};
use vidimus_api_types::{Problem, ToolQuery, ToolSet};
use vidimus_domain::field;

use crate::{
    auth::{ANYONE, Caller},
    convert,
    extract::Query,
    problem::ApiError,
    state::Api,
};

/// A page ends early where its argument schemas come to more than this: each of them may have 64 KiB.
const MAX_PAGE_BYTES: usize = 4 * 1024 * 1024;

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(list))
}

/// List the tools that an agent can see
///
/// Now: what it can propose calls of, with purpose, tool type, risk, access and arguments. The digest of the whole set is
/// what a decision has as `visible_tools`.
///
/// Roles: any.
#[utoipa::path(
    get,
    path = "/v1/tools",
    tag = "functions",
    operation_id = "listTools",
    params(ToolQuery),
    responses(
        (status = 200, description = "A page of the tools.", body = ToolSet),
        (status = "default", description = "No answer.", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn list(
    caller: Caller<ANYONE>,
    State(api): State<Api>,
    Query(query): Query<ToolQuery>,
) -> Result<Json<ToolSet>, ApiError> {
    let limit = convert::limit(query.limit)?;
    field::name("agent", &query.agent).map_err(|error| ApiError::of_query(&error))?;
    let position = api.engine().tail();
    let set = api.engine().visible_tools(caller.tenant(), &query.agent).await?;
    let first = query.cursor.map_or(0, |after| set.tools.partition_point(|tool| tool.function <= after));
    let (mut items, mut bytes) = (Vec::new(), 0);
    for tool in set.tools.iter().skip(first).take(limit) {
        let schema = tool.description.as_ref().and_then(|description| description.arguments_schema.as_ref());
        bytes += schema.map_or(0, |schema| schema.as_str().len());
        if bytes > MAX_PAGE_BYTES && !items.is_empty() {
            break;
        }
        items.push(convert::visible_tool(tool));
    }
    let is_last = first + items.len() >= set.tools.len();
    let next = items.last().filter(|_| !is_last).map(|tool| tool.function.to_string());
    let total = set.tools.len() as u64;
    Ok(Json(ToolSet { agent: query.agent, tool_set: set.digest, total, items, next, position }))
}
