//! `/v1/approvals`

mod decide;

use axum::{Json, extract::State};
use utoipa_axum::{router::OpenApiRouter, routes};
use vidimus_api_types::{ApprovalQuery, Page, PendingApproval, Problem};

use super::as_of;
use crate::{
    auth::{ADMIN, APPROVER, AUDITOR, Caller},
    convert,
    extract::Query,
    problem::ApiError,
    state::Api,
};

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(decide::decide))
}

/// List what waits for people
///
/// Pending approvals and confirmations, the most urgent first. It follows the log: with the `position` of an answer as
/// `min_position` it shows what was answered, with `as_of` what it showed then.
///
/// Roles: `approver`, `auditor` or `admin`.
#[utoipa::path(
    get,
    path = "/v1/approvals",
    tag = "approvals",
    operation_id = "listApprovals",
    params(ApprovalQuery),
    responses(
        (status = 200, description = "A page of the queue.", body = Page<PendingApproval>),
        (status = "default", description = "No answer.", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn list(
    caller: Caller<{ APPROVER | AUDITOR | ADMIN }>,
    State(api): State<Api>,
    Query(mut query): Query<ApprovalQuery>,
) -> Result<Json<Page<PendingApproval>>, ApiError> {
    let request = convert::page_request(query.limit, query.cursor.take())?;
    as_of::without("mine", query.as_of.is_some() && query.mine.is_some())?;
    let (views, position) = as_of::read(&api, &caller.principal, query.as_of, query.min_position).await?;
    let reviewer = match query.mine {
        Some(true) => Some(convert::for_reviewer(api.engine(), &caller.principal).await?),
        _ => None,
    };
    let filter = convert::approval_filter(query, reviewer);
    let page = views.approvals(caller.tenant(), &filter, &request).await?;
    let redaction = &api.settings().redaction;
    Ok(Json(convert::page(page, position, |pending| convert::pending_approval(pending, redaction))))
}
