//! One recorded event as bytes: what the leaf hashes cover and what blocks are made of.
//!
//! `docs/reference/log-format.md` draws it byte by byte. Numbers are big-endian.

use bytes::{BufMut, Bytes};
use bytestring::ByteString;
use proto_events::{
    Actor, ActorKind, GlobalPosition, LeafHash, NewEvent, RecordedEvent, StreamId, StreamVersion, TenantId,
    Timestamp,
};
use uuid::Uuid;

/// Version of the record's layout.
const RECORD_VERSION: u8 = 1;
/// Bytes before the texts.
const FIXED: usize = 96;

/// Bytes that are no record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a record: {0}")]
pub struct RecordError(&'static str);

const CUT: RecordError = RecordError("it ends too early");

const fn kind_code(kind: ActorKind) -> u8 {
    match kind {
        ActorKind::Agent => 1,
        ActorKind::User => 2,
        ActorKind::Service => 3,
        ActorKind::System => 4,
    }
}

const fn kind_of(code: u8) -> Option<ActorKind> {
    Some(match code {
        1 => ActorKind::Agent,
        2 => ActorKind::User,
        3 => ActorKind::Service,
        4 => ActorKind::System,
        _ => return None,
    })
}

/// Where an event goes: what the log adds to it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'a> {
    pub(crate) position: GlobalPosition,
    pub(crate) tenant: &'a TenantId,
    pub(crate) stream: &'a StreamId,
    pub(crate) version: StreamVersion,
    pub(crate) previous: Option<GlobalPosition>,
}

/// How many bytes the record of `event` in this tenant and stream has.
pub(crate) fn record_len(tenant: &TenantId, stream: &StreamId, event: &NewEvent) -> usize {
    FIXED
        + tenant.as_str().len()
        + stream.as_str().len()
        + event.event_type.len()
        + event.actor.id.len()
        + event.payload.len()
}

fn u16_len(text: &str) -> u16 {
    // Every text is within its grammar or was refused before it came here.
    u16::try_from(text.len()).unwrap_or(u16::MAX)
}

/// Adds the record of `event` at `place` to `out`.
pub(crate) fn write_record(out: &mut Vec<u8>, place: Place<'_>, event: &NewEvent) {
    out.put_u64(place.position.get());
    out.put_u64(place.version.get());
    out.put_u64(place.previous.map_or(0, GlobalPosition::get));
    out.put_i64(event.recorded_at.as_micros());
    out.put_slice(event.event_id.as_bytes());
    out.put_slice(event.correlation_id.as_bytes());
    out.put_slice(event.causation_id.unwrap_or(Uuid::nil()).as_bytes());
    out.put_u16(event.schema_version);
    out.put_u8(kind_code(event.actor.kind));
    out.put_u8(RECORD_VERSION);
    out.put_u16(u16_len(place.tenant.as_str()));
    out.put_u16(u16_len(place.stream.as_str()));
    out.put_u16(u16_len(&event.event_type));
    out.put_u16(u16_len(&event.actor.id));
    out.put_u32(u32::try_from(event.payload.len()).unwrap_or(u32::MAX));
    out.put_slice(place.tenant.as_str().as_bytes());
    out.put_slice(place.stream.as_str().as_bytes());
    out.put_slice(event.event_type.as_bytes());
    out.put_slice(event.actor.id.as_bytes());
    out.put_slice(&event.payload);
}

/// The record of a recorded event: the bytes that its leaf hash covers.
pub fn encode_record(recorded: &RecordedEvent) -> Vec<u8> {
    let place = Place {
        position: recorded.position,
        tenant: &recorded.tenant,
        stream: &recorded.stream,
        version: recorded.version,
        previous: recorded.previous,
    };
    let mut out = Vec::with_capacity(record_len(&recorded.tenant, &recorded.stream, &recorded.event));
    write_record(&mut out, place, &recorded.event);
    out
}

