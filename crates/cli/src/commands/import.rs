//! `vidimus import`: recorded calls from files or standard input onto the log.

mod importer;
mod publishing;

use std::{
    io::ErrorKind,
    path::{Path, PathBuf},
    process::ExitCode,
};

use importer::Importer;
use indicatif::{ProgressBar, ProgressStyle};
use proto_events::Access;
use publishing::{Publishing, REST};
use serde::Serialize;
use vidimus_bus::Bus;
use vidimus_engine::Settings;
use vidimus_log::EventLog as _;

use super::settings;
use crate::{
    args::{Global, Import},
    catalogue::{Catalogue, Entry, Form, Given},
    data::{Data, operator},
    error::{Failure, INTERRUPTED},
    files,
    output::{Output, grouped, is_watched, printable},
};

/// A line that was left out.
#[derive(Serialize)]
struct SkippedLine {
    file: PathBuf,
    line: u64,
    reason: String,
}

/// What an import did.
#[derive(Default, Serialize)]
struct Summary {
    /// Lines with a call that is on record now.
    calls: u64,
    /// Of these, put on record by this import.
    recorded: u64,
    /// Of these, on record before.
    already: u64,
    /// Conversations whose first words of the user were put on record by this import.
    spoken: u64,
    /// Conversations whose first words were on record before.
    spoken_already: u64,
    /// Functions that the catalogue describes now.
    functions: u64,
    /// Lines that were left out.
    skipped: u64,
    /// The first of them, with the reason.
    skipped_lines: Vec<SkippedLine>,
    /// The log's tail.
    position: proto_events::GlobalPosition,
    /// Whether Ctrl-C ended it; importing the same again goes on from there.
    interrupted: bool,
}

pub(super) async fn run(global: &Global, import: Import, output: Output) -> Result<ExitCode, Failure> {
    let Import { files, on_bad_line, catalogue, config, publish, nats } = import;
    files.iter().try_for_each(|file| look_at(file))?;
    let catalogue =
        catalogue.map(|file| files::catalogue(&file, Form::Auto, &Given::default())).transpose()?;
    let settings = settings::read(config.as_deref())?;
    let directory = settings::data(global, &settings);
    let (publish, nats) = settings::publishing(publish, nats, settings);
    let nats = settings::nats("vidimus import", &publish, &nats, None)?;
    let bus = match &nats {
        Some(nats) => Some(Bus::connect(nats.connection.clone()).await?),
        None => None,
    };
    let data = Data::create_in(&directory, "`vidimus import`", Settings::default(), None).await?;
    let publishing = nats.zip(bus).map(|(nats, bus)| Publishing::start(&data, bus, nats.relay));
    let importer = Importer::new(&data, global, on_bad_line);
    let done = match described(&data, global, catalogue).await {
        Ok(functions) => put_on_record(&files, &data, importer, functions, publishing.as_ref(), output).await,
        Err(failure) => Err(failure),
    };
    // However it ended: the relay keeps how far it is.
    let stopped = match publishing {
        Some(publishing) => publishing.stop().await,
        None => Ok(()),
    };
    done.and_then(|code| stopped.map(|()| code))
}

/// Describes the functions of a catalogue, and enables those whose access was never set. Before the calls, so that what is
/// known of a function is known at its first call.
async fn described(data: &Data, global: &Global, catalogue: Option<Catalogue>) -> Result<u64, Failure> {
    let (engine, principal) = (&data.engine, operator(global));
    let mut functions = 0;
    for Entry { function, description, .. } in catalogue.into_iter().flat_map(|catalogue| catalogue.entries) {
        let said = engine.describe_function(&principal, function.clone(), description).await?;
        if said.access.is_none() {
            let reason = Some("imported with the catalogue".to_owned());
            engine.set_access(&principal, function, Access::Enabled, reason).await?;
        }
        functions += 1;
    }
    Ok(functions)
}

