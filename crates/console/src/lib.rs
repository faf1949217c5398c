//! The console: pages on which people look, decide and audit, drawn on the server.
//!
//! It knows nothing that the HTTP API does not say. Each page asks the API, in the same process and as whoever is
//! signed in, and puts the answer into HTML: roles, redaction and refusals are the API's, and a page shows what any other
//! client is shown. Every form works without a script; the one script makes times local, rows live and keys short.

mod ask;
mod assets;
mod cookie;
mod exact;
mod export;
mod fields;
mod frame;
mod guard;
#[cfg(feature = "oidc")]
pub mod oidc;
mod pages;
mod sessions;
mod words;

use std::sync::Arc;

use axum::{Router, middleware};
use sessions::Sessions;

/// What the console is told.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How long a session may last.
    pub session_lifetime: std::time::Duration,
    /// How long a session may be left alone.
    pub session_idle: std::time::Duration,
    /// Most sessions at a time; one more ends the one that was left alone for longest.
    pub max_sessions: usize,
    /// Most sessions of one person at a time; one more ends theirs that was left alone for longest.
    pub max_sessions_each: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            session_lifetime: std::time::Duration::from_secs(12 * 3600),
            session_idle: std::time::Duration::from_secs(3600),
            max_sessions: 10_000,
            max_sessions_each: 20,
        }
    }
}

/// What every page shares.
#[derive(Clone)]
pub(crate) struct Console(Arc<Shared>);

struct Shared {
    /// The API, as it is served over HTTP.
    api: Router,
    sessions: Sessions,
    #[cfg(feature = "oidc")]
    provider: Option<oidc::Provider>,
}

impl Console {
    pub(crate) fn api(&self) -> &Router {
        &self.0.api
    }

    pub(crate) fn sessions(&self) -> &Sessions {
        &self.0.sessions
    }

    #[cfg(feature = "oidc")]
    pub(crate) fn provider(&self) -> Option<&oidc::Provider> {
        self.0.provider.as_ref()
    }

    /// What the provider is called that people may sign in with instead of a key, if there is one.
    pub(crate) fn provider_label(&self) -> Option<&str> {
        #[cfg(feature = "oidc")]
        return self.provider().map(oidc::Provider::label);
        #[cfg(not(feature = "oidc"))]
        return None;
    }
}

/// The pages, all under `/console`, over this API; `/` leads there.
pub fn router(api: Router, settings: Settings) -> Router {
    pages(Shared {
        api,
        sessions: Sessions::new(settings),
        #[cfg(feature = "oidc")]
        provider: None,
    })
}

/// The same pages for people of this provider as well. The API has to take [`SignedIn`](vidimus_api_types::SignedIn) for a key.
#[cfg(feature = "oidc")]
pub fn router_with_provider(api: Router, settings: Settings, provider: oidc::Provider) -> Router {
    pages(Shared { api, sessions: Sessions::new(settings), provider: Some(provider) })
}

fn pages(shared: Shared) -> Router {
    pages::routes().layer(middleware::from_fn(guard::headers)).with_state(Console(Arc::new(shared)))
}
