//! One module a command.

mod agent;
mod approval;
mod audit;
mod bench;
mod connection;
mod conversation;
mod delegation;
mod demo;
mod execution;
mod explanation;
mod freeze;
mod function;
mod function_import;
mod grant;
mod group;
mod import;
mod key;
mod log;
mod manual;
mod nats;
mod policy;
mod policy_replay;
mod project;
mod proof;
mod serve;
mod settings;
mod trace;
mod view;
mod webhook;

use std::process::ExitCode;

use vidimus_api_types::Page;

use crate::{
    args::{Args, Command},
    error::Failure,
    output::Output,
    source::refuse_server,
};

pub(crate) async fn run(args: Args, output: &Output) -> Result<ExitCode, Failure> {
    let Args { global, command } = args;
    match &command {
        Command::Demo(_) => refuse_server(&global, "demo")?,
        Command::Import(_) => refuse_server(&global, "import")?,
        Command::Trace(_) => refuse_server(&global, "trace")?,
        Command::Serve(_) => refuse_server(&global, "serve")?,
        Command::Bench(_) => refuse_server(&global, "bench")?,
        Command::View(_) => refuse_server(&global, "view")?,
        Command::Nats(_) => refuse_server(&global, "nats")?,
        Command::Project(_) => refuse_server(&global, "project")?,
        _ => {}
    }
    match command {
        Command::Demo(args) => return demo::run(&global, args, *output).await,
        Command::Import(import) => return import::run(&global, import, *output).await,
        Command::Serve(args) => return serve::run(&global, *args, *output).await,
        Command::Key(command) => key::run(&global, command, *output).await?,
        Command::Execution(command) => return execution::run(&global, command, *output).await,
        Command::Approval(command) => return approval::run(&global, command, *output).await,
        Command::Trace(command) => return trace::run(command, *output).await,
        Command::Function(command) => return function::run(&global, command, *output).await,
        Command::Connection(command) => connection::run(&global, command, *output).await?,
        Command::Conversation(command) => conversation::run(&global, command, *output).await?,
        Command::Agent(command) => agent::run(&global, command, *output).await?,
        Command::Policy(command) => return policy::run(&global, command, *output).await,
        Command::Grant(command) => grant::run(&global, command, *output).await?,
        Command::Freeze(command) => freeze::run(&global, command, *output).await?,
        Command::Group(command) => group::run(&global, command, *output).await?,
        Command::Delegation(command) => delegation::run(&global, command, *output).await?,
        Command::Webhook(command) => webhook::run(&global, command, *output).await?,
        Command::Audit(command) => audit::run(&global, command, *output).await?,
        Command::Log(command) => return log::run(&global, command, *output).await,
        Command::Proof(command) => return proof::run(command, *output),
        Command::View(command) => return view::run(&global, command, *output).await,
        Command::Project(args) => return project::run(*args, *output).await,
        Command::Nats(command) => nats::run(&global, command, *output).await?,
        Command::Bench(options) => bench::run(options, *output).await?,
        Command::Completions { shell } => manual::completions(shell)?,
        Command::Man { directory } => manual::man(directory)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// The line below a table that says how to go on.
fn more<T>(page: &Page<T>) -> String {
    page.next.as_ref().map(|next| format!("\nmore: add `--cursor {next}`")).unwrap_or_default()
}

fn or_dash(value: Option<impl ToString>) -> String {
    value.map_or_else(|| "–".to_owned(), |value| value.to_string())
}
