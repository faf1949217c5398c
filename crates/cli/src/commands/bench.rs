//! `vidimus bench`

use std::time::Duration;

use serde::Serialize;

use crate::{
    args::{Bench, BenchPart},
    bench::{append, console, decide, history, streams, subscriber, views},
    error::Failure,
    output::Output,
};

/// Everything that was measured.
#[derive(Default, Serialize)]
struct Measured {
    decide: Option<decide::DecideBench>,
    append: Vec<append::AppendRow>,
    history: Option<history::History>,
    views: Option<views::ViewsBench>,
    subscriber: Option<subscriber::SubscriberBench>,
    streams: Option<streams::StreamsBench>,
    console: Option<console::ConsoleBench>,
}

pub(super) async fn run(options: Bench, output: Output) -> Result<(), Failure> {
    let directory = tempfile::Builder::new().prefix("vidimus-bench-").tempdir_in(&options.directory)?;
    let wanted = |part| match options.parts.as_slice() {
        [] => !matches!(part, BenchPart::Streams | BenchPart::Console),
        parts => parts.contains(&part),
    };
    let mut measured = Measured::default();
    if wanted(BenchPart::Decide) {
        measured.decide =
            Some(tokio::task::spawn_blocking(decide::decide).await.map_err(std::io::Error::other)??);
    }
    if wanted(BenchPart::Append) {
        let time = Duration::from_secs_f64(options.seconds.clamp(0.1, 600.0));
        for (writers, per_append) in [(1, 1), (16, 1), (64, 1), (256, 1), (1, 16), (1, 256), (1, 1024)] {
            let row = append::row(directory.path(), writers, per_append, time, options.rounds.max(1)).await?;
            measured.append.push(row);
        }
    }
    if wanted(BenchPart::History) {
        measured.history = Some(history::history(directory.path(), options.events, 5).await?);
    }
    if wanted(BenchPart::Views) {
        measured.views = Some(views::views(directory.path(), options.events).await?);
    }
    if wanted(BenchPart::Subscriber) {
        measured.subscriber = Some(subscriber::subscriber(directory.path()).await?);
    }
    if wanted(BenchPart::Streams) {
        measured.streams = Some(streams::streams(directory.path(), options.streams).await?);
    }
    if wanted(BenchPart::Console) {
        measured.console = Some(console::console(directory.path(), options.executions).await?);
    }
    output.show(&measured, people)
}

fn people(measured: &Measured) -> String {
    let mut text = String::new();
    if let Some(decide) = &measured.decide {
        text += &format!(
            "decisions: {} rules, p50 {:.1} µs, p99 {:.1} µs (facts alone p50 {:.1} µs), {:.0} a second on one thread; {} of {} allowed, {:.1} rules matched a call\n",
            decide.rules,
            decide.p50_us,
            decide.p99_us,
            decide.facts_p50_us,
            decide.decisions_per_second,
            decide.allowed,
            decide.decisions,
            decide.matched_mean
        );
    }
    if !measured.append.is_empty() {
        let header = [
            "Writers",
            "Events each",
            "raw events/s",
            "raw p50 ms",
            "raw p99 ms",
            "log events/s",
            "log p50 ms",
            "log p99 ms",
            "log/raw",
            "p99 log/raw",
        ];
        let rows = measured.append.iter().map(|row| {
            vec![
                row.writers.to_string(),
                row.events_per_append.to_string(),
                format!("{:.0}", row.raw.events_per_second),
                format!("{:.2}", row.raw.p50_ms),
                format!("{:.2}", row.raw.p99_ms),
                format!("{:.0}", row.log.events_per_second),
                format!("{:.2}", row.log.p50_ms),
                format!("{:.2}", row.log.p99_ms),
                format!("{:.2}", row.ratio),
                format!("{:.2}", row.p99_ratio),
            ]
        });
        text += "durable appends (medians)\n";
        text += &Output::table(&header, rows);
    }
    if let Some(history) = &measured.history {
        text += &format!(
            "\n{} events, {} streams, {:.0} bytes an event\n  fill     {:.0} events/s, peak memory {:.0} MiB\n  disk     {:.2} bytes a byte of event\n  reopen   {:.2} s\n  replay   {:.0} events/s, decoded {:.0} events/s\n  verify   {:.0} events/s",
            history.events,
            history.streams,
            history.bytes_per_event,
            history.fill_events_per_second,
            history.peak_memory_mib,
            history.disk_bytes_per_byte,
            history.reopen_seconds,
            history.replay_events_per_second,
            history.replay_decoded_events_per_second,
            history.verify_events_per_second,
        );
    }
    if let Some(views) = &measured.views {
        text += &format!(
            "\nviews: {} events in {:.1} s, {:.0} events/s, {} bytes on disk",
            views.events, views.seconds, views.events_per_second, views.bytes_on_disk
        );
    }
    if let Some(subscriber) = &measured.subscriber {
        text += &format!(
            "\nacknowledgement to subscriber: p50 {:.2} ms, p99 {:.2} ms ({} events, {} subscribers)",
            subscriber.p50_ms, subscriber.p99_ms, subscriber.events, subscriber.subscribers
        );
    }
    if let Some(streams) = &measured.streams {
        text += &format!(
            "\n{} streams: {:.0} appends/s against {:.0} at {} ({:.2}), {:.0} MiB resident, peak {:.0} MiB",
            streams.many,
            streams.many_events_per_second,
            streams.few_events_per_second,
            streams.few,
            streams.ratio,
            streams.resident_mib,
            streams.peak_mib
        );
    }
    if let Some(console) = &measured.console {
        let rows = console.pages.iter().map(|page| {
            let (p50, p99) = (format!("{:.2}", page.p50_ms), format!("{:.2}", page.p99_ms));
            vec![page.page.clone(), p50, p99, page.bytes.to_string()]
        });
        text += &format!(
            "\npages of 50 rows of {} executions, {} requests each\n",
            console.executions, console.requests
        );
        text += &Output::table(&["Page", "p50 ms", "p99 ms", "Bytes"], rows);
    }
    text
}
