//! Amounts: what a call moves, and what was moved today.

use proto_events::Timestamp;
use serde_json::Value;

const MICROS_PER_DAY: i64 = 24 * 60 * 60 * 1_000_000;

/// The day (UTC) of an instant, counted from 1970.
const fn day_of(at: Timestamp) -> i64 {
    at.as_micros().div_euclid(MICROS_PER_DAY)
}

/// The amount at `pointer`, without its sign and rounded up. A text may hold it too. 0 where there is nothing, and the
/// largest there is for what is no number: a limit must not be passed under by writing an amount in a strange way.
pub(super) fn amount(arguments: &Value, pointer: &str) -> i64 {
    match arguments.pointer(pointer) {
        None | Some(Value::Null) => 0,
        Some(Value::Number(number)) => {
            number.as_i64().map_or_else(|| round_up(number.as_f64()), i64::saturating_abs)
        }
        Some(Value::String(text)) => {
            let text = text.trim();
            text.parse::<i64>().map_or_else(|_| round_up(text.parse().ok()), i64::saturating_abs)
        }
        Some(_) => i64::MAX,
    }
}

fn round_up(number: Option<f64>) -> i64 {
    /// 2^53: up to here every whole number is exact.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    match number.map(f64::abs) {
        #[expect(clippy::cast_possible_truncation, reason = "a whole number that is exact")]
        Some(size) if size <= EXACT => size.ceil() as i64,
        _ => i64::MAX,
    }
}

/// A sum that begins anew each day (UTC).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct DaySum {
    day: i64,
    sum: i64,
}

impl DaySum {
    /// Nothing yet.
    pub(super) const NONE: Self = Self { day: i64::MIN, sum: 0 };

    /// Adds an amount. Time does not go back: what is from before the sum's day counts for that day.
    pub(super) fn add(&mut self, at: Timestamp, amount: i64) {
        let day = day_of(at);
        if day > self.day {
            *self = Self { day, sum: 0 };
        }
        self.sum = self.sum.saturating_add(amount);
    }

    /// Takes an amount back that was added at `at`, if that was on the sum's day.
    pub(super) fn take_back(&mut self, at: Timestamp, amount: i64) {
        if day_of(at) >= self.day {
            self.sum = self.sum.saturating_sub(amount).max(0);
        }
    }

    /// The sum of the day that `now` is in.
    pub(super) const fn on_day_of(&self, now: Timestamp) -> i64 {
        if day_of(now) > self.day { 0 } else { self.sum }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn hour(hour: i64) -> Timestamp {
        Timestamp::from_micros(hour * 3_600_000_000)
    }

    #[test]
    fn an_amount_is_rounded_up_and_has_no_sign() {
        for (value, expected) in [
            (json!(12), 12),
            (json!(12.01), 13),
            (json!(-12.5), 13),
            (json!("99.5"), 100),
            (json!(" -7 "), 7),
            (json!(null), 0),
            (json!("much"), i64::MAX),
            (json!("1e400"), i64::MAX),
            (json!(1e300), i64::MAX),
            (json!([1]), i64::MAX),
        ] {
            assert_eq!(amount(&json!({"a": value}), "/a"), expected, "{value}");
        }
        assert_eq!(amount(&json!({}), "/a"), 0);
    }

    #[test]
    fn a_sum_begins_anew_each_day() {
        let mut sum = DaySum::NONE;
        sum.add(hour(5), 10);
        sum.add(hour(23), 5);
        assert_eq!(sum.on_day_of(hour(23)), 15);
        assert_eq!(sum.on_day_of(hour(24)), 0);
        sum.take_back(hour(5), 10);
        assert_eq!(sum.on_day_of(hour(6)), 5);
        sum.add(hour(25), 7);
        sum.take_back(hour(23), 5);
        assert_eq!(sum.on_day_of(hour(26)), 7, "yesterday's is not taken from today's");
        sum.add(hour(20), 1);
        assert_eq!(sum.on_day_of(hour(26)), 8, "a clock that goes back begins no new day");
    }
}
