//! Numbering: from appends that are waiting to records with positions. Shared by every implementation.

use std::collections::HashSet;

use proto_events::{GlobalPosition, LeafHash, StreamVersion, TenantId};

use crate::{
    Append, Appended, Conflict, Limits, Refusal, StreamHead, StreamWrite, Written,
    block::MAX_BODY,
    heads::{ByKey, Heads, MAX_POSITION, MAX_VERSION, StreamKey},
    merkle::leaf_hash,
    record::{Place, record_len, write_record},
};

/// Longest name of an event type, in bytes.
const EVENT_TYPE_BYTES: usize = 128;

fn within(what: &'static str, size: usize, limit: usize) -> Result<(), Refusal> {
    if size <= limit { Ok(()) } else { Err(Refusal::TooLarge { what, size, limit }) }
}

/// How many bytes the records of `append` have, if it is within the limits.
pub(crate) fn admitted_bytes(append: &Append, limits: &Limits) -> Result<usize, Refusal> {
    let mut streams = HashSet::new();
    let (mut bytes, mut events) = (0, 0);
    within("the number of streams in the append", append.writes.len(), limits.append_events)?;
    for write in &append.writes {
        if append.writes.len() > 1 && !streams.insert(&write.stream) {
            return Err(Refusal::StreamTwice(write.stream.clone()));
        }
        for event in &write.events {
            within("an event's payload in bytes", event.payload.len(), limits.event_bytes)?;
            within("an event type's name in bytes", event.event_type.len(), EVENT_TYPE_BYTES)?;
            within("an actor's id in bytes", event.actor.id.len(), proto_events::Actor::MAX_ID_BYTES)?;
            bytes += record_len(&append.tenant, &write.stream, event);
        }
        events += write.events.len();
    }
    if events == 0 {
        return Err(Refusal::Empty);
    }
    within("the number of events in the append", events, limits.append_events)?;
    // Whatever the limits say, a block has to be one that can be read back.
    within("the append in bytes", bytes, limits.append_bytes.min(MAX_BODY))?;
    Ok(bytes)
}

/// Records that are being put together: of one block, or of one append.
pub(crate) struct Records {
    pub(crate) bytes: Vec<u8>,
    pub(crate) leaves: Vec<LeafHash>,
}

impl Records {
    pub(crate) fn with_capacity(bytes: usize) -> Self {
        Self { bytes: Vec::with_capacity(bytes), leaves: Vec::new() }
    }
}

/// Numbers appends one after the other on top of what is durable. What it numbered becomes visible in `heads` only by
/// [`Heads::publish`].
pub(crate) struct Sequencer<'a> {
    heads: &'a Heads,
    ahead: Option<&'a ByKey<StreamHead>>,
    next: GlobalPosition,
    numbered: ByKey<StreamHead>,
}

impl<'a> Sequencer<'a> {
    pub(crate) fn new(heads: &'a Heads, tail: GlobalPosition) -> Self {
        Self { heads, ahead: None, next: tail.next(), numbered: ByKey::default() }
    }

    /// Numbers on top of heads that are not visible yet, too.
    pub(crate) const fn on_top_of(mut self, ahead: &'a ByKey<StreamHead>) -> Self {
        self.ahead = Some(ahead);
        self
    }

    fn head(&self, key: StreamKey) -> Option<StreamHead> {
        let numbered = self.numbered.get(&key).or_else(|| self.ahead?.get(&key));
        numbered.copied().or_else(|| self.heads.get(key))
    }

    /// Checks every write of `append`, then adds its records to `records`; all or none.
    pub(crate) fn number(
        &mut self,
        append: &Append,
        records: &mut Records,
    ) -> Result<Result<Appended, Conflict>, Refusal> {
        let mut places = Vec::with_capacity(append.writes.len());
        for write in &append.writes {
            let key = self.heads.key(append.tenant.as_str().as_bytes(), write.stream.as_str().as_bytes());
            let head = self.head(key);
            let actual = head.map(|head| head.version);
            if !write.expected.admits(actual) {
                let StreamWrite { stream, expected, .. } = write;
                return Ok(Err(Conflict { stream: stream.clone(), expected: *expected, actual }));
            }
            let len = actual.map_or(0, |version| version.get() + 1) + write.events.len() as u64;
            within("the stream in events", to_size(len), to_size(MAX_VERSION + 1))?;
            places.push((key, head));
        }
        let events: usize = append.writes.iter().map(|write| write.events.len()).sum();
        let first = self.next;
        let end = first.get() + events as u64;
        within("the log in events", to_size(end - 1), to_size(MAX_POSITION))?;
        let mut written = Vec::with_capacity(places.len());
        for (write, (key, head)) in append.writes.iter().zip(places) {
            let head = self.write(&append.tenant, write, key, head, records);
            written.push(Written { version: head.map(|head| head.version) });
        }
        Ok(Ok(Appended { first, last: GlobalPosition::new(end - 1), written }))
    }

    fn write(
        &mut self,
        tenant: &TenantId,
        write: &StreamWrite,
        key: StreamKey,
        mut head: Option<StreamHead>,
        records: &mut Records,
    ) -> Option<StreamHead> {
        for event in &write.events {
            let version = head.map_or(StreamVersion::FIRST, |head| head.version.next());
            let place = Place {
                position: self.next,
                tenant,
                stream: &write.stream,
                version,
                previous: head.map(|head| head.position),
            };
            let start = records.bytes.len();
            write_record(&mut records.bytes, place, event);
            records.leaves.push(leaf_hash(records.bytes.get(start..).unwrap_or_default()));
            head = Some(StreamHead { version, position: self.next });
            self.next = self.next.next();
        }
        if let Some(head) = head {
            self.numbered.insert(key, head);
        }
        head
    }

    /// The new heads, to be made visible when what was numbered is durable.
    pub(crate) fn into_heads(self) -> ByKey<StreamHead> {
        self.numbered
    }
}

fn to_size(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests;
