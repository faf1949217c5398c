//! Requests that wait for something to happen to an execution.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use proto_events::{GlobalPosition, TenantId};
use tokio::sync::watch;
use uuid::Uuid;
use vidimus_engine::{Answer, EngineError};

use crate::limits::Slots;

type ExecutionKey = (TenantId, Uuid);

/// An execution that somebody waits for.
struct Awaited {
    /// Where its last event is, since somebody waits.
    happened: watch::Sender<GlobalPosition>,
    /// How it stands, as the first of those read it who were woken: the others need not.
    stands: tokio::sync::Mutex<Option<Shared>>,
}

/// What one read for all who were woken with him.
struct Shared {
    answer: Arc<Answer>,
    /// How many have not fetched it yet. Nobody needs it after them, and an execution can be large.
    expected: usize,
}

/// All who wait, a bounded number.
pub(crate) struct Waiters {
    slots: Slots,
    awaited: Mutex<HashMap<ExecutionKey, Arc<Awaited>>>,
}

/// One who waits. Whatever happens to the execution after it was registered wakes it, so: first register, then look how
/// it stands, then wait.
pub(crate) struct Waiter<'a> {
    waiters: &'a Waiters,
    key: ExecutionKey,
    awaited: Arc<Awaited>,
    /// Where the execution was when this looked last.
    seen: Option<GlobalPosition>,
    /// Taken out only when it is dropped.
    happened: Option<watch::Receiver<GlobalPosition>>,
}

impl Waiters {
    pub(crate) fn new(most: usize) -> Self {
        Self { slots: Slots::new(most), awaited: Mutex::default() }
    }

    fn awaited(&self) -> MutexGuard<'_, HashMap<ExecutionKey, Arc<Awaited>>> {
        self.awaited.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many wait.
    pub(crate) fn count(&self) -> usize {
        self.slots.taken()
    }

    /// How many may wait.
    pub(crate) const fn most(&self) -> usize {
        self.slots.most()
    }

    /// Waits for an execution from here on; `None` where too many wait already.
    pub(crate) fn register(&self, tenant: &TenantId, execution_id: Uuid) -> Option<Waiter<'_>> {
        if !self.slots.take() {
            return None;
        }
        let key = (tenant.clone(), execution_id);
        let mut all = self.awaited();
        let awaited = all.entry(key.clone()).or_insert_with(|| {
            Arc::new(Awaited { happened: watch::Sender::default(), stands: tokio::sync::Mutex::default() })
        });
        let (awaited, happened) = (Arc::clone(awaited), Some(awaited.happened.subscribe()));
        drop(all);
        Some(Waiter { waiters: self, key, awaited, seen: None, happened })
    }

    /// Something happened to an execution: it is at `position`.
    pub(crate) fn wake(&self, tenant: &TenantId, execution_id: Uuid, position: GlobalPosition) {
        // Whoever registers after this looks at the log after this, and finds there what happened.
        if self.count() == 0 {
            return;
        }
        if let Some(awaited) = self.awaited().get(&(tenant.clone(), execution_id)) {
            awaited.happened.send_replace(position);
        }
    }
}

