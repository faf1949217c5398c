//! One method for each route.

mod catalogue;
mod commands;
mod governance;
mod lists;
mod policy;
mod proofs;
mod settings;
mod wait;
mod webhooks;

use std::{fmt, sync::Arc};

use reqwest::{Url, header::HeaderValue};
use serde::Deserialize;
use vidimus_api_types::GlobalPosition;

use crate::{
    ClientBuilder, ClientError, RetryPolicy, Timeouts,
    builder::DrawKey,
    request::{Call, parse},
};

/// A client of one server with one key. Cheap to clone; the clones share their connections.
#[derive(Clone)]
pub struct Client(pub(crate) Arc<Shared>);

pub(crate) struct Shared {
    pub(crate) http: reqwest::Client,
    pub(crate) base: Url,
    pub(crate) authorization: HeaderValue,
    pub(crate) timeouts: Timeouts,
    pub(crate) retries: RetryPolicy,
    pub(crate) max_answer_bytes: usize,
    pub(crate) draw_key: Option<DrawKey>,
}

/// Whether a server should be sent requests.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Readiness {
    /// Whether it should.
    pub ready: bool,
    /// Why not.
    pub reasons: Vec<String>,
    /// Where the log ends.
    pub position: GlobalPosition,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not the key.
        f.debug_struct("Client").field("base_url", &self.base_url()).finish_non_exhaustive()
    }
}

impl Client {
    /// A client of the server at `base_url`, for example `http://127.0.0.1:7878`, with the key `key`. Connects to nothing
    /// yet.
    ///
    /// # Errors
    /// `client_unusable`: the address or the key is none.
    pub fn new(base_url: &str, key: &str) -> Result<Self, ClientError> {
        Self::builder(base_url, key).build()
    }

    /// A client with time-outs and retries of one's own.
    pub fn builder(base_url: &str, key: &str) -> ClientBuilder {
        ClientBuilder::new(base_url, key)
    }

    /// The server's address.
    pub fn base_url(&self) -> &str {
        self.0.base.as_str()
    }

    /// Whether the server runs. Takes no key's role.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn health(&self) -> Result<(), ClientError> {
        self.done(Call::get(self, &["healthz"])).await
    }

    /// Whether the server should be sent requests, and why not. Asked once: that it is not ready is an answer too.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn ready(&self) -> Result<Readiness, ClientError> {
        let (status, body) = self.ask(&Call::get(self, &["readyz"])).await?;
        match status {
            200 | 503 => parse(status, &body),
            _ => Err(ClientError::of_answer(status, None, &body)),
        }
    }

    /// What the server measures, as Prometheus reads it.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn metrics(&self) -> Result<String, ClientError> {
        self.text(Call::get(self, &["metrics"]).accept("*/*")).await
    }

    /// The description of the API (OpenAPI 3.1), as text.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn openapi(&self) -> Result<String, ClientError> {
        self.text(Call::get(self, &["openapi.json"])).await
    }
}
