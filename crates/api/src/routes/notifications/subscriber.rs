//! One stream of notifications: history, then live, without a seam, at the pace of whoever reads it.

use std::{convert::Infallible, pin::Pin, sync::Arc};

use bytes::{Bytes, BytesMut};
use futures_util::stream::{self, Stream};
use proto_events::{GlobalPosition, TenantId};
use tokio::{
    sync::watch,
    time::{Instant, Sleep, sleep},
};
use vidimus_engine::AuthenticateError;
use vidimus_projection::FeedError;

use crate::{
    live::{Filter, Signal},
    server::Connection,
    state::Api,
};

/// A chunk of the stream has about this many bytes at most; a larger event has a chunk of its own.
const CHUNK_BYTES: usize = 64 * 1024;
/// Events of the log that are read for history in one go: as many as fill a chunk, in these bounds.
const MIN_READ: usize = 8;
const MAX_READ: usize = 512;
/// How long to wait before the log is read again after that did not work.
const RETRY_AFTER: std::time::Duration = std::time::Duration::from_millis(200);

/// One of the bounded number of open streams.
pub(super) struct Place {
    api: Api,
    tenant: TenantId,
    connection: Option<Arc<Connection>>,
    /// Taken out only when it is dropped.
    signal: Option<watch::Receiver<Signal>>,
}

impl Place {
    /// A place, if there is one.
    pub(super) fn take(api: &Api, tenant: &TenantId, connection: Option<Arc<Connection>>) -> Option<Self> {
        if !api.live().streams.take() {
            return None;
        }
        api.metrics().streams.inc();
        if let Some(connection) = &connection {
            connection.stream_opened();
        }
        let signal = Some(api.live().audience.join(tenant));
        Some(Self { api: api.clone(), tenant: tenant.clone(), connection, signal })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(signal) = self.signal.take() {
            self.api.live().audience.leave(&self.tenant, signal);
        }
        if let Some(connection) = &self.connection {
            connection.stream_closed();
        }
        self.api.metrics().streams.dec();
        self.api.live().streams.give_back();
    }
}

/// One who watches notifications.
pub(super) struct Subscriber {
    place: Place,
    closing: watch::Receiver<bool>,
    token: Option<String>,
    filter: Filter,
    /// Everything up to here was considered: what was wanted of it was handed over.
    position: GlobalPosition,
    /// When an id is said instead of events, unless something is handed over before.
    beat_at: Instant,
    /// When the key is looked at again, however much is handed over: it may expire.
    key_at: Instant,
    /// For the earlier of these.
    timer: Pin<Box<Sleep>>,
    /// `None`: the key was not looked at since the place was taken, and may have been revoked before that.
    keys_seen: Option<u64>,
    read: usize,
    out: BytesMut,
}

/// What there was for a subscriber where it stands.
enum Found {
    /// What it has to be given, if that is anything; there may be more.
    More,
    /// This, and no more for now.
    All,
}

impl Subscriber {
    pub(super) fn new(place: Place, token: Option<String>, filter: Filter, position: GlobalPosition) -> Self {
        let closing = place.api.closing().subscribe();
        let heartbeat = place.api.settings().heartbeat;
        let at = Instant::now() + heartbeat;
        let timer = Box::pin(sleep(heartbeat));
        let mut out = BytesMut::with_capacity(1024);
        // The id says where the client is, so that it misses nothing when the connection breaks before the first event.
        out.extend_from_slice(format!("retry: 1000\nid: {position}\n\n").as_bytes());
        Self {
            place,
            closing,
            token,
            filter,
            position,
            beat_at: at,
            key_at: at,
            timer,
            keys_seen: None,
            read: MIN_READ,
            out,
        }
    }

