//! `vidimus demo`

use clap::{Args as ClapArgs, ValueEnum};

use super::Span;

#[derive(Debug, ClapArgs)]
pub(crate) struct Demo {
    /// Where to listen; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:0", value_name = "ADDRESS")]
    pub(crate) listen: String,
    /// How long to wait for somebody to answer.
    #[arg(long, default_value = "15m", value_name = "TIME")]
    pub(crate) patience: Span,
    /// Answer the approvals itself, for whoever has no second terminal.
    #[arg(long, value_enum, value_name = "ANSWER")]
    pub(crate) answer: Option<DemoAnswer>,
}

/// What to answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum DemoAnswer {
    /// Approve them.
    Approve,
    /// Deny them.
    Deny,
    /// Abort them, with feedback to the agent.
    Abort,
}
