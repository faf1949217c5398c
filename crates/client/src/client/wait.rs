//! One execution, at once or when it is decided.

use std::time::Duration;

use tokio::time::{Instant, sleep};
use uuid::Uuid;
use vidimus_api_types::{AsOf, Execution, GetQuery, Until};

use crate::{
    Client, ClientError,
    request::{Call, parse},
};

/// The longest time that is waited for a decision in one go: no clock gets to the end of `Duration::MAX`.
const LONGEST: Duration = Duration::from_secs(366 * 24 * 3600);
/// The longest single poll: shorter than what proxies cut off.
const POLL: Duration = Duration::from_secs(30);
/// How much longer than asked for the answer of a poll may take.
const SLACK: Duration = Duration::from_secs(5);

fn is_there(execution: &Execution, until: Until) -> bool {
    match until {
        Until::Decided => !execution.stage.awaits_decision(),
        Until::Finished => execution.stage.is_terminal(),
    }
}

impl Client {
    fn get_execution(&self, id: Uuid, query: &GetQuery) -> Result<Call, ClientError> {
        Call::get(self, &["v1", "executions", &id.to_string()]).query(query)
    }

    /// One execution with all that is known of it.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn execution(&self, id: Uuid) -> Result<Execution, ClientError> {
        self.json(self.get_execution(id, &GetQuery::default())?).await
    }

    /// One execution with all that was known of it then.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn execution_as_of(&self, id: Uuid, as_of: AsOf) -> Result<Execution, ClientError> {
        let query = GetQuery { as_of: Some(as_of), ..GetQuery::default() };
        self.json(self.get_execution(id, &query)?).await
    }

    /// Waits until the execution is decided, or over, at most `within`; answers how it stands then, also where the time is
    /// over. That the server cannot be reached meanwhile, or is overloaded, only costs time: it asks again.
    ///
    /// # Errors
    /// A decided no, at once; what kept it from an answer, when the time is over.
    pub async fn wait(&self, id: Uuid, within: Duration, until: Until) -> Result<Execution, ClientError> {
        let end = Instant::now() + within.min(LONGEST);
        let mut pauses = self.0.retries.endless();
        loop {
            let poll = end.saturating_duration_since(Instant::now()).min(POLL);
            let wait = (!poll.is_zero()).then(|| format!("{}ms", poll.as_millis()));
            let query = GetQuery { wait, until: Some(until), as_of: None };
            // A server that hangs must not take longer than the caller has.
            let call = self.get_execution(id, &query)?.takes(poll);
            let asked = Instant::now();
            let within = poll.saturating_add(self.0.timeouts.answer.min(SLACK));
            let answered = match tokio::time::timeout(within, self.try_once(&call)).await {
                Ok(answered) => answered.and_then(|(status, body)| parse::<Execution>(status, &body)),
                Err(_) => Err(ClientError::timed_out(within)),
            };
            let is_over = Instant::now() >= end;
            let pause = match answered {
                Ok(execution) if is_over || is_there(&execution, until) => return Ok(execution),
                // It waited, and nothing happened.
                Ok(_) if asked.elapsed() >= poll / 2 => {
                    pauses.reset();
                    continue;
                }
                // It did not wait, as servers that stop or have too many who wait do.
                Ok(_) => pauses.next(),
                Err(error) if is_over || !error.is_retryable() => return Err(error),
                Err(error) => {
                    tracing::debug!(code = error.code(), "waiting goes on");
                    pauses.after(&error)
                }
            };
            sleep(pause.min(end.saturating_duration_since(Instant::now()))).await;
        }
    }
}
