//! A connection to NATS.

mod address;
mod files;
mod refusals;

use std::{
    fmt,
    path::PathBuf,
    pin::Pin,
    sync::{Arc, PoisonError, RwLock},
    task::{Context, Poll, Waker},
    time::Duration,
};

use address::{addresses, without_password};
use async_nats::{Client, Event, connection::State};
use futures_util::Sink as _;
use refusals::Refusals;
use tokio::{
    sync::{Mutex, watch},
    time::{Instant, timeout},
};

/// How long a request to a server may take unless told otherwise; a server that is there answers much faster.
pub(crate) const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);
/// The longest pause between two attempts to connect.
const LONGEST_PAUSE: Duration = Duration::from_secs(4);

/// Who the connection is.
#[derive(Clone, Debug, Default)]
pub enum Credentials {
    /// Nobody, or who the URL says (`nats://user:password@host`, `nats://token@host`).
    #[default]
    None,
    /// A credentials file (JWT and seed), as `nsc` writes it.
    CredsFile(PathBuf),
    /// A file with an nkey seed.
    NkeyFile(PathBuf),
}

/// Where to connect, and how.
#[derive(Clone, Debug)]
pub struct Options {
    /// `nats://host:port` or `tls://…`; several, separated by commas, are servers of one cluster. What a user or password
    /// has of `,`, `@`, `:` and `/` is percent-encoded (`%2C`, `%40`, `%3A`, `%2F`).
    pub url: String,
    /// Who the connection is.
    pub credentials: Credentials,
    /// A file with the certificates to trust, instead of the system's.
    pub ca_file: Option<PathBuf>,
    /// Files with a certificate and its key, for servers that ask for one.
    pub client_certificate: Option<(PathBuf, PathBuf)>,
    /// Prefix of the subjects that answers come to, where permissions name one; `_INBOX` unless told otherwise.
    pub inbox_prefix: Option<String>,
    /// What the connection is called in the server's lists.
    pub name: String,
    /// How long an answer may take: of a request, or that a message is stored. 5 s unless told otherwise.
    pub timeout: Duration,
}

impl Options {
    /// Without credentials, with the system's certificates.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            credentials: Credentials::None,
            ca_file: None,
            client_certificate: None,
            inbox_prefix: None,
            name: "vidimus".to_owned(),
            timeout: REQUEST_TIMEOUT,
        }
    }
}

/// Why there can be no connection as things are. A server that is not there is no error: the connection waits for it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConnectError {
    /// The URL is none.
    #[error(
        "`{url}` is no address of a NATS server ({reason}): write it as `nats://host:4222` or `tls://host:4222`, and in a password `,` as `%2C` and `@` as `%40`"
    )]
    InvalidUrl {
        /// What was given, without a password.
        url: String,
        /// What is wrong.
        reason: String,
    },
    /// A file that was named cannot be used.
    #[error("cannot use `{}` for NATS: {reason}; check the path, its permissions and its content", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
}

impl ConnectError {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::InvalidUrl { .. } => "nats_url_invalid",
            Self::File { .. } => "nats_file_unusable",
        }
    }
}

/// How a connection stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is looking for a server, for the first time or again; `reason` is why the last attempt failed, if it is known.
    Connecting {
        /// Why there is none.
        reason: Option<String>,
    },
    /// It has one.
    Connected,
}

#[derive(Debug)]
struct Shared {
    standing: watch::Sender<Standing>,
    refusals: Refusals,
    timeout: Duration,
    /// Held by whoever makes the connection anew.
    renewing: Mutex<()>,
}

/// A connection. Cheap to clone; the clones are one.
#[derive(Clone)]
pub struct Bus {
    /// Another one, once the first ended for good. Not in [`Shared`]: the connection has that, and would keep itself open.
    client: Arc<RwLock<Client>>,
    options: Arc<Options>,
    shared: Arc<Shared>,
}

impl fmt::Debug for Bus {
    /// Without the options: their URL can have a password.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Bus")
            .field("standing", &*self.shared.standing.borrow())
            .finish_non_exhaustive()
    }
}