/// The fixed part of a record, and where its texts are.
pub(crate) struct RecordHead {
    pub(crate) position: GlobalPosition,
    pub(crate) version: StreamVersion,
    pub(crate) previous: Option<GlobalPosition>,
    tenant: usize,
    stream: usize,
    event_type: usize,
    actor: usize,
    payload: usize,
}

fn array<const N: usize>(bytes: &[u8], at: usize) -> Result<[u8; N], RecordError> {
    bytes.get(at..).and_then(|rest| rest.first_chunk::<N>()).copied().ok_or(CUT)
}

fn u16_at(bytes: &[u8], at: usize) -> Result<usize, RecordError> {
    Ok(usize::from(u16::from_be_bytes(array(bytes, at)?)))
}

impl RecordHead {
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, RecordError> {
        if bytes.get(83) != Some(&RECORD_VERSION) {
            return Err(RecordError("its version is not 1; upgrade this program"));
        }
        let position_at =
            |at| Ok::<_, RecordError>(GlobalPosition::new(u64::from_be_bytes(array(bytes, at)?)));
        let previous = position_at(16)?;
        let tenant = FIXED + u16_at(bytes, 84)?;
        let stream = tenant + u16_at(bytes, 86)?;
        let event_type = stream + u16_at(bytes, 88)?;
        let actor = event_type + u16_at(bytes, 90)?;
        let payload = actor + u32::from_be_bytes(array(bytes, 92)?) as usize;
        if payload > bytes.len() {
            return Err(CUT);
        }
        Ok(Self {
            position: position_at(0)?,
            version: StreamVersion::new(u64::from_be_bytes(array(bytes, 8)?)),
            previous: (previous != GlobalPosition::START).then_some(previous),
            tenant,
            stream,
            event_type,
            actor,
            payload,
        })
    }

    /// How many bytes the record has.
    pub(crate) const fn len(&self) -> usize {
        self.payload
    }

    pub(crate) fn tenant_bytes<'a>(&self, record: &'a [u8]) -> &'a [u8] {
        record.get(FIXED..self.tenant).unwrap_or_default()
    }

    pub(crate) fn stream_bytes<'a>(&self, record: &'a [u8]) -> &'a [u8] {
        record.get(self.tenant..self.stream).unwrap_or_default()
    }
}

/// Reads the record that `bytes` starts with; the event shares their memory.
///
/// # Errors
/// When they do not start with a whole record of version 1.
pub fn decode_record(bytes: &Bytes, leaf_hash: LeafHash) -> Result<(RecordedEvent, usize), RecordError> {
    let head = RecordHead::read(bytes)?;
    let text = |from: usize, to: usize| {
        ByteString::try_from(bytes.slice(from..to)).map_err(|_| RecordError("a text is not UTF-8"))
    };
    let causation = Uuid::from_bytes(array(bytes, 64)?);
    let recorded = RecordedEvent {
        position: head.position,
        tenant: TenantId::from_record(text(FIXED, head.tenant)?),
        stream: StreamId::from_record(text(head.tenant, head.stream)?),
        version: head.version,
        previous: head.previous,
        leaf_hash,
        event: NewEvent {
            event_id: Uuid::from_bytes(array(bytes, 32)?),
            event_type: text(head.stream, head.event_type)?,
            schema_version: u16::from_be_bytes(array(bytes, 80)?),
            recorded_at: Timestamp::from_micros(i64::from_be_bytes(array(bytes, 24)?)),
            actor: Actor {
                kind: bytes
                    .get(82)
                    .copied()
                    .and_then(kind_of)
                    .ok_or(RecordError("its actor is of no known kind"))?,
                id: text(head.event_type, head.actor)?,
            },
            correlation_id: Uuid::from_bytes(array(bytes, 48)?),
            causation_id: (!causation.is_nil()).then_some(causation),
            payload: bytes.slice(head.actor..head.payload),
        },
    };
    Ok((recorded, head.payload))
}
