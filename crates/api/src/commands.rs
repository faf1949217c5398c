//! The commands of the bus, asked in process: each is the request that HTTP has for it, put to the same routes. So the
//! keys, roles, limits, figures and errors are those of HTTP, and there is nothing that could differ.

mod request;

use std::sync::Arc;

use axum::{
    Router,
    http::{HeaderMap, header},
    response::Response,
};
use bytes::Bytes;
use proto_events::{BusCommand, TenantId};
pub use request::route;
use serde::Deserialize;
use tower::ServiceExt as _;
use vidimus_api_types::PROBLEM_JSON;

use crate::{problem::ApiError, routes::router, state::Api};

/// Headers of HTTP's answer that mean something to whoever asked over the bus.
const ANSWERED_HEADERS: [&str; 4] = ["content-type", "x-request-id", "traceparent", "retry-after"];

/// A command as it came over the bus.
#[derive(Clone, Debug)]
pub struct Command {
    /// The tenant that it was sent to. A key of another is no key.
    pub tenant: TenantId,
    /// What is asked.
    pub command: BusCommand,
    /// The execution that it is about, as it was written; where it is about one.
    pub execution: Option<String>,
    /// The headers, every value; names in upper or lower case.
    pub headers: Vec<(String, String)>,
    /// The body of HTTP, or for a query its parameters as a JSON object; empty is `{}`.
    pub body: Bytes,
}

/// What HTTP answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The code of a problem; `None` where it is none.
    pub code: Option<String>,
    /// The headers.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Bytes,
}

/// How whatever takes commands from the bus stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CommandServiceStatus {
    /// Whether it takes commands now.
    pub serving: bool,
    /// Why it does not: a stable code; `None` also before it begins.
    pub code: Option<&'static str>,
    /// Commands without an answer yet.
    pub in_flight: u64,
    /// Commands answered `overloaded` since the start of the process.
    pub overloaded: u64,
}

/// Asks how it stands: whoever takes commands from the bus is known by no other name here.
pub type AskCommandService = Arc<dyn Fn() -> CommandServiceStatus + Send + Sync>;

/// In the extensions of a request that came over the bus.
#[derive(Clone)]
pub(crate) struct OverBus {
    /// The tenant that it was sent to.
    pub(crate) tenant: TenantId,
    /// What is wrong with it, for whoever may know: said when key and role are found good.
    pub(crate) refusal: Option<ApiError>,
}

/// Answers commands. Cheap to clone; the clones are one.
#[derive(Clone)]
pub struct Commands {
    router: Router,
}

impl Commands {
    /// The commands of `api`. Who waits for a decision is woken while [`serve`](crate::serve) runs on the same `api`, and
    /// waits no longer when that stops.
    pub fn new(api: Api) -> Self {
        Self { router: router(api) }
    }

    /// Answers a command; also a refusal is an answer.
    pub async fn answer(&self, command: Command) -> Answer {
        let request = request::of(command);
        let Ok(response) = self.router.clone().oneshot(request).await;
        whole(response).await
    }
}

/// A problem, of which the code is of interest.
#[derive(Deserialize)]
struct Coded {
    code: String,
}

async fn whole(response: Response) -> Answer {
    let (parts, body) = response.into_parts();
    // The routes of the commands answer with what they have in memory: it does not end early, nor never.
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default();
    let is_problem = parts.headers.get(header::CONTENT_TYPE).is_some_and(|media| media == PROBLEM_JSON);
    let problem = is_problem.then(|| serde_json::from_slice::<Coded>(&body));
    Answer {
        status: parts.status.as_u16(),
        code: problem.and_then(Result::ok).map(|problem| problem.code),
        headers: answered(&parts.headers),
        body,
    }
}

fn answered(headers: &HeaderMap) -> Vec<(String, String)> {
    let header = |name: &str| Some((name.to_owned(), headers.get(name)?.to_str().ok()?.to_owned()));
    ANSWERED_HEADERS.into_iter().filter_map(header).collect()
}
