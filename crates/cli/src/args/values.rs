//! Values of settings: read from the command line and from the configuration file by the same words.

use std::{fmt::Display, str::FromStr, time::Duration};

use clap::ValueEnum;
use proto_events::Redaction;
use serde::{Deserialize, Deserializer, de::Error as _};
use vidimus_api::RateLimit;
use vidimus_engine::CheckpointOrigin;
use vidimus_webhook::IpNet;

/// Networks, by commas.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Networks(pub(crate) Vec<IpNet>);

impl FromStr for Networks {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let network = |text: &str| {
            text.trim().parse().map_err(|_| {
                format!("`{}` is no network: write it as `10.1.0.0/16` or `fd00::/8`", text.escape_debug())
            })
        };
        text.split(',').map(network).collect::<Result<_, _>>().map(Self)
    }
}

impl<'de> Deserialize<'de> for Networks {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        from_text(deserializer)
    }
}

/// What notifications leave out of arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Redact(pub(crate) Redaction);

impl FromStr for Redact {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "off" {
            return Ok(Self(Redaction::none()));
        }
        let names: Vec<_> = text.split(',').map(str::trim).collect();
        if names.iter().any(|name| name.is_empty()) {
            return Err(format!(
                "`{}` names nothing in one place: write names by commas, for example `password,token`, or `off`",
                text.escape_debug()
            ));
        }
        Ok(Self(Redaction::of(names)))
    }
}

impl<'de> Deserialize<'de> for Redact {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        from_text(deserializer)
    }
}

/// The log's name in its checkpoints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Origin(pub(crate) CheckpointOrigin);

impl FromStr for Origin {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        text.parse().map(Self).map_err(|error| format!("`{}`: {error}", text.escape_debug()))
    }
}

impl<'de> Deserialize<'de> for Origin {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        from_text(deserializer)
    }
}

/// How the log of the server is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// For programs: one object a line.
    Json,
}

/// Reads from a text what the command line has as a text too.
fn from_text<'de, D: Deserializer<'de>, T: FromStr<Err = String>>(deserializer: D) -> Result<T, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
}

/// A time that something takes: `500ms`, `30s`, `5m`, `24h`, `30d`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span(pub(crate) Duration);

impl FromStr for Span {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let none = || {
            format!("`{}` is no time: write it as `500ms`, `30s`, `5m`, `24h` or `30d`", text.escape_debug())
        };
        let unit = text.find(|character: char| !character.is_ascii_digit()).ok_or_else(none)?;
        let (number, unit) = text.split_at(unit);
        let number: u64 = number.parse().map_err(|_| none())?;
        let millis = match unit {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            _ => return Err(none()),
        };
        number.checked_mul(millis).map(|millis| Self(Duration::from_millis(millis))).ok_or_else(none)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        from_text(deserializer)
    }
}

/// How many requests a key may make; `None`: as many as it can.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limit(pub(crate) Option<RateLimit>);

impl FromStr for Limit {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "off" {
            return Ok(Self(None));
        }
        let (per_second, burst) = text.split_once(':').unwrap_or((text, text));
        let at_least_one = |text: &str| text.parse::<u32>().ok().filter(|number| *number > 0);
        match (at_least_one(per_second), at_least_one(burst)) {
            (Some(per_second), Some(burst)) => Ok(Self(Some(RateLimit::new(per_second, burst)))),
            _ => Err(format!(
                "`{}` is no limit: write `PER_SECOND:BURST`, for example `1000:2000`, or `off`",
                text.escape_debug()
            )),
        }
    }
}

impl<'de> Deserialize<'de> for Limit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        from_text(deserializer)
    }
}

/// On how many servers a stream is kept: no cluster keeps one on more than 5.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "i64")]
pub(crate) struct Replicas(pub(crate) usize);

impl Replicas {
    fn none(given: impl Display) -> String {
        format!("`{given}` is no number of servers to keep a stream on: it is 1 to 5, and odd to be of use")
    }
}

impl TryFrom<i64> for Replicas {
    type Error = String;

    fn try_from(number: i64) -> Result<Self, String> {
        let small = usize::try_from(number).ok().filter(|number| (1..=5).contains(number));
        small.map(Self).ok_or_else(|| Self::none(number))
    }
}

impl FromStr for Replicas {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        text.parse::<i64>().map_err(|_| Self::none(text.escape_debug()))?.try_into()
    }
}

/// How much a stream holds: 0, and what the server would take for a negative number, would be no bound at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "i64")]
pub(crate) struct StreamBytes(pub(crate) u64);

impl StreamBytes {
    fn none(given: impl Display) -> String {
        format!(
            "`{given}` is nothing that a stream can hold: name a whole number of bytes from 1 on, for example `4294967296`"
        )
    }
}

impl TryFrom<i64> for StreamBytes {
    type Error = String;

    fn try_from(number: i64) -> Result<Self, String> {
        let some = u64::try_from(number).ok().filter(|number| *number > 0);
        some.map(Self).ok_or_else(|| Self::none(number))
    }
}

impl FromStr for StreamBytes {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        text.parse::<i64>().map_err(|_| Self::none(text.escape_debug()))?.try_into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_a_whole_number_with_a_unit() {
        let span = |text: &str| text.parse::<Span>().ok().map(|span| span.0.as_millis());
        let cases = [
            ("500ms", 500),
            ("0s", 0),
            ("30s", 30_000),
            ("5m", 300_000),
            ("24h", 86_400_000),
            ("30d", 2_592_000_000),
        ];
        for (text, millis) in cases {
            assert_eq!(span(text), Some(millis), "{text}");
        }
        for text in [
            "",
            "30",
            "s",
            "-1s",
            "1.5s",
            "1 s",
            "1w",
            "30S",
            "1h30m",
            "99999999999999999999s",
            "18446744073709551615d",
        ] {
            assert_eq!(span(text), None, "{text}");
        }
    }

    #[test]
    fn a_limit_is_two_numbers_or_off() {
        let limit = |text: &str| text.parse::<Limit>().ok().map(|limit| limit.0);
        assert_eq!(limit("off"), Some(None));
        assert_eq!(limit("10:20"), Some(Some(RateLimit::new(10, 20))));
        assert_eq!(limit("10"), Some(Some(RateLimit::new(10, 10))));
        for text in ["", "0:1", "1:0", "-1:2", "a:b", "1:2:3", "Off"] {
            assert_eq!(limit(text), None, "{text}");
        }
    }

    #[test]
    fn numbers_have_their_ranges() {
        let replicas = |text: &str| text.parse::<Replicas>().map(|Replicas(number)| number);
        assert_eq!((replicas("1"), replicas("5")), (Ok(1), Ok(5)));
        for text in ["0", "6", "-1", "one", "", "1.0"] {
            let error = replicas(text).unwrap_err();
            assert!(error.contains(&format!("`{text}`")) && error.contains("1 to 5"), "{error}");
        }
        let bytes = |text: &str| text.parse::<StreamBytes>().map(|StreamBytes(number)| number);
        assert_eq!((bytes("1"), bytes("9223372036854775807")), (Ok(1), Ok(u64::MAX / 2)));
        for text in ["0", "-1", "9223372036854775808", "4GB", ""] {
            let error = bytes(text).unwrap_err();
            assert!(error.contains(&format!("`{text}`")) && error.contains("bytes"), "{error}");
        }
    }
}
