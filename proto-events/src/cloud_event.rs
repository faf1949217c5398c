//! Recorded events as CloudEvents 1.0, in the structured JSON mode of the NATS protocol binding.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    GlobalPosition, LeafHash, RecordedEvent, StreamId, TenantId, Timestamp, envelope::RecordedEventJson,
};

/// A recorded event as a CloudEvent. `data` is the recorded event as every surface shows it; the attributes around it repeat
/// what others route and filter by.
///
/// Read it back from text (`serde_json::from_slice`), not by way of a [`serde_json::Value`]: the payload's spelling is what
/// the leaf hash covers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CloudEvent {
    /// `1.0`.
    pub specversion: String,
    /// Id of the event.
    pub id: Uuid,
    /// `/vidimus/<tenant>`; unique together with the id.
    pub source: String,
    /// `io.vidimus.<type>.v<version of its shape>`.
    #[serde(rename = "type")]
    pub event_type: String,
    /// The stream that it belongs to.
    pub subject: StreamId,
    /// When it was decided.
    pub time: Timestamp,
    /// `application/json`.
    pub datacontenttype: String,
    /// Extension: the tenant that it belongs to.
    pub tenant: TenantId,
    /// Extension: its index in the whole log, from 1, in decimal.
    pub position: String,
    /// Extension: RFC 6962 leaf hash of the record.
    pub leafhash: LeafHash,
    /// Extension ("Distributed Tracing"): W3C Trace Context; the trace is the event's correlation id.
    pub traceparent: String,
    /// The recorded event.
    #[schemars(with = "RecordedEventJson")]
    pub data: RecordedEvent,
}

impl CloudEvent {
    /// The media type of one, as the header `content-type` says it.
    pub const MEDIA_TYPE: &'static str = "application/cloudevents+json";

    /// The CloudEvent of a recorded event.
    pub fn of(recorded: RecordedEvent) -> Self {
        let event = &recorded.event;
        Self {
            specversion: "1.0".to_owned(),
            id: event.event_id,
            source: format!("/vidimus/{}", recorded.tenant),
            event_type: Self::type_of(&event.event_type, event.schema_version),
            subject: recorded.stream.clone(),
            time: event.recorded_at,
            datacontenttype: "application/json".to_owned(),
            tenant: recorded.tenant.clone(),
            position: recorded.position.to_string(),
            leafhash: recorded.leaf_hash,
            traceparent: traceparent(&recorded),
            data: recorded,
        }
    }

    /// The attribute `type` of an event's type and version.
    pub(crate) fn type_of(event_type: &str, schema_version: u16) -> String {
        format!("io.vidimus.{event_type}.v{schema_version}")
    }

    /// Where it is in the log.
    pub const fn log_position(&self) -> GlobalPosition {
        self.data.position
    }
}

/// The W3C trace context of an event: its trace is the correlation id, its span is the end of the event's id.
pub(crate) fn traceparent(recorded: &RecordedEvent) -> String {
    let event = &recorded.event;
    let (_, span) = event.event_id.as_u64_pair();
    format!("00-{}-{span:016x}-01", event.correlation_id.simple())
}
