//! Downloads of the tables, with the filters that they have.

use axum::{Router, response::Response, routing::get};
use vidimus_api_types::{AuditEntry, Execution};

use super::Visitor;
use crate::{
    Console,
    export::{Export, Format, Line},
    fields::{Fields, Query},
    frame::Broken,
};

pub(super) fn routes() -> Router<Console> {
    Router::new()
        .route("/console/audit/export", get(audit))
        .route("/console/executions/export", get(executions))
}

async fn audit(visitor: Visitor, Query(asked): Query) -> Result<Response, Broken> {
    download::<AuditEntry>(visitor, &asked, "/v1/audit", "vidimus-audit").await
}

async fn executions(visitor: Visitor, Query(asked): Query) -> Result<Response, Broken> {
    download::<Execution>(visitor, &asked, "/v1/executions", "vidimus-executions").await
}

/// The whole list, whatever the page that the link was on.
async fn download<T: Line + 'static>(
    visitor: Visitor,
    asked: &Fields,
    path: &'static str,
    name: &'static str,
) -> Result<Response, Broken> {
    let format = Format::named(asked.get("format")).map_err(|refused| visitor.broken(refused))?;
    let filters = asked.filled(&["format", "limit", "cursor"]);
    let query = filters.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let ask = visitor.ask();
    let export = Export { api: ask.api.clone(), who: ask.who.clone(), path, name, query, format };
    export.answer::<T>().await.map_err(|refused| visitor.broken(refused))
}
