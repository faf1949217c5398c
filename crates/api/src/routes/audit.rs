//! `GET /v1/audit`

use axum::{Json, extract::State};
use utoipa_axum::{router::OpenApiRouter, routes};
use vidimus_api_types::{AuditEntry, AuditQuery, Page, Problem};

use super::as_of;
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

/// List the audit trail
///
/// Every recorded event in a line for people, latest first unless told otherwise. It follows the log: with the
/// `position` of an answer as `min_position` it shows what was answered, with `as_of` what it showed then.
///
/// Roles: `auditor` or `admin`.
#[utoipa::path(
    get,
    path = "/v1/audit",
    tag = "audit",
    operation_id = "listAudit",
    params(AuditQuery),
    responses(
        (status = 200, description = "A page of the trail.", body = Page<AuditEntry>),
        (status = "default", description = "No answer.", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn list(
    caller: Caller<{ AUDITOR | ADMIN }>,
    State(api): State<Api>,
    Query(mut query): Query<AuditQuery>,
) -> Result<Json<Page<AuditEntry>>, ApiError> {
    let request = convert::page_request(query.limit, query.cursor.take())?;
    let (views, position) = as_of::read(&api, &caller.principal, query.as_of, query.min_position).await?;
    let filter = convert::audit_filter(query);
    let page = views.audit(caller.tenant(), &filter, &request).await?;
    Ok(Json(convert::page(page, position, convert::audit_entry)))
}
