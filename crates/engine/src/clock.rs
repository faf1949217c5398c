//! The one place that reads the wall clock.

use std::sync::atomic::{AtomicI64, Ordering};

use proto_events::Timestamp;

/// Where the engine gets the time from.
pub trait Clock: Send + Sync + 'static {
    /// Now.
    fn now(&self) -> Timestamp;
}

/// The system's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the place where the clock is read")]
    fn now(&self) -> Timestamp {
        let nanos = time::OffsetDateTime::now_utc().unix_timestamp_nanos();
        Timestamp::from_micros(i64::try_from(nanos / 1000).unwrap_or(i64::MAX))
    }
}

/// A clock that stands until it is moved: for tests, and for playing history again.
#[derive(Debug)]
pub struct ManualClock(AtomicI64);

impl ManualClock {
    /// A clock that stands at `at`.
    pub const fn at(at: Timestamp) -> Self {
        Self(AtomicI64::new(at.as_micros()))
    }

    /// Moves it forward; two who move it at once both count.
    pub fn advance(&self, by: std::time::Duration) {
        let later = |micros| Some(Timestamp::from_micros(micros).plus(by).as_micros());
        // Never `Err`: `later` always has an answer.
        let _ = self.0.fetch_update(Ordering::SeqCst, Ordering::SeqCst, later);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::SeqCst))
    }
}
