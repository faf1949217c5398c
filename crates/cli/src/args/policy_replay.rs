//! `vidimus policy replay` and `vidimus policy cases`

use std::{path::PathBuf, str::FromStr};

use clap::Args as ClapArgs;
use proto_events::{GlobalPosition, Timestamp};

/// A place in the log: a position or a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// The event at this position.
    Position(GlobalPosition),
    /// The first event from this time on.
    Time(Timestamp),
}

impl FromStr for Place {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let time = || text.parse().map(Self::Time).ok();
        text.parse().map(|index| Self::Position(GlobalPosition::new(index))).ok().or_else(time).ok_or_else(|| {
            format!(
                "`{}` is neither a position nor a time: write a whole number, or a time like `2026-01-31T08:00:00Z`",
                text.escape_debug()
            )
        })
    }
}

/// Which decisions.
#[derive(Debug, ClapArgs)]
pub(crate) struct ReplayRange {
    /// Only decisions from this position (with it) or time on.
    #[arg(long, value_name = "POSITION|TIME")]
    pub(crate) from: Option<Place>,
    /// Only decisions up to this position (with it), or before this time.
    #[arg(long, value_name = "POSITION|TIME")]
    pub(crate) to: Option<Place>,
    /// Only decisions on calls of this conversation.
    #[arg(long)]
    pub(crate) conversation: Option<String>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct PolicyReplay {
    /// The candidate: a directory with `*.cedar` files. Without it, past decisions are derived again and that is all.
    #[arg(long, value_name = "DIR")]
    pub(crate) set: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) range: ReplayRange,
    /// Let the candidate also decide on calls that were handed in after the fact.
    #[arg(long, requires = "set")]
    pub(crate) recorded: bool,
    /// How many changes of each kind, and how many mismatches, are listed; all are counted.
    #[arg(long, default_value_t = 100, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(0..=100_000))]
    pub(crate) limit: u32,
    /// Let the server replay, within its bounds, and bring its report alone; without it, the log is read and replayed here. Needs
    /// `--server`; `--from` and `--to` are times then, and it looks at the last seven days unless told otherwise.
    #[arg(long, requires = "set", conflicts_with = "threads")]
    pub(crate) at_server: bool,
    /// On how many threads; as many as there are cores unless told otherwise.
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u8).range(1..=64))]
    pub(crate) threads: Option<u8>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct PolicyCases {
    #[command(flatten)]
    pub(crate) range: ReplayRange,
    /// How many cases at most, the first of the range.
    #[arg(long, default_value_t = 1000, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) limit: u32,
}
