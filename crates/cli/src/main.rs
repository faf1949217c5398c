//! `vidimus`: the composition root and the operator's tool. It reads the command line, opens what a command needs, and
//! prints. What it does is done by the crates below it.

mod args;
mod bench;
mod catalogue;
mod commands;
mod commands_over_nats;
mod console;
mod data;
mod demo;
mod error;
mod files;
mod import;
mod output;
mod pepper;
mod server;
mod source;
mod trace;

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    let args = match args::Args::try_parse() {
        Ok(args) => args,
        Err(error) => return output::usage(&error),
    };
    let output = output::Output::new(args.global.output);
    quiet_storage_panics();
    // A server says in its settings how it wants to log.
    if !matches!(args.command, args::Command::Serve(_)) {
        output::trace(None, args::LogFormat::Text);
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return output.failure(&error.into()),
    };
    let done = runtime.block_on(commands::run(args, &output));
    // A reader of standard input may still wait for a line that never comes: it must not hold up the end.
    runtime.shutdown_background();
    match done {
        Ok(code) => code,
        Err(failure) => output.failure(&failure),
    }
}

/// The log catches panics of the storage engine and answers `corrupt`; their raw text would only confuse.
fn quiet_storage_panics() {
    let default = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let in_storage_engine =
            panic.location().is_some_and(|location| location.file().contains("/sled-0.34"));
        if !in_storage_engine {
            default(panic);
        }
    }));
}
