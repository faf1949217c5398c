//! Building views in one go: the log is read and decoded once, each view is written on a thread of its own, in bulk,
//! to a file that nobody else looks at until it is complete.

use std::{path::PathBuf, sync::Arc};

use proto_events::GlobalPosition;
use tokio::{sync::mpsc, task::JoinSet};
use vidimus_log::EventLog;

use super::{View, Writer};
use crate::{
    DecodedEvent, Feed, ProjectionError,
    consumer::Standing,
    sql::{self, SqlError},
};

/// Batches that wait for a view, so that reading goes on while one is being written: about as many events as a
/// transaction has. The views share them.
const WAITING_BATCHES: usize = 32;
/// A transaction is closed when it has at least so many events,
const COMMIT_EVENTS: usize = 32 * 1024;
/// or so many bytes of payload.
const COMMIT_BYTES: usize = 32 * 1024 * 1024;

type Batch = Arc<Vec<DecodedEvent>>;

/// What is to be built.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) view: View,
    /// In which file.
    pub(crate) path: PathBuf,
    /// From the log's events up to and with this one.
    pub(crate) upto: GlobalPosition,
}

/// Builds views from the log.
pub(crate) async fn build(log: &Arc<dyn EventLog>, plans: &[Plan]) -> Result<(), ProjectionError> {
    let mut senders = Vec::with_capacity(plans.len());
    let mut threads = JoinSet::new();
    for plan in plans.iter().cloned() {
        let (sender, receiver) = mpsc::channel(WAITING_BATCHES);
        senders.push(sender);
        threads.spawn_blocking(move || {
            build_one(&plan, receiver).map_err(|error| error.of_projection(plan.view))
        });
    }
    let upto = plans.iter().map(|plan| plan.upto).max().unwrap_or_default();
    let fed = feed(log, senders, upto).await;
    let mut failed = None;
    while let Some(joined) = threads.join_next().await {
        let built = joined.unwrap_or_else(|error| {
            let view = plans.first().map_or(View::Executions, |plan| plan.view);
            Err(ProjectionError::Storage { view, reason: error.to_string() })
        });
        failed = failed.or(built.err());
    }
    // A view that failed stops listening; its own error says why.
    match (failed, fed) {
        (Some(error), _) | (None, Err(error)) => {
            // What is half done is of no use; that it cannot be deleted either changes nothing.
            plans.iter().for_each(|plan| drop(sql::delete(&plan.path)));
            Err(error)
        }
        (None, Ok(())) => Ok(()),
    }
}

/// Reads, decodes and hands out. The senders are dropped at the end, which tells the views that it is over.
async fn feed(
    log: &Arc<dyn EventLog>,
    senders: Vec<mpsc::Sender<Batch>>,
    upto: GlobalPosition,
) -> Result<(), ProjectionError> {
    let mut feed = Feed::new(Arc::clone(log), GlobalPosition::START);
    let mut reached = GlobalPosition::START;
    while reached < upto {
        let Some(batch) = feed.next_available().await? else { break };
        reached = batch.last().map_or(upto, |decoded| decoded.recorded.position);
        let batch = Arc::new(batch);
        for sender in &senders {
            if sender.send(Arc::clone(&batch)).await.is_err() {
                return Ok(());
            }
        }
    }
    Ok(())
}

fn build_one(plan: &Plan, mut receiver: mpsc::Receiver<Batch>) -> Result<(), SqlError> {
    let projection = plan.view.projection();
    let schema = projection.schema();
    let mut writer = Writer::new(sql::bulk(&plan.path, schema)?, projection, Standing::default());
    let mut batches: Vec<Batch> = Vec::new();
    let (mut events, mut bytes) = (0, 0);
    while let Some(batch) = receiver.blocking_recv() {
        let batch = within(batch, plan.upto);
        events += batch.len();
        bytes += batch.iter().map(|decoded| decoded.recorded.event.payload.len()).sum::<usize>();
        batches.push(batch);
        if events >= COMMIT_EVENTS || bytes >= COMMIT_BYTES {
            writer.apply(&batches)?;
            batches.clear();
            (events, bytes) = (0, 0);
        }
    }
    writer.apply(&batches)?;
    sql::finish_bulk(writer.into_connection(), &plan.path, schema)
}

/// The batch without what is past `upto`.
fn within(batch: Batch, upto: GlobalPosition) -> Batch {
    let past = |decoded: &DecodedEvent| decoded.recorded.position > upto;
    if batch.last().is_some_and(past) {
        Arc::new(batch.iter().filter(|decoded| !past(decoded)).cloned().collect())
    } else {
        batch
    }
}
