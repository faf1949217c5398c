//! What happens, as it happens: the API's stream of notifications, for the script.

use axum::{
    Router,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse as _, Response},
    routing::get,
};

use super::Visitor;
use crate::{Console, fields::Query, frame::Broken};

pub(super) fn routes() -> Router<Console> {
    Router::new().route("/console/live", get(live))
}

/// The stream, from after a position or from after what the browser saw last. Where nobody is signed in (any more), the
/// answer is 204, by which an `EventSource` does not come back (HTML Standard, 9.2.3); a page for people is of no use here.
async fn live(visitor: Result<Visitor, Broken>, headers: HeaderMap, Query(query): Query) -> Response {
    let Ok(visitor) = visitor else { return StatusCode::NO_CONTENT.into_response() };
    let last = headers.get("last-event-id").and_then(|value| value.to_str().ok());
    let mut asked = query.filled(&["after"]);
    if let Some(after) = last.or_else(|| query.get("after")) {
        asked.push(("after", after));
    }
    match visitor.ask().stream("/v1/notifications/stream", &asked).await {
        Ok(stream) => visitor.while_signed_in(&headers, stream),
        Err(refused) if refused.status == StatusCode::UNAUTHORIZED => StatusCode::NO_CONTENT.into_response(),
        Err(refused) => (refused.status, refused.detail).into_response(),
    }
}
