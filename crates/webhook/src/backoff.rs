//! How long to wait before the next attempt.

use std::time::Duration;

use crate::Settings;

/// The pause after attempt number `attempts` failed. It doubles from one to the next; half of it is left to `chance`, so that
/// endpoints that failed together do not come back together. What the receiver asks for counts where it is longer, up to the
/// longest pause.
pub(crate) fn pause(
    settings: &Settings,
    attempts: u32,
    chance: u32,
    asked_for: Option<Duration>,
) -> Duration {
    let doublings = attempts.saturating_sub(1).min(31);
    let whole = settings.first_pause.saturating_mul(1 << doublings).min(settings.longest_pause);
    let half = whole / 2;
    let pause = half + half.mul_f64(f64::from(chance) / f64::from(u32::MAX));
    pause.max(asked_for.unwrap_or_default()).min(settings.longest_pause)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> Settings {
        let (first_pause, longest_pause) = (Duration::from_secs(4), Duration::from_secs(60));
        Settings { first_pause, longest_pause, ..Settings::default() }
    }

    #[test]
    fn it_doubles_up_to_the_longest_and_half_of_it_is_chance() {
        for (attempts, whole) in [(1, 4), (2, 8), (3, 16), (4, 32), (5, 60), (40, 60), (u32::MAX, 60)] {
            let whole = Duration::from_secs(whole);
            assert_eq!(pause(&settings(), attempts, 0, None), whole / 2);
            assert_eq!(pause(&settings(), attempts, u32::MAX, None), whole);
            let between = pause(&settings(), attempts, u32::MAX / 2, None);
            assert!(between > whole / 2 && between < whole, "{between:?}");
        }
    }

    #[test]
    fn what_the_receiver_asks_for_counts_within_bounds() {
        let asked = |seconds| pause(&settings(), 1, 0, Some(Duration::from_secs(seconds)));
        assert_eq!(asked(1), Duration::from_secs(2), "never sooner than it would be");
        assert_eq!(asked(30), Duration::from_secs(30));
        assert_eq!(asked(3600), Duration::from_secs(60));
    }
}
