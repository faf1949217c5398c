//! `GET /v1/notifications/stream`

use std::sync::Arc;

use axum::{
    Extension,
    body::Body,
    extract::State,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use proto_events::GlobalPosition;
use vidimus_api_types::{NotificationQuery, Problem};

use super::subscriber::{Place, Subscriber};
use crate::{
    auth::{ANYONE, Caller, bearer},
    extract::Query,
    live::Filter,
    problem::ApiError,
    server::Connection,
    state::Api,
};

const LAST_EVENT_ID: &str = "Last-Event-ID";
/// Asks proxies that know it (nginx) to pass on what comes as it comes.
const ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// Where a reader was.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Header)]
#[allow(dead_code, reason = "it is a description; `last_event_id` reads the header")]
pub(super) struct LastEventId {
    /// Begin after this position; wins over `after`. An empty one is none.
    #[param(rename = "Last-Event-ID", required = false, pattern = "^[0-9]{0,19}$")]
    last_event_id: String,
}

/// One event of the stream.
#[derive(utoipa::ToSchema)]
#[allow(dead_code, reason = "it is a description; events are written as text")]
pub(super) struct StreamEvent {
    /// Its position in the log: what `Last-Event-ID` takes.
    id: String,
    /// The notification, as JSON: a `Notification`.
    #[schema(content_media_type = "application/json")]
    data: String,
}

/// Watch notifications
///
/// Server-sent events without an end: `data` is a notification, `id` its position in the log. First those after the
/// given position, then, without a seam, what comes. A client that reconnects with `Last-Event-ID`, as browsers do,
/// misses nothing and gets nothing twice. A quiet stream sends an `id` without data every 15 s: it tells how far
/// everything was looked at.
///
/// Roles: any.
#[utoipa::path(
    get,
    path = "/v1/notifications/stream",
    tag = "notifications",
    operation_id = "streamNotifications",
    params(
        NotificationQuery,
        LastEventId,
    ),
    responses(
        (
            status = 200,
            description = "Notifications, each as the data of one event.",
            body = StreamEvent,
            content_type = "text/event-stream",
        ),
        (status = "default", description = "No answer.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn stream(
    caller: Caller<ANYONE>,
    State(api): State<Api>,
    connection: Option<Extension<Arc<Connection>>>,
    headers: HeaderMap,
    Query(query): Query<NotificationQuery>,
) -> Result<Response, ApiError> {
    // Before the head of the answer is sent: whoever has that misses nothing from there on.
    let tail = api.engine().log().tail();
    let after = match last_event_id(&headers)? {
        Some(position) => Some((position, "header.Last-Event-ID")),
        None => query.after.map(|position| (position, "query.after")),
    };
    if let Some((position, field)) = after
        && position > tail
    {
        let detail =
            format!("the log ends at `{tail}`, before `{position}`: it is another log; begin after 0");
        return Err(ApiError::field(StatusCode::CONFLICT, "position_ahead", field, detail));
    }
    if let Some(reason) = api.live().failure() {
        tracing::warn!(reason, "no stream, as nothing is live");
        let detail = "nothing is live any more: an operator finds the reason at `/readyz`";
        return Err(ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "not_live", detail).retry_after(1));
    }
    let connection = connection.map(|Extension(connection)| connection);
    let position = after.map_or(tail, |(position, _)| position);
    let token = bearer(&headers).map(str::to_owned);
    let Some(place) = Place::take(&api, caller.tenant(), connection) else {
        let most = api.live().streams.most();
        let detail = format!("{most} streams are open already: close one, or try again in a moment");
        return Err(ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "too_many_streams", detail).retry_after(1));
    };
    let subscriber = Subscriber::new(place, token, Filter::from(query), position);
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (ACCEL_BUFFERING, HeaderValue::from_static("no")),
    ];
    Ok((headers, Body::from_stream(subscriber.into_stream())).into_response())
}

fn last_event_id(headers: &HeaderMap) -> Result<Option<GlobalPosition>, ApiError> {
    let Some(value) = headers.get(LAST_EVENT_ID) else { return Ok(None) };
    // An `EventSource` that got no id yet sends none, or an empty one.
    if value.is_empty() {
        return Ok(None);
    }
    let text = String::from_utf8_lossy(value.as_bytes());
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    let position = text.parse().ok().filter(|_| is_number).map(GlobalPosition::new);
    position.map(Some).ok_or_else(|| {
        let detail = format!(
            "`{}` is no position: send the `id` of the last event that was received",
            text.escape_debug()
        );
        ApiError::field(StatusCode::UNPROCESSABLE_ENTITY, "header_invalid", "header.Last-Event-ID", detail)
    })
}
