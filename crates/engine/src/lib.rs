//! The engine: looks up what a decision needs, lets the domain decide, appends, and retries on a conflict.
//!
//! It is the only place with a clock and a source of ids; both are handed in, so that a test holds them. Rules live in
//! `vidimus-domain`; what is durable is the log's business.
//!
//! * [`Engine`] has one method for each command.
//! * [`DeadlineKeeper`] follows the log and does what time does: expire what waits too long, mark as unknown what
//!   started and went silent.

mod clock;
mod deadlines;
mod engine;
mod error;
mod execution;
mod function;
mod ids;
mod principal;
mod propose;
mod reattempts;
mod record;

pub use clock::{Clock, ManualClock, SystemClock};
pub use deadlines::{DeadlineKeeper, Due};
pub use engine::{Engine, Settings};
pub use error::EngineError;
pub use execution::{Answer, Completion};
pub use function::AccessAnswer;
pub use ids::{Ids, RandomIds, SequentialIds};
pub use principal::{Principal, Role};
pub use propose::Proposal;
pub use record::FinishedCall;
