//! `GET /v1/executions/{execution_id}/events`

use axum::{Json, extract::State};
use proto_events::{Role, StreamVersion};
use vidimus_api_types::{Page, PageQuery, Problem, RecordedEvent};

use super::not_found;
use crate::{
    auth::{ANYONE, Caller},
    convert::{self, Shown},
    extract::{Id, Param, Query},
    problem::ApiError,
    routes::as_of,
    state::Api,
};

/// List the events of an execution
///
/// Oldest first. The `cursor` is the version of the page's first event. With `as_of`, only those that were on record then. Auditors, administrators, whoever asks for the call
/// and whoever runs it are shown them as the log has them. For all others, `[redacted]` stands in `data.arguments` and
/// `data.result` where notifications leave something out or the catalogue calls it sensitive; `data.redacted_arguments` and
/// `data.redacted_result` name it by JSON Pointers (RFC 6901). The `leaf_hash` is that of the event as it was recorded.
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
    let position = match query.as_of {
        Some(as_of) => as_of::position(&api, as_of).await?,
        None => api.engine().tail(),
    };
    let page = api.engine().execution_events(caller.tenant(), execution_id, from, limit).await?;
    let mut page = page.ok_or_else(|| not_found(execution_id))?;
    if query.as_of.is_some() {
        let then = page.events.iter().take_while(|event| event.position <= position).count();
        if then == 0 && from == StreamVersion::FIRST {
            return Err(not_found(execution_id));
        }
        if then < page.events.len() {
            page.events.truncate(then);
            page.next = None;
        }
    }
    let next = page.next.map(|version| version.to_string());
    let principal = &caller.principal;
    // They can read the log itself.
    if principal.is(Role::Auditor) || principal.is(Role::Admin) {
        return Ok(Json(Page { items: page.events, next, position }));
    }
    let answer = api.engine().execution(caller.tenant(), execution_id).await?;
    let answer = answer.ok_or_else(|| not_found(execution_id))?;
    if Shown::to(&principal.actor, &answer) == Shown::Whole {
        return Ok(Json(Page { items: page.events, next, position }));
    }
    let sensitive = answer.state.execution().map(|execution| &*execution.sensitive).unwrap_or_default();
    let redaction = api.settings().redaction.with(sensitive);
    let redacted = page.events.into_iter().map(|event| convert::redacted_event(event, &redaction));
    Ok(Json(Page { items: redacted.collect(), next, position }))
}
