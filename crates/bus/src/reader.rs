//! Reading a stream by sequence.
//!
//! By *direct get*, many messages a question: it leaves nothing on the server that a restart could lose or somebody would
//! have to remove, any replica answers it, and whoever reads needs two permissions. The price is that the end of the stream
//! has to be looked at again and again; a look costs a server next to nothing.

mod error;

use std::time::Duration;

use async_nats::{HeaderMap, StatusCode, jetstream};
pub use error::ReadError;
use futures_util::StreamExt as _;
use tokio::time::{Instant, sleep, timeout};

use crate::{Bus, StoredMessage, stream::is_api_of};

/// Most messages of one answer.
const MAX_MESSAGES: usize = 1024;
/// Where an answer has more bytes than this, it ends.
const MAX_BYTES: usize = 4 * 1024 * 1024;
/// How often the end of the stream is looked at, while there is nothing new.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// For how long at most.
const LONGEST_WAIT: Duration = Duration::from_secs(2);
/// "That was all" of an answer with many messages.
const END_OF_ANSWER: u16 = 204;
/// Set by the server on every message of an answer that may have many; a server before 2.11 gives one, without.
const NUM_PENDING: &str = "Nats-Num-Pending";
/// What the server adds to the headers of a message when it is read.
const ADDED: [&str; 6] =
    ["Nats-Stream", "Nats-Sequence", "Nats-Subject", "Nats-Time-Stamp", NUM_PENDING, "Nats-Last-Sequence"];

/// What a stream has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamState {
    /// Sequence of the first message that is still there; one more than `last` where there is none.
    pub first: u64,
    /// Sequence of the last message that it ever took; 0 where it took none.
    pub last: u64,
    /// When it was made, in nanoseconds since 1970: another stream by the same name was made at another time.
    pub created: i128,
}

/// Reads a stream by sequence. Cheap to clone.
#[derive(Clone, Debug)]
pub struct StreamReader {
    bus: Bus,
    stream: String,
}

