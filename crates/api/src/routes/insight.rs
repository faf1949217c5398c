//! `GET /v1/insight`

use axum::{Json, extract::State};
use proto_events::Timestamp;
use utoipa_axum::{router::OpenApiRouter, routes};
use vidimus_api_types::{Insight, InsightQuery, Problem};

use crate::{
    auth::{ADMIN, APPROVER, AUDITOR, Caller},
    convert,
    extract::Query,
    problem::ApiError,
    state::Api,
};

/// How far back it looks unless told otherwise.
const WEEK_MICROS: i64 = 7 * 86_400 * 1_000_000;

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(insight))
}

/// What the executions of a span of time come to
///
/// Outcomes over time, how reviewers and rules fare, why calls are blocked: for pictures. It follows the log.
///
/// Roles: `approver`, `auditor` or `admin`.
#[utoipa::path(
    get,
    path = "/v1/insight",
    tag = "executions",
    operation_id = "getInsight",
    params(InsightQuery),
    responses(
        (status = 200, description = "The insight.", body = Insight),
        (status = "default", description = "No answer.", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn insight(
    caller: Caller<{ APPROVER | AUDITOR | ADMIN }>,
    State(api): State<Api>,
    Query(query): Query<InsightQuery>,
) -> Result<Json<Insight>, ApiError> {
    // What came on record at this very moment is in it.
    let now = || Timestamp::from_micros(api.engine().now().as_micros().saturating_add(1));
    let to = query.to.unwrap_or_else(now);
    let from =
        query.from.unwrap_or_else(|| Timestamp::from_micros(to.as_micros().saturating_sub(WEEK_MICROS)));
    let position = api.views().position();
    let insight = api.views().insight(caller.tenant(), from, to).await?;
    Ok(Json(convert::insight(insight, position, (from, to))))
}
