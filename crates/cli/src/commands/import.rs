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
use publishing::{Publishing, REST};
use serde::Serialize;
use vidimus_bus::Bus;
use vidimus_engine::Settings;
use vidimus_log::EventLog as _;

use super::settings;
use crate::{
    args::{Global, Import},
    data::Data,
    error::{Failure, INTERRUPTED},
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
    let Import { files, on_bad_line, config, publish, nats } = import;
    files.iter().try_for_each(|file| look_at(file))?;
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
    let done = put_on_record(&files, &data, importer, publishing.as_ref(), output).await;
    // However it ended: the relay keeps how far it is.
    let stopped = match publishing {
        Some(publishing) => publishing.stop().await,
        None => Ok(()),
    };
    done.and_then(|code| stopped.map(|()| code))
}

async fn put_on_record(
    files: &[PathBuf],
    data: &Data,
    mut importer: Importer,
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
    let summary = Summary { position: data.log.tail(), interrupted, ..importer.into_summary() };
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
