//! Reading positions from a stream that is numbered otherwise.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use proto_events::{GlobalPosition, RecordedEvent};
use tokio::{
    sync::watch,
    time::{Instant, sleep},
};
use vidimus_bus::{StoredMessage, StreamReader, StreamState};
use vidimus_log::{Broken, Frontier, ReadError, TreeHead, Unavailable};

use super::{
    RemoteError, Tail,
    message::{Fault, passage, position},
    places::Places,
    recent::Recent,
};

/// How long a read waits for NATS to come back before it says that it is away: a restart takes less.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long until it is asked again.
const ASK_AGAIN: Duration = Duration::from_millis(250);
/// How long a server of the cluster may take to have what another one has already.
const LAG: Duration = Duration::from_secs(5);
/// Messages that are looked through at once for one of ours.
const LOOKED_THROUGH: usize = 256;

/// The stream, and what is known of it.
pub(super) struct Source {
    pub(super) reader: StreamReader,
    /// When the stream was made.
    created: i128,
    pub(super) tail: watch::Sender<Tail>,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    places: Places,
    recent: Recent,
    frontier: Frontier,
}

impl Known {
    /// These events were read, and the next one is at sequence `next` or later.
    fn note(&mut self, events: &[RecordedEvent], next: u64) {
        for event in events {
            if event.position.get() == self.frontier.size() + 1 {
                self.frontier.push(event.leaf_hash);
            }
        }
        if let Some(last) = events.last() {
            self.places.note(last.position, next);
        }
    }
}

