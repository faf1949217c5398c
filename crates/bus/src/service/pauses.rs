//! How long to wait before the next connection.

use std::time::Duration;

/// After a connection that was there: no longer, as whoever ends connections would have all others wait with each message.
const ANEW: Duration = Duration::from_millis(20);
/// After the first one that does not come about.
const SHORTEST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(5);
/// A connection that lasted so long is followed by the next one at once.
const STEADY: Duration = Duration::from_secs(1);

/// What came before.
#[derive(Debug, Default)]
pub(super) struct Pauses {
    failed: u32,
    ended_shortly: bool,
}

impl Pauses {
    /// After a connection that was there and ended: none, unless that goes on.
    pub(super) fn ended(&mut self, lasted: Duration) -> Duration {
        let again = std::mem::replace(&mut self.ended_shortly, lasted < STEADY);
        self.failed = 0;
        if again && self.ended_shortly { ANEW } else { Duration::ZERO }
    }

    /// After one that did not come about: more each time.
    pub(super) fn failed(&mut self) -> Duration {
        let pause = SHORTEST.saturating_mul(1 << self.failed.min(10)).min(LONGEST);
        self.failed = self.failed.saturating_add(1);
        pause
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_that_ended_is_followed_at_once_unless_that_goes_on() {
        let (mut pauses, short) = (Pauses::default(), Duration::from_millis(10));
        assert_eq!(pauses.ended(STEADY), Duration::ZERO);
        assert_eq!(pauses.ended(short), Duration::ZERO);
        assert_eq!([(); 20].map(|()| pauses.ended(short)), [ANEW; 20]);
        assert_eq!(pauses.ended(STEADY), Duration::ZERO);
        assert_eq!(pauses.ended(short), Duration::ZERO);
    }

    #[test]
    fn one_that_does_not_come_about_is_tried_more_and_more_rarely_until_one_does() {
        let mut pauses = Pauses::default();
        let mut failed = || pauses.failed().as_millis();
        assert_eq!([failed(), failed(), failed(), failed()], [100, 200, 400, 800]);
        assert_eq!([failed(), failed(), failed(), failed()], [1600, 3200, 5000, 5000]);
        (0..100).for_each(|_| assert!(failed() == 5000));
        pauses.ended(STEADY);
        assert_eq!(pauses.failed(), SHORTEST);
    }
}
