//! Figures for Prometheus. No label is ever something that a tenant named.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::http::StatusCode;
use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::Registry,
};
use proto_events::GlobalPosition;
use tokio::time::Instant;
use vidimus_engine::Totals;
use vidimus_projection::{RelayStatus, View, Views};

use super::{AppendTrouble, bus_commands::BusCommandFigures, webhooks::WebhookFigures};
use crate::commands::CommandServiceStatus;

/// What `/metrics` answers with.
pub(crate) const METRICS_TEXT: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
/// How long a full disk is taken to be full after an append failed for it: nobody may try again in the meantime.
const FULL_FOR: Duration = Duration::from_secs(10);
/// The client went away before there was an answer. No status of HTTP's; nginx calls it so.
const CLIENT_GONE: u16 = 499;

/// From a fast answer to a long poll, in seconds.
const BUCKETS: [f64; 14] =
    [0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0, 61.0];

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    method: &'static str,
    route: String,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Asked {
    method: &'static str,
    route: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfView {
    view: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfFeed {
    feed: &'static str,
}

type Durations = Family<Asked, Histogram, fn() -> Histogram>;

/// All figures.
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<Answered, Counter>,
    durations: Durations,
    pub(crate) in_flight: Gauge,
    pub(crate) connections: Gauge,
    pub(crate) streams: Gauge,
    pub(crate) waiters: Gauge,
    pub(crate) notifications: Counter,
    pub(crate) rate_limited: Counter,
    pub(crate) unauthenticated: Counter,
    appends_overloaded: Counter,
    tail: Gauge<i64>,
    view_lag: Family<OfView, Gauge>,
    relay_lag: Family<OfFeed, Gauge>,
    relay_published: Family<OfFeed, Counter>,
    relay_foreign: Family<OfFeed, Counter>,
    relay_troubled: Family<OfFeed, Gauge>,
    bus_commands: BusCommandFigures,
    webhooks: WebhookFigures,
    full_since: Mutex<Option<Instant>>,
    broken: AtomicBool,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let durations: Durations = Family::new_with_constructor(|| Histogram::new(BUCKETS));
        let mut metrics = Self {
            registry: Registry::with_prefix("vidimus"),
            requests: Family::default(),
            durations,
            in_flight: Gauge::default(),
            connections: Gauge::default(),
            streams: Gauge::default(),
            waiters: Gauge::default(),
            notifications: Counter::default(),
            rate_limited: Counter::default(),
            unauthenticated: Counter::default(),
            appends_overloaded: Counter::default(),
            tail: Gauge::default(),
            view_lag: Family::default(),
            relay_lag: Family::default(),
            relay_published: Family::default(),
            relay_foreign: Family::default(),
            relay_troubled: Family::default(),
            bus_commands: BusCommandFigures::default(),
            webhooks: WebhookFigures::default(),
            full_since: Mutex::new(None),
            broken: AtomicBool::new(false),
        };
        metrics.register();
        metrics
    }

    fn register(&mut self) {
        let registry = &mut self.registry;
        registry.register(
            "http_requests",
            "Requests by method, route and status; 499: the client went away first",
            self.requests.clone(),
        );
        registry.register(
            "http_request_duration_seconds",
            "How long requests took until the answer's head",
            self.durations.clone(),
        );
        registry.register(
            "http_requests_in_flight",
            "Requests without an answer yet",
            self.in_flight.clone(),
        );
        registry.register("http_connections_open", "Open connections", self.connections.clone());
        registry.register("notification_streams_open", "Open streams of notifications", self.streams.clone());
        registry.register("waiters", "Requests that wait for an execution", self.waiters.clone());
        registry.register(
            "notifications_sent",
            "Notifications written to streams",
            self.notifications.clone(),
        );
        registry.register("rate_limited", "Requests over their key's rate limit", self.rate_limited.clone());
        registry.register(
            "authentication_failures",
            "Requests without a key that is good",
            self.unauthenticated.clone(),
        );
        registry.register(
            "appends_overloaded",
            "Commands answered `overloaded`, as the log's queue of appends was full",
            self.appends_overloaded.clone(),
        );
        registry.register("log_tail_position", "Highest durable position of the log", self.tail.clone());
        registry.register(
            "view_lag_events",
            "How far a view is behind the log, in events",
            self.view_lag.clone(),
        );
        registry.register(
            "relay_lag_events",
            "How far a feed on NATS is behind the log, in events",
            self.relay_lag.clone(),
        );
        registry.register(
            "relay_published_messages",
            "Messages of a feed published",
            self.relay_published.clone(),
        );
        registry.register(
            "relay_foreign_messages",
            "Messages of somebody else found on a feed's stream",
            self.relay_foreign.clone(),
        );
        registry.register(
            "relay_troubled",
            "1 while something keeps a feed from moving on; /readyz says what",
            self.relay_troubled.clone(),
        );
        self.bus_commands.register(registry);
        self.webhooks.register(registry);
    }

    /// What was done for webhooks since the start.
    pub(crate) fn webhooks(&self, totals: Totals) {
        self.webhooks.show(totals);
    }

    /// How the commands over NATS stand; nothing where there are none.
    pub(crate) fn bus_commands(&self, status: Option<CommandServiceStatus>) {
        self.bus_commands.show(status);
    }

    pub(super) fn append_failed(&self, trouble: AppendTrouble) {
        match trouble {
            AppendTrouble::Overloaded => {
                self.appends_overloaded.inc();
            }
            AppendTrouble::Full => {
                *self.full_since.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
            }
            AppendTrouble::Broken => self.broken.store(true, Ordering::Relaxed),
        }
    }

    /// Why appends cannot be expected to pass, as far as that is known.
    pub(crate) fn refuses_appends(&self) -> Option<&'static str> {
        if self.broken.load(Ordering::Relaxed) {
            return Some("the log does not take appends any more: see the server's log, then restart");
        }
        let full_since = *self.full_since.lock().unwrap_or_else(PoisonError::into_inner);
        full_since
            .is_some_and(|since| since.elapsed() < FULL_FOR)
            .then_some("the disk is full: free some space")
    }

    /// All figures as text.
    ///
    /// # Errors
    /// Never for figures that these types can hold; the encoder's error is passed on rather than hidden.
    pub(crate) fn text(
        &self,
        tail: GlobalPosition,
        views: &Views,
        feeds: impl IntoIterator<Item = RelayStatus>,
    ) -> Result<String, std::fmt::Error> {
        let as_gauge = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        self.tail.set(as_gauge(tail.get()));
        for view in View::ALL {
            self.view_lag.get_or_create(&OfView { view: view.as_str() }).set(as_gauge(views.lag(view)));
        }
        for RelayStatus { feed, lag, published, foreign, trouble, .. } in feeds {
            let of = OfFeed { feed };
            self.relay_lag.get_or_create(&of).set(as_gauge(lag));
            self.relay_published.get_or_create(&of).inner().store(published, Ordering::Relaxed);
            self.relay_foreign.get_or_create(&of).inner().store(foreign, Ordering::Relaxed);
            self.relay_troubled.get_or_create(&of).set(i64::from(trouble.is_some()));
        }
        let mut text = String::with_capacity(16 * 1024);
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

/// A request without an answer yet. Dropped without [`end`](Self::end), its client went away.
pub(super) struct Flight<'a> {
    metrics: &'a Metrics,
    method: &'static str,
    route: &'a str,
    began: Instant,
    status: u16,
}

impl<'a> Flight<'a> {
    pub(super) fn start(metrics: &'a Metrics, method: &'static str, route: &'a str, began: Instant) -> Self {
        metrics.in_flight.inc();
        Self { metrics, method, route, began, status: CLIENT_GONE }
    }

    /// Answers how long it took.
    pub(super) fn end(mut self, status: StatusCode) -> Duration {
        self.status = status.as_u16();
        self.began.elapsed()
    }
}

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        let Self { metrics, method, status, .. } = *self;
        let route = self.route.to_owned();
        metrics.in_flight.dec();
        metrics.requests.get_or_create(&Answered { method, route: route.clone(), status }).inc();
        let took = self.began.elapsed().as_secs_f64();
        metrics.durations.get_or_create(&Asked { method, route }).observe(took);
    }
}