impl Source {
    /// The source, and the sequence at which it has to be followed.
    pub(super) async fn open(reader: StreamReader) -> Result<(Self, u64), RemoteError> {
        let state = reader.state().await?;
        let next = state.last + 1;
        let position = last_position(&reader, state).await?;
        let mut known = Known::default();
        known.places.note(position, next);
        let tail = watch::Sender::new(Tail { position, ..Tail::default() });
        Ok((Self { reader, created: state.created, tail, known: Mutex::new(known) }, next))
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn tree_head(&self) -> TreeHead {
        self.known().frontier.head()
    }

    /// Whether another stream stands there by its name.
    pub(super) fn is_replaced(&self, state: StreamState, next: u64) -> bool {
        let replaced = state.created != self.created || state.last + 1 < next;
        if replaced {
            self.tail.send_if_modified(|tail| !std::mem::replace(&mut tail.replaced, true));
        }
        replaced
    }

    /// The end moves on.
    pub(super) fn grow(&self, events: Vec<RecordedEvent>, next: u64) {
        let Some(last) = events.last().map(|event| event.position) else { return };
        let mut known = self.known();
        known.note(&events, next);
        known.recent.extend(events);
        drop(known);
        self.tail.send_modify(|tail| tail.position = last);
    }

    /// See [`EventLog::read_all`](vidimus_log::EventLog::read_all).
    pub(super) async fn read_all(
        &self,
        after: GlobalPosition,
        limit: usize,
    ) -> Result<Vec<RecordedEvent>, ReadError> {
        let tail = self.tail.borrow().position;
        if after >= tail || limit == 0 {
            return Ok(Vec::new());
        }
        let ahead = usize::try_from(tail.get() - after.get()).unwrap_or(usize::MAX);
        let limit = limit.min(ahead);
        let (recent, place) = {
            let known = self.known();
            (known.recent.after(after, limit), known.places.after(after))
        };
        if let Some(events) = recent {
            return Ok(events);
        }
        let read = match place {
            Some(place) => self.read_from(place, after, limit).await,
            None => self.locate_and_read(after, limit).await,
        };
        match read {
            Err(ReadError::Broken(first @ Broken::Copy { .. })) => {
                self.forget_places();
                // Who looks for it passes over what is damaged: the first says more.
                self.locate_and_read(after, limit).await.map_err(|error| match error {
                    ReadError::Broken(Broken::Copy { .. }) => first.into(),
                    error => error,
                })
            }
            read => read,
        }
    }

    /// A server that lost the end of the stream in a crash and was given it anew has it elsewhere: what is found by
    /// remembered places alone is not final.
    fn forget_places(&self) {
        self.known().places = Places::default();
    }

    /// Where the event after `after` is, looked for without what is remembered.
    pub(super) async fn locate_anew(&self, after: GlobalPosition) -> Result<u64, ReadError> {
        self.forget_places();
        self.locate(after.next()).await
    }

    async fn locate_and_read(
        &self,
        after: GlobalPosition,
        limit: usize,
    ) -> Result<Vec<RecordedEvent>, ReadError> {
        let from = self.locate(after.next()).await?;
        self.read_from(from, after, limit).await
    }

    /// At most `limit` events after `after`, which are at sequence `from` or later.
    async fn read_from(
        &self,
        mut from: u64,
        after: GlobalPosition,
        limit: usize,
    ) -> Result<Vec<RecordedEvent>, ReadError> {
        loop {
            let messages = self.read(from, limit).await?;
            if messages.is_empty() {
                return Err(self.ends_early(after.next(), from).await?);
            }
            let passage = passage(&messages, from, after, limit);
            from = passage.next;
            if !passage.events.is_empty() {
                self.known().note(&passage.events, from);
                return Ok(passage.events);
            }
            if let Some(fault) = passage.fault {
                return Err(self.faulty(fault).await?);
            }
        }
    }

    /// A sequence from which on reading comes to `wanted` before any later event: by what is known of its neighbourhood,
    /// then by halving what is left.
    async fn locate(&self, wanted: GlobalPosition) -> Result<u64, ReadError> {
        let state = self.state().await?;
        let (mut low, mut high) = (state.first.max(1), state.last + 1);
        let mut guess = None;
        {
            let known = self.known();
            if let Some((position, sequence)) = known.places.before(wanted) {
                low = low.max(sequence);
                // Where nothing of others is in between, it is there.
                guess = Some(sequence + (wanted.get() - position.get() - 1));
            }
            if let Some((_, sequence)) = known.places.past(wanted) {
                high = high.min(sequence);
            }
        }
        // Without a neighbour: where no message is of others, and none was removed.
        let mut guess = guess.or(Some(wanted.get()));
        while low < high {
            let middle = guess.take().unwrap_or(low + (high - low) / 2).clamp(low, high - 1);
            match self.first_of_ours(middle, high).await? {
                Some((sequence, found)) if found < wanted => low = sequence + 1,
                Some((sequence, found)) if found == wanted => return Ok(sequence),
                Some(_) | None => high = middle,
            }
        }
        Ok(low)
    }

    /// The first message of ours at or after sequence `from` and before `end`: its sequence and position.
    async fn first_of_ours(&self, from: u64, end: u64) -> Result<Option<(u64, GlobalPosition)>, ReadError> {
        let (mut next, mut limit) = (from, 1);
        while next < end {
            let messages = self.read(next, limit).await?;
            let Some(last) = messages.last() else { return Ok(None) };
            next = last.sequence + 1;
            limit = LOOKED_THROUGH;
            let ours = |message: &StoredMessage| position(message).map(|found| (message.sequence, found));
            if let Some(found) = messages.iter().find_map(ours) {
                return Ok((found.0 < end).then_some(found));
            }
        }
        Ok(None)
    }

    /// The stream has nothing from sequence `next` on, and `wanted` was there: what to say to that.
    async fn ends_early(&self, wanted: GlobalPosition, next: u64) -> Result<ReadError, ReadError> {
        let until = Instant::now() + LAG;
        while Instant::now() < until && self.state().await?.last >= next {
            sleep(ASK_AGAIN).await;
            if !self.read(next, 1).await?.is_empty() {
                let reason = format!("position {wanted} came late");
                return Ok(Unavailable::OutOfReach { reason }.into());
            }
        }
        let reason = "it is missing: nothing comes there any more".to_owned();
        self.faulty(Fault { position: wanted, sequence: next, reason }).await
    }

    /// What to say to a fault.
    pub(super) async fn faulty(&self, fault: Fault) -> Result<ReadError, ReadError> {
        let state = self.state().await?;
        if self.is_replaced(state, 0) {
            let reason = "the stream was removed and made anew".to_owned();
            return Ok(Unavailable::OutOfReach { reason }.into());
        }
        let Fault { position: missing, sequence, reason } = fault;
        let stream = self.reader.stream();
        let first = self.first_of_ours(state.first, state.last + 1).await?;
        let reason = match first {
            Some((_, first)) if first > missing => format!(
                "the stream `{stream}` begins at position {first}, as what came before was removed from it: views that have not got past that cannot be built from it; copy the views of the machine that has the log, or let it publish the log anew to a stream that keeps everything"
            ),
            _ => format!(
                "{reason} (stream `{stream}`, sequence {sequence}); the log itself has it: let it be published anew"
            ),
        };
        Ok(Broken::Copy { position: missing, reason }.into())
    }

    async fn read(&self, from: u64, limit: usize) -> Result<Vec<StoredMessage>, ReadError> {
        let until = Instant::now() + PATIENCE;
        loop {
            match self.reader.read(from, limit).await {
                Ok(messages) => return Ok(messages),
                Err(error) if Instant::now() >= until => return Err(out_of_reach(&error)),
                Err(_) => sleep(ASK_AGAIN).await,
            }
        }
    }

    async fn state(&self) -> Result<StreamState, ReadError> {
        let until = Instant::now() + PATIENCE;
        loop {
            match self.reader.state().await {
                Ok(state) => return Ok(state),
                Err(error) if Instant::now() >= until => return Err(out_of_reach(&error)),
                Err(_) => sleep(ASK_AGAIN).await,
            }
        }
    }
}

fn out_of_reach(error: &vidimus_bus::ReadError) -> ReadError {
    Unavailable::OutOfReach { reason: error.to_string() }.into()
}

/// The position of the last message of ours, with nothing but messages of others after it.
async fn last_position(
    reader: &StreamReader,
    state: StreamState,
) -> Result<GlobalPosition, vidimus_bus::ReadError> {
    let (mut end, mut width) = (state.last + 1, 1);
    while end > state.first {
        let begin = end.saturating_sub(width).max(state.first);
        let (mut next, mut found) = (begin, None);
        while next < end {
            let messages = reader.read(next, LOOKED_THROUGH).await?;
            let Some(last) = messages.last() else { break };
            next = last.sequence + 1;
            found = messages
                .iter()
                .filter(|message| message.sequence < end)
                .filter_map(position)
                .last()
                .or(found);
        }
        if let Some(found) = found {
            return Ok(found);
        }
        (end, width) = (begin, width.saturating_mul(4));
    }
    Ok(GlobalPosition::START)
}

#[cfg(test)]
mod tests;
