//! `/v1/conversations`

mod add_message;
mod list_messages;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::state::Api;

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(add_message::add_message, list_messages::list_messages))
}
