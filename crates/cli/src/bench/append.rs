//! Durable appends: concurrent writers that each wait for their answer, beside the raw limit in the same run.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use proto_events::{ExpectedVersion, TenantId};
use serde::Serialize;
use vidimus_log::{Append, EventLog, SledLog, SledLogOptions};

use super::{Clock, Failure, percentile, raw::RawFile, sample};

/// What a number of concurrent writers reached.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Rate {
    pub(crate) events_per_second: f64,
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
}

/// A row of the table.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct AppendRow {
    pub(crate) writers: usize,
    pub(crate) events_per_append: usize,
    pub(crate) raw: Rate,
    pub(crate) log: Rate,
    pub(crate) ratio: f64,
    pub(crate) p99_ratio: f64,
}

#[derive(Clone)]
enum Target {
    Raw(Arc<RawFile>),
    Log(Arc<SledLog>, TenantId),
}

async fn write(
    target: Target,
    seed: u64,
    per_append: usize,
    stop: Arc<AtomicBool>,
    clock: Clock,
) -> Result<Vec<Duration>, Failure> {
    let mut random = sample::Random::new(seed + 1);
    // Making events is not what is measured, so each writer makes its own before it starts.
    let made: Vec<_> = (0..64).map(|_| sample::execution(&mut random)).collect();
    let mut latencies = Vec::new();
    let mut turn = 0_usize;
    while !stop.load(Ordering::Relaxed) {
        let (_, events) = &made[turn % made.len()];
        let events: Vec<_> = events.iter().cycle().skip(turn % 5).take(per_append).cloned().collect();
        turn += 1;
        let started = clock.now();
        match &target {
            Target::Raw(file) => {
                let mut bytes = Vec::with_capacity(per_append * 700);
                for event in &events {
                    bytes.extend_from_slice(&event.payload);
                    // The envelope's share, so that both write the same information.
                    bytes.extend_from_slice(&[0; 180]);
                }
                if !file.append(bytes).await {
                    return Err("the raw file failed".into());
                }
            }
            Target::Log(log, tenant) => {
                let stream = sample::stream(&mut random);
                let append = Append::to_stream(tenant.clone(), stream, ExpectedVersion::NoStream, events);
                log.append(append).await?;
            }
        }
        latencies.push(started.elapsed());
    }
    Ok(latencies)
}

async fn run(target: Target, writers: usize, per_append: usize, time: Duration) -> Result<Rate, Failure> {
    let clock = Clock;
    let stop = Arc::new(AtomicBool::new(false));
    let started = clock.now();
    let tasks: Vec<_> = (0..writers)
        .map(|writer| {
            tokio::spawn(write(target.clone(), writer as u64, per_append, Arc::clone(&stop), clock))
        })
        .collect();
    tokio::time::sleep(time).await;
    stop.store(true, Ordering::Relaxed);
    let mut latencies = Vec::new();
    for task in tasks {
        latencies.extend(task.await??);
    }
    let seconds = started.elapsed().as_secs_f64();
    latencies.sort_unstable();
    Ok(Rate {
        events_per_second: (latencies.len() * per_append) as f64 / seconds,
        p50_ms: percentile(&latencies, 0.50),
        p99_ms: percentile(&latencies, 0.99),
    })
}

/// One row: raw and log in turns, `rounds` times, medians.
pub(crate) async fn row(
    directory: &Path,
    writers: usize,
    per_append: usize,
    time: Duration,
    rounds: usize,
) -> Result<AppendRow, Failure> {
    let tenant: TenantId = "bench".parse()?;
    let (mut raws, mut logs) = (Vec::new(), Vec::new());
    for round in 0..rounds {
        let folder = directory.join(format!("append-{writers}-{per_append}-{round}"));
        std::fs::create_dir_all(&folder)?;
        let raw = Arc::new(RawFile::create(&folder.join("raw"))?);
        raws.push(run(Target::Raw(raw), writers, per_append, time).await?);
        let log = Arc::new(SledLog::open(&folder.join("log"), SledLogOptions::default())?);
        logs.push(run(Target::Log(log, tenant.clone()), writers, per_append, time).await?);
        std::fs::remove_dir_all(&folder)?;
    }
    let ratio =
        median(raws.iter().zip(&logs).map(|(raw, log)| log.events_per_second / raw.events_per_second));
    let p99_ratio = median(raws.iter().zip(&logs).map(|(raw, log)| log.p99_ms / raw.p99_ms));
    let rate = |rates: &[Rate]| Rate {
        events_per_second: median(rates.iter().map(|rate| rate.events_per_second)),
        p50_ms: median(rates.iter().map(|rate| rate.p50_ms)),
        p99_ms: median(rates.iter().map(|rate| rate.p99_ms)),
    };
    Ok(AppendRow {
        writers,
        events_per_append: per_append,
        raw: rate(&raws),
        log: rate(&logs),
        ratio,
        p99_ratio,
    })
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<_> = values.collect();
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}
