//! `vidimus trace`

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum Trace {
    /// Decide recorded calls as an engine would have, each only from what could be known at that call.
    Decide(TraceDecide),
}

#[derive(Debug, ClapArgs)]
pub(crate) struct TraceDecide {
    /// Conversations with their calls (see docs/reference/trace.md); `-` is standard input.
    #[arg(required = true, value_name = "FILE.jsonl[.gz]")]
    pub(crate) files: Vec<PathBuf>,
    /// The policy set: a directory with `*.cedar` files.
    #[arg(long, value_name = "DIR")]
    pub(crate) set: PathBuf,
    /// What the functions are: a JSON catalogue, or an MCP server's answer to `tools/list`.
    #[arg(long, value_name = "FILE.json")]
    pub(crate) catalogue: PathBuf,
    /// The connection of functions for which the catalogue names none.
    #[arg(long, value_name = "NAME")]
    pub(crate) connection: Option<String>,
    /// Refuse the text of a number where a schema asks for a number; without this it is taken, as tools that convert it do.
    #[arg(long)]
    pub(crate) strict_numbers: bool,
    /// Where the decisions go; standard output unless told otherwise.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// On how many threads; as many as there are cores unless told otherwise.
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u8).range(1..=64))]
    pub(crate) threads: Option<u8>,
}
