//! An event in its envelope.

use bytes::Bytes;
use bytestring::ByteString;
use schemars::JsonSchema;
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    ser::{Error as _, SerializeStruct},
};
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::{GlobalPosition, Json, LeafHash, StreamId, StreamVersion, TenantId, Timestamp};

/// What kind of principal acted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ActorKind {
    /// An agent, or the runtime that acts for it.
    Agent,
    /// A person.
    User,
    /// A program that acts on its own authority, for example an intervention service.
    Service,
    /// Vidimus itself, for example when a deadline passes.
    System,
}

impl ActorKind {
    /// The kind's stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::User => "user",
            Self::Service => "service",
            Self::System => "system",
        }
    }
}

/// The authenticated principal that caused an event.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Actor {
    /// What kind of principal.
    pub kind: ActorKind,
    /// Which one, within its tenant and kind; 1 to 255 bytes.
    #[schemars(with = "String")]
    #[cfg_attr(feature = "openapi", schema(value_type = String, min_length = 1, max_length = 255))]
    pub id: ByteString,
}

impl Actor {
    /// The longest `id`, in bytes.
    pub const MAX_ID_BYTES: usize = 255;

    /// The principal of this kind and id.
    pub fn new(kind: ActorKind, id: impl Into<ByteString>) -> Self {
        Self { kind, id: id.into() }
    }

    /// The user with this id.
    pub fn user(id: impl Into<ByteString>) -> Self {
        Self::new(ActorKind::User, id)
    }

    /// The agent with this id.
    pub fn agent(id: impl Into<ByteString>) -> Self {
        Self::new(ActorKind::Agent, id)
    }

    /// The service with this id.
    pub fn service(id: impl Into<ByteString>) -> Self {
        Self::new(ActorKind::Service, id)
    }

    /// Vidimus itself; `part` says which part of it.
    pub fn system(part: &'static str) -> Self {
        Self::new(ActorKind::System, part)
    }
}

impl std::fmt::Display for Actor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.kind.as_str(), self.id)
    }
}

/// An event that is to be appended: what the log needs to know of it. The log never looks into `payload`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEvent {
    /// Its id, drawn by whoever appends it.
    pub event_id: Uuid,
    /// Stable name of its type.
    pub event_type: ByteString,
    /// Version of its shape.
    pub schema_version: u16,
    /// When it was decided.
    pub recorded_at: Timestamp,
    /// Who caused it.
    pub actor: Actor,
    /// What it belongs to: the same for everything that one request from outside led to.
    pub correlation_id: Uuid,
    /// The event or request that led to it; the nil UUID ("no value" in RFC 9562) is kept as `None`.
    pub causation_id: Option<Uuid>,
    /// The event itself, as JSON text in UTF-8.
    pub payload: Bytes,
}

/// An event that is in the log: the event and its envelope.
///
/// As JSON it is one object with the payload under `data`, to the letter; read it back from text (`serde_json::from_slice`),
/// not by way of a [`serde_json::Value`], or the payload's spelling is lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedEvent {
    /// Its index in the whole log.
    pub position: GlobalPosition,
    /// The tenant that it belongs to.
    pub tenant: TenantId,
    /// The stream that it belongs to, within the tenant.
    pub stream: StreamId,
    /// Its index in the stream.
    pub version: StreamVersion,
    /// Position of the stream's event before it; `None` for the first.
    pub previous: Option<GlobalPosition>,
    /// RFC 6962 leaf hash of the record.
    pub leaf_hash: LeafHash,
    /// The event as it was appended.
    pub event: NewEvent,
}

/// A recorded event as JSON: one object, the same on every surface.
///
/// This type is what is read and what the schema describes; what is written is in [`RecordedEvent`]'s `Serialize`,
/// which borrows. A reader passes over keys that it does not know, so that the envelope may grow.
#[derive(Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[schemars(rename = "RecordedEvent")]
pub(crate) struct RecordedEventJson {
    /// Its index in the whole log, from 1.
    position: GlobalPosition,
    /// Its id.
    event_id: Uuid,
    /// The tenant that it belongs to.
    tenant: TenantId,
    /// The stream that it belongs to, within the tenant.
    stream: StreamId,
    /// Its index in the stream, from 0.
    version: StreamVersion,
    /// Position of the stream's event before it; `null` for the first.
    previous_position: Option<GlobalPosition>,
    /// Stable name of its type.
    #[serde(rename = "type")]
    #[schemars(with = "String")]
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    event_type: ByteString,
    /// Version of its shape.
    schema_version: u16,
    /// When it was decided.
    recorded_at: Timestamp,
    /// Who caused it.
    actor: Actor,
    /// What it belongs to: the same for everything that one request from outside led to.
    correlation_id: Uuid,
    /// The event or request that led to it; the nil UUID ("no value" in RFC 9562) is kept as `None`.
    causation_id: Option<Uuid>,
    /// RFC 6962 leaf hash of the record.
    leaf_hash: LeafHash,
    /// The event as it was appended, to the letter.
    data: Json,
}

/// The payload as the JSON text that it is. White space around it would be lost on the way, and with it the bytes that
/// are hashed: such a payload is refused.
fn payload_text(payload: &[u8]) -> Result<&RawValue, String> {
    let text: &RawValue = serde_json::from_slice(payload).map_err(|error| error.to_string())?;
    if text.get().len() == payload.len() {
        Ok(text)
    } else {
        Err("white space around the JSON value".to_owned())
    }
}

impl Serialize for RecordedEvent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let data = payload_text(&self.event.payload).map_err(|reason| {
            S::Error::custom(format_args!("payload of the event at position {}: {reason}", self.position))
        })?;
        let mut object = serializer.serialize_struct("RecordedEvent", 14)?;
        object.serialize_field("position", &self.position)?;
        object.serialize_field("event_id", &self.event.event_id)?;
        object.serialize_field("tenant", &self.tenant)?;
        object.serialize_field("stream", &self.stream)?;
        object.serialize_field("version", &self.version)?;
        object.serialize_field("previous_position", &self.previous)?;
        object.serialize_field("type", &*self.event.event_type)?;
        object.serialize_field("schema_version", &self.event.schema_version)?;
        object.serialize_field("recorded_at", &self.event.recorded_at)?;
        object.serialize_field("actor", &self.event.actor)?;
        object.serialize_field("correlation_id", &self.event.correlation_id)?;
        object.serialize_field("causation_id", &self.event.causation_id)?;
        object.serialize_field("leaf_hash", &self.leaf_hash)?;
        object.serialize_field("data", data)?;
        object.end()
    }
}

impl<'de> Deserialize<'de> for RecordedEvent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = RecordedEventJson::deserialize(deserializer)?;
        Ok(Self {
            position: json.position,
            tenant: json.tenant,
            stream: json.stream,
            version: json.version,
            previous: json.previous_position,
            leaf_hash: json.leaf_hash,
            event: NewEvent {
                event_id: json.event_id,
                event_type: json.event_type,
                schema_version: json.schema_version,
                recorded_at: json.recorded_at,
                actor: json.actor,
                correlation_id: json.correlation_id,
                causation_id: json.causation_id,
                payload: json.data.into_bytes(),
            },
        })
    }
}
