//! What every route shares.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use axum::Router;
use proto_events::Redaction;
use tokio::sync::watch;
use vidimus_engine::{Deliveries, Engine, replay::ReplayBounds};
use vidimus_projection::{Past, Relay, Views};

use crate::{
    commands::{AskCommandService, CommandServiceStatus},
    limits::{RateLimit, RateLimits},
    live::Live,
    telemetry::Metrics,
};

/// Limits and time-outs.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The largest body, in bytes.
    pub max_body_bytes: usize,
    /// How long a body may take to arrive.
    pub body_timeout: Duration,
    /// How long a list waits for `min_position`.
    pub position_timeout: Duration,
    /// Most connections; further ones wait to be accepted.
    pub max_connections: usize,
    /// How long the head of a request may take to arrive, and the first request of a connection.
    pub header_timeout: Duration,
    /// How long a connection may be silent that no stream is open on. Longer than a long poll may last.
    pub idle_timeout: Duration,
    /// How long running requests have to end when the server is told to stop.
    pub drain_timeout: Duration,
    /// Most requests that wait for an execution; one more is answered `too_many_waiters`.
    pub max_waiters: usize,
    /// Most open streams of notifications; one more is answered `too_many_streams`.
    pub max_streams: usize,
    /// How often a quiet stream says that it is alive, and how often a stream's key is looked at again.
    pub heartbeat: Duration,
    /// Most bytes of notifications that are held for streams that are at the tail; those further back read the log.
    pub live_bytes: usize,
    /// `/readyz` says no while a view is further behind the log, in events.
    pub max_view_lag: u64,
    /// What notifications leave out of arguments.
    pub redaction: Redaction,
    /// What one replay of a policy set may take.
    pub replay: ReplayBounds,
    /// How many requests one key may make; `None`: as many as it can.
    pub rate_limit: Option<RateLimit>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            max_body_bytes: 1024 * 1024,
            body_timeout: Duration::from_secs(30),
            position_timeout: Duration::from_secs(5),
            max_connections: 4096,
            header_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(75),
            drain_timeout: Duration::from_secs(10),
            max_waiters: 10_000,
            max_streams: 2_000,
            heartbeat: Duration::from_secs(15),
            live_bytes: 16 * 1024 * 1024,
            max_view_lag: 10_000,
            redaction: Redaction::default(),
            replay: ReplayBounds::default(),
            rate_limit: Some(RateLimit::default()),
        }
    }
}

/// What the routes work on. Cheap to clone; the clones are one.
#[derive(Clone)]
pub struct Api(pub(crate) Arc<Shared>);

pub(crate) struct Shared {
    pub(crate) engine: Arc<Engine>,
    pub(crate) views: Views,
    pub(crate) past: OnceLock<Past>,
    pub(crate) relay: OnceLock<Relay>,
    pub(crate) deliveries: OnceLock<Deliveries>,
    pub(crate) command_service: OnceLock<AskCommandService>,
    pub(crate) pages: OnceLock<Router>,
    pub(crate) settings: Settings,
    pub(crate) live: Live,
    pub(crate) metrics: Metrics,
    pub(crate) rate_limits: RateLimits,
    /// Turns true when the server is told to stop: what is open without end ends then.
    pub(crate) closing: watch::Sender<bool>,
}

impl Api {
    /// An API over `engine` and `views`, which follow the same log.
    pub fn new(engine: Arc<Engine>, views: Views, settings: Settings) -> Self {
        Self(Arc::new(Shared {
            engine,
            views,
            past: OnceLock::new(),
            relay: OnceLock::new(),
            deliveries: OnceLock::new(),
            command_service: OnceLock::new(),
            pages: OnceLock::new(),
            live: Live::new(&settings),
            metrics: Metrics::new(),
            rate_limits: RateLimits::new(settings.rate_limit),
            closing: watch::Sender::new(false),
            settings,
        }))
    }

    /// With the views as they were, for `as_of`, of the same log; the first ones stay.
    #[must_use]
    pub fn with_past(self, past: Past) -> Self {
        let _ = self.0.past.set(past);
        self
    }

    /// With what is said of this relay in `/readyz` and `/metrics`; the first one stays.
    #[must_use]
    pub fn with_relay(self, relay: Relay) -> Self {
        let _ = self.0.relay.set(relay);
        self
    }

    /// With how the deliveries of webhooks stand, for `/v1/webhooks` and `/metrics`; the first one stays.
    #[must_use]
    pub fn with_webhooks(self, deliveries: Deliveries) -> Self {
        let _ = self.0.deliveries.set(deliveries);
        self
    }

    /// With what is said of the commands over NATS in `/readyz` and `/metrics`; the first one stays.
    #[must_use]
    pub fn with_command_service(self, status: AskCommandService) -> Self {
        let _ = self.0.command_service.set(status);
        self
    }

    /// With these pages beside the API, on the same listener; the first ones stay.
    #[must_use]
    pub fn with_pages(self, pages: Router) -> Self {
        let _ = self.0.pages.set(pages);
        self
    }

    pub(crate) fn pages(&self) -> Option<&Router> {
        self.0.pages.get()
    }

    /// How the commands over NATS stand; `None` where there are none.
    pub(crate) fn command_service(&self) -> Option<CommandServiceStatus> {
        self.0.command_service.get().map(|status| status())
    }

    pub(crate) fn deliveries(&self) -> Option<&Deliveries> {
        self.0.deliveries.get()
    }

    pub(crate) fn relay(&self) -> Option<&Relay> {
        self.0.relay.get()
    }

    pub(crate) fn past(&self) -> Option<&Past> {
        self.0.past.get()
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.0.engine
    }

    pub(crate) fn views(&self) -> &Views {
        &self.0.views
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.0.settings
    }

    pub(crate) fn live(&self) -> &Live {
        &self.0.live
    }

    pub(crate) fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    pub(crate) fn rate_limits(&self) -> &RateLimits {
        &self.0.rate_limits
    }

    pub(crate) fn closing(&self) -> &watch::Sender<bool> {
        &self.0.closing
    }
}
