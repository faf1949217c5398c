//! `GET /v1/keys`

use axum::{Json, extract::State};
use vidimus_api_types::{Key, ListQuery, Page, Problem};
use vidimus_projection::AuditFilter;

use crate::{
    auth::{ADMIN, Caller},
    convert,
    extract::Query,
    problem::ApiError,
    routes::seen::seen,
    state::Api,
};

/// List keys
///
/// Every key of the tenant that was ever made, newest first, as it is now. Secrets are not in it.
///
/// Roles: `admin`.
#[utoipa::path(
    get,
    path = "/v1/keys",
    tag = "keys",
    operation_id = "listKeys",
    params(ListQuery),
    responses(
        (status = 200, description = "A page of the keys.", body = Page<Key>),
        (status = "default", description = "No answer.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn list(
    caller: Caller<ADMIN>,
    State(api): State<Api>,
    Query(query): Query<ListQuery>,
) -> Result<Json<Page<Key>>, ApiError> {
    let request = convert::page_request(query.limit, query.cursor)?;
    let position = seen(&api, query.min_position).await?;
    let filter = AuditFilter { event_type: Some("key_created".to_owned()), ..AuditFilter::default() };
    let page = api.views().audit(caller.tenant(), &filter, &request).await?;
    let mut items = Vec::with_capacity(page.items.len());
    for key_id in page.items.iter().filter_map(|entry| entry.stream.key_id()) {
        let key = api.engine().key(caller.tenant(), key_id).await?;
        items.extend(key.map(|key| convert::key(key, api.engine().now())));
    }
    let next = page.next.map(|cursor| cursor.as_str().to_owned());
    Ok(Json(Page { items, next, position }))
}
