//! Writing one stream, in order, each message once.
//!
//! The fence is `Nats-Expected-Last-Sequence`: a message is stored only behind the sequence that its writer knows to be the
//! last. It is a number and no more, so there is never more than one publish on its way. If there were, a message of somebody
//! else that comes between two of them would take the place of the second, which is refused, and the third would be stored
//! behind the stranger: the second is lost and nothing shows it. What is to go fast goes as one *atomic batch* (NATS 2.12):
//! one fence, stored whole or not at all.
//!
//! A publish without an answer may be stored or not, and may yet be: the fence lets only one of it and its repetition in.
//! `Nats-Expected-Last-Msg-Id` is never sent: a stale one breaks a replicated stream for good (2.14.6 to 2.15.1).

mod answer;
mod error;

use std::time::Duration;

use answer::Answer;
use async_nats::{
    HeaderMap, Request,
    jetstream::{
        context::ContextBuilder,
        stream::{RawMessageError, RawMessageErrorKind, Stream},
    },
};
pub use error::{PublishError, PublishFailure};
use proto_events::Message;
use tokio::time::timeout;

use crate::{
    Bus, OpenError, StoredMessage, StreamSpec,
    stream::{self, refused},
};

/// Most messages of a batch: what servers take.
const BATCH: usize = 1_000;
/// So few messages go one after the other: a batch costs a server more than they do (a store of its own until it is whole).
const SINGLY: usize = 4;
/// Most bytes of a batch: it is in the server's memory until it is whole.
const BATCH_BYTES: usize = 4 * 1024 * 1024;

/// Whether there is a message, which the library cannot take apart: what it could not ask for has another source.
fn is_unreadable(error: &RawMessageError) -> bool {
    let source = std::error::Error::source(error);
    error.kind() == RawMessageErrorKind::Other
        && source.is_some_and(|source| !source.is::<async_nats::jetstream::context::RequestError>())
}

/// The one writer of a stream.
pub struct Publisher {
    bus: Bus,
    stream: Stream,
    spec: StreamSpec,
    last: u64,
    /// What tells the batches apart: of this publisher, and among each other.
    id: String,
    batches: u64,
}