impl StreamReader {
    /// Of a stream that has to be there.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub async fn open(bus: &Bus, stream: &str) -> Result<Self, ReadError> {
        let reader = Self { bus: bus.clone(), stream: stream.to_owned() };
        reader.state().await?;
        Ok(reader)
    }

    /// Its name.
    pub fn stream(&self) -> &str {
        &self.stream
    }

    /// What it has now.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub async fn state(&self) -> Result<StreamState, ReadError> {
        let context = jetstream::new(self.bus.client());
        let stream = self
            .asked(async { context.get_stream(&self.stream).await.map_err(|error| self.not_found(&error)) })
            .await?;
        let info = stream.cached_info();
        if !info.config.allow_direct {
            let reason = format!(
                "its setting `allow_direct` is off; turn it on with `nats stream edit {} --allow-direct`",
                self.stream
            );
            return Err(self.unfit(reason));
        }
        Ok(StreamState {
            first: info.state.first_sequence,
            last: info.state.last_sequence,
            created: info.created.unix_timestamp_nanos(),
        })
    }

    /// Messages in order, the first that there are at or after sequence `from`: at most `limit` of them (and 1024). Fewer
    /// does not mean that the end is reached; none does.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub async fn read(&self, from: u64, limit: usize) -> Result<Vec<StoredMessage>, ReadError> {
        self.asked(self.direct_get(from.max(1), limit.clamp(1, MAX_MESSAGES))).await
    }

    async fn direct_get(&self, from: u64, limit: usize) -> Result<Vec<StoredMessage>, ReadError> {
        let question = serde_json::json!({
            "seq": from, "next_by_subj": ">", "batch": limit, "max_bytes": MAX_BYTES
        });
        let client = self.bus.client();
        let inbox = client.new_inbox();
        let mut answers = client.subscribe(inbox.clone()).await.map_err(unavailable)?;
        let subject = format!("$JS.API.DIRECT.GET.{}", self.stream);
        let asked = client.publish_with_reply(subject, inbox, question.to_string().into()).await;
        asked.map_err(unavailable)?;

        let mut messages = Vec::new();
        while messages.len() < limit {
            let answer = match timeout(self.bus.timeout(), answers.next()).await {
                Ok(Some(answer)) => answer,
                // The connection went away: what came until then is the beginning of the answer.
                _ if !messages.is_empty() => break,
                Ok(None) => return Err(unavailable(self.ended_at(from))),
                Err(_) => return Err(unavailable("no answer in time")),
            };
            match answer.status {
                None => {
                    let headers = answer.headers.unwrap_or_default();
                    let is_one_of_many = headers.get(NUM_PENDING).is_some();
                    messages.push(stored(&headers, answer.payload).ok_or_else(|| {
                        self.unfit("the server answered something else than a message".to_owned())
                    })?);
                    if !is_one_of_many {
                        break;
                    }
                }
                Some(StatusCode::NOT_FOUND) => break,
                Some(status) if status.as_u16() == END_OF_ANSWER => break,
                Some(StatusCode::NO_RESPONDERS) => {
                    return Err(unavailable("nobody answers for the stream now"));
                }
                Some(status) => {
                    let reason = answer.description.unwrap_or_default();
                    return Err(unavailable(format!("status {status}: {reason}")));
                }
            }
        }
        Ok(messages)
    }

    /// The message with this sequence; `None` if it is not there: not yet, or not any more.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub async fn get(&self, sequence: u64) -> Result<Option<StoredMessage>, ReadError> {
        let next = self.read(sequence, 1).await?;
        Ok(next.into_iter().find(|message| message.sequence == sequence))
    }

    /// Like [`read`](Self::read), and waits for a message where there is none yet; none came within two seconds where the
    /// answer is empty. Dropping the future loses nothing.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub async fn wait(&self, from: u64, limit: usize) -> Result<Vec<StoredMessage>, ReadError> {
        let until = Instant::now() + LONGEST_WAIT;
        loop {
            let messages = self.read(from, limit).await?;
            if !messages.is_empty() || Instant::now() >= until {
                return Ok(messages);
            }
            sleep(LOOK_EVERY).await;
        }
    }

    /// What is answered, unless there is no server or its permissions deny the question.
    async fn asked<T>(&self, question: impl Future<Output = Result<T, ReadError>>) -> Result<T, ReadError> {
        self.bus.connected().await.map_err(unavailable)?;
        let answer = self.bus.unless_refused(|subject| is_api_of(subject, &self.stream), question).await;
        answer.map_err(|reason| ReadError::NotPermitted { stream: self.stream.clone(), reason })?
    }

    /// The client panics over a header with a carriage return in the middle, and no other way leads to such a message.
    fn ended_at(&self, from: u64) -> String {
        format!(
            "the connection ended over the answer; if it does so again and again, a message from sequence {from} on has a header that is none: remove the stream `{}` with `nats stream rm`, so that it is filled anew without that",
            self.stream
        )
    }

    fn unfit(&self, reason: String) -> ReadError {
        ReadError::Unfit { stream: self.stream.clone(), reason }
    }

    fn not_found(&self, error: &jetstream::context::GetStreamError) -> ReadError {
        use jetstream::{ErrorCode, context::GetStreamErrorKind as Kind};
        let stream = self.stream.clone();
        match error.kind() {
            Kind::EmptyName | Kind::InvalidStreamName => ReadError::Missing { stream },
            Kind::JetStream(error) => match error.error_code() {
                ErrorCode::STREAM_NOT_FOUND => ReadError::Missing { stream },
                ErrorCode::JETSTREAM_NOT_ENABLED | ErrorCode::JETSTREAM_NOT_ENABLED_FOR_ACCOUNT => {
                    self.unfit("JetStream is not enabled, for the server or for this account".to_owned())
                }
                _ => unavailable(error),
            },
            Kind::Request => unavailable(error),
        }
    }
}

fn unavailable(reason: impl std::fmt::Display) -> ReadError {
    ReadError::Unavailable { reason: reason.to_string() }
}

/// The message of an answer; `None` if it is none.
fn stored(headers: &HeaderMap, payload: bytes::Bytes) -> Option<StoredMessage> {
    // The server's own come last.
    let sequence = headers.get_last("Nats-Sequence")?.as_str().parse().ok()?;
    let subject = headers.get_last("Nats-Subject")?.to_string();
    let own = headers.iter().filter(|(name, _)| !ADDED.contains(&AsRef::<str>::as_ref(name)));
    let first = |(name, values): (&async_nats::HeaderName, &Vec<async_nats::HeaderValue>)| {
        values.first().map(|value| (name.to_string(), value.to_string()))
    };
    Some(StoredMessage { sequence, subject, headers: own.filter_map(first).collect(), payload })
}