    pub(super) fn into_stream(self) -> impl Stream<Item = Result<Bytes, Infallible>> + Send + 'static {
        stream::unfold(self, async |mut subscriber| {
            let chunk = subscriber.next().await?;
            Some((Ok(chunk), subscriber))
        })
    }

    fn api(&self) -> &Api {
        &self.place.api
    }

    /// The next chunk; `None` where the stream ends: the server stops, nothing is live any more, or the key is no longer
    /// good.
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if *self.closing.borrow() || self.api().live().failure().is_some() {
                return None;
            }
            let now = Instant::now();
            let keys = self.place.signal.as_mut().map(|signal| signal.borrow_and_update().keys);
            if self.key_at <= now || keys != self.keys_seen {
                if !self.key_is_good().await {
                    return None;
                }
                self.keys_seen = keys;
                self.key_at = now + self.api().settings().heartbeat;
            }
            let found = match self.find().await {
                Ok(found) => found,
                Err(error) => {
                    tracing::error!(%error, "a stream of notifications ends, as the log cannot be read");
                    return None;
                }
            };
            if self.beat_at <= now && self.out.is_empty() {
                // No data, so that nothing is dispatched; but a client that reconnects goes on from here.
                self.out.extend_from_slice(format!(": heartbeat\nid: {}\n\n", self.position).as_bytes());
            }
            if !self.out.is_empty() {
                self.beat_at = Instant::now() + self.api().settings().heartbeat;
                return Some(self.out.split().freeze());
            }
            if let Found::All = found {
                self.wait().await;
            }
        }
    }

    async fn wait(&mut self) {
        self.timer.as_mut().reset(self.beat_at.min(self.key_at));
        let signalled = async {
            match &mut self.place.signal {
                // The sender is alive as long as this is.
                Some(signal) => drop(signal.changed().await),
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = signalled => {}
            // An error says that the server is gone, which the next look says as well.
            _ = self.closing.changed() => {}
            () = &mut self.timer => {}
        }
    }

    /// Whether the key that the stream was opened with is still good; it is where that cannot be told. Without a key, whoever
    /// signed them in ends the stream with the session.
    async fn key_is_good(&self) -> bool {
        let Some(token) = &self.token else { return true };
        let authenticated = self.api().engine().authenticate(token).await;
        !authenticated.as_ref().is_err_and(AuthenticateError::is_unauthenticated)
    }

    async fn find(&mut self) -> Result<Found, FeedError> {
        let Self { place, filter, position, out, .. } = self;
        let live = place.api.live();
        match live.ring.read_after(*position, &place.tenant, filter, CHUNK_BYTES, out) {
            Some((upto, found)) => {
                *position = upto;
                place.api.metrics().notifications.inc_by(found);
                Ok(Found::All)
            }
            None => self.read_log().await,
        }
    }

    /// One step through history.
    async fn read_log(&mut self) -> Result<Found, FeedError> {
        let Self { place, filter, position, out, read, .. } = self;
        let live = place.api.live();
        // Never closed.
        let turn = live.history.acquire().await;
        let batch = match place.api.engine().log().read_all(*position, *read).await {
            Ok(batch) => batch,
            Err(error) if error.is_retryable() => {
                drop(turn);
                sleep(RETRY_AFTER).await;
                return Ok(Found::More);
            }
            Err(error) => return Err(error.into()),
        };
        let (mut considered, mut found) = (0, 0);
        for recorded in &batch {
            if out.len() >= CHUNK_BYTES {
                break;
            }
            *position = recorded.position;
            considered += 1;
            if recorded.tenant != place.tenant {
                continue;
            }
            if let Some(rendered) = live.rendered(recorded)
                && filter.wants(&rendered)
            {
                out.extend_from_slice(&rendered.bytes);
                found += 1;
            }
        }
        place.api.metrics().notifications.inc_by(found);
        *read = if considered < batch.len() { considered } else { *read * 2 }.clamp(MIN_READ, MAX_READ);
        Ok(if batch.is_empty() { Found::All } else { Found::More })
    }
}
