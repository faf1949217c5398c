//! Instants, to the microsecond, in UTC.

use std::{fmt, str::FromStr};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use time::{OffsetDateTime, format_description::well_known::Rfc3339, macros::format_description};

/// A text that is not an instant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is no instant: write it as in RFC 3339, for example `2026-01-15T10:30:00Z`, in the years 1 to 9999", .0.escape_debug())]
pub struct InvalidTimestamp(String);

/// An instant in UTC with microseconds, in the years 1 to 9999. As text: RFC 3339, always with `Z`.
///
/// Another offset is read and turned into UTC; digits after the microseconds are cut off; a leap second is the last
/// microsecond before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

const MICROS_PER_SECOND: i64 = 1_000_000;
const FIRST_MICROS: i64 = -62_135_596_800_000_000;
const LAST_MICROS: i64 = 253_402_300_799_999_999;

impl Timestamp {
    /// The instant this many microseconds after 1970-01-01T00:00:00Z, held within the years 1 to 9999.
    pub const fn from_micros(micros: i64) -> Self {
        if micros < FIRST_MICROS {
            Self(FIRST_MICROS)
        } else if micros > LAST_MICROS {
            Self(LAST_MICROS)
        } else {
            Self(micros)
        }
    }

    /// Microseconds since 1970-01-01T00:00:00Z.
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// This instant and `duration` later (or the last instant there is).
    pub fn plus(self, duration: std::time::Duration) -> Self {
        let micros = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
        Self::from_micros(self.0.saturating_add(micros))
    }

    fn date_time(self) -> OffsetDateTime {
        let seconds = OffsetDateTime::from_unix_timestamp(self.0.div_euclid(MICROS_PER_SECOND));
        let micros = u32::try_from(self.0.rem_euclid(MICROS_PER_SECOND)).unwrap_or_default();
        seconds.and_then(|instant| instant.replace_microsecond(micros)).unwrap_or(OffsetDateTime::UNIX_EPOCH)
    }

    /// `2025-08-12T00:00:00`: UTC, whole seconds, no zone, as notifications carry it.
    pub fn to_notification_text(self) -> String {
        self.date_time()
            .format(format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]"))
            .unwrap_or_default()
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.date_time().format(&Rfc3339).map_err(|_| fmt::Error)?;
        f.write_str(&text)
    }
}

impl FromStr for Timestamp {
    type Err = InvalidTimestamp;

    fn from_str(text: &str) -> Result<Self, InvalidTimestamp> {
        let invalid = || InvalidTimestamp(text.chars().take(80).collect());
        let instant = OffsetDateTime::parse(text, &Rfc3339).map_err(|_| invalid())?;
        let micros = instant.unix_timestamp() * MICROS_PER_SECOND + i64::from(instant.microsecond());
        if (FIRST_MICROS..=LAST_MICROS).contains(&micros) { Ok(Self(micros)) } else { Err(invalid()) }
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::text::deserialize(deserializer, "an instant as in RFC 3339")
    }
}

impl JsonSchema for Timestamp {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Timestamp".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "format": "date-time", "description": "RFC 3339 in UTC, to the microsecond"})
    }
}
