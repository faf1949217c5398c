//! Reading one's own write: a list that has seen a position.

use axum::http::StatusCode;
use proto_events::GlobalPosition;

use crate::{problem::ApiError, state::Api};

/// Most pages of the audit trail that one request looks at.
pub(super) const MAX_AUDIT_PAGES: usize = 20;

/// Waits, within bounds, until the views have seen `min_position`, and answers what they have seen then. Asked before the
/// list is read: the list has seen that, and perhaps more.
pub(super) async fn seen(
    api: &Api,
    min_position: Option<GlobalPosition>,
) -> Result<GlobalPosition, ApiError> {
    if let Some(wanted) = min_position {
        // What was answered is durable, so a position past the tail is none that an answer gave: nobody waits for it.
        let tail = api.engine().tail();
        if wanted > tail {
            let detail = format!(
                "`{wanted}` is past the end of the log, which is at {tail}: take the position of an answer"
            );
            let field = "query.min_position";
            return Err(ApiError::field(StatusCode::CONFLICT, "position_unknown", field, detail));
        }
        api.views().reached(wanted, api.settings().position_timeout).await?;
    }
    Ok(api.views().position())
}
