//! From the acknowledgement to a subscriber in the same process.

use std::{collections::HashMap, path::Path, sync::Arc, time::Duration};

use proto_events::{ExpectedVersion, GlobalPosition, TenantId};
use serde::Serialize;
use vidimus_log::{Append, EventLog, SledLog, SledLogOptions, Subscription};

use super::{Clock, Failure, percentile, sample};

/// How long after its acknowledgement a subscriber had an event.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct SubscriberBench {
    pub(crate) events: usize,
    pub(crate) subscribers: usize,
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
}

const EVENTS: u64 = 5000;
const SUBSCRIBERS: usize = 4;

/// Appends 5,000 events at about 1,000 a second while four subscribers follow.
pub(crate) async fn subscriber(directory: &Path) -> Result<SubscriberBench, Failure> {
    let tenant: TenantId = "bench".parse()?;
    let log: Arc<dyn EventLog> =
        Arc::new(SledLog::open(&directory.join("subscriber"), SledLogOptions::default())?);
    let readers: Vec<_> = (0..SUBSCRIBERS)
        .map(|_| {
            let mut subscription = Subscription::new(Arc::clone(&log), GlobalPosition::START);
            tokio::spawn(async move {
                let mut seen = HashMap::new();
                while subscription.position().get() < EVENTS {
                    let batch = subscription.next().await?;
                    let now = Clock.now();
                    seen.extend(batch.into_iter().map(|event| (event.position, now)));
                }
                Ok::<_, Failure>(seen)
            })
        })
        .collect();
    let mut random = sample::Random::new(5);
    let mut acknowledged = HashMap::new();
    let mut ticks = tokio::time::interval(Duration::from_millis(1));
    for _ in 0..EVENTS {
        ticks.tick().await;
        let (stream, mut events) = sample::execution(&mut random);
        events.truncate(1);
        let append = Append::to_stream(tenant.clone(), stream, ExpectedVersion::NoStream, events);
        let appended = log.append(append).await?;
        acknowledged.insert(appended.last, Clock.now());
    }
    let mut latencies = Vec::new();
    for reader in readers {
        for (position, seen) in reader.await?? {
            // A subscriber may well be faster than the writer's own answer.
            let after = acknowledged.get(&position).map(|at| seen.saturating_duration_since(*at));
            latencies.extend(after);
        }
    }
    latencies.sort_unstable();
    Ok(SubscriberBench {
        events: acknowledged.len(),
        subscribers: SUBSCRIBERS,
        p50_ms: percentile(&latencies, 0.50),
        p99_ms: percentile(&latencies, 0.99),
    })
}
