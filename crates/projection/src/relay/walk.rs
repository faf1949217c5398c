//! Looking at a stream: backwards from its end to the last message of this log.

mod passed;

pub(super) use passed::Passed;
use proto_events::{GlobalPosition, LeafHash, header};
use vidimus_bus::{Publisher, StoredMessage};
use vidimus_log::{EventLog, ReadError};

use super::{
    RelayTrouble,
    checkpoint::Known,
    follower::Stop,
    place::{Found, Next, Place, Recollection, next},
};
use crate::Checkpoint;

/// Where a stream was found to be, and what was passed over.
pub(super) struct Looked {
    pub(super) place: Place,
    /// Messages of somebody else behind `counted`.
    pub(super) foreign: u64,
}

/// Looks where the stream is. Messages up to the sequence `counted` were looked at before; `passed` is what an attempt that
/// failed passed over.
pub(super) async fn look(
    log: &dyn EventLog,
    publisher: &Publisher,
    known: Option<Known>,
    counted: u64,
    passed: &mut Passed,
) -> Result<Looked, Stop> {
    let recollection = recollect(log, known.filter(|known| known.created == publisher.created())).await?;
    let walk = Walk { log, publisher, counted };
    let (found, foreign) = walk.last_of_this_log(&recollection, passed).await?;
    match next(publisher.first(), found, &recollection) {
        Next::After(place) => Ok(Looked { place, foreign }),
        Next::OtherHistory(reason) => Err(Stop::Trouble(RelayTrouble::other_history(reason))),
    }
}

/// The leaf hash of the event at a position; `None` where the log has none.
async fn leaf_hash(log: &dyn EventLog, position: GlobalPosition) -> Result<Option<LeafHash>, ReadError> {
    let Some(before) = position.get().checked_sub(1) else { return Ok(None) };
    if position > log.tail() {
        return Ok(None);
    }
    let read = log.read_all(GlobalPosition::new(before), 1).await?;
    Ok(read.first().map(|recorded| recorded.leaf_hash))
}

async fn recollect(log: &dyn EventLog, known: Option<Known>) -> Result<Recollection, ReadError> {
    let Some(known) = known else { return Ok(Recollection::None) };
    let Checkpoint { position, leaf_hash: expected } = known.reached();
    let of_this_log = position == GlobalPosition::START || leaf_hash(log, position).await? == expected;
    Ok(if of_this_log { Recollection::OfThisLog(known) } else { Recollection::OfAnother(known) })
}

struct Walk<'a> {
    log: &'a dyn EventLog,
    publisher: &'a Publisher,
    counted: u64,
}

/// The event that a message names, if it names one.
fn named(message: &StoredMessage) -> Option<(GlobalPosition, LeafHash)> {
    let position = message.header(header::POSITION)?.parse().ok()?;
    let leaf_hash = message.header(header::LEAF_HASH)?.parse().ok()?;
    Some((GlobalPosition::new(position), leaf_hash))
}

impl Walk<'_> {
    async fn last_of_this_log(
        &self,
        recollection: &Recollection,
        passed: &mut Passed,
    ) -> Result<(Found, u64), Stop> {
        let standing = self.still_standing(recollection).await?;
        let (floor, after) = match standing {
            Some(Found::Ours { sequence, position, .. }) => (sequence + 1, position),
            _ => (self.publisher.first().max(1), GlobalPosition::START),
        };
        passed.begin(&self.publisher.created(), after);
        while let Some(sequence) = passed.next(self.publisher.last()).filter(|next| *next >= floor) {
            // One that expired meanwhile is gone.
            let Some(message) = self.publisher.get(sequence).await? else {
                passed.add(sequence, false);
                continue;
            };
            match named(&message) {
                // A message of this log names a later event than the one before: what does not is a copy.
                Some((position, named)) if position > after => {
                    let found = match leaf_hash(self.log, position).await? {
                        Some(known) if known == named => Found::Ours { sequence, position, leaf_hash: named },
                        _ => Found::Other { sequence, position },
                    };
                    return Ok((found, passed.foreign()));
                }
                _ => passed.add(sequence, sequence > self.counted),
            }
        }
        Ok((standing.unwrap_or(Found::Nothing), passed.foreign()))
    }

    /// The message of the checkpoint, if it is there: what comes before it need not be looked at.
    async fn still_standing(&self, recollection: &Recollection) -> Result<Option<Found>, Stop> {
        let Recollection::OfThisLog(known) = recollection else { return Ok(None) };
        let sequence = known.sequence;
        if sequence == 0 || sequence < self.publisher.first() || sequence > self.publisher.last() {
            return Ok(None);
        }
        let Some(message) = self.publisher.get(sequence).await? else { return Ok(None) };
        let Some((position, named)) = named(&message) else { return Ok(None) };
        let stands = position == known.message && leaf_hash(self.log, position).await? == Some(named);
        Ok(stands.then_some(Found::Ours { sequence, position, leaf_hash: named }))
    }
}
