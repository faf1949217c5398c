//! How the service stands, for people and for metrics.

use async_nats::connection::State;
use tokio::sync::watch;

use super::{ServeError, places::Places};
use crate::{Bus, ConnectError, Standing};

/// Why commands are not served now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceTrouble {
    /// The stable code.
    pub code: &'static str,
    /// What it is and what to do, in words. For who may read the server's log: it names files and addresses.
    pub reason: String,
}

/// How the service stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceStatus {
    /// Whether it takes commands now.
    pub serving: bool,
    /// Why it does not; `None` also before it begins and after its end.
    pub trouble: Option<ServiceTrouble>,
    /// Commands without an answer yet.
    pub in_flight: usize,
    /// Bytes of them that are held.
    pub in_flight_bytes: usize,
    /// Commands answered `overloaded` since the start of the process.
    pub overloaded: u64,
}

impl From<ConnectError> for ServiceTrouble {
    fn from(error: ConnectError) -> Self {
        Self { code: error.code(), reason: error.to_string() }
    }
}

impl From<ServeError> for ServiceTrouble {
    fn from(error: ServeError) -> Self {
        Self { code: error.code(), reason: error.to_string() }
    }
}

/// What the service is on.
#[derive(Debug, Default)]
pub(super) enum On {
    #[default]
    Nothing,
    /// The connection; the clone of it here goes with the guard of [`Board::on`], as it would keep it open.
    Connection(Bus),
    Trouble(ServiceTrouble),
}

/// Where it says how it stands, and where answers find the connection that there is now.
#[derive(Debug, Default)]
pub(super) struct Board(watch::Sender<On>);

/// While there is this, answers go to a connection.
pub(super) struct OnConnection<'a>(&'a Board);

impl Board {
    pub(super) fn on(&self, bus: Bus) -> OnConnection<'_> {
        self.0.send_replace(On::Connection(bus));
        OnConnection(self)
    }

    /// Says it, once until something else is the matter.
    pub(super) fn trouble(&self, trouble: ServiceTrouble, last: &mut Option<ServiceTrouble>) {
        if last.as_ref() != Some(&trouble) {
            let ServiceTrouble { code, reason } = &trouble;
            tracing::error!(code, reason, "commands are not served over NATS for a moment");
            *last = Some(trouble.clone());
        }
        self.0.send_replace(On::Trouble(trouble));
    }

    /// The connection, as soon as there is one.
    pub(super) async fn connection(&self) -> Option<Bus> {
        let mut on = self.0.subscribe();
        let on = on.wait_for(|on| matches!(on, On::Connection(_))).await.ok()?;
        match &*on {
            On::Connection(bus) => Some(bus.clone()),
            On::Nothing | On::Trouble(_) => None,
        }
    }

    pub(super) fn status(&self, places: &Places) -> ServiceStatus {
        let (serving, trouble) = match &*self.0.borrow() {
            On::Nothing => (false, None),
            On::Trouble(trouble) => (false, Some(trouble.clone())),
            On::Connection(bus) if is_connected(bus) => (true, None),
            On::Connection(bus) => (false, Some(no_server(bus))),
        };
        let (held, overloaded) = places.figures();
        ServiceStatus { serving, trouble, in_flight: held.commands, in_flight_bytes: held.bytes, overloaded }
    }
}

impl Drop for OnConnection<'_> {
    fn drop(&mut self) {
        self.0.0.send_replace(On::Nothing);
    }
}

/// The client knows, even where an event that says so was lost.
pub(super) fn is_connected(bus: &Bus) -> bool {
    bus.client().connection_state() == State::Connected
}

fn no_server(bus: &Bus) -> ServiceTrouble {
    let reason = match &*bus.standing().borrow() {
        Standing::Connecting { reason: Some(reason) } => reason.clone(),
        Standing::Connecting { reason: None } | Standing::Connected => "looking for a server".to_owned(),
    };
    ServiceTrouble { code: "nats_unavailable", reason }
}
