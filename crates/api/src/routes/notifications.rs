//! `/v1/notifications`

mod stream;
mod subscriber;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::state::Api;

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(stream::stream))
}
