//! What was acknowledged against what is there.

use uuid::Uuid;

use crate::{
    events,
    probe::{Probe, Seen},
};

/// An append that was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ack {
    /// Its number.
    pub append: u64,
    /// Position of its first event.
    pub first: u64,
    /// Position of its last event.
    pub last: u64,
}

impl Ack {
    /// Reads a line of `append_load`.
    pub fn parse(line: &str) -> Option<Self> {
        let mut numbers = line.strip_prefix("ack ")?.split(' ').map(|word| word.parse().unwrap());
        Some(Self { append: numbers.next()?, first: numbers.next()?, last: numbers.next()? })
    }
}

/// The events of append `number` as they have to be there: id, stream, payload digest.
fn expected(seed: u64, number: u64) -> Vec<(Uuid, String, String)> {
    let writes = events::append(seed, number).writes;
    let of = |write: vidimus_log::StreamWrite| {
        let stream = write.stream.to_string();
        write
            .events
            .into_iter()
            .map(move |event| (event.event_id, stream.clone(), events::digest(&event.payload)))
    };
    writes.into_iter().flat_map(of).collect()
}

/// The append that begins at `from` has to be there whole, and as it was; answers how many events it has.
fn whole(seed: u64, seen: &[Seen], from: usize) -> Result<usize, String> {
    let origin = events::origin(seen[from].id);
    let expected = expected(seed, origin.append);
    let found: Vec<_> = seen[from..]
        .iter()
        .take(expected.len())
        .map(|seen| (seen.id, seen.stream.clone(), seen.payload.clone()))
        .collect();
    if found == expected {
        Ok(expected.len())
    } else {
        Err(format!("append {} at position {} is not whole or not what it was", origin.append, from + 1))
    }
}

/// Everything that was acknowledged is at its place, to the byte; what else is there is whole appends, each once; the
/// numbering has no gaps; `verify` found nothing.
///
/// # Errors
/// What is wrong.
pub fn log_keeps(seed: u64, acks: &[Ack], probe: &Probe) -> Result<(), String> {
    if !probe.is_clean() {
        return Err(format!("not clean: {}", probe.summary()));
    }
    let seen = &probe.events;
    if let Some((at, wrong)) = (1..).zip(seen).find(|(at, event)| event.position != *at) {
        return Err(format!("position {} stands where {at} belongs", wrong.position));
    }
    let mut at = 0;
    let mut starts = std::collections::HashMap::new();
    while at < seen.len() {
        let append = events::origin(seen[at].id).append;
        if let Some(before) = starts.insert(append, at as u64 + 1) {
            return Err(format!("append {append} is there twice, at {before} and {}", at + 1));
        }
        at += whole(seed, seen, at)?;
    }
    for ack in acks {
        if starts.get(&ack.append) != Some(&ack.first) {
            let is = starts.get(&ack.append);
            return Err(format!("{ack:?} was acknowledged and is lost: it begins at {is:?}"));
        }
        let count = events::origin(seen[ack.first as usize - 1].id).count;
        if ack.last - ack.first + 1 != count {
            return Err(format!("{ack:?} was acknowledged with another number of events than {count}"));
        }
    }
    Ok(())
}
