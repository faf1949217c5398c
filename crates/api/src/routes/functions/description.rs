//! `/v1/functions/{function}/description`

mod delete;
mod get;
mod set;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::state::Api;

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(get::get, set::set, delete::delete))
}
