//! `GET /v1/executions`

use axum::{Json, extract::State};
use vidimus_api_types::{Execution, ExecutionQuery, Page, Problem};

use crate::{
    auth::{ANYONE, Caller},
    convert,
    extract::Query,
    problem::ApiError,
    routes::as_of,
    state::Api,
};

/// List executions
///
/// The execution table, newest first. It follows the log: with the `position` of an answer as `min_position` it shows
/// what was answered, with `as_of` what it showed then.
///
/// Roles: any.
#[utoipa::path(
    get,
    path = "/v1/executions",
    tag = "executions",
    operation_id = "listExecutions",
    params(ExecutionQuery),
    responses(
        (status = 200, description = "A page of the table.", body = Page<Execution>),
        (status = "default", description = "No answer.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn list(
    caller: Caller<ANYONE>,
    State(api): State<Api>,
    Query(mut query): Query<ExecutionQuery>,
) -> Result<Json<Page<Execution>>, ApiError> {
    let request = convert::page_request(query.limit, query.cursor.take())?;
    let (views, position) = as_of::read(&api, &caller.principal, query.as_of, query.min_position).await?;
    let filter = convert::execution_filter(query);
    let page = views.executions(caller.tenant(), &filter, &request).await?;
    Ok(Json(convert::page(page, position, convert::listed)))
}
