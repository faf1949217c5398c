//! One connection: served, timed, closed.

use std::{
    io,
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    http::{Request, Version},
};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto,
};
use prometheus_client::metrics::gauge::Gauge;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::{Instant, sleep},
};
use tower::ServiceExt as _;

use crate::state::{Api, Settings};

/// Most bytes that are buffered of a connection, in each direction: also the longest head of a request.
const BUFFER_BYTES: usize = 64 * 1024;
/// Most requests at once on one HTTP/2 connection.
const MAX_H2_STREAMS: u32 = 128;
/// How often an HTTP/2 connection is asked whether there is still somebody.
const H2_PING_EVERY: Duration = Duration::from_secs(20);

/// What is known of a connection: in the extensions of its requests.
#[derive(Debug)]
pub(crate) struct Connection {
    opened: Instant,
    /// When bytes moved last, in microseconds since it was opened.
    moved: AtomicU64,
    /// When the first bytes came of something that is no request yet (0: nothing of that kind).
    began: AtomicU64,
    /// Requests that are being answered: the head came, and the answer's head is not there.
    answering: AtomicUsize,
    /// Streams that are open on it.
    streams: AtomicUsize,
    requested: AtomicBool,
    /// On HTTP/2 bytes come that belong to no request.
    is_h2: AtomicBool,
}

impl Connection {
    fn new() -> Self {
        Self {
            opened: Instant::now(),
            moved: AtomicU64::new(0),
            began: AtomicU64::new(0),
            answering: AtomicUsize::new(0),
            streams: AtomicUsize::new(0),
            requested: AtomicBool::new(false),
            is_h2: AtomicBool::new(false),
        }
    }

    pub(crate) fn stream_opened(&self) {
        self.streams.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn stream_closed(&self) {
        self.streams.fetch_sub(1, Ordering::Relaxed);
    }

    fn now(&self) -> u64 {
        u64::try_from(self.opened.elapsed().as_micros()).unwrap_or(u64::MAX).max(1)
    }

    fn bytes_moved(&self, read: bool) {
        let now = self.now();
        self.moved.store(now, Ordering::Relaxed);
        if read && self.answering.load(Ordering::Relaxed) == 0 {
            // Only the first bytes count. An error says that others were first.
            let _ = self.began.compare_exchange(0, now, Ordering::Relaxed, Ordering::Relaxed);
        }
    }

    fn request_began(&self, version: Version) {
        self.is_h2.store(version == Version::HTTP_2, Ordering::Relaxed);
        self.requested.store(true, Ordering::Relaxed);
        self.answering.fetch_add(1, Ordering::Relaxed);
        self.began.store(0, Ordering::Relaxed);
    }

    fn request_ended(&self) {
        self.answering.fetch_sub(1, Ordering::Relaxed);
    }

    /// Why it is to be closed, if it is.
    fn overdue(&self, settings: &Settings) -> Option<&'static str> {
        let now = self.now();
        let longer_than =
            |since: u64, limit: Duration| Duration::from_micros(now.saturating_sub(since)) >= limit;
        let began = self.began.load(Ordering::Relaxed);
        // A stream may be quiet, and may be read as slowly as its reader likes.
        if self.streams.load(Ordering::Relaxed) > 0 {
            return None;
        }
        if !self.requested.load(Ordering::Relaxed) && longer_than(0, settings.header_timeout) {
            return Some("no request came");
        }
        if began > 0 && !self.is_h2.load(Ordering::Relaxed) && longer_than(began, settings.header_timeout) {
            return Some("the head of a request did not come in time");
        }
        let silent = longer_than(self.moved.load(Ordering::Relaxed), settings.idle_timeout);
        silent.then_some("nothing was sent or read for long")
    }
}

/// A request that is being answered.
struct Answering(Arc<Connection>);

impl Drop for Answering {
    fn drop(&mut self) {
        self.0.request_ended();
    }
}

/// Serves a connection until it ends, is silent for too long, or the server stops.
pub(super) async fn run(stream: TcpStream, api: &Api, router: Router) {
    let settings = api.settings();
    let connection = Arc::new(Connection::new());
    let service = service_fn(|mut request: Request<Incoming>| {
        connection.request_began(request.version());
        let answering = Answering(Arc::clone(&connection));
        request.extensions_mut().insert(Arc::clone(&connection));
        let answered = router.clone().oneshot(request.map(Body::new));
        async move {
            let response = answered.await;
            drop(answering);
            response
        }
    });
    let mut builder = auto::Builder::new(TokioExecutor::new());
    // The times are ours: hyper's time-out for heads would count an idle connection as a late head.
    builder.http1().timer(TokioTimer::new()).header_read_timeout(None).max_buf_size(BUFFER_BYTES);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(MAX_H2_STREAMS)
        .max_header_list_size(BUFFER_BYTES as u32)
        .max_send_buf_size(BUFFER_BYTES)
        .keep_alive_interval(H2_PING_EVERY)
        .keep_alive_timeout(H2_PING_EVERY);
    let io = TokioIo::new(Timed { stream, connection: Arc::clone(&connection) });
    let mut served = pin!(builder.serve_connection(io, service));
    let mut closing = api.closing().subscribe();
    let look_every = settings.header_timeout.min(settings.idle_timeout) / 4;
    let mut look = pin!(sleep(look_every));
    let mut is_closing = false;

    let _counted = Counted::one_more(&api.metrics().connections);
    loop {
        tokio::select! {
            ended = served.as_mut() => {
                if let Err(error) = ended {
                    tracing::debug!(error = %error, "a connection broke off");
                }
                break;
            }
            _ = closing.wait_for(|closing| *closing), if !is_closing => {
                is_closing = true;
                served.as_mut().graceful_shutdown();
            }
            () = look.as_mut() => {
                if let Some(reason) = connection.overdue(settings) {
                    tracing::debug!(reason, "a connection is closed");
                    break;
                }
                look.as_mut().reset(Instant::now() + look_every);
            }
        }
    }
}

/// One of the open connections, however it ends.
struct Counted<'a>(&'a Gauge);

impl<'a> Counted<'a> {
    fn one_more(gauge: &'a Gauge) -> Self {
        gauge.inc();
        Self(gauge)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// A stream that knows when bytes moved last.
struct Timed {
    stream: TcpStream,
    connection: Arc<Connection>,
}

impl AsyncRead for Timed {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, buf);
        if read.is_ready() && buf.filled().len() > before {
            self.connection.bytes_moved(true);
        }
        read
    }
}

impl Timed {
    fn wrote(&self, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if let Poll::Ready(Ok(1..)) = written {
            self.connection.bytes_moved(false);
        }
        written
    }
}

impl AsyncWrite for Timed {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.wrote(written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        self.wrote(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
