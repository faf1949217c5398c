//! Reading: from the recent blocks in memory, else from the store.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use proto_events::{GlobalPosition, RecordedEvent, StreamId, StreamVersion, TenantId};
use tokio::sync::Semaphore;

use crate::{
    Broken, ReadError, StreamHead, Unavailable, VerifyReport,
    block::Block,
    sled_log::{Shared, store::StoreError},
    verify::Verifier,
};

/// Reads that are at the store at the same time; more wait.
const CONCURRENT_READS: usize = 4;
/// Blocks that were read for a stream and may be asked for again.
const CACHED_BLOCKS: usize = 128;
/// A larger block is not kept.
const CACHED_BLOCK_BYTES: usize = 128 * 1024;

#[derive(Clone)]
pub(super) struct Reader {
    shared: Arc<Shared>,
    cache: Arc<Mutex<lru::LruCache<u64, Arc<Block>>>>,
    turns: Arc<Semaphore>,
    waiting: Arc<AtomicUsize>,
}

pub(super) fn corrupt(position: GlobalPosition, reason: impl ToString) -> ReadError {
    Broken::Corrupt { position, reason: reason.to_string() }.into()
}

/// Counts a read that waits, for as long as it does.
struct Turn(Arc<AtomicUsize>);

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Reader {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        let blocks = std::num::NonZeroUsize::new(CACHED_BLOCKS).unwrap_or(std::num::NonZeroUsize::MIN);
        Self {
            shared,
            cache: Arc::new(Mutex::new(lru::LruCache::new(blocks))),
            turns: Arc::new(Semaphore::new(CONCURRENT_READS)),
            waiting: Arc::new(AtomicUsize::new(0)),
        }
    }

    /// Runs `read` on a thread that may block, when it is its turn.
    pub(super) async fn at_the_store<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Self) -> Result<T, ReadError> + Send + 'static,
    ) -> Result<T, ReadError> {
        let waiting = self.waiting.fetch_add(1, Ordering::Relaxed);
        let turn = Turn(Arc::clone(&self.waiting));
        if waiting >= self.shared.limits.waiting_reads {
            return Err(Unavailable::Overloaded { what: "reads", waiting }.into());
        }
        let permit = Arc::clone(&self.turns).acquire_owned().await.map_err(|_| Broken::Closed)?;
        let reader = self.clone();
        let done = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            let _turn = turn;
            read(&reader)
        });
        // It is taken back only when the runtime ends.
        done.await.map_err(|error| {
            if error.is_cancelled() {
                Broken::Closed.into()
            } else {
                corrupt(GlobalPosition::START, format!("a read ended in a panic: {error}"))
            }
        })?
    }

    pub(super) fn tail(&self) -> GlobalPosition {
        self.shared.tail()
    }

    fn store_error(&self, position: GlobalPosition, error: StoreError) -> ReadError {
        match error {
            StoreError::Damaged(reason) => corrupt(position, reason),
            StoreError::Io(_) if self.shared.broken.get() == Some(&Broken::Closed) => Broken::Closed.into(),
            error if error.is_full() => Unavailable::StorageFull.into(),
            StoreError::Io(error) => Broken::Storage { reason: error.to_string() }.into(),
        }
    }

    /// The block that holds `position`, which is not past the tail.
    pub(super) fn block_of(&self, position: GlobalPosition, keep: bool) -> Result<Arc<Block>, ReadError> {
        if let Some(block) = self.shared.recent.block_of(position) {
            return Ok(block);
        }
        let found = self.shared.store.block_at_or_before(position);
        let (first, stored) = match found {
            Err(error) => return Err(self.store_error(position, error)),
            Ok(None) => return Err(corrupt(position, "the event is missing")),
            Ok(Some(found)) => found,
        };
        let cached = || self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        if keep && let Some(block) = cached().get(&first.get()) {
            let block = Arc::clone(block);
            return holding(block, position);
        }
        let block = Arc::new(Block::decode(&stored).map_err(|error| corrupt(first, error))?);
        if block.first != first {
            return Err(corrupt(first, "a block lies where it does not belong"));
        }
        if keep && block.weight() <= CACHED_BLOCK_BYTES {
            cached().put(first.get(), Arc::clone(&block));
        }
        holding(block, position)
    }

    fn events(
        &self,
        block: &Block,
        from: GlobalPosition,
        limit: usize,
        out: &mut Vec<RecordedEvent>,
    ) -> Result<(), ReadError> {
        block.events(from, limit, out).map_err(|error| corrupt(block.first, error))
    }

    pub(super) fn stream_head(&self, tenant: &TenantId, stream: &StreamId) -> Option<StreamHead> {
        let heads = &self.shared.heads;
        heads.get(heads.key(tenant.as_str().as_bytes(), stream.as_str().as_bytes()))
    }

    pub(super) async fn forwards(
        &self,
        after: GlobalPosition,
        limit: usize,
    ) -> Result<Vec<RecordedEvent>, ReadError> {
        let tail = self.shared.tail();
        let limit = limit.min(self.shared.limits.read_events);
        let (mut out, mut held) = (Vec::new(), 0);
        if after >= tail || limit == 0 {
            return Ok(out);
        }
        // Live readers find their block in memory and never touch a thread that may block.
        while out.len() < limit && (held < self.shared.limits.read_bytes || out.is_empty()) {
            let next = GlobalPosition::new(after.get() + out.len() as u64 + 1);
            let Some(block) = self.shared.recent.block_of(next).filter(|_| next <= tail) else { break };
            held += block.weight();
            self.events(&block, next, limit - out.len(), &mut out)?;
        }
        if out.is_empty() {
            out = self.at_the_store(move |reader| reader.forwards_stored(after, limit, tail)).await?;
        }
        Ok(out)
    }

    fn forwards_stored(
        &self,
        after: GlobalPosition,
        limit: usize,
        tail: GlobalPosition,
    ) -> Result<Vec<RecordedEvent>, ReadError> {
        let wanted = usize::try_from(tail.get() - after.get()).unwrap_or(usize::MAX).min(limit);
        let mut out = Vec::with_capacity(wanted);
        let start = after.next();
        // The first block may begin before `start`, so it is looked up; the others follow.
        let block = self.block_of(start, false)?;
        self.events(&block, start, wanted, &mut out)?;
        let (mut next, mut held) = (block.last().next(), block.weight());
        if out.len() == wanted || held >= self.shared.limits.read_bytes {
            return Ok(out);
        }
        // What was read before some damage is true. The next read begins at the damage and says so.
        let _ = self.shared.store.scan(next, |first, stored| {
            let Ok(block) = Block::decode(stored) else { return false };
            if block.first != first || first != next {
                return false;
            }
            next = block.last().next();
            held += block.weight();
            self.events(&block, first, wanted - out.len(), &mut out).is_ok()
                && out.len() < wanted
                && held < self.shared.limits.read_bytes
        });
        Ok(out)
    }

    pub(super) async fn backwards(
        &self,
        before: GlobalPosition,
        limit: usize,
    ) -> Result<Vec<RecordedEvent>, ReadError> {
        let last = GlobalPosition::new(before.get().saturating_sub(1)).min(self.shared.tail());
        let limit = limit.min(self.shared.limits.read_events);
        if last == GlobalPosition::START || limit == 0 {
            return Ok(Vec::new());
        }
        self.at_the_store(move |reader| reader.backwards_stored(last, limit)).await
    }

    fn backwards_stored(&self, last: GlobalPosition, limit: usize) -> Result<Vec<RecordedEvent>, ReadError> {
        let (mut out, mut held) = (Vec::new(), 0);
        let mut last = last;
        while last > GlobalPosition::START
            && out.len() < limit
            && (held < self.shared.limits.read_bytes || out.is_empty())
        {
            let read = self.block_of(last, false).and_then(|block| {
                let in_block = usize::try_from(last.get() - block.first.get() + 1).unwrap_or(usize::MAX);
                let take = in_block.min(limit - out.len());
                let from = GlobalPosition::new(last.get() + 1 - take as u64);
                let mut events = Vec::with_capacity(take);
                self.events(&block, from, take, &mut events)?;
                Ok((block.weight(), from, events))
            });
            match read {
                Ok((weight, from, events)) => {
                    held += weight;
                    out.extend(events.into_iter().rev());
                    last = GlobalPosition::new(from.get() - 1);
                }
                Err(error) if out.is_empty() => return Err(error),
                // What was read before the damage is true; the next read begins at the damage and says so.
                Err(_) => break,
            }
        }
        Ok(out)
    }

    pub(super) async fn stream(
        &self,
        tenant: &TenantId,
        stream: &StreamId,
        from: StreamVersion,
        limit: usize,
    ) -> Result<Vec<RecordedEvent>, ReadError> {
        let Some(head) = self.stream_head(tenant, stream) else { return Ok(Vec::new()) };
        let limit = limit.min(self.shared.limits.read_events);
        if from > head.version || limit == 0 {
            return Ok(Vec::new());
        }
        if self.shared.recent.block_of(head.position).is_some()
            && let Some(events) = self.stream_recent(head, from, limit)?
        {
            return Ok(events);
        }
        let (tenant, stream) = (tenant.clone(), stream.clone());
        self.at_the_store(move |reader| {
            // A stream's events often lie beside each other.
            let mut held: Option<Arc<Block>> = None;
            let event_at = |position| {
                let block = match held.take().filter(|block| block.holds(position)) {
                    Some(block) => block,
                    None => reader.block_of(position, true)?,
                };
                let event = block.event(position).map_err(|error| corrupt(block.first, error))?;
                held = Some(block);
                Ok(Some(event))
            };
            let page = Page { from, limit, bytes: reader.shared.limits.read_bytes };
            let events = walk(head, page, event_at)?.unwrap_or_default();
            match events.iter().find(|event| event.tenant != tenant || event.stream != stream) {
                Some(event) => Err(corrupt(event.position, "an event of another stream stands in the chain")),
                None => Ok(events),
            }
        })
        .await
    }

    /// The stream's events if all of them are in memory.
    fn stream_recent(
        &self,
        head: StreamHead,
        from: StreamVersion,
        limit: usize,
    ) -> Result<Option<Vec<RecordedEvent>>, ReadError> {
        let page = Page { from, limit, bytes: self.shared.limits.read_bytes };
        walk(head, page, |position| match self.shared.recent.block_of(position) {
            None => Ok(None),
            Some(block) => block.event(position).map_err(|error| corrupt(block.first, error)).map(Some),
        })
    }

    pub(super) async fn verify(&self) -> Result<VerifyReport, ReadError> {
        self.at_the_store(|reader| {
            let head = *reader.shared.tail.borrow();
            let mut verifier = Verifier::default();
            let scanned = reader.shared.store.scan(GlobalPosition::START, |first, stored| {
                if first.get() > head.size {
                    return false;
                }
                verifier.block(first, Block::decode(stored));
                true
            });
            if let Err(error) = scanned {
                let next = verifier.next();
                verifier.find(next, "damaged", error.to_string());
            }
            Ok(verifier.finish(head))
        })
        .await
    }
}

