//! The past, named in a query.

use std::{fmt, str::FromStr};

use proto_events::{GlobalPosition, Timestamp};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// A point of the past: after the event at a position, or at an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AsOf {
    /// After the event at this position; 0: before the first.
    Position(GlobalPosition),
    /// At this instant: after the last event up to which none was recorded later.
    Time(Timestamp),
}

/// It is no point of the past.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidAsOf(String);

impl fmt::Display for InvalidAsOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` is neither a position nor an instant: write the `position` of an answer, for example `4711`, or RFC 3339, for example `2026-01-15T10:30:00Z`",
            self.0
        )
    }
}

impl std::error::Error for InvalidAsOf {}

impl fmt::Display for AsOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Position(position) => position.fmt(f),
            Self::Time(at) => at.fmt(f),
        }
    }
}

impl FromStr for AsOf {
    type Err = InvalidAsOf;

    fn from_str(text: &str) -> Result<Self, InvalidAsOf> {
        // Digits alone: `+1` would be a second spelling of the same position.
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let position = text.parse().ok().filter(|_| digits).map(|at| Self::Position(GlobalPosition::new(at)));
        position
            .or_else(|| text.parse().ok().map(Self::Time))
            .ok_or_else(|| InvalidAsOf(text.chars().take(80).flat_map(char::escape_debug).collect()))
    }
}

impl Serialize for AsOf {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for AsOf {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(feature = "openapi")]
impl utoipa::PartialSchema for AsOf {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        let one_of = utoipa::openapi::OneOfBuilder::new()
            .item(GlobalPosition::schema())
            .item(Timestamp::schema())
            .description(Some("A position of the log, or an instant (RFC 3339) that is over."))
            .build();
        utoipa::openapi::RefOr::T(one_of.into())
    }
}

#[cfg(feature = "openapi")]
impl utoipa::ToSchema for AsOf {
    fn name() -> std::borrow::Cow<'static, str> {
        "AsOf".into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_a_position_and_the_rest_an_instant() {
        let position = |at| Ok(AsOf::Position(GlobalPosition::new(at)));
        assert_eq!(["0", "4711", "0007"].map(str::parse::<AsOf>), [0, 4711, 7].map(position));
        let at: AsOf = "2026-01-15T10:30:00.25+01:00".parse().unwrap();
        assert_eq!(at, AsOf::Time("2026-01-15T09:30:00.25Z".parse().unwrap()));
        assert_eq!(at.to_string(), "2026-01-15T09:30:00.25Z");
        for no in ["", "+1", "-1", "1.0", " 1", "18446744073709551616", "yesterday", "2026-01-15", "１"] {
            let error = no.parse::<AsOf>().unwrap_err().to_string();
            assert!(error.starts_with(&format!("`{no}` is neither")), "{error}");
        }
    }
}
