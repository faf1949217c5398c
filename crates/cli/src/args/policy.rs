//! `vidimus policy`

use std::{convert::Infallible, path::PathBuf, str::FromStr};

use clap::Subcommand;
use proto_events::Digest;
use uuid::Uuid;

use super::{PolicyCases, PolicyReplay, execution_id};

#[derive(Debug, Subcommand)]
pub(crate) enum Policy {
    /// The vocabulary of rules, in Cedar's schema language, with every history fact.
    Schema,
    /// Check a policy set, and say everything that is wrong with it, each with file, line and column.
    Validate {
        /// The set: a directory with `*.cedar` files.
        #[arg(value_name = "DIR")]
        set: PathBuf,
    },
    /// Decide the cases of a file with a policy set, and say which come out otherwise than expected.
    Test {
        /// The set: a directory with `*.cedar` files.
        #[arg(value_name = "DIR")]
        set: PathBuf,
        /// The cases, one JSON object a line; `-` is standard input.
        #[arg(long, value_name = "FILE.jsonl")]
        cases: PathBuf,
    },
    /// Put a policy set into force.
    Apply {
        /// The set: a directory with `*.cedar` files.
        #[arg(value_name = "DIR")]
        set: PathBuf,
        /// Why; goes on the audit trail.
        #[arg(long)]
        reason: Option<String>,
        /// Only if this set, or `none`, is in force until then.
        #[arg(long, value_name = "DIGEST|none")]
        expect_former: Option<Former>,
    },
    /// What is in force, or the files of a set.
    Show {
        /// The set: its digest, or `active`.
        #[arg(long, value_name = "DIGEST")]
        set: Option<SetName>,
    },
    /// What differs between two policy sets, rule by rule.
    Diff {
        /// The one: a directory, a digest, or `active`.
        #[arg(value_name = "BEFORE")]
        before: SetName,
        /// The other.
        #[arg(value_name = "AFTER")]
        after: SetName,
    },
    /// Why a call was decided on as it was: which layer, which rules, on which facts, and what would have had to differ.
    Explain {
        /// The execution's id.
        #[arg(value_parser = execution_id)]
        execution: Uuid,
    },
    /// The last hundred changes, newest first.
    History,
    /// Evaluate a policy set beside the one in force, without effect; or end that.
    Shadow {
        /// The set: a directory with `*.cedar` files.
        #[arg(value_name = "DIR", required_unless_present = "off", conflicts_with = "off")]
        set: Option<PathBuf>,
        /// Evaluate none any more.
        #[arg(long)]
        off: bool,
        /// Why; goes on the audit trail.
        #[arg(long)]
        reason: Option<String>,
    },
    /// Take the policy set out of force: without one, freezes, access and the catalogue decide.
    Clear {
        /// Why; goes on the audit trail.
        #[arg(long)]
        reason: Option<String>,
        /// Only if this set, or `none`, is in force until then.
        #[arg(long, value_name = "DIGEST|none")]
        expect_former: Option<Former>,
    },
    /// Decide recorded calls again, with a candidate beside the sets that they were decided under.
    Replay(Box<PolicyReplay>),
    /// Print recorded decisions as test cases.
    Cases(PolicyCases),
}

/// What is to be in force until now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Former(pub(crate) Option<Digest>);

impl FromStr for Former {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "none" {
            return Ok(Self(None));
        }
        let none = || "it is a set's digest of 64 hexadecimal digits, or `none`".to_owned();
        text.parse().map(|digest| Self(Some(digest))).map_err(|_| none())
    }
}

/// A policy set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SetName {
    /// The one in force.
    Active,
    /// A stored one.
    Stored(Digest),
    /// A directory.
    Directory(PathBuf),
}

impl FromStr for SetName {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(match text.parse() {
            Ok(digest) => Self::Stored(digest),
            Err(_) if text == "active" => Self::Active,
            Err(_) => Self::Directory(text.into()),
        })
    }
}