impl Waiter<'_> {
    /// Waits until something has happened since this was asked last (since it was registered).
    pub(crate) async fn happened(&mut self) {
        match &mut self.happened {
            // The sender is alive as long as this is.
            Some(happened) => drop(happened.changed().await),
            None => std::future::pending().await,
        }
    }

    /// How the execution stands. The first look is a read of its own: what others were woken for may be older than what
    /// the caller knows already. After that it is at least as new as what was seen before and what woke this, and of many
    /// who are woken at once one reads it, and the others have it from him.
    ///
    /// # Errors
    /// What reading it answers.
    pub(crate) async fn stands(
        &mut self,
        read: impl Future<Output = Result<Option<Answer>, EngineError>>,
    ) -> Result<Option<Arc<Answer>>, EngineError> {
        // Before it is read, so that what happens meanwhile wakes this once more.
        let woken = self.happened.as_mut().map_or(GlobalPosition::START, |woken| *woken.borrow_and_update());
        let answer = match self.seen {
            None => read.await?.map(Arc::new),
            Some(seen) => self.shared(seen.max(woken), read).await?,
        };
        self.seen = answer.as_ref().map(|answer| answer.position);
        Ok(answer)
    }

    async fn shared(
        &self,
        at_least: GlobalPosition,
        read: impl Future<Output = Result<Option<Answer>, EngineError>>,
    ) -> Result<Option<Arc<Answer>>, EngineError> {
        let mut stands = self.awaited.stands.lock().await;
        let shared = match stands.take() {
            Some(Shared { answer, expected }) if answer.position >= at_least => {
                Shared { answer, expected: expected.saturating_sub(1) }
            }
            _ => match read.await?.map(Arc::new) {
                // All the others who wait now were woken, too, or will be.
                Some(answer) => {
                    Shared { answer, expected: self.awaited.happened.receiver_count().saturating_sub(1) }
                }
                None => return Ok(None),
            },
        };
        let answer = Arc::clone(&shared.answer);
        *stands = (shared.expected > 0).then_some(shared);
        Ok(Some(answer))
    }
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        let mut all = self.waiters.awaited();
        self.happened = None;
        if self.awaited.happened.receiver_count() == 0 {
            all.remove(&self.key);
        }
        drop(all);
        self.waiters.slots.give_back();
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use vidimus_domain::execution::State;

    use super::*;

    fn answer(position: u64) -> Option<Answer> {
        let position = GlobalPosition::new(position);
        Some(Answer { execution_id: Uuid::nil(), state: State::initial(), position, already: true })
    }

    #[tokio::test]
    async fn a_waiter_hears_of_what_happens_after_it_came() {
        let (waiters, tenant) = (Waiters::new(2), "acme".parse().unwrap());
        waiters.wake(&tenant, Uuid::nil(), GlobalPosition::new(1));
        let mut waiter = waiters.register(&tenant, Uuid::nil()).unwrap();
        waiters.wake(&"umbrella".parse().unwrap(), Uuid::nil(), GlobalPosition::new(2));
        waiters.wake(&tenant, Uuid::max(), GlobalPosition::new(3));
        assert!(!waiter.happened.as_ref().unwrap().has_changed().unwrap());
        waiters.wake(&tenant, Uuid::nil(), GlobalPosition::new(4));
        waiter.happened().await;
    }

    #[tokio::test]
    async fn of_many_who_are_woken_one_reads() {
        let (waiters, tenant) = (Waiters::new(10), "acme".parse().unwrap());
        let mut all: Vec<_> = (0..10).map(|_| waiters.register(&tenant, Uuid::nil()).unwrap()).collect();
        assert!(waiters.register(&tenant, Uuid::nil()).is_none());
        let reads = Cell::new(0);
        for waiter in &mut all {
            assert_eq!(waiter.stands(async { Ok(answer(5)) }).await.unwrap().unwrap().position.get(), 5);
            assert!(waiter.awaited.stands.lock().await.is_none(), "nothing is held for those who only wait");
        }
        for position in [7, 9] {
            waiters.wake(&tenant, Uuid::nil(), GlobalPosition::new(position));
            for waiter in &mut all {
                waiter.happened().await;
                let read = async {
                    reads.set(reads.get() + 1);
                    Ok(answer(position))
                };
                assert_eq!(waiter.stands(read).await.unwrap().unwrap().position.get(), position);
            }
            assert!(all[0].awaited.stands.lock().await.is_none(), "everybody has it");
        }
        assert_eq!(reads.get(), 2);
        drop(all);
        assert_eq!((waiters.count(), waiters.awaited().len()), (0, 0), "nothing is left");
    }

    #[tokio::test]
    async fn whoever_comes_later_looks_for_himself() {
        let (waiters, tenant) = (Waiters::new(10), "acme".parse().unwrap());
        let register = || waiters.register(&tenant, Uuid::nil()).unwrap();
        let look = async |waiter: &mut Waiter<'_>, position| {
            let answer = waiter.stands(async { Ok(answer(position)) }).await;
            answer.unwrap().unwrap().position.get()
        };
        let (mut one, mut slow) = (register(), register());
        assert_eq!((look(&mut one, 5).await, look(&mut slow, 5).await), (5, 5));
        waiters.wake(&tenant, Uuid::nil(), GlobalPosition::new(7));
        assert_eq!(look(&mut one, 7).await, 7);
        // The log is at 9, which the newcomer may know, though nobody was woken for it yet.
        let mut newcomer = register();
        assert_eq!(look(&mut newcomer, 9).await, 9);
        waiters.wake(&tenant, Uuid::nil(), GlobalPosition::new(8));
        assert_eq!(look(&mut newcomer, 9).await, 9, "never older than what it saw");
        assert_eq!(look(&mut slow, 10).await, 9, "as the newcomer read it");
    }
}
