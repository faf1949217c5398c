//! Reading one's own write: a list that has seen a position.

use axum::http::StatusCode;
use proto_events::GlobalPosition;

use crate::{problem::ApiError, state::Api};

/// Refuses a position that no answer gave: what was answered is durable, so nobody waits for one past the tail.
pub(super) fn known(api: &Api, min_position: Option<GlobalPosition>) -> Result<(), ApiError> {
    let tail = api.engine().tail();
    match min_position {
        Some(wanted) if wanted > tail => {
            let detail = format!(
                "`{wanted}` is past the end of the log, which is at {tail}: take the position of an answer"
            );
            let field = "query.min_position";
            Err(ApiError::field(StatusCode::CONFLICT, "position_unknown", field, detail))
        }
        _ => Ok(()),
    }
}

/// Waits, within bounds, until the views have seen `min_position`, and answers what they have seen then. Asked before the
/// list is read: the list has seen that, and perhaps more.
pub(super) async fn seen(
    api: &Api,
    min_position: Option<GlobalPosition>,
) -> Result<GlobalPosition, ApiError> {
    known(api, min_position)?;
    if let Some(wanted) = min_position {
        api.views().reached(wanted, api.settings().position_timeout).await?;
    }
    Ok(api.views().position())
}
