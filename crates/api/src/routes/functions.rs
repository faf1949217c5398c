//! `/v1/functions`

mod description;
mod get;
mod list;
mod set;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::state::Api;

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list::list))
        .routes(routes!(get::get, set::set))
        .merge(description::routes())
}
