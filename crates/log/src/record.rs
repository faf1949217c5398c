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

use crate::heads::MAX_VERSION;

/// Version of the record's layout.
pub(crate) const VERSION: u8 = 1;
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
    out.put_u8(VERSION);
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

/// The fixed bytes of the record that `bytes` starts with.
fn fixed(bytes: &[u8]) -> Result<&[u8; FIXED], RecordError> {
    bytes.first_chunk().ok_or(CUT)
}

#[inline]
fn field<const N: usize>(fixed: &[u8; FIXED], at: usize) -> [u8; N] {
    // Every `at` is a constant within the fixed bytes.
    fixed.get(at..).and_then(|rest| rest.first_chunk()).copied().unwrap_or([0; N])
}

fn u16_at(fixed: &[u8; FIXED], at: usize) -> usize {
    usize::from(u16::from_be_bytes(field(fixed, at)))
}

impl RecordHead {
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, RecordError> {
        let fixed = fixed(bytes)?;
        if fixed[83] != VERSION {
            return Err(RecordError("its version is not 1; upgrade this program"));
        }
        let position_at = |at| GlobalPosition::new(u64::from_be_bytes(field(fixed, at)));
        let previous = position_at(16);
        let tenant = FIXED + u16_at(fixed, 84);
        let stream = tenant + u16_at(fixed, 86);
        let event_type = stream + u16_at(fixed, 88);
        let actor = event_type + u16_at(fixed, 90);
        let payload = actor.saturating_add(u32::from_be_bytes(field(fixed, 92)) as usize);
        if payload > bytes.len() {
            return Err(CUT);
        }
        Ok(Self {
            position: position_at(0),
            version: StreamVersion::new(u64::from_be_bytes(field(fixed, 8))),
            previous: (previous != GlobalPosition::START).then_some(previous),
            tenant,
            stream,
            event_type,
            actor,
            payload,
        })
    }

    /// Checks what a record says of its place against the place that it was found at.
    ///
    /// # Errors
    /// When it names another, or one that no log gives.
    pub(crate) fn check(&self, position: u64) -> Result<(), RecordError> {
        let first = self.version == StreamVersion::FIRST;
        if self.position.get() != position {
            return Err(RecordError("it names another position than it stands at"));
        }
        if self.version.get() > MAX_VERSION
            || first != self.previous.is_none()
            || self.previous >= Some(self.position)
        {
            return Err(RecordError("its version and the event before it contradict each other"));
        }
        Ok(())
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

    /// The event of the record that `bytes` starts with and that this is the head of; it shares their memory.
    pub(crate) fn decode(&self, bytes: &Bytes, leaf_hash: LeafHash) -> Result<RecordedEvent, RecordError> {
        let fixed = fixed(bytes)?;
        let text = |from: usize, to: usize| {
            ByteString::try_from(bytes.slice(from..to)).map_err(|_| RecordError("a text is not UTF-8"))
        };
        let causation = Uuid::from_bytes(field(fixed, 64));
        let micros = i64::from_be_bytes(field(fixed, 24));
        let recorded_at = Timestamp::from_micros(micros);
        if recorded_at.as_micros() != micros {
            return Err(RecordError("its time is none that can be recorded"));
        }
        Ok(RecordedEvent {
            position: self.position,
            tenant: TenantId::from_record(text(FIXED, self.tenant)?),
            stream: StreamId::from_record(text(self.tenant, self.stream)?),
            version: self.version,
            previous: self.previous,
            leaf_hash,
            event: NewEvent {
                event_id: Uuid::from_bytes(field(fixed, 32)),
                event_type: text(self.stream, self.event_type)?,
                schema_version: u16::from_be_bytes(field(fixed, 80)),
                recorded_at,
                actor: Actor {
                    kind: kind_of(fixed[82]).ok_or(RecordError("its actor is of no known kind"))?,
                    id: text(self.event_type, self.actor)?,
                },
                correlation_id: Uuid::from_bytes(field(fixed, 48)),
                causation_id: (!causation.is_nil()).then_some(causation),
                payload: bytes.slice(self.actor..self.payload),
            },
        })
    }
}

/// Reads the record that `bytes` starts with; the event shares their memory.
///
/// # Errors
/// When they do not start with a whole record of version 1.
pub fn decode_record(bytes: &Bytes, leaf_hash: LeafHash) -> Result<(RecordedEvent, usize), RecordError> {
    let head = RecordHead::read(bytes)?;
    Ok((head.decode(bytes, leaf_hash)?, head.len()))
}

#[cfg(test)]
pub(crate) mod tests;