impl Bus {
    /// Begins to connect. It does not wait for a server: [`standing`](Self::standing) says when there is one.
    ///
    /// # Errors
    /// See [`ConnectError`].
    pub async fn connect(options: Options) -> Result<Self, ConnectError> {
        let shared = Arc::new(Shared {
            standing: watch::Sender::new(Standing::Connecting { reason: None }),
            refusals: Refusals::new(options.inbox_prefix.as_deref()),
            timeout: options.timeout,
            renewing: Mutex::default(),
        });
        let client = Arc::new(RwLock::new(dial(&options, &shared).await?));
        Ok(Self { client, options: Arc::new(options), shared })
    }

    /// What sends and receives now.
    pub(crate) fn client(&self) -> Client {
        self.client.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How it stands now, and whenever that changes.
    pub fn standing(&self) -> watch::Receiver<Standing> {
        self.shared.standing.subscribe()
    }

    /// The most bytes of a message that the server takes; `None` before the first connection.
    pub fn max_payload(&self) -> Option<usize> {
        let max = self.client().server_info().max_payload;
        (max > 0).then_some(max)
    }

    /// How long an answer may take.
    pub(crate) fn timeout(&self) -> Duration {
        self.shared.timeout
    }

    /// The version of a server that is older than `major.minor`; `None` where it is not, or not known.
    pub(crate) fn older_than(&self, major: i64, minor: i64) -> Option<String> {
        let client = self.client();
        let version = client.server_info().version;
        (!version.is_empty() && !client.is_server_compatible(major, minor, 0)).then_some(version)
    }

    /// Waits for a server, as long as an answer may take. A connection that ended for good is made anew.
    ///
    /// # Errors
    /// Why there is none.
    pub(crate) async fn connected(&self) -> Result<(), String> {
        if is_ended(&self.client()) {
            self.renew().await.map_err(|error| error.to_string())?;
        }
        // An event can be lost in a flood of them; the state cannot.
        if self.client().connection_state() == State::Connected {
            self.shared.now_connected();
            return Ok(());
        }
        let mut standing = self.standing();
        let connected = standing.wait_for(|standing| *standing == Standing::Connected);
        if timeout(self.timeout(), connected).await.is_ok() {
            return Ok(());
        }
        match &*standing.borrow() {
            Standing::Connecting { reason: Some(reason) } => Err(reason.clone()),
            _ => Err("no server answers at the address that is set".to_owned()),
        }
    }

    async fn renew(&self) -> Result<(), ConnectError> {
        let _one_does = self.shared.renewing.lock().await;
        if is_ended(&self.client()) {
            tracing::error!("the connection to NATS ended for good: it is made anew");
            self.shared.standing.send_replace(Standing::Connecting { reason: None });
            let client = dial(&self.options, &self.shared).await?;
            *self.client.write().unwrap_or_else(PoisonError::into_inner) = client;
        }
        Ok(())
    }

    /// What `asked` answers, or what the server refuses meanwhile: a subject that `subject` is true of, or that answers come
    /// at all. Nothing answers what is refused, so whoever waits is told at once.
    ///
    /// # Errors
    /// What the server refused.
    pub(crate) async fn unless_refused<T>(
        &self,
        subject: impl Fn(&str) -> bool,
        asked: impl Future<Output = T>,
    ) -> Result<T, String> {
        let refusals = &self.shared.refusals;
        tokio::select! {
            biased;
            answer = asked => Ok(answer),
            refusal = refusals.next(Instant::now(), subject) => Err(refusal),
        }
    }
}

/// Begins a connection that tells `shared` how it stands.
async fn dial(options: &Options, shared: &Arc<Shared>) -> Result<Client, ConnectError> {
    let addresses = addresses(&options.url)?;
    let (told, tried) = (Arc::clone(shared), Arc::clone(shared));
    let mut connect = files::credentials(&options.credentials, &addresses)
        .await?
        .name(&options.name)
        .retry_on_initial_connect()
        .request_timeout(Some(options.timeout))
        .reconnect_delay_callback(pause)
        // It chooses no server; it is asked before each attempt, and knows why those before failed, which no event says.
        .reconnect_to_server_callback(move |servers, _| {
            tried.failed(servers.into_iter().filter_map(|server| server.last_error).collect());
            std::future::ready(None)
        })
        .event_callback(move |event| {
            told.take(event);
            std::future::ready(())
        });
    if let Some(path) = &options.ca_file {
        files::check_certificates(path)?;
        connect = connect.add_root_certificates(path.clone());
    }
    if let Some((certificate, key)) = &options.client_certificate {
        files::check_certificates(certificate)?;
        files::check_key(key)?;
        connect = connect.add_client_certificate(certificate.clone(), key.clone());
    }
    if let Some(prefix) = &options.inbox_prefix {
        connect = connect.custom_inbox_prefix(prefix);
    }
    connect.connect(addresses).await.map_err(|error| ConnectError::InvalidUrl {
        url: without_password(&options.url),
        reason: error.to_string(),
    })
}

/// Whether the connection is gone for good; one that is only looking for a server is not. The client panics over a header
/// with a carriage return in the middle, and says nothing of it but that it takes nothing more.
fn is_ended(client: &Client) -> bool {
    let mut client = client.clone();
    let ready = Pin::new(&mut client).poll_ready(&mut Context::from_waker(Waker::noop()));
    matches!(ready, Poll::Ready(Err(_)))
}

impl Shared {
    fn take(&self, event: Event) {
        match event {
            Event::Connected => self.now_connected(),
            Event::Disconnected => {
                tracing::warn!("the connection to NATS is gone: looking for a server");
                self.standing.send_replace(Standing::Connecting { reason: None });
            }
            Event::ServerError(error) => self.refusals.add(error.to_string()),
            // It has less to say than the servers' own last errors.
            Event::ClientError(error) => tracing::debug!(%error, "no connection to NATS"),
            Event::SlowConsumer(subscription) => {
                tracing::warn!(
                    subscription,
                    "messages of NATS were dropped, as they were not read fast enough"
                );
            }
            // Closed: by whoever had it, who needs it no more.
            Event::LameDuckMode | Event::Draining | Event::Closed => {}
        }
    }

