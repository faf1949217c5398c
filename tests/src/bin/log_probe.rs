//! Opens a log, reads everything, verifies, and says on standard output what it saw, one line each (`probe.rs` reads them).
//!
//! `log_probe DIR [--append SEED NUMBER] [--examine] [--only-examine]`

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a program of the tests")]

use std::{collections::HashMap, fmt::Write as _, io::Write as _, path::PathBuf};

use proto_events::{GlobalPosition, RecordedEvent, StreamId, StreamVersion};
use vidimus_log::{
    Broken, EventLog as _, OpenError, ReadError, SledLog, SledLogOptions, VerifyReport, encode_record,
    leaf_hash,
};
use vidimus_tests::events;

fn position(broken: &Broken) -> u64 {
    match broken {
        Broken::Corrupt { position, .. } => position.get(),
        _ => 0,
    }
}

fn event(out: &mut String, event: &RecordedEvent) {
    // Recomputed from every field, so it stands for all of them.
    let leaf = leaf_hash(&encode_record(event));
    let payload = events::digest(&event.event.payload);
    let RecordedEvent { position, stream, version, .. } = event;
    writeln!(out, "event {position} {} {stream} {version} {payload} {leaf}", event.event.event_id).unwrap();
}

fn report(out: &mut String, report: &VerifyReport) {
    let VerifyReport { events, tail, root, findings_total, .. } = report;
    writeln!(out, "report {events} {tail} {root} {findings_total}").unwrap();
    for finding in &report.findings {
        writeln!(out, "finding {} {} {}", finding.position, finding.code, finding.what.replace('\n', " "))
            .unwrap();
    }
}

fn read_error(out: &mut String, error: &ReadError) {
    let at = if let ReadError::Broken(broken) = error { position(broken) } else { 0 };
    writeln!(out, "read_error {at} {} {}", error.code(), error.to_string().replace('\n', " ")).unwrap();
}

async fn read(out: &mut String, log: &SledLog) {
    let mut after = GlobalPosition::START;
    let mut streams: HashMap<StreamId, Vec<RecordedEvent>> = HashMap::new();
    loop {
        match log.read_all(after, 500).await {
            Err(error) => return read_error(out, &error),
            Ok(batch) if batch.is_empty() => break,
            Ok(batch) => {
                for one in batch {
                    after = one.position;
                    event(out, &one);
                    streams.entry(one.stream.clone()).or_default().push(one);
                }
            }
        }
    }
    // By stream it has to be the same, and backwards too.
    for (stream, expected) in streams.iter().take(25) {
        match log.read_stream(&events::tenant(), stream, StreamVersion::FIRST, 8192).await {
            Err(error) => return read_error(out, &error),
            Ok(events) if events == *expected => {}
            Ok(_) => writeln!(out, "mismatch stream {stream}").unwrap(),
        }
    }
    match log.read_all_backwards(after.next(), 8192).await {
        Err(error) => read_error(out, &error),
        Ok(events) => {
            let same = events.iter().all(|event| streams[&event.stream].contains(event));
            if !same || events.len() as u64 != after.get().min(events.len() as u64) {
                writeln!(out, "mismatch backwards").unwrap();
            }
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let directory = PathBuf::from(&arguments[1]);
    let has = |name: &str| arguments.iter().position(|argument| argument == name);
    let options = SledLogOptions { recent_bytes: 0, ..SledLogOptions::default() };
    let mut out = String::new();
    let opened =
        if has("--only-examine").is_some() { None } else { Some(SledLog::open(&directory, options.clone())) };
    match opened {
        Some(Ok(log)) => {
            writeln!(out, "open {}", log.tail()).unwrap();
            read(&mut out, &log).await;
            match log.verify().await {
                Ok(verified) => report(&mut out, &verified),
                Err(error) => read_error(&mut out, &error),
            }
            if let Some(at) = has("--append") {
                let append =
                    events::append(arguments[at + 1].parse().unwrap(), arguments[at + 2].parse().unwrap());
                match log.append(append).await {
                    Ok(done) => writeln!(out, "appended {} {}", done.first, done.last).unwrap(),
                    Err(error) => writeln!(out, "append_error {error}").unwrap(),
                }
            }
            log.close();
        }
        Some(Err(error)) => {
            let at = if let OpenError::Broken(broken) = &error { position(broken) } else { 0 };
            writeln!(out, "open_error {at} {} {}", error.code(), error.to_string().replace('\n', " "))
                .unwrap();
        }
        None => {}
    }
    if has("--only-examine").is_some() || has("--examine").is_some() && out.starts_with("open_error") {
        match SledLog::examine(&directory, &options) {
            Ok(examined) => report(&mut out, &examined),
            Err(error) => writeln!(out, "examine_error {error}").unwrap(),
        }
    }
    out.push_str("done\n");
    std::io::stdout().lock().write_all(out.as_bytes()).unwrap();
}
