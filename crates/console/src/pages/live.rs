//! What happens, as it happens: the API's stream of notifications, for the script.

use axum::{Router, http::HeaderMap, response::Response, routing::get};

use super::Visitor;
use crate::{Console, fields::Query, frame::Broken};

pub(super) fn routes() -> Router<Console> {
    Router::new().route("/console/live", get(live))
}

/// The stream, from after a position or from after what the browser saw last.
async fn live(visitor: Visitor, headers: HeaderMap, Query(query): Query) -> Result<Response, Broken> {
    let last = headers.get("last-event-id").and_then(|value| value.to_str().ok());
    let mut asked = query.filled(&["after"]);
    if let Some(after) = last.or_else(|| query.get("after")) {
        asked.push(("after", after));
    }
    visitor.ask().stream("/v1/notifications/stream", &asked).await.map_err(|refused| visitor.broken(refused))
}
