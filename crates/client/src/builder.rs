//! Making a client.

use std::{fmt, sync::Arc, time::Duration};

use reqwest::{Url, header::HeaderValue};

use crate::{Client, ClientError, RetryPolicy, client::Shared};

/// How long things may take.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// Until there is a connection.
    pub connect: Duration,
    /// Until an answer begins. A long poll has its own time on top of it.
    pub answer: Duration,
    /// Between two pieces of an answer.
    pub idle: Duration,
    /// Between two pieces of a stream: longer than between two heartbeats of the server.
    pub stream_idle: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            answer: Duration::from_secs(30),
            idle: Duration::from_secs(30),
            stream_idle: Duration::from_secs(60),
        }
    }
}

/// Draws the keys of proposals that have none.
pub(crate) type DrawKey = Arc<dyn Fn() -> String + Send + Sync>;

/// Makes a [`Client`].
#[must_use]
pub struct ClientBuilder {
    base_url: String,
    key: String,
    timeouts: Timeouts,
    retries: RetryPolicy,
    max_answer_bytes: usize,
    draw_key: Option<DrawKey>,
    #[cfg(feature = "tls")]
    trusted: Vec<Vec<u8>>,
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not the key.
        f.debug_struct("ClientBuilder").field("base_url", &self.base_url).finish_non_exhaustive()
    }
}

impl ClientBuilder {
    pub(crate) fn new(base_url: &str, key: &str) -> Self {
        Self {
            base_url: base_url.to_owned(),
            key: key.to_owned(),
            timeouts: Timeouts::default(),
            retries: RetryPolicy::default(),
            max_answer_bytes: 64 * 1024 * 1024,
            draw_key: None,
            #[cfg(feature = "tls")]
            trusted: Vec::new(),
        }
    }

    /// How long things may take.
    pub fn timeouts(mut self, timeouts: Timeouts) -> Self {
        self.timeouts = timeouts;
        self
    }

    /// What is tried again.
    pub fn retries(mut self, retries: RetryPolicy) -> Self {
        self.retries = retries;
        self
    }

    /// The largest answer that is read, in bytes; 64 MiB unless told otherwise. It bounds one notification too.
    pub fn max_answer_bytes(mut self, bytes: usize) -> Self {
        self.max_answer_bytes = bytes;
        self
    }

    /// Draws an idempotency key for every proposal that has none, so that it can be tried again. It has to be a new one
    /// each time, for example a random UUID: two different calls under one key are attempts at the same thing.
    pub fn idempotency_keys(mut self, draw: impl Fn() -> String + Send + Sync + 'static) -> Self {
        self.draw_key = Some(Arc::new(draw));
        self
    }

    /// Trusts this certificate (DER) besides those that the operating system trusts, for example of an authority of
    /// one's own.
    #[cfg(feature = "tls")]
    pub fn trust(mut self, certificate: impl Into<Vec<u8>>) -> Self {
        self.trusted.push(certificate.into());
        self
    }

    /// The client. Connects to nothing yet.
    ///
    /// # Errors
    /// `client_unusable`: the address or the key is none.
    pub fn build(self) -> Result<Client, ClientError> {
        let given = &self.base_url;
        let base = Url::parse(given).map_err(|error| {
            let message = format!(
                "`{given}` is no address of a server ({error}): use one like `http://127.0.0.1:7878`"
            );
            ClientError::Unusable(message)
        })?;
        let is_http = matches!(base.scheme(), "http" | "https") && base.has_host();
        let is_bare = base.query().is_none() && base.fragment().is_none();
        let no_password = base.username().is_empty() && base.password().is_none();
        if !(is_http && is_bare && no_password) {
            let message = if no_password {
                format!("`{given}` is no address of a server: use one like `http://127.0.0.1:7878`")
            } else {
                // Not quoted: it has a password in it.
                "the server's address has a user in it: leave that out, the key says who you are".to_owned()
            };
            return Err(ClientError::Unusable(message));
        }
        let mut authorization =
            HeaderValue::try_from(format!("Bearer {}", self.key.trim())).map_err(|_| {
                let message = "the key is none: use it whole, as it was shown when it was created";
                ClientError::Unusable(message.to_owned())
            })?;
        authorization.set_sensitive(true);
        let http = reqwest::Client::builder()
            .user_agent(concat!("vidimus-client/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(self.timeouts.connect)
            // The key is for this server alone.
            .redirect(reqwest::redirect::Policy::none())
            // Sooner than servers and proxies close what is idle: a request must not meet the end of its connection.
            .pool_idle_timeout(Duration::from_secs(20))
            .tcp_nodelay(true);
        let http = match base.scheme() {
            #[cfg(feature = "tls")]
            "https" => http.tls_backend_preconfigured(crate::tls::config(
                self.trusted.into_iter().map(Into::into).collect(),
            )?),
            #[cfg(not(feature = "tls"))]
            "https" => {
                let message =
                    "https was left out when this program was built: build it with the feature `tls`";
                return Err(ClientError::Unusable(message.to_owned()));
            }
            #[cfg(feature = "tls")]
            // Nothing is going to ask it; without one, the library below would look for a provider that is not there.
            _ => http.tls_backend_preconfigured(crate::tls::unused()?),
            #[cfg(not(feature = "tls"))]
            _ => http,
        };
        let http = http
            .build()
            .map_err(|error| ClientError::Unusable(format!("a client cannot be made here: {error}")))?;
        Ok(Client(Arc::new(Shared {
            http,
            base,
            authorization,
            timeouts: self.timeouts,
            retries: self.retries,
            max_answer_bytes: self.max_answer_bytes,
            draw_key: self.draw_key,
        })))
    }
}
