//! `vidimus function import`

use std::path::PathBuf;

use clap::Args as ClapArgs;
use proto_events::Access;

use super::{ACCESSES, named};
use crate::catalogue::Form;

#[derive(Debug, ClapArgs)]
pub(crate) struct FunctionImport {
    /// The catalogue; `-` is standard input.
    #[arg(value_name = "FILE.json")]
    pub(crate) file: PathBuf,
    /// Its form.
    #[arg(long, value_enum, default_value_t = Form::Auto, value_name = "FORM")]
    pub(crate) format: Form,
    /// The connection of functions for which the file names none; an MCP server names none.
    #[arg(long, value_name = "NAME")]
    pub(crate) connection: Option<String>,
    /// Who reviews and answers for functions for which the file names nobody: a group, `user:ID` or `service:ID`.
    #[arg(long, value_name = "OWNER")]
    pub(crate) owner: Option<String>,
    /// Accept the text of a number wherever a schema asks for a number: for tools that convert it.
    #[arg(long)]
    pub(crate) numbers_as_text: bool,
    /// Also set the access to each of them.
    #[arg(long, value_parser = named(ACCESSES, Access::as_str), value_name = "ACCESS")]
    pub(crate) access: Option<Access>,
    /// Only show what would be said of them.
    #[arg(long)]
    pub(crate) dry_run: bool,
}
