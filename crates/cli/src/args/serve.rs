//! `vidimus serve`: every setting is an option and a key of the configuration file, by the same name.

use std::{path::PathBuf, str::FromStr, time::Duration};

use clap::{Args as ClapArgs, ValueEnum};
use serde::{Deserialize, Deserializer, de::Error as _};
use vidimus_api::RateLimit;

#[derive(Debug, ClapArgs)]
pub(crate) struct Serve {
    /// Settings as TOML: the options below with `_` for `-`, `data` and `log`. The command line and the environment win.
    #[arg(long, env = "VIDIMUS_CONFIG", value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) options: ServeOptions,
}

/// Declares the settings, and how those of the command line win over those of the file.
macro_rules! settings {
    ($($(#[$meta:meta])* $name:ident: $type:ty,)+) => {
        /// Settings of the server; what is not set has a default.
        #[derive(Clone, Debug, Default, PartialEq, Eq, ClapArgs, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub(crate) struct ServeOptions {
            $($(#[$meta])* pub(crate) $name: Option<$type>,)+
        }

        impl ServeOptions {
            /// These, and where they say nothing, those.
            pub(crate) fn or(self, those: Self) -> Self {
                Self { $($name: self.$name.or(those.$name),)+ }
            }
        }
    };
}

settings! {
    /// The data directory. On the command line it is the global `--data`.
    #[arg(skip)]
    data: PathBuf,
    /// What is traced. In the environment it is `VIDIMUS_LOG`.
    #[arg(skip)]
    log: String,
    /// Where to listen; port 0 takes a free one [default: 127.0.0.1:7878].
    #[arg(long, env = "VIDIMUS_LISTEN", value_name = "ADDRESS")]
    listen: String,
    /// How the log of the server is written, to standard error [default: text].
    #[arg(long, value_enum, value_name = "FORMAT")]
    log_format: LogFormat,
    /// How many requests a key may make: `PER_SECOND:BURST`, or `off` [default: 1000:2000].
    #[arg(long, value_name = "LIMIT")]
    rate_limit: Limit,
    /// The largest body of a request [default: 1048576].
    #[arg(long, value_name = "BYTES")]
    max_body_bytes: usize,
    /// Most connections; further ones wait [default: 4096].
    #[arg(long, value_name = "NUMBER")]
    max_connections: usize,
    /// Most open streams of notifications [default: 2000].
    #[arg(long, value_name = "NUMBER")]
    max_streams: usize,
    /// Most requests that wait for a decision [default: 10000].
    #[arg(long, value_name = "NUMBER")]
    max_waiters: usize,
    /// How long running requests have to end when the server stops [default: 10s].
    #[arg(long, value_name = "TIME")]
    drain: Span,
    /// How long a user has to confirm [default: 1h].
    #[arg(long, value_name = "TIME")]
    confirmation_ttl: Span,
    /// How long reviewers have to resolve an approval [default: 24h].
    #[arg(long, value_name = "TIME")]
    approval_ttl: Span,
    /// How long a permit may wait to be used [default: 1h].
    #[arg(long, value_name = "TIME")]
    permit_ttl: Span,
    /// How long a running call may be silent before its result counts as unknown [default: 5m].
    #[arg(long, value_name = "TIME")]
    lease: Span,
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
    fn the_command_line_wins() {
        let options =
            |listen: &str| ServeOptions { listen: Some(listen.to_owned()), ..ServeOptions::default() };
        let file = ServeOptions { max_streams: Some(3), ..options("b") };
        let both = options("a").or(file);
        assert_eq!((both.listen.as_deref(), both.max_streams, both.drain), (Some("a"), Some(3), None));
    }
}
