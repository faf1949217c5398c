//! `vidimus grant`

use clap::{Args as ClapArgs, Subcommand};
use proto_events::{ArgumentCondition, ArgumentTest, FunctionName, Timestamp};
use uuid::Uuid;

use super::Span;

#[derive(Debug, Subcommand)]
pub(crate) enum Grant {
    /// Approve calls of one agent and one function in advance, within limits.
    Create(Box<GrantCreate>),
    /// The grants in force, and those that lately were, newest first.
    List,
    /// Revoke a grant; what it let through stays.
    Revoke {
        /// Its id.
        #[arg(value_parser = grant_id)]
        id: Uuid,
        /// Why; goes on the audit trail.
        #[arg(long)]
        reason: Option<String>,
    },
}

#[derive(Debug, ClapArgs)]
pub(crate) struct GrantCreate {
    /// The agent.
    #[arg(long)]
    pub(crate) agent: String,
    /// The function (`connection.function`).
    #[arg(long)]
    pub(crate) function: FunctionName,
    /// Only of this conversation.
    #[arg(long)]
    pub(crate) conversation: Option<String>,
    /// Only with arguments that meet this; can be given more than once. `/to=kim@example.com` or `/to=a,b` for one of these
    /// texts, `/amount<=99.50` for at most, `/path^=/srv/` for a beginning, `/cc!` for absent.
    #[arg(long = "where", value_name = "CONDITION", value_parser = condition)]
    pub(crate) conditions: Vec<ArgumentCondition>,
    /// How many calls it lets through.
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) max_uses: Option<u32>,
    /// How much they may sum up to, in the amount that the catalogue names.
    #[arg(long, value_name = "SUM")]
    pub(crate) max_sum: Option<String>,
    /// For how long it is good, for example `8h`; at most 90 days.
    #[arg(long, value_name = "TIME", required_unless_present = "expires_at")]
    pub(crate) expires_in: Option<Span>,
    /// Until when it is good (RFC 3339).
    #[arg(long, value_name = "TIME", conflicts_with = "expires_in")]
    pub(crate) expires_at: Option<Timestamp>,
    /// Why; goes on the audit trail.
    #[arg(long)]
    pub(crate) reason: String,
}

fn grant_id(text: &str) -> Result<Uuid, String> {
    text.parse().map_err(|_| "a grant's id is a UUID: copy it from `vidimus grant list`".to_owned())
}

/// `POINTER` and a test.
fn condition(text: &str) -> Result<ArgumentCondition, String> {
    let none = || {
        "a condition is a JSON Pointer and a test: `/to=a,b`, `/amount<=99.50`, `/path^=/srv/` or `/cc!`"
            .to_owned()
    };
    if !text.starts_with('/') {
        return Err(none());
    }
    let (pointer, test) = if let Some((pointer, number)) = text.split_once("<=") {
        (pointer, ArgumentTest::AtMost { number: number.to_owned() })
    } else if let Some((pointer, beginning)) = text.split_once("^=") {
        (pointer, ArgumentTest::StartsWith { text: beginning.to_owned() })
    } else if let Some((pointer, values)) = text.split_once('=') {
        (pointer, ArgumentTest::OneOf { values: values.split(',').map(str::to_owned).collect() })
    } else {
        (text.strip_suffix('!').ok_or_else(none)?, ArgumentTest::Absent)
    };
    Ok(ArgumentCondition { pointer: pointer.to_owned(), test })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_as_they_are_written() {
        let one_of = |values: &[&str]| ArgumentTest::OneOf {
            values: values.iter().map(|value| (*value).to_owned()).collect(),
        };
        for (text, pointer, test) in [
            ("/to=kim@example.com", "/to", one_of(&["kim@example.com"])),
            ("/to=a,b", "/to", one_of(&["a", "b"])),
            ("/a/b<=99.50", "/a/b", ArgumentTest::AtMost { number: "99.50".to_owned() }),
            ("/path^=/srv/", "/path", ArgumentTest::StartsWith { text: "/srv/".to_owned() }),
            ("/cc!", "/cc", ArgumentTest::Absent),
        ] {
            assert_eq!(
                condition(text),
                Ok(ArgumentCondition { pointer: pointer.to_owned(), test }),
                "{text}"
            );
        }
        for text in ["", "to=a", "/to", "!"] {
            assert!(condition(text).is_err(), "{text}");
        }
    }
}
