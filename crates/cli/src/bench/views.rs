//! Building the views from a long log.

use std::{path::Path, sync::Arc};

use serde::Serialize;
use vidimus_log::{EventLog, SledLog, SledLogOptions};
use vidimus_projection::{View, Views};

use super::{Clock, Failure, history};

/// What building the views took.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ViewsBench {
    pub(crate) events: u64,
    pub(crate) seconds: f64,
    pub(crate) events_per_second: f64,
    pub(crate) bytes_on_disk: u64,
}

/// Fills a log, then builds all three views from it, in parallel.
pub(crate) async fn views(directory: &Path, events: u64) -> Result<ViewsBench, Failure> {
    let folder = directory.join("views");
    let log = Arc::new(SledLog::open(&folder.join("log"), SledLogOptions::default())?);
    history::fill(&log, &"bench".parse()?, events, 5).await?;
    let log: Arc<dyn EventLog> = log;
    let views = Views::open(&folder.join("views"), Arc::clone(&log)).await?;
    let started = Clock.now();
    views.rebuild(&View::ALL).await?;
    let seconds = started.elapsed().as_secs_f64();
    let stats = views.stats().await?;
    let events = log.tail().get();
    if stats.lag > 0 || stats.audit_entries != events {
        return Err(format!("the views lag by {} after a rebuild", stats.lag).into());
    }
    let bytes_on_disk = stats.views.iter().map(|view| view.bytes_on_disk).sum();
    drop((views, log));
    std::fs::remove_dir_all(&folder)?;
    Ok(ViewsBench { events, seconds, events_per_second: events as f64 / seconds, bytes_on_disk })
}
