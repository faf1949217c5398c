//! `/v1/policy`

mod apply;
mod clear;
mod end_shadow;
mod get;
mod history;
mod replay;
mod set;
mod shadow;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::state::Api;

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(get::get, apply::apply, clear::clear))
        .routes(routes!(history::history))
        .routes(routes!(set::set))
        .routes(routes!(replay::replay))
        .routes(routes!(shadow::shadow, end_shadow::end_shadow))
}
