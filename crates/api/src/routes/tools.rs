//! `GET /v1/tools`

use axum::{Json, extract::State, http::StatusCode};
use serde_json::Value;
use utoipa_axum::{router::OpenApiRouter, routes};
use vidimus_api_types::{Problem, ToolQuery, ToolSet};
use vidimus_domain::{execution::MAX_CONTEXT_BYTES, field};

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
/// what a decision in the same circumstances has as `visible_tools`.
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
    let context = query.context.as_deref().map(circumstances).transpose()?;
    let set = api.engine().visible_tools(caller.tenant(), &query.agent, context.as_ref()).await?;
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

/// A query's description cannot say that a text is a JSON object: one that is none is no fault of its form.
fn circumstances(text: &str) -> Result<Value, ApiError> {
    let refused =
        |detail: &str| Err(ApiError::field(StatusCode::CONFLICT, "invalid_field", "query.context", detail));
    if text.len() > MAX_CONTEXT_BYTES {
        return refused("`context` is larger than 16 KiB: send what the functions need alone");
    }
    match serde_json::from_str::<Value>(text) {
        Ok(context) if context.is_object() => Ok(context),
        _ => refused("`context` is no JSON object: send one like `{\"site\": \"A\"}`, percent-encoded"),
    }
}
