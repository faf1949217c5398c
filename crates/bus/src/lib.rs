//! NATS: put messages on a stream and know that they got there, read them back, serve commands.
//!
//! The only crate that names `async-nats`; none of its types is in a public signature. It knows nothing of the log: what a
//! message says, and which comes next, is its caller's business.
//!
//! * [`Bus`] is a connection: it begins without a server, and comes back by itself.
//! * [`Publisher`] writes one stream, in order, each message once, behind the fence of the expected last sequence.
//! * [`StreamReader`] reads a stream by sequence.
//! * [`make_consumer`] gives a reader who may be away a place on a stream.
//! * [`CommandService`] answers the commands of [`proto_events::BusCommand`] as a NATS service.

mod connection;
mod consumer;
mod publisher;
mod reader;
mod service;
mod stream;

pub use connection::{Bus, ConnectError, Credentials, Options, Standing};
pub use consumer::{ConsumerError, ConsumerSpec, make_consumer};
pub use publisher::{PublishError, PublishFailure, Publisher};
pub use reader::{ReadError, StreamReader, StreamState};
pub use service::{
    CommandReply, CommandRequest, CommandService, Commands, ServiceOptions, ServiceStatus, ServiceTrouble,
};
pub use stream::{OpenError, StoredMessage, StreamSpec};