impl Publisher {
    /// Makes the stream, or looks whether the one that is there can be used, and where it ends.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub async fn open(bus: &Bus, spec: &StreamSpec) -> Result<Self, OpenError> {
        let context = ContextBuilder::new().timeout(bus.timeout()).build(bus.client());
        let stream = stream::open(bus, &context, spec).await?;
        let last = stream.cached_info().state.last_sequence;
        let inbox = bus.client().new_inbox();
        let id = inbox.rsplit('.').next().unwrap_or_default().to_owned();
        Ok(Self { bus: bus.clone(), stream, spec: spec.clone(), last, id, batches: 0 })
    }

    /// When the stream was made: another one of the same name has another time.
    pub fn created(&self) -> String {
        self.stream.cached_info().created.to_string()
    }

    /// The oldest sequence that the stream had when it was opened; the one after the last if it had no messages.
    pub fn first(&self) -> u64 {
        let state = &self.stream.cached_info().state;
        if state.messages == 0 { state.last_sequence + 1 } else { state.first_sequence }
    }

    /// The last sequence that is known to be stored; 0 if there never was one.
    pub const fn last(&self) -> u64 {
        self.last
    }

    /// The message with this sequence; `None` if the stream does not have it any more. Its leader is asked: a replica that
    /// lags would not know it yet. One whose headers are no headers, which only somebody else can have sent, is there
    /// without them, its subject and its payload.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub async fn get(&self, sequence: u64) -> Result<Option<StoredMessage>, OpenError> {
        let name = &self.spec.name;
        let asked = self.stream.get_raw_message(sequence);
        let answer = self.bus.unless_refused(|subject| stream::is_api_of(subject, name), asked).await;
        match answer.map_err(|reason| refused(name, reason))? {
            Ok(message) => Ok(Some(message.into())),
            Err(error) if error.kind() == RawMessageErrorKind::NoMessageFound => Ok(None),
            Err(error) if is_unreadable(&error) => Ok(Some(StoredMessage {
                sequence,
                subject: String::new(),
                headers: Vec::new(),
                payload: bytes::Bytes::new(),
            })),
            Err(error) => Err(OpenError::Unavailable { reason: error.to_string() }),
        }
    }

    /// Stores messages behind the last one, in order; in batches, each whole or not at all.
    ///
    /// # Errors
    /// See [`PublishError`]: how many are stored for certain, and why not more. What was on its way may be stored or not: open
    /// the stream again and look.
    pub async fn publish(&mut self, messages: &[Message]) -> Result<(), PublishError> {
        let mut published = 0;
        while published < messages.len() {
            let stopped = |failure| PublishError { published, failure };
            let batch = self.fitting(&messages[published..]).map_err(stopped)?;
            self.store(batch).await.map_err(stopped)?;
            published += batch.len();
        }
        Ok(())
    }

    /// As many of the messages as one batch takes; at least one.
    fn fitting<'m>(&self, messages: &'m [Message]) -> Result<&'m [Message], PublishFailure> {
        let most = if messages.len() <= SINGLY { 1 } else { BATCH };
        let messages = &messages[..messages.len().min(most)];
        let mut bytes = 0;
        for (index, message) in messages.iter().enumerate() {
            let (size, limit) = (StreamSpec::size_of(message), self.spec.message_bytes);
            if size > limit {
                return match index {
                    0 => Err(PublishFailure::TooLarge { id: message.id.clone(), size, limit }),
                    _ => Ok(&messages[..index]),
                };
            }
            bytes += size;
            if bytes > BATCH_BYTES && index > 0 {
                return Ok(&messages[..index]);
            }
        }
        Ok(messages)
    }

    async fn store(&mut self, batch: &[Message]) -> Result<(), PublishFailure> {
        self.batches += 1;
        let within = self.bus.timeout();
        let refused = |subject: &str| batch.iter().any(|message| message.subject.as_str() == subject);
        let sent = timeout(within, self.send(batch, within));
        let payload = match self.bus.unless_refused(refused, sent).await {
            Ok(Ok(answer)) => answer?,
            Ok(Err(_)) => {
                let reason = "that messages are stored was not acknowledged in time".to_owned();
                return Err(PublishFailure::Unavailable { reason });
            }
            Err(reason) => return Err(PublishFailure::NotPermitted { reason }),
        };
        let last = self.last + batch.len() as u64;
        Answer::read(&payload)?.stored_up_to(last)?;
        self.last = last;
        Ok(())
    }

    async fn send(&self, batch: &[Message], within: Duration) -> Result<bytes::Bytes, PublishFailure> {
        let client = self.bus.client();
        let Some((end, before)) = batch.split_last() else { return Ok(bytes::Bytes::new()) };
        for (index, message) in before.iter().enumerate() {
            let headers = self.headers(message, index, batch.len());
            client
                .publish_with_headers(message.subject.to_string(), headers, message.payload.clone())
                .await
                .map_err(PublishFailure::unavailable)?;
        }
        let request = Request::new()
            .headers(self.headers(end, before.len(), batch.len()))
            .payload(end.payload.clone())
            .timeout(Some(within));
        let answer = client.send_request(end.subject.to_string(), request).await;
        answer.map(|message| message.payload).map_err(PublishFailure::unavailable)
    }

    fn headers(&self, message: &Message, index: usize, of: usize) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in &message.headers {
            headers.insert(*name, &**value);
        }
        headers.insert(async_nats::header::NATS_MESSAGE_ID, &*message.id);
        if index == 0 {
            headers.insert(async_nats::header::NATS_EXPECTED_LAST_SEQUENCE, &*self.last.to_string());
        }
        if of > 1 {
            headers.insert("Nats-Batch-Id", &*format!("{}-{}", self.id, self.batches));
            headers.insert("Nats-Batch-Sequence", &*(index + 1).to_string());
            if index + 1 == of {
                headers.insert("Nats-Batch-Commit", "1");
            }
        }
        headers
    }
}
