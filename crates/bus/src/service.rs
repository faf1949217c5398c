//! The commands as a NATS service.
//!
//! Each command is an endpoint of the service `vidimus`, for all tenants: `vidimus.v1.*.command.<command>`, and
//! `vidimus.v1.*.command.<command>.*` where it is about one execution. Services of one log share a queue group, so that
//! each request goes to one of them. What a command does is its [`Commands`]' business; here it is taken from the bus,
//! and what is answered is put back, with the status and the code in headers.

mod endpoints;
mod pauses;
mod places;
mod reply;
mod running;
mod status;
mod subject;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use pauses::Pauses;
use places::Places;
use proto_events::{BusCommand, TenantId};
use running::Running;
use status::Board;
pub use status::{ServiceStatus, ServiceTrouble};
use tokio::{
    sync::watch,
    time::{Instant, sleep},
};

use crate::{Bus, Options};

/// A command as it came over the bus.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandRequest {
    /// The tenant that the subject names.
    pub tenant: TenantId,
    /// What is asked.
    pub command: BusCommand,
    /// The execution that the subject names, as it is written there: whether that is an id is said with the rest of the
    /// answer. There where the command is about one.
    pub execution: Option<String>,
    /// The headers, all values, sorted by name: NATS tells upper from lower case and keeps no order.
    pub headers: Vec<(String, String)>,
    /// The body: that of the HTTP API, or for a query its parameters as a JSON object; empty is `{}`.
    pub body: Bytes,
}

/// What is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandReply {
    /// The status that HTTP has for it.
    pub status: u16,
    /// The stable code of a problem; `None` where it is none.
    pub code: Option<String>,
    /// The headers to send along.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Bytes,
}

/// Whoever does what is asked.
#[async_trait]
pub trait Commands: Send + Sync + 'static {
    /// Method and path that a command has in HTTP: what the service says of its endpoints.
    fn route(&self, command: BusCommand) -> (&'static str, &'static str);

    /// Answers a command; also a refusal is an answer.
    async fn answer(&self, request: CommandRequest) -> CommandReply;
}

/// Bounds of a service.
#[derive(Clone, Debug)]
pub struct ServiceOptions {
    /// Most commands at once, a quarter of them for one tenant; one more is answered `overloaded`.
    pub max_in_flight: usize,
    /// How long running commands have to end when the service is told to stop.
    pub drain_timeout: Duration,
}

impl Default for ServiceOptions {
    fn default() -> Self {
        Self { max_in_flight: 4096, drain_timeout: Duration::from_secs(10) }
    }
}

/// Why a connection serves no more.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
enum ServeError {
    /// The service could not be begun.
    #[error("commands cannot be served over NATS: {reason}; this is tried again")]
    NotStarted {
        /// What the client said.
        reason: String,
    },
    /// The connection is gone for good; one that is only looking for a server is not.
    #[error("the connection to NATS ended for good: it is made anew")]
    ConnectionEnded,
}

impl ServeError {
    /// The stable code.
    const fn code(&self) -> &'static str {
        match self {
            Self::NotStarted { .. } => "nats_service_not_started",
            Self::ConnectionEnded => "nats_connection_ended",
        }
    }
}

/// The service. Cheap to clone; the clones are one.
#[derive(Clone)]
pub struct CommandService {
    shared: Arc<Shared>,
}

struct Shared {
    commands: Arc<dyn Commands>,
    options: ServiceOptions,
    places: Arc<Places>,
    board: Board,
}

impl CommandService {
    /// The service of `commands`.
    pub fn new(commands: Arc<dyn Commands>, options: ServiceOptions) -> Self {
        let (places, board) = (Places::new(options.max_in_flight), Board::default());
        Self { shared: Arc::new(Shared { commands, options, places, board }) }
    }

    /// How it stands now.
    pub fn status(&self) -> ServiceStatus {
        self.shared.board.status(&self.shared.places)
    }

    /// Serves until `stop` turns true or its sender is gone. It begins also while there is no server, and goes on by itself
    /// when one comes back. Told to stop, it takes no further requests, lets what runs end within
    /// [`ServiceOptions::drain_timeout`], and returns. A request that is on its way in that instant has no answer: whoever
    /// asked asks again, which is safe. To be run once at a time.
    ///
    /// It serves on `first`, and on a new connection like `to` whenever one ended for good. Whoever may send a command can end
    /// the connection that takes it: the client panics over a header with a carriage return in the middle. So it should be no
    /// connection that anything else depends on. What runs then goes on and is answered on the next one.
    pub async fn run(self, first: Bus, to: Options, mut stop: watch::Receiver<bool>) {
        let (mut running, mut last) = (Running::new(Arc::clone(&self.shared)), None);
        let (mut next, mut pauses) = (Ok(first), Pauses::default());
        loop {
            let began = Instant::now();
            let (trouble, pause) = match next {
                Ok(bus) => match running.serve(bus, stop.clone()).await {
                    Ok(()) => return,
                    Err(error) => {
                        let served = error == ServeError::ConnectionEnded;
                        last = if served { None } else { last };
                        (error.into(), if served { pauses.ended(began.elapsed()) } else { pauses.failed() })
                    }
                },
                Err(error) => (ServiceTrouble::from(error), pauses.failed()),
            };
            self.shared.board.trouble(trouble, &mut last);
            let stopped = tokio::select! {
                () = sleep(pause) => false,
                _ = stop.wait_for(|stop| *stop) => true,
            };
            if stopped {
                return running.end().await;
            }
            next = Bus::connect(to.clone()).await;
        }
    }
}