async fn put_on_record(
    files: &[PathBuf],
    data: &Data,
    mut importer: Importer,
    functions: u64,
    publishing: Option<&Publishing>,
    output: Output,
) -> Result<ExitCode, Failure> {
    let mut stop = std::pin::pin!(tokio::signal::ctrl_c());
    let mut interrupted = false;
    for file in files {
        let imported = tokio::select! {
            biased;
            _ = &mut stop => { interrupted = true; Ok(()) }
            imported = importer.file(file) => imported,
        };
        // What was handed to the log is waited for, whatever happened: nothing that was accepted goes untold, and what
        // comes before a bad line is on record.
        let settled = importer.settle(file, 0).await;
        importer.end_of_file();
        imported.and(settled)?;
        if interrupted {
            break;
        }
    }
    // The log has everything; what is broken off or fails here, the next command does.
    let caught_up = tokio::select! {
        biased;
        _ = &mut stop, if !interrupted => { interrupted = true; Ok(()) }
        caught_up = data.current_views(), if !interrupted => caught_up.map(drop),
        else => Ok(()),
    };
    let summary = Summary { position: data.log.tail(), functions, interrupted, ..importer.into_summary() };
    output.show(&summary, people)?;
    caught_up?;
    if interrupted {
        return Ok(ExitCode::from(INTERRUPTED));
    }
    let Some(publishing) = publishing else { return Ok(ExitCode::SUCCESS) };
    tokio::select! {
        biased;
        _ = &mut stop => {
            tracing::warn!("broken off before everything was published on NATS: {REST}");
            Ok(ExitCode::from(INTERRUPTED))
        }
        published = publishing.caught_up() => published.map(|()| ExitCode::SUCCESS),
    }
}

/// Whether there is something to read, before anything is written: one wrong name among many files is told at once.
fn look_at(file: &Path) -> Result<(), Failure> {
    if file == Path::new("-") {
        return Ok(());
    }
    let name = file.display();
    match std::fs::metadata(file) {
        Ok(found) if found.is_dir() => {
            Err(Failure::refused("file_unreadable", format!("`{name}` is a directory: name the files in it")))
        }
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let message = format!("there is no file `{name}`: check its name, or use `-` for standard input");
            Err(Failure::not_found("file_missing", message))
        }
        Err(error) => Err(unreadable(file, &error)),
    }
}

fn unreadable(file: &Path, error: &std::io::Error) -> Failure {
    let message = format!(
        "cannot read `{}`: {error}; what was read before is on record, importing again goes on from there",
        file.display()
    );
    Failure::refused("file_unreadable", message)
}

/// A bar where the size is known, else a count of what was read; only where a person watches.
fn progress(file: &Path) -> ProgressBar {
    if !is_watched() {
        return ProgressBar::hidden();
    }
    let bytes = std::fs::metadata(file).ok().filter(|found| found.is_file()).map(|found| found.len());
    let (bar, template) = match bytes {
        Some(bytes) => (ProgressBar::new(bytes), "{msg} [{wide_bar}] {percent:>3}% {eta:>4} left"),
        None => (ProgressBar::no_length(), "{msg} {bytes} read"),
    };
    let bar = bar.with_message(printable(&file.display().to_string()));
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style.progress_chars("=> ")),
        Err(_) => bar,
    }
}

fn people(summary: &Summary) -> String {
    let mut text = format!(
        "{} calls: {} recorded, {} already on record; {} lines skipped; log at position {}",
        grouped(summary.calls),
        grouped(summary.recorded),
        grouped(summary.already),
        grouped(summary.skipped),
        summary.position
    );
    if summary.spoken + summary.spoken_already > 0 {
        text += &format!(
            "\n{} conversations with the user's words: {} recorded, {} already on record",
            grouped(summary.spoken + summary.spoken_already),
            grouped(summary.spoken),
            grouped(summary.spoken_already)
        );
    }
    if summary.functions > 0 {
        text += &format!("\n{} functions described", grouped(summary.functions));
    }
    for SkippedLine { file, line, reason } in &summary.skipped_lines {
        text += &format!("\n  skipped `{}` line {line}: {reason}", file.display());
    }
    let more = summary.skipped - summary.skipped_lines.len() as u64;
    if more > 0 {
        text += &format!("\n  and {} more", grouped(more));
    }
    if summary.interrupted {
        text += "\ninterrupted: what is counted is durable; import the same again to go on";
    }
    text
}