    fn now_connected(&self) {
        let first = self.standing.send_if_modified(|standing| {
            std::mem::replace(standing, Standing::Connected) != Standing::Connected
        });
        if first {
            tracing::info!("connected to NATS");
            // A new connection has permissions of its own.
            self.refusals.clear();
        }
    }

    /// None of the servers could be connected to; these are the last errors.
    fn failed(&self, mut errors: Vec<String>) {
        errors.sort_unstable();
        errors.dedup();
        let reason = errors.iter().map(|error| plain(error)).collect::<Vec<_>>().join("; ");
        if reason.is_empty() {
            return;
        }
        self.standing.send_if_modified(|standing| match standing {
            Standing::Connecting { reason: known } if known.as_deref() != Some(&*reason) => {
                tracing::warn!(reason, "cannot connect to NATS: trying again");
                *known = Some(reason);
                true
            }
            _ => false,
        });
    }
}

/// What the library says, in words that say what to look at.
fn plain(error: &str) -> String {
    let hint = if error.starts_with("authorization violation") {
        "the server does not accept this user: check the credentials"
    } else if error.starts_with("IO error") && error.contains("certificate") || error.starts_with("TLS error")
    {
        "TLS does not come about: check the certificates"
    } else if error.contains("refused") {
        "no server answers at this address: is it running?"
    } else if error.starts_with("DNS error") {
        "the name of the server is not known: check the address"
    } else if error.starts_with("timed out") {
        "the server does not answer in time"
    } else {
        return error.to_owned();
    };
    format!("{hint} ({error})")
}

/// None before the first attempt; then 100 ms, doubled with each one.
fn pause(attempts: usize) -> Duration {
    let Some(failed) = attempts.checked_sub(2) else { return Duration::ZERO };
    let doubled = u32::try_from(failed.min(10)).unwrap_or(10);
    Duration::from_millis(100).saturating_mul(1 << doubled).min(LONGEST_PAUSE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_are_made_at_once_and_then_more_and_more_rarely() {
        let pauses: Vec<_> = [0, 1, 2, 3, 4, 7, 8, 1000].map(|attempt| pause(attempt).as_millis()).into();
        assert_eq!(pauses, [0, 0, 100, 200, 400, 3200, 4000, 4000]);
    }
}
