//! Where a stream is, and what comes next: decided from what was found, without looking at anything.

use proto_events::{GlobalPosition, LeafHash};

use super::checkpoint::Known;

/// What was found on the stream, from its end backwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// No message that names an event.
    Nothing,
    /// One that names an event of this log.
    Ours {
        /// Its sequence.
        sequence: u64,
        /// Position of the event.
        position: GlobalPosition,
        /// Leaf hash of the event.
        leaf_hash: LeafHash,
    },
    /// One that names an event which this log does not have.
    Other {
        /// Its sequence.
        sequence: u64,
        /// The position that it names.
        position: GlobalPosition,
    },
}

/// The checkpoint, as far as it is about this stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Recollection {
    /// None, or one of another stream.
    None,
    /// One of an event of this log.
    OfThisLog(Known),
    /// One of an event that this log does not have.
    OfAnother(Known),
}

/// What comes next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Publish what comes after.
    After(Place),
    /// Publish nothing: the stream has another history.
    OtherHistory(String),
}

/// How far a stream is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    /// Sequence of the last message of this log; 0: none.
    pub(super) sequence: u64,
    /// Position of its event.
    pub(super) message: GlobalPosition,
    /// Up to here there is nothing to publish.
    pub(super) position: GlobalPosition,
    /// Leaf hash of the event there.
    pub(super) leaf_hash: Option<LeafHash>,
}

impl From<&Known> for Place {
    fn from(known: &Known) -> Self {
        let Known { created: _, sequence, message, position, leaf_hash } = *known;
        Self { sequence, message, position, leaf_hash }
    }
}

/// Decides. `first` is the oldest sequence that the stream has, the one after its last where it has none.
pub(super) fn next(first: u64, found: Found, recollection: &Recollection) -> Next {
    match (found, recollection) {
        (Found::Other { sequence, position }, _) => Next::OtherHistory(format!(
            "message {sequence} of the stream is event {position} of a log that is not this one, or of this one before it was restored from a backup: nothing is published; let the relay write to another stream, or remove this one with `nats stream rm`"
        )),
        // Events behind it that have no message need not be read again.
        (Found::Ours { sequence, position, .. }, Recollection::OfThisLog(known))
            if (known.sequence, known.message) == (sequence, position) && known.position >= position =>
        {
            Next::After(known.into())
        }
        (Found::Ours { sequence, position, leaf_hash }, _) => {
            Next::After(Place { sequence, message: position, position, leaf_hash: Some(leaf_hash) })
        }
        // Its message is not there any more: it has expired.
        (Found::Nothing, Recollection::OfThisLog(known)) if known.sequence < first => {
            Next::After(known.into())
        }
        (Found::Nothing, Recollection::OfAnother(known)) if 0 < known.sequence && known.sequence < first => {
            Next::OtherHistory(format!(
                "message {} of the stream, which has expired, was event {} of a log that is not this one, or of this one before it was restored from a backup: nothing is published; let the relay write to another stream, or remove this one with `nats stream rm`",
                known.sequence, known.message
            ))
        }
        (Found::Nothing, _) => Next::After(Place::default()),
    }
}

#[cfg(test)]
mod tests;
