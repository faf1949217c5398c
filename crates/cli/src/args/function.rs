//! `vidimus function`

use std::path::PathBuf;

use clap::Subcommand;
use proto_events::{Access, FunctionName};

use super::{ACCESSES, FunctionImport, named};

#[derive(Debug, Subcommand)]
pub(crate) enum Function {
    /// Set the access to a function.
    SetAccess {
        /// The function (`connection.function`).
        function: FunctionName,
        /// The access.
        #[arg(value_parser = named(ACCESSES, Access::as_str))]
        access: Access,
        /// Why; goes on the audit trail.
        #[arg(long)]
        reason: Option<String>,
    },
    /// Describe a function in the catalogue.
    Describe {
        /// The function (`connection.function`).
        function: FunctionName,
        /// The description as JSON, as `vidimus function show --output json` has it; `-` is standard input.
        #[arg(value_name = "FILE.json")]
        file: PathBuf,
    },
    /// Take a function's description out of the catalogue.
    Withdraw {
        /// The function (`connection.function`).
        function: FunctionName,
        /// Why; goes on the audit trail.
        #[arg(long)]
        reason: Option<String>,
    },
    /// A function: its access, and what the catalogue says of it.
    Show {
        /// The function (`connection.function`).
        function: FunctionName,
    },
    /// Describe the functions of a catalogue: a JSON catalogue, or an MCP server's answer to `tools/list`.
    Import(Box<FunctionImport>),
    /// Every function whose access was ever set or that was ever described.
    List,
}
