//! Instants: what is read, what is written, and what is refused.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are outside of `#[test]` functions")]

use std::time::Duration;

use proptest::prelude::*;
use proto_events::Timestamp;

const FIRST: i64 = -62_135_596_800_000_000;
const LAST: i64 = 253_402_300_799_999_999;

#[test]
fn instants_are_written_in_utc_with_as_many_digits_as_they_have() {
    for (micros, text) in [
        (0, "1970-01-01T00:00:00Z"),
        (1, "1970-01-01T00:00:00.000001Z"),
        (-1, "1969-12-31T23:59:59.999999Z"),
        (100_000, "1970-01-01T00:00:00.1Z"),
        (1_768_473_000_123_456, "2026-01-15T10:30:00.123456Z"),
        (FIRST, "0001-01-01T00:00:00Z"),
        (LAST, "9999-12-31T23:59:59.999999Z"),
    ] {
        let instant = Timestamp::from_micros(micros);
        assert_eq!(instant.as_micros(), micros);
        assert_eq!(instant.to_string(), text);
        assert_eq!(text.parse::<Timestamp>().unwrap(), instant);
        assert_eq!(serde_json::to_string(&instant).unwrap(), format!("\"{text}\""));
        assert_eq!(serde_json::from_str::<Timestamp>(&format!("\"{text}\"")).unwrap(), instant);
    }
}

#[test]
fn other_spellings_are_read_as_the_same_instant() {
    for (text, normal) in [
        ("2026-01-15T10:30:00+00:00", "2026-01-15T10:30:00Z"),
        ("2026-01-15T10:30:00-00:00", "2026-01-15T10:30:00Z"),
        ("2026-01-15T10:30:00+02:00", "2026-01-15T08:30:00Z"),
        ("2026-01-15T23:30:00-05:30", "2026-01-16T05:00:00Z"),
        ("2026-01-15t10:30:00z", "2026-01-15T10:30:00Z"),
        ("2026-01-15T10:30:00.500000Z", "2026-01-15T10:30:00.5Z"),
        ("2026-01-15T10:30:00.1234569Z", "2026-01-15T10:30:00.123456Z"),
        ("2026-01-15T10:30:00.999999999Z", "2026-01-15T10:30:00.999999Z"),
        ("1969-12-31T23:59:59.9999999Z", "1969-12-31T23:59:59.999999Z"),
        ("2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z"),
        ("0001-01-01T01:00:00+01:00", "0001-01-01T00:00:00Z"),
        ("9999-12-31T22:59:59-01:00", "9999-12-31T23:59:59Z"),
        // A leap second is the last microsecond before it.
        ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59.999999Z"),
        ("2017-01-01T00:59:60+01:00", "2016-12-31T23:59:59.999999Z"),
        ("2016-12-31T23:59:60.5Z", "2016-12-31T23:59:59.999999Z"),
    ] {
        let instant: Timestamp = text.parse().unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(instant.to_string(), normal, "{text}");
    }
}

#[test]
fn everything_else_is_refused() {
    for text in [
        "",
        "now",
        "2026-01-15",
        "2026-01-15T10:30:00",
        "2026-01-15T10:30Z",
        "2026-01-15T10:30:00Z ",
        " 2026-01-15T10:30:00Z",
        "2026-01-15T10:30:00.Z",
        "2026-02-30T10:30:00Z",
        "2026-13-01T10:30:00Z",
        "2026-01-15T24:00:00Z",
        "2026-01-15T10:60:00Z",
        "2026-01-15T10:30:60Z",
        "2026-01-15T10:30:61Z",
        "2026-01-15T10:30:00+25:00",
        "2026-01-15T10:30:00+02",
        "20260115T103000Z",
        "12026-01-15T10:30:00Z",
        "-001-01-15T10:30:00Z",
        "0000-12-31T23:59:59Z",
        "0001-01-01T00:00:00+00:01",
        "9999-12-31T23:59:59-00:01",
        "9999-12-31T23:59:59-23:59",
        "0000-01-01T00:00:00+23:59",
        "٢٠٢٦-01-15T10:30:00Z",
    ] {
        let error = text.parse::<Timestamp>().expect_err(text);
        assert_eq!(
            error.to_string(),
            format!(
                "`{text}` is no instant: write it as in RFC 3339, for example `2026-01-15T10:30:00Z`, in the years 1 to 9999"
            )
        );
    }
    assert!(serde_json::from_str::<Timestamp>("0").is_err(), "a number is no instant");
}

#[test]
fn an_error_repeats_80_characters_at_most_and_no_control_characters() {
    let error = "ä\n".repeat(1000).parse::<Timestamp>().unwrap_err().to_string();
    assert!(error.starts_with(&format!("`{}` is", "ä\\n".repeat(40))), "{error}");
}

#[test]
fn arithmetic_stays_within_the_years() {
    assert_eq!(Timestamp::from_micros(i64::MIN).as_micros(), FIRST);
    assert_eq!(Timestamp::from_micros(i64::MAX).as_micros(), LAST);
    let epoch = Timestamp::from_micros(0);
    assert_eq!(epoch.plus(Duration::from_millis(1500)).to_string(), "1970-01-01T00:00:01.5Z");
    assert_eq!(epoch.plus(Duration::from_nanos(1999)).as_micros(), 1);
    assert_eq!(epoch.plus(Duration::MAX).as_micros(), LAST);
    assert_eq!(Timestamp::from_micros(LAST).plus(Duration::from_secs(1)).as_micros(), LAST);
}

proptest! {
    #[test]
    fn any_instant_is_read_back(micros in FIRST..=LAST) {
        let instant = Timestamp::from_micros(micros);
        prop_assert_eq!(instant.as_micros(), micros);
        let text = instant.to_string();
        prop_assert!(text.ends_with('Z'));
        prop_assert_eq!(text.parse::<Timestamp>().unwrap(), instant);
        prop_assert!(text.starts_with(&instant.to_notification_text()));
    }

    #[test]
    fn an_offset_is_turned_into_utc(
        micros in FIRST + 86_400_000_000..LAST - 86_400_000_000,
        minutes in -1439_i64..=1439,
    ) {
        let local = Timestamp::from_micros(micros + minutes * 60_000_000).to_string();
        let sign = if minutes < 0 { '-' } else { '+' };
        let text = format!("{}{sign}{:02}:{:02}", local.trim_end_matches('Z'), minutes.abs() / 60, minutes.abs() % 60);
        prop_assert_eq!(text.parse::<Timestamp>().unwrap(), Timestamp::from_micros(micros));
    }

    #[test]
    fn the_order_of_instants_is_the_order_of_micros(a in FIRST..=LAST, b in FIRST..=LAST) {
        prop_assert_eq!(Timestamp::from_micros(a).cmp(&Timestamp::from_micros(b)), a.cmp(&b));
    }

    #[test]
    fn no_text_panics(text in "[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{0,12})?(Z|[+-][0-9]{2}:[0-9]{2})") {
        if let Ok(instant) = text.parse::<Timestamp>() {
            prop_assert_eq!(instant.to_string().parse::<Timestamp>().unwrap(), instant);
        }
    }

    #[test]
    fn no_garbage_panics(text in any::<String>()) {
        let _ = text.parse::<Timestamp>();
    }
}
