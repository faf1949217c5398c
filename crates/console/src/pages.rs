//! The pages. One page, one file: its question to the API, and what its template is given.

mod approvals;
mod audit;
mod conversation;
mod downloads;
mod execution;
mod executions;
mod governance;
mod insight;
mod live;
#[cfg(feature = "oidc")]
mod oidc;
mod sign_in;

use std::sync::Arc;

use axum::{
    Router,
    body::Body,
    extract::FromRequestParts,
    http::{HeaderMap, StatusCode, request::Parts},
    response::{Redirect, Response},
    routing::get,
};
use futures_util::StreamExt as _;

use crate::{
    Console,
    ask::{Ask, Refused},
    assets, cookie,
    fields::Query,
    frame::Broken,
    sessions::Session,
};

/// Whoever is signed in. Without a session a page leads to the sign-in, and from there back.
#[derive(Clone)]
pub(crate) struct Visitor {
    pub(crate) session: Arc<Session>,
    console: Console,
    /// Where they wanted to go.
    pub(crate) address: String,
}

impl Visitor {
    /// The API, asked as this visitor.
    pub(crate) fn ask(&self) -> Ask<'_> {
        Ask { api: self.console.api(), who: &self.session.credential }
    }

    /// An answer that ends with the session, as far as it has got: at the latest with the next heartbeat.
    fn while_signed_in(&self, headers: &HeaderMap, answer: Response) -> Response {
        let cookie = cookie::session(headers).unwrap_or_default().to_owned();
        let console = self.console.clone();
        let lasts =
            move |_: &Result<_, _>| std::future::ready(console.sessions().get(&cookie, false).is_some());
        let (parts, body) = answer.into_parts();
        Response::from_parts(parts, Body::from_stream(body.into_data_stream().take_while(lasts)))
    }

    /// Whether they have one of these roles: what they could not do is not offered to them.
    pub(crate) fn may(&self, roles: &[vidimus_api_types::Role]) -> bool {
        self.session.me.roles.iter().any(|role| roles.contains(role))
    }
}

impl FromRequestParts<Console> for Visitor {
    type Rejection = Broken;

    async fn from_request_parts(parts: &mut Parts, console: &Console) -> Result<Self, Broken> {
        let address = parts.uri.path_and_query().map_or("/console", |path| path.as_str()).to_owned();
        // Said by the script of what it asks while nobody does anything.
        let by_person =
            !parts.headers.contains_key("x-vidimus-background") && parts.uri.path() != "/console/live";
        let session =
            cookie::session(&parts.headers).and_then(|cookie| console.sessions().get(cookie, by_person));
        match session {
            Some(session) => Ok(Self { session, console: console.clone(), address }),
            None => Err(Broken::SignIn { back: address }),
        }
    }
}

/// Every page.
pub(crate) fn routes() -> Router<Console> {
    let routes = Router::new();
    #[cfg(feature = "oidc")]
    let routes = routes.merge(oidc::routes());
    routes
        .route("/", get(async || Redirect::to("/console/executions")))
        .route("/console", get(async || Redirect::to("/console/executions")))
        .route("/console/assets/{name}", get(assets::asset))
        .merge(sign_in::routes())
        .merge(executions::routes())
        .merge(execution::routes())
        .merge(conversation::routes())
        .merge(insight::routes())
        .merge(approvals::routes())
        .merge(live::routes())
        .merge(audit::routes())
        .merge(downloads::routes())
        .merge(governance::routes())
        .route("/console/{*rest}", get(nothing_here))
}

async fn nothing_here(visitor: Visitor, Query(_): Query) -> Broken {
    let detail = "there is no such page: begin at one of the tabs above";
    visitor.broken(Refused::new(StatusCode::NOT_FOUND, "page_not_found", detail))
}

#[cfg(test)]
mod tests;
