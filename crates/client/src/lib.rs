//! A typed client of the HTTP API of Vidimus.
//!
//! * [`Client`] has one method for each route; it is cheap to clone, and the clones are one.
//! * What fails for a moment is tried again where that cannot do anything twice: see [`RetryPolicy`].
//! * [`Client::wait`] waits for a decision through restarts of the server; [`Notifications`] follows what happens and
//!   goes on where it was when the connection breaks; [`Pages`] goes through a list page by page.
//! * [`permit`] checks the permits of calls where the calls run.
//! * [`proof`] checks signed checkpoints of the log, and proofs against them, without the server.
//! * What has no answer is a [`ClientError`], with the code that the server gave it.
//!
//! ```no_run
//! use std::time::Duration;
//! use vidimus_client::{Client, ClientError, types::{Propose, Start, Complete, Stage, Until}};
//!
//! # async fn run(call: Propose, key: &str) -> Result<(), ClientError> {
//! let client = Client::new("http://127.0.0.1:7878", key)?;
//! let proposed = client.propose(&call).await?;
//! let decided = client.wait(proposed.execution_id, Duration::from_secs(3600), Until::Decided).await?;
//! if decided.stage == Stage::Permitted {
//!     client.start(decided.execution_id, &Start::default()).await?;
//!     // … the call itself …
//!     client.complete(decided.execution_id, &Complete::default()).await?;
//! }
//! # Ok(())
//! # }
//! ```

mod builder;
mod client;
mod error;
mod notifications;
mod pages;
#[cfg(feature = "permit")]
pub mod permit;
#[cfg(feature = "proof")]
pub mod proof;
mod request;
mod retry;
#[cfg(feature = "tls")]
mod tls;

pub use builder::{ClientBuilder, Timeouts};
pub use client::{Client, Readiness};
pub use error::{ClientError, TransportKind};
pub use notifications::{Notifications, Notified};
pub use pages::{PagedQuery, Pages};
pub use retry::RetryPolicy;
/// What goes over the wire.
pub use vidimus_api_types as types;
