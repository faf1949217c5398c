//! How the server is: for those who look after it. No key is needed, and nothing of a tenant is said.

mod healthz;
mod metrics;
mod readyz;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::state::Api;

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(healthz::healthz))
        .routes(routes!(readyz::readyz))
        .routes(routes!(metrics::metrics))
}
