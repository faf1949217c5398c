//! `GET /v1/executions/{execution_id}/events`

use axum::{Json, extract::State};
use proto_events::StreamVersion;
use vidimus_api_types::{Page, PageQuery, Problem, RecordedEvent};

use super::not_found;
use crate::{
    auth::{ANYONE, Caller},
    convert,
    extract::{Id, Param, Query},
    problem::ApiError,
    state::Api,
};

/// List the events of an execution
///
/// As the log has them, oldest first. The `cursor` is the version of the page's first event.
///
/// Roles: any.
#[utoipa::path(
    get,
    path = "/v1/executions/{execution_id}/events",
    tag = "executions",
    operation_id = "listExecutionEvents",
    params(("execution_id" = Uuid, Path, description = "Its id."), PageQuery),
    responses(
        (status = 200, description = "A page of its events.", body = Page<RecordedEvent>),
        (status = "default", description = "No answer.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn events(
    caller: Caller<ANYONE>,
    State(api): State<Api>,
    Param(Id(execution_id)): Param<Id>,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<RecordedEvent>>, ApiError> {
    let limit = convert::limit(query.limit)?;
    let from = convert::number(query.cursor.as_deref())?.map_or(StreamVersion::FIRST, StreamVersion::new);
    let position = api.engine().tail();
    let page = api.engine().execution_events(caller.tenant(), execution_id, from, limit).await?;
    let page = page.ok_or_else(|| not_found(execution_id))?;
    Ok(Json(Page { items: page.events, next: page.next.map(|version| version.to_string()), position }))
}
