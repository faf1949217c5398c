//! Many streams: what they take in memory, and whether appends get slower.

use std::{path::Path, sync::Arc};

use serde::Serialize;
use vidimus_log::{SledLog, SledLogOptions};

use super::{Clock, Failure, history, resident_mib};

/// What many streams cost.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct StreamsBench {
    pub(crate) few: u64,
    pub(crate) few_events_per_second: f64,
    pub(crate) many: u64,
    pub(crate) many_events_per_second: f64,
    pub(crate) ratio: f64,
    pub(crate) resident_mib: f64,
    pub(crate) peak_mib: f64,
}

const FEW: u64 = 100_000;

/// The rate of the 100,000 streams after the first 100,000, and that of the last 100,000 of `streams`.
pub(crate) async fn streams(directory: &Path, streams: u64) -> Result<StreamsBench, Failure> {
    let tenant = "bench".parse()?;
    let folder = directory.join("streams");
    let log = Arc::new(SledLog::open(&folder, SledLogOptions::default())?);
    let mut seed = 0;
    let mut rate = async |count: u64| -> Result<f64, Failure> {
        seed += 1;
        let started = Clock.now();
        history::fill_seeded(&log, &tenant, count, 1, seed).await?;
        Ok(count as f64 / started.elapsed().as_secs_f64())
    };
    rate(FEW).await?;
    let few = rate(FEW).await?;
    rate(streams.saturating_sub(3 * FEW)).await?;
    let many = rate(FEW).await?;
    let resident_mib = resident_mib();
    let peak_mib = super::peak_memory_mib();
    drop(log);
    std::fs::remove_dir_all(&folder)?;
    Ok(StreamsBench {
        few: FEW,
        few_events_per_second: few,
        many: streams,
        many_events_per_second: many,
        ratio: many / few,
        resident_mib,
        peak_mib,
    })
}
