//! `GET /v1/functions`

use std::ops::Bound;

use axum::{Json, extract::State};
use vidimus_api_types::{FunctionAccess, FunctionQuery, Page, Problem};

use crate::{
    auth::{ANYONE, Caller},
    convert,
    extract::Query,
    problem::ApiError,
    routes::seen::known,
    state::Api,
};

/// A page ends early where its argument schemas come to more than this: each of them may have 64 KiB.
const MAX_PAGE_BYTES: usize = 4 * 1024 * 1024;

/// List functions
///
/// Every function whose access was ever set or that was ever described, by name.
///
/// Roles: any.
#[utoipa::path(
    get,
    path = "/v1/functions",
    tag = "functions",
    operation_id = "listFunctions",
    params(FunctionQuery),
    responses(
        (status = 200, description = "A page of the functions.", body = Page<FunctionAccess>),
        (status = "default", description = "No answer.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn list(
    caller: Caller<ANYONE>,
    State(api): State<Api>,
    Query(query): Query<FunctionQuery>,
) -> Result<Json<Page<FunctionAccess>>, ApiError> {
    let limit = convert::limit(query.limit)?;
    known(&api, query.min_position)?;
    let position = api.engine().tail();
    let names = api.engine().function_names(caller.tenant()).await?;
    let after = query.cursor.map_or(Bound::Unbounded, Bound::Excluded);
    let mut left = names.range((after, Bound::Unbounded)).peekable();
    let (mut items, mut bytes) = (Vec::new(), 0);
    while items.len() < limit
        && bytes <= MAX_PAGE_BYTES
        && let Some(name) = left.next()
    {
        let found = convert::function(api.engine().function(caller.tenant(), name).await?);
        let schema = found.description.as_ref().and_then(|description| description.arguments_schema.as_ref());
        bytes += schema.map_or(0, |schema| schema.as_str().len());
        items.push(found);
    }
    let next = items.last().filter(|_| left.peek().is_some()).map(|last| last.function.to_string());
    Ok(Json(Page { items, next, position }))
}
