//! What a request leaves behind: its id and trace, a line in the log, and figures.

mod bus_commands;
mod metrics;
mod request_id;
mod trace_context;
mod webhooks;

use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderName, HeaderValue, Method, header},
    middleware::Next,
    response::Response,
};
use tokio::time::Instant;
use tracing::Instrument as _;
use uuid::Uuid;

pub(crate) use self::metrics::{METRICS_TEXT, Metrics};
use self::{metrics::Flight, trace_context::TraceContext};
use crate::state::Api;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
/// What stands for the route of a request that none has.
const UNMATCHED: &str = "unmatched";
/// Looked at every few seconds by machines: not worth a line in the log each time.
const SILENT: [&str; 3] = ["/healthz", "/readyz", "/metrics"];

/// What a request belongs to: in the extensions of every request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct InTrace(pub(crate) Uuid);

/// What went wrong with an append: in the extensions of the answer that says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AppendTrouble {
    /// The log's queue is full.
    Overloaded,
    /// The disk is full.
    Full,
    /// The log does not work any more.
    Broken,
}

impl AppendTrouble {
    /// By the log's code.
    pub(crate) fn of(code: &str) -> Option<Self> {
        match code {
            "overloaded" => Some(Self::Overloaded),
            "storage_full" => Some(Self::Full),
            "storage_failed" | "log_closed" | "corrupt" => Some(Self::Broken),
            _ => None,
        }
    }
}

tokio::task_local! {
    static CURRENT_REQUEST_ID: String;
}

/// The id of the request that the running code answers.
pub(crate) fn current_request_id() -> Option<String> {
    CURRENT_REQUEST_ID.try_with(Clone::clone).ok()
}

/// The method as a label: as many values as there are known methods.
fn method_label(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

/// Goes around every route: id and trace in and out, figures, a line in the log, the headers that every answer has.
pub(crate) async fn observe(State(api): State<Api>, mut request: Request, next: Next) -> Response {
    let began = Instant::now();
    let headers = request.headers();
    let request_id =
        request_id::of(headers.get(REQUEST_ID)).unwrap_or_else(|| api.engine().fresh_id().to_string());
    let incoming = headers.get(TRACEPARENT).and_then(TraceContext::of);
    let trace = TraceContext::child(incoming, api.engine());
    let method = method_label(request.method());
    let route = request.extensions().get::<MatchedPath>().cloned();
    let route = route.as_ref().map_or(UNMATCHED, MatchedPath::as_str);
    request.extensions_mut().insert(InTrace(trace.trace_id));

    let span = tracing::info_span!(
        "request",
        trace_id = %trace.trace_id.simple(),
        request_id,
        method,
        route,
        key_id = tracing::field::Empty,
        status = tracing::field::Empty,
        latency_us = tracing::field::Empty,
    );
    let flight = Flight::start(api.metrics(), method, route, began);
    let answered = next.run(request).instrument(span.clone());
    let mut response = CURRENT_REQUEST_ID.scope(request_id.clone(), answered).await;

    if let Some(trouble) = response.extensions().get::<AppendTrouble>() {
        api.metrics().append_failed(*trouble);
    }
    let status = response.status();
    let latency = flight.end(status);
    let latency_us = u64::try_from(latency.as_micros()).unwrap_or(u64::MAX);
    span.record("status", status.as_u16()).record("latency_us", latency_us);
    if !SILENT.contains(&route) {
        // The span has the rest.
        span.in_scope(|| tracing::info!(status = status.as_u16(), latency_us, "answered"));
    }
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::try_from(request_id) {
        headers.insert(REQUEST_ID, value);
    }
    if let Ok(value) = HeaderValue::try_from(trace.to_string()) {
        headers.insert(TRACEPARENT, value);
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // What is answered is true now and for whoever asked; a route that knows better says so itself.
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}