fn holding(block: Arc<Block>, position: GlobalPosition) -> Result<Arc<Block>, ReadError> {
    if block.holds(position) { Ok(block) } else { Err(corrupt(position, "the event is missing")) }
}

/// About how many bytes an event of its own takes in memory.
fn memory_of(event: &RecordedEvent) -> usize {
    size_of::<RecordedEvent>() + event.event.payload.len()
}

/// What is wanted of a stream: at most `limit` events from version `from` on, of about so many `bytes`.
#[derive(Clone, Copy)]
struct Page {
    from: StreamVersion,
    limit: usize,
    bytes: usize,
}

/// Walks a stream back from `head` to the page's beginning and hands out the page, forwards. `None` as soon as
/// `event_at` has none.
fn walk(
    head: StreamHead,
    Page { from, limit, bytes }: Page,
    mut event_at: impl FnMut(GlobalPosition) -> Result<Option<Option<RecordedEvent>>, ReadError>,
) -> Result<Option<Vec<RecordedEvent>>, ReadError> {
    let end = from.get().saturating_add(limit as u64);
    // Latest first; what comes last is what is surely wanted, so where it is too much the latest go.
    let mut events = VecDeque::new();
    let mut held = 0;
    let mut at = head;
    loop {
        let Some(event) = event_at(at.position)? else { return Ok(None) };
        let event = event
            .filter(|event| event.version == at.version)
            .ok_or_else(|| corrupt(at.position, "the event is not the one that its stream names"))?;
        let previous = event.previous;
        let version = event.version;
        if version.get() < end {
            held += memory_of(&event);
            events.push_back(event);
            while held > bytes
                && events.len() > 1
                && let Some(latest) = events.pop_front()
            {
                held -= memory_of(&latest);
            }
        }
        if version <= from {
            return Ok(Some(events.into_iter().rev().collect()));
        }
        let position = previous.filter(|previous| *previous < at.position).ok_or_else(|| {
            corrupt(at.position, "the event names no event before it, though it is not its stream's first")
        })?;
        at = StreamHead { version: StreamVersion::new(version.get() - 1), position };
    }
}

#[cfg(test)]
mod tests;
