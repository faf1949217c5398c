//! `GET /metrics`

use axum::{
    extract::State,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use vidimus_api_types::Problem;
use vidimus_engine::Deliveries;
use vidimus_projection::Relay;

use crate::{problem::ApiError, state::Api, telemetry};

/// Figures for Prometheus
///
/// No label has anything in it that a tenant named.
#[utoipa::path(
    get,
    path = "/metrics",
    tag = "operations",
    operation_id = "metrics",
    security(()),
    responses(
        (status = 200, description = "Figures, in the text format.", body = String, content_type = "application/openmetrics-text"),
        (status = "default", description = "No answer.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn metrics(State(api): State<Api>) -> Result<Response, ApiError> {
    let metrics = api.metrics();
    let waiting = i64::try_from(api.live().waiters.count()).unwrap_or(i64::MAX);
    metrics.waiters.set(waiting);
    metrics.webhooks(api.deliveries().map(Deliveries::totals).unwrap_or_default());
    metrics.bus_commands(api.command_service());
    let feeds = api.relay().map(Relay::status).into_iter().flatten();
    let text = metrics.text(api.engine().log().tail(), api.views(), feeds).map_err(|error| {
        tracing::error!(%error, "the figures could not be written as text");
        ApiError::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "the figures could not be written as text",
        )
    })?;
    Ok(([(header::CONTENT_TYPE, HeaderValue::from_static(telemetry::METRICS_TEXT))], text).into_response())
}
