//! `GET /v1/functions`

use axum::{Json, extract::State};
use proto_events::StreamVersion;
use vidimus_api_types::{FunctionAccess, ListQuery, Page, Problem};
use vidimus_projection::{AuditFilter, Direction};

use crate::{
    auth::{ANYONE, Caller},
    convert,
    extract::Query,
    problem::ApiError,
    routes::seen::{MAX_AUDIT_PAGES, seen},
    state::Api,
};

/// List functions
///
/// Every function whose access was ever set, with its access now, in the order in which they were first set. A page looks
/// at a bounded part of the audit trail: it may be empty, and not be the last.
///
/// Roles: any.
#[utoipa::path(
    get,
    path = "/v1/functions",
    tag = "functions",
    operation_id = "listFunctions",
    params(ListQuery),
    responses(
        (status = 200, description = "A page of the functions.", body = Page<FunctionAccess>),
        (status = "default", description = "No answer.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn list(
    caller: Caller<ANYONE>,
    State(api): State<Api>,
    Query(query): Query<ListQuery>,
) -> Result<Json<Page<FunctionAccess>>, ApiError> {
    let mut request = convert::page_request(query.limit, query.cursor)?;
    let limit = request.limit;
    let position = seen(&api, query.min_position).await?;
    let filter = AuditFilter {
        event_type: Some("function_access_changed".to_owned()),
        direction: Direction::OldestFirst,
        ..AuditFilter::default()
    };
    let (mut items, mut next) = (Vec::new(), None);
    for _ in 0..MAX_AUDIT_PAGES {
        // Never more than there is room for, so that the cursor stands after the last that was taken.
        request.limit = limit - items.len();
        let page = api.views().audit(caller.tenant(), &filter, &request).await?;
        for entry in page.items {
            // Each function has one first event, whatever happened to it since.
            if let (Some(function), StreamVersion::FIRST) = (entry.function, entry.version) {
                let answer = api.engine().access(caller.tenant(), &function).await?;
                items.push(convert::function_access(answer));
            }
        }
        next = page.next.as_ref().map(|cursor| cursor.as_str().to_owned());
        match page.next {
            Some(cursor) if items.len() < limit => request.after = Some(cursor),
            _ => break,
        }
    }
    Ok(Json(Page { items, next, position }))
}
