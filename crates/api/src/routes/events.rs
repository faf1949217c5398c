//! `GET /v1/events`

use axum::{Json, extract::State};
use proto_events::GlobalPosition;
use utoipa_axum::{router::OpenApiRouter, routes};
use vidimus_api_types::{EventQuery, Page, Problem, RecordedEvent};

use crate::{
    auth::{ADMIN, AUDITOR, Caller},
    convert,
    extract::Query,
    problem::ApiError,
    state::Api,
};

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(list))
}

/// Read the log
///
/// The recorded events, oldest first, as the log has them. The next page begins `after` the `next` of this one, which is
/// `null` at the tail; go on from `position` then. A page looks at a bounded part of the log: it may be empty, and not
/// be the last.
///
/// Roles: `auditor` or `admin`.
#[utoipa::path(
    get,
    path = "/v1/events",
    tag = "events",
    operation_id = "listEvents",
    params(EventQuery),
    responses(
        (status = 200, description = "A page of the log.", body = Page<RecordedEvent>),
        (status = "default", description = "No answer.", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn list(
    caller: Caller<{ AUDITOR | ADMIN }>,
    State(api): State<Api>,
    Query(query): Query<EventQuery>,
) -> Result<Json<Page<RecordedEvent>>, ApiError> {
    let limit = convert::limit(query.limit)?;
    let after = query.after.unwrap_or(GlobalPosition::START);
    let page = api.engine().events(caller.tenant(), after, limit).await?;
    let next = page.more.then(|| page.upto.to_string());
    Ok(Json(Page { items: page.events, next, position: page.tail }))
}
