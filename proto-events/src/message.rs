//! Messages of the bus: what is published, to the letter.

use bytes::Bytes;

use crate::{CloudEvent, Event, Notification, RecordedEvent, Redaction, Subject, cloud_event::traceparent};

/// Names of the headers that messages carry. NATS tells upper from lower case.
pub mod header {
    /// Index of the event in the whole log, from 1: a consumer that has seen it passes it over.
    pub const POSITION: &str = "Vidimus-Position";
    /// RFC 6962 leaf hash of the event's record, in hex.
    pub const LEAF_HASH: &str = "Vidimus-Leaf-Hash";
    /// The tenant.
    pub const TENANT: &str = "Vidimus-Tenant";
    /// The event's id.
    pub const EVENT_ID: &str = "Vidimus-Event-Id";
    /// W3C Trace Context.
    pub const TRACEPARENT: &str = "traceparent";
    /// Media type of the payload.
    pub const CONTENT_TYPE: &str = "content-type";
    /// On the answer to a command: the status that HTTP has for it.
    pub const STATUS: &str = "Vidimus-Status";
}

/// A message for a stream of the bus.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Where it goes.
    pub subject: Subject,
    /// Names it on its stream (`Nats-Msg-Id`): tenant and event id, as the ids of all tenants are in one room there.
    pub id: String,
    /// Its headers, by the names in [`header`].
    pub headers: Vec<(&'static str, String)>,
    /// Its payload.
    pub payload: Bytes,
}

impl Message {
    /// The message of a notification; `None` for events that are on record only. The payload is the notification, to the
    /// letter; what else a subscriber needs is in the headers.
    ///
    /// # Errors
    /// When it cannot be written as JSON, which would be a bug.
    pub fn notification(
        recorded: &RecordedEvent,
        event: &Event,
        redaction: &Redaction,
    ) -> Result<Option<Self>, serde_json::Error> {
        let Some(execution_id) = recorded.stream.execution_id() else { return Ok(None) };
        let Some(notification) = Notification::of(recorded, event, redaction) else { return Ok(None) };
        let subject = Subject::notification(&recorded.tenant, execution_id, notification.kind);
        let payload = serde_json::to_vec(&notification)?;
        Ok(Some(Self::of(recorded, subject, "application/json", payload)))
    }

    /// The message of a recorded event: a CloudEvent.
    ///
    /// # Errors
    /// When it cannot be written as JSON: its payload is none.
    pub fn recorded(recorded: &RecordedEvent) -> Result<Self, serde_json::Error> {
        let payload = serde_json::to_vec(&CloudEvent::of(recorded.clone()))?;
        Ok(Self::of(recorded, Subject::recorded(recorded), CloudEvent::MEDIA_TYPE, payload))
    }

    fn of(recorded: &RecordedEvent, subject: Subject, content_type: &str, payload: Vec<u8>) -> Self {
        let event_id = recorded.event.event_id.to_string();
        Self {
            subject,
            id: format!("{}/{event_id}", recorded.tenant),
            headers: vec![
                (header::POSITION, recorded.position.to_string()),
                (header::LEAF_HASH, recorded.leaf_hash.to_string()),
                (header::TENANT, recorded.tenant.to_string()),
                (header::EVENT_ID, event_id),
                (header::TRACEPARENT, traceparent(recorded)),
                (header::CONTENT_TYPE, content_type.to_owned()),
            ],
            payload: payload.into(),
        }
    }
}
