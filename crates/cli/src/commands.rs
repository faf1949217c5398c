//! One module a command.

mod approval;
mod audit;
mod bench;
mod execution;
mod function;
mod import;
mod log;
mod manual;
mod view;

use std::process::ExitCode;

use vidimus_projection::{Cursor, PageRequest};

use crate::{
    args::{Args, Command, PageArgs},
    error::Failure,
    output::Output,
};

pub(crate) async fn run(args: Args, output: &Output) -> Result<ExitCode, Failure> {
    let Args { global, command } = args;
    match command {
        Command::Import(import) => return import::run(&global, import, *output).await,
        Command::Execution(command) => execution::run(&global, command, *output).await?,
        Command::Approval(command) => approval::run(&global, command, *output).await?,
        Command::Function(command) => function::run(&global, command, *output).await?,
        Command::Audit(command) => audit::run(&global, command, *output).await?,
        Command::Log(command) => return log::run(&global, command, *output).await,
        Command::View(command) => return view::run(&global, command, *output).await,
        Command::Bench(options) => bench::run(options, *output).await?,
        Command::Completions { shell } => manual::completions(shell)?,
        Command::Man { directory } => manual::man(directory)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn page_request(page: PageArgs) -> PageRequest {
    PageRequest { limit: page.limit, after: page.cursor.map(Cursor::new) }
}

/// A page as JSON.
#[derive(serde::Serialize)]
struct PageJson<'a, T> {
    items: &'a [T],
    next: Option<&'a str>,
}

fn page_json<T>(page: &vidimus_projection::Page<T>) -> PageJson<'_, T> {
    PageJson { items: &page.items, next: page.next.as_ref().map(Cursor::as_str) }
}

/// The line below a table that says how to go on.
fn more(page: Option<&Cursor>) -> String {
    page.map(|next| format!("\nmore: add `--cursor {next}`")).unwrap_or_default()
}

fn or_dash(value: Option<impl ToString>) -> String {
    value.map_or_else(|| "–".to_owned(), |value| value.to_string())
}
