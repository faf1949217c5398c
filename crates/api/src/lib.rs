//! The HTTP API: routes, who may use them, errors as problems, what is live.
//!
//! It holds no rule of the business: a request is checked for its shape, its key is looked up, the engine or a view is
//! asked, and the answer is put into the words of `vidimus-api-types`. [`router`] is all of it; [`serve`] puts it on a
//! listener until it is told to stop. Every route is in the table of [`routes`], with the roles that may use it, and so
//! in the document at `/openapi.json`.

mod auth;
pub mod commands;
pub mod convert;
mod extract;
mod limits;
mod live;
mod problem;
mod routes;
mod server;
mod state;
mod telemetry;

pub use limits::RateLimit;
pub use routes::{openapi, router};
pub use server::serve;
pub use state::{Api, Settings};
