//! What happens, as it happens: server-sent events, through breaks of the connection.

use std::{fmt, pin::Pin, sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, stream};
use reqwest::header::{HeaderName, HeaderValue};
use sse_stream::{Sse, SseByteStream};
use tokio::time::{Instant, Sleep, sleep};
use vidimus_api_types::{GlobalPosition, Notification, NotificationQuery};

use crate::{
    Client, ClientError, TransportKind,
    request::{Call, Unparsed, chunk},
    retry::Pauses,
};

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// A notification, and where in the log its event is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notified {
    /// Position of the event: where to go on after it.
    pub position: GlobalPosition,
    /// The notification.
    pub notification: Notification,
}

type Connecting = Pin<Box<dyn Future<Output = Result<Open, ClientError>> + Send>>;
type Pieces = Pin<Box<dyn Stream<Item = Result<Bytes, ClientError>> + Send>>;

/// A connection that events come on.
struct Open {
    blocks: SseByteStream<Pieces>,
    unparsed: Arc<Unparsed>,
}

/// Notifications in the order of the log, none twice. When the connection breaks, it connects again and goes on after the
/// last position that it was told, by an event or by a heartbeat.
pub struct Notifications {
    client: Client,
    query: NotificationQuery,
    position: Option<GlobalPosition>,
    /// At most one of these is there. They are kept here and not in the future of `next`, so that whoever drops that
    /// again and again still gets on.
    pausing: Option<Pin<Box<Sleep>>>,
    connecting: Option<Connecting>,
    open: Option<Open>,
    pauses: Pauses,
    /// Since when there is no connection that brings anything.
    broken: Option<Instant>,
    /// What the server asks for at least.
    least_pause: Duration,
}

impl fmt::Debug for Notifications {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Notifications")
            .field("query", &self.query)
            .field("position", &self.position)
            .finish_non_exhaustive()
    }
}

impl Notifications {
    pub(crate) fn new(client: Client, query: NotificationQuery, position: Option<GlobalPosition>) -> Self {
        let pauses = client.0.retries.endless();
        Self {
            client,
            query,
            position,
            pausing: None,
            connecting: None,
            open: None,
            pauses,
            broken: None,
            least_pause: Duration::ZERO,
        }
    }

    /// The last position that it was told: where a later stream goes on, as its `last_event_id`.
    pub fn position(&self) -> Option<GlobalPosition> {
        self.position
    }

    /// The next notification; waits for it. Dropping the future loses nothing.
    ///
    /// # Errors
    /// A decided no, for example a key that is none any more; that there was no connection for longer than
    /// [`RetryPolicy::longest_outage`](crate::RetryPolicy::longest_outage); a notification that cannot be read, which is
    /// passed over. Asking again goes on.
    pub async fn next(&mut self) -> Result<Notified, ClientError> {
        loop {
            let error = match self.block().await {
                Ok(block) => match self.take(block) {
                    Some(notified) => return notified,
                    None => continue,
                },
                Err(error) => error,
            };
            self.open = None;
            if !error.is_retryable() {
                return Err(error);
            }
            let pause = self.pauses.after(&error).max(self.least_pause);
            let broken = *self.broken.get_or_insert_with(Instant::now);
            if broken.elapsed().saturating_add(pause) > self.client.0.retries.longest_outage {
                self.broken = None;
                self.pauses.reset();
                return Err(error);
            }
            tracing::debug!(code = error.code(), ?pause, position = ?self.position, "the stream is connected again");
            self.pausing = Some(Box::pin(sleep(pause)));
        }
    }

    /// The next block of the stream.
    async fn block(&mut self) -> Result<Sse, ClientError> {
        if let Some(pausing) = &mut self.pausing {
            pausing.await;
            self.pausing = None;
        }
        let open = match &mut self.open {
            Some(open) => open,
            none => {
                let connecting = self.connecting.get_or_insert_with(|| {
                    Box::pin(connect(self.client.clone(), self.query.clone(), self.position))
                });
                let connected = connecting.await;
                self.connecting = None;
                none.insert(connected?)
            }
        };
        let block = open.blocks.next().await;
        open.unparsed.reset();
        match block {
            Some(Ok(block)) => Ok(block),
            Some(Err(sse_stream::Error::Body(error))) => Err(match error.downcast::<ClientError>() {
                Ok(error) => *error,
                Err(error) => broken(&error.to_string()),
            }),
            Some(Err(error)) => Err(broken(&error.to_string())),
            None => Err(broken("the server ended it")),
        }
    }

    /// What a block says, if it is a notification that was not handed out before.
    fn take(&mut self, block: Sse) -> Option<Result<Notified, ClientError>> {
        // The connection works.
        self.pauses.reset();
        self.broken = None;
        if let Some(milliseconds) = block.retry {
            self.least_pause = Duration::from_millis(milliseconds).min(self.client.0.retries.longest_pause);
        }
        let position = block.id.as_deref().and_then(|id| id.parse().ok()).map(GlobalPosition::new);
        let is_new = position.is_some_and(|position| self.position.is_none_or(|before| position > before));
        if is_new {
            self.position = position;
        }
        let (data, position) = (block.data?, position?);
        // What the server sends twice around a break was handed out before.
        is_new.then(|| {
            let notification = serde_json::from_str(&data)
                .map_err(|error| ClientError::unreadable(200, &error, data.as_bytes()))?;
            Ok(Notified { position, notification })
        })
    }
}

fn broken(reason: &str) -> ClientError {
    ClientError::Transport { kind: TransportKind::Broken, message: format!("the stream broke off: {reason}") }
}

async fn connect(
    client: Client,
    query: NotificationQuery,
    position: Option<GlobalPosition>,
) -> Result<Open, ClientError> {
    let mut call =
        Call::get(&client, &["v1", "notifications", "stream"]).query(&query)?.accept("text/event-stream");
    if let Some(position) = position {
        call = call.header(LAST_EVENT_ID, HeaderValue::from(position.get()));
    }
    let response = client.open(&call).await?;
    let (idle, max) = (client.0.timeouts.stream_idle, client.0.max_answer_bytes);
    let unparsed = Arc::new(Unparsed::default());
    let counted = Arc::clone(&unparsed);
    let pieces = stream::try_unfold(response, move |mut response| {
        let counted = Arc::clone(&counted);
        async move {
            let Some(piece) = chunk(&mut response, idle).await? else { return Ok(None) };
            counted.grow(piece.len(), max)?;
            Ok(Some((piece, response)))
        }
    });
    let pieces: Pieces = Box::pin(pieces);
    Ok(Open { blocks: SseByteStream::new(pieces), unparsed })
}
