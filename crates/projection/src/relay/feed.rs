//! The two feeds: what of an event goes on which.

use proto_events::{Event, Message, RecordedEvent, Redaction};
use vidimus_bus::StreamSpec;

use super::RelayTrouble;
use crate::FeedError;

/// Which feed.
pub(super) enum FeedKind {
    /// The notifications, without what is to be left out.
    Notifications(Redaction),
    /// Every event of the log.
    Recorded,
}

/// Why an event has no message on this feed though it might have one.
pub(super) enum Unrendered {
    /// It is passed over: it is one tenant's, and the others, and what comes after it, are not to wait for it.
    Passed(String),
    /// The feed ends before it: it would not be every event of the log.
    Stopped(RelayTrouble),
}

impl FeedKind {
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Notifications(_) => "notifications",
            Self::Recorded => "recorded",
        }
    }

    /// The message of an event, if it has one on this feed.
    pub(super) fn message(
        &self,
        recorded: &RecordedEvent,
        spec: &StreamSpec,
    ) -> Result<Option<Message>, Unrendered> {
        match self {
            Self::Recorded => Message::recorded(recorded).map(Some).map_err(|error| {
                let reason =
                    format!("the event at position {} cannot be written as JSON: {error}", recorded.position);
                Unrendered::Stopped(RelayTrouble::unpublishable(reason))
            }),
            Self::Notifications(redaction) => {
                if recorded.stream.execution_id().is_none() {
                    return Ok(None);
                }
                let message = notification(recorded, redaction).map_err(Unrendered::Passed)?;
                match message.as_ref().map(StreamSpec::size_of) {
                    Some(size) if size > spec.message_bytes => {
                        Err(Unrendered::Passed(format!("its notification has {size} bytes")))
                    }
                    _ => Ok(message),
                }
            }
        }
    }
}

fn notification(recorded: &RecordedEvent, redaction: &Redaction) -> Result<Option<Message>, String> {
    let new = &recorded.event;
    let event = Event::decode(&new.event_type, new.schema_version, &new.payload)
        .map_err(|reason| FeedError::Undecodable { position: recorded.position, reason }.to_string())?;
    Message::notification(recorded, &event, redaction).map_err(|error| error.to_string())
}
