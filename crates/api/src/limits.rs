//! How many requests one key, or one person who is signed in, may make, and how many may wait.

use std::{
    num::NonZeroU32,
    sync::atomic::{AtomicUsize, Ordering},
};

use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter, clock::Clock as _};
use uuid::Uuid;

/// A bucket that `burst` requests empty, and that fills at `per_second`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit {
    /// Requests a second, in the long run.
    pub per_second: NonZeroU32,
    /// Requests at once.
    pub burst: NonZeroU32,
}

impl RateLimit {
    /// So many requests a second, and so many at once; at least one of each.
    pub fn new(per_second: u32, burst: u32) -> Self {
        let at_least_one = |number| NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN);
        Self { per_second: at_least_one(per_second), burst: at_least_one(burst) }
    }
}

impl Default for RateLimit {
    fn default() -> Self {
        Self::new(1_000, 2_000)
    }
}

/// One bucket a key or person. Only those that were found good have one, and a full one is forgotten by [`RateLimits::sweep`].
pub(crate) struct RateLimits(Option<DefaultKeyedRateLimiter<Uuid>>);

impl RateLimits {
    pub(crate) fn new(limit: Option<RateLimit>) -> Self {
        let limiter = |limit: RateLimit| {
            RateLimiter::keyed(Quota::per_second(limit.per_second).allow_burst(limit.burst))
        };
        Self(limit.map(limiter))
    }

    /// One request more.
    ///
    /// # Errors
    /// One too many: in so many whole seconds, at least 1, there is room for another.
    pub(crate) fn check(&self, counted: Uuid) -> Result<(), u64> {
        let Some(limiter) = &self.0 else { return Ok(()) };
        limiter.check_key(&counted).map_err(|until| {
            let wait = until.wait_time_from(limiter.clock().now());
            wait.as_secs() + u64::from(wait.subsec_nanos() > 0).max(u64::from(wait.as_secs() == 0))
        })
    }

    /// Forgets who has not asked for so long that the bucket is full again.
    pub(crate) fn sweep(&self) {
        if let Some(limiter) = &self.0 {
            limiter.retain_recent();
            limiter.shrink_to_fit();
        }
    }
}

/// A bounded number of places.
pub(crate) struct Slots {
    most: usize,
    taken: AtomicUsize,
}

impl Slots {
    pub(crate) const fn new(most: usize) -> Self {
        Self { most, taken: AtomicUsize::new(0) }
    }

    pub(crate) const fn most(&self) -> usize {
        self.most
    }

    pub(crate) fn taken(&self) -> usize {
        self.taken.load(Ordering::SeqCst)
    }

    /// Takes a place, if there is one; whoever did gives it back.
    pub(crate) fn take(&self) -> bool {
        let one_more = |taken| (taken < self.most).then_some(taken + 1);
        self.taken.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_more).is_ok()
    }

    pub(crate) fn give_back(&self) {
        self.taken.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_may_burst_and_then_waits_for_itself_alone() {
        let limits = RateLimits::new(Some(RateLimit::new(1, 3)));
        let (one, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        for _ in 0..3 {
            assert_eq!(limits.check(one), Ok(()));
        }
        assert_eq!(limits.check(one), Err(1));
        assert_eq!(limits.check(other), Ok(()));
        limits.sweep();
        assert_eq!(limits.check(one), Err(1), "who is over the limit is not forgotten");
        assert_eq!(RateLimit::new(0, 0), RateLimit::new(1, 1));
        let unlimited = RateLimits::new(None);
        assert!((0..10_000).all(|_| unlimited.check(one).is_ok()));
    }
}
