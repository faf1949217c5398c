//! What is tried again, how often, and after which pauses.

use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBackoff, ExponentialBuilder};

use crate::ClientError;

/// How often and for how long a request that failed for a moment is tried again.
///
/// Tried again is what cannot do anything twice: what reads, what sets something to a value, the commands that answer
/// `already` when the same principal repeats them, and proposals with an idempotency key, which is the same each time.
/// Anything else only where it is certain that the server did nothing. The pauses grow, with jitter; where the server
/// asks for a longer one (`Retry-After`), it is kept.
#[derive(Clone, Copy, Debug)]
pub struct RetryPolicy {
    /// How many tries there are after the first one; 0: none.
    pub retries: usize,
    /// About how long the first pause is.
    pub first_pause: Duration,
    /// About how long a pause gets at most.
    pub longest_pause: Duration,
    /// How long all pauses of one request may be together. Where that is not enough for what the server asks for, its
    /// answer is handed on at once.
    pub all_pauses: Duration,
    /// How long a [`Notifications`](crate::Notifications) may be without a connection before it says so.
    pub longest_outage: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            retries: 5,
            first_pause: Duration::from_millis(100),
            longest_pause: Duration::from_secs(5),
            all_pauses: Duration::from_secs(30),
            longest_outage: Duration::from_secs(300),
        }
    }
}

impl RetryPolicy {
    /// Nothing is tried again.
    pub const NEVER: Self = Self {
        retries: 0,
        first_pause: Duration::ZERO,
        longest_pause: Duration::ZERO,
        all_pauses: Duration::ZERO,
        longest_outage: Duration::ZERO,
    };

    fn builder(&self) -> ExponentialBuilder {
        ExponentialBuilder::new()
            .with_jitter()
            .with_min_delay(self.first_pause)
            .with_max_delay(self.longest_pause.max(self.first_pause))
    }

    /// The pauses of one request.
    pub(crate) fn of_request(&self) -> ExponentialBuilder {
        self.builder().with_max_times(self.retries)
    }

    /// Pauses without an end, for those who keep count of the time themselves.
    pub(crate) fn endless(&self) -> Pauses {
        Pauses { builder: self.builder().without_max_times(), pauses: None, longest: self.longest_pause }
    }
}

/// Pauses that grow until something went well.
#[derive(Debug)]
pub(crate) struct Pauses {
    builder: ExponentialBuilder,
    pauses: Option<ExponentialBackoff>,
    longest: Duration,
}

impl Pauses {
    /// The next one is a first one.
    pub(crate) fn reset(&mut self) {
        self.pauses = None;
    }

    pub(crate) fn next(&mut self) -> Duration {
        let pauses = self.pauses.get_or_insert_with(|| self.builder.build());
        // Whatever the policy says: not at once, which would be a loop that never rests.
        pauses.next().unwrap_or(self.longest).max(Duration::from_millis(10))
    }

    /// The next one, but not shorter than the server asks for.
    pub(crate) fn after(&mut self, error: &ClientError) -> Duration {
        self.next().max(error.retry_after().unwrap_or_default())
    }
}

/// What repeating a request can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Repeat {
    /// Nothing: it may be sent again whatever became of it.
    Harmless,
    /// The same once more: it may be sent again only where it is certain that nothing was done.
    Doubles,
}

impl Repeat {
    pub(crate) fn is_allowed_after(self, error: &ClientError) -> bool {
        match self {
            Self::Harmless => error.is_retryable(),
            Self::Doubles => error.is_retryable() && error.was_not_done(),
        }
    }
}
