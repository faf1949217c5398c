//! Counts over the last hour and the last day, in buckets: what agents and tenants did, over all their conversations.

use proto_events::Timestamp;

use super::amounts::DaySum;

const MICROS_PER_MINUTE: i64 = 60 * 1_000_000;
const MICROS_PER_HOUR: i64 = 60 * MICROS_PER_MINUTE;

/// Counts in the last `N` buckets of equal length. The window reaches back to the start of the oldest bucket, so what is
/// counted is never less than what the window's name says.
#[derive(Clone, Debug)]
struct Buckets<const N: usize, const MICROS: i64> {
    counts: [u32; N],
    /// The last bucket that was counted in.
    last: i64,
}

impl<const N: usize, const MICROS: i64> Buckets<N, MICROS> {
    const LENGTH: i64 = N as i64;

    const fn new() -> Self {
        Self { counts: [0; N], last: i64::MIN / 2 }
    }

    const fn bucket(at: Timestamp) -> i64 {
        at.as_micros().div_euclid(MICROS)
    }

    fn slot(&mut self, bucket: i64) -> Option<&mut u32> {
        self.counts.get_mut(usize::try_from(bucket.rem_euclid(Self::LENGTH)).ok()?)
    }

    /// Counts one. Time does not go back: what is from before the last bucket counts there.
    fn count(&mut self, at: Timestamp) {
        let bucket = Self::bucket(at).max(self.last);
        if bucket - self.last >= Self::LENGTH {
            self.counts = [0; N];
        } else {
            for passed in self.last + 1..=bucket {
                if let Some(slot) = self.slot(passed) {
                    *slot = 0;
                }
            }
        }
        self.last = bucket;
        if let Some(slot) = self.slot(bucket) {
            *slot = slot.saturating_add(1);
        }
    }

    /// The first bucket of the window that ends at `now`.
    fn first(&self, now: Timestamp) -> i64 {
        Self::bucket(now).max(self.last) - Self::LENGTH + 1
    }

    /// How many there are in the window that ends at `now`.
    fn sum(&self, now: Timestamp) -> i64 {
        let buckets = self.first(now).max(self.last - Self::LENGTH + 1)..=self.last;
        buckets
            .filter_map(|bucket| self.counts.get(usize::try_from(bucket.rem_euclid(Self::LENGTH)).ok()?))
            .map(|count| i64::from(*count))
            .sum()
    }

    /// Whether something that was counted at `at` is in the window that ends at `now`.
    fn covers(&self, at: Timestamp, now: Timestamp) -> bool {
        Self::bucket(at) >= self.first(now)
    }
}

/// What an agent or a tenant did of late.
#[derive(Clone, Debug)]
pub(super) struct Windows {
    calls_hour: Buckets<61, MICROS_PER_MINUTE>,
    calls_day: Buckets<25, MICROS_PER_HOUR>,
    failures_hour: Buckets<61, MICROS_PER_MINUTE>,
    /// The amounts that were moved.
    pub(super) amounts: DaySum,
    /// When something was counted last.
    pub(super) last: Timestamp,
    /// Counts from before this instant were forgotten.
    pub(super) whole_from: Timestamp,
}

impl Windows {
    /// Nothing counted yet, and nothing known of what was before `whole_from`.
    pub(super) const fn new(whole_from: Timestamp) -> Self {
        Self {
            calls_hour: Buckets::new(),
            calls_day: Buckets::new(),
            failures_hour: Buckets::new(),
            amounts: DaySum::NONE,
            last: whole_from,
            whole_from,
        }
    }

    /// Counts a call.
    pub(super) fn call(&mut self, at: Timestamp) {
        self.calls_hour.count(at);
        self.calls_day.count(at);
        self.last = self.last.max(at);
    }

    /// Counts a failure.
    pub(super) fn failure(&mut self, at: Timestamp) {
        self.failures_hour.count(at);
        self.last = self.last.max(at);
    }

    /// Calls in the hour before `now`, without one that was counted at `except`.
    pub(super) fn calls_last_hour(&self, now: Timestamp, except: Option<Timestamp>) -> i64 {
        let own = except.is_some_and(|at| self.calls_hour.covers(at, now));
        (self.calls_hour.sum(now) - i64::from(own)).max(0)
    }

    /// Calls in the day before `now`, without one that was counted at `except`.
    pub(super) fn calls_last_day(&self, now: Timestamp, except: Option<Timestamp>) -> i64 {
        let own = except.is_some_and(|at| self.calls_day.covers(at, now));
        (self.calls_day.sum(now) - i64::from(own)).max(0)
    }

    /// Failures in the hour before `now`.
    pub(super) fn failures_last_hour(&self, now: Timestamp) -> i64 {
        self.failures_hour.sum(now)
    }

    /// Whether everything of the longest window that ends at `now` is here.
    pub(super) const fn is_whole(&self, now: Timestamp) -> bool {
        reaches_back_to(now).as_micros() > self.whole_from.as_micros()
    }
}

/// Where the longest window begins that ends at `now`.
pub(super) const fn reaches_back_to(now: Timestamp) -> Timestamp {
    Timestamp::from_micros(now.as_micros() - 25 * MICROS_PER_HOUR)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minute(minute: i64) -> Timestamp {
        Timestamp::from_micros(minute * MICROS_PER_MINUTE)
    }

    #[test]
    fn a_window_forgets_what_is_older_and_nothing_that_is_not() {
        let mut windows = Windows::new(minute(-10_000));
        for at in [0, 0, 30, 59, 60] {
            windows.call(minute(at));
        }
        assert_eq!(windows.calls_last_hour(minute(60), None), 5, "an hour ago to the minute");
        assert_eq!(windows.calls_last_hour(minute(61), None), 3);
        assert_eq!(windows.calls_last_hour(minute(61), Some(minute(30))), 2);
        assert_eq!(
            windows.calls_last_hour(minute(61), Some(minute(0))),
            3,
            "what is not in it is not taken from it"
        );
        assert_eq!(windows.calls_last_hour(minute(121), None), 0);
        assert_eq!(windows.calls_last_day(minute(24 * 60), None), 5);
        assert_eq!(windows.calls_last_day(minute(25 * 60), None), 1);
        windows.call(minute(10_000));
        assert_eq!(windows.calls_last_hour(minute(10_000), None), 1);
        windows.call(minute(9_000));
        assert_eq!(
            windows.calls_last_hour(minute(10_000), None),
            2,
            "a clock that goes back takes nothing away"
        );
        windows.failure(minute(10_001));
        assert_eq!(windows.failures_last_hour(minute(10_001)), 1);
        assert!(windows.is_whole(minute(0)) && !windows.is_whole(minute(-9_000)));
    }
}
