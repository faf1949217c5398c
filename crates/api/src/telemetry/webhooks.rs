//! Figures of webhooks: counted where they are delivered, shown here.

use std::sync::atomic::Ordering;

use prometheus_client::{
    metrics::{counter::Counter, gauge::Gauge},
    registry::Registry,
};
use vidimus_engine::Totals;

/// What was done for all webhooks since the start, and how many stand.
#[derive(Default)]
pub(super) struct WebhookFigures {
    delivered: Counter,
    failed_attempts: Counter,
    parked: Counter,
    retrying_now: Gauge,
    parked_now: Gauge,
}

impl WebhookFigures {
    pub(super) fn register(&self, registry: &mut Registry) {
        for (name, help, counter) in [
            ("webhook_deliveries", "Notifications that webhooks took", &self.delivered),
            ("webhook_attempts_failed", "Attempts to deliver to webhooks that failed", &self.failed_attempts),
            ("webhooks_parked", "Times that a webhook was given up until it is replayed", &self.parked),
        ] {
            registry.register(name, help, counter.clone());
        }
        // The counter of parkings has the name without `now`.
        for (name, help, gauge) in [
            ("webhooks_retrying_now", "Webhooks that are tried again", &self.retrying_now),
            ("webhooks_parked_now", "Webhooks that are given up until they are replayed", &self.parked_now),
        ] {
            registry.register(name, help, gauge.clone());
        }
    }

    pub(super) fn show(&self, totals: Totals) {
        for (counter, total) in [
            (&self.delivered, totals.delivered),
            (&self.failed_attempts, totals.failed_attempts),
            (&self.parked, totals.parked),
        ] {
            counter.inner().store(total, Ordering::Relaxed);
        }
        for (gauge, now) in [(&self.retrying_now, totals.retrying_now), (&self.parked_now, totals.parked_now)]
        {
            gauge.set(i64::try_from(now).unwrap_or(i64::MAX));
        }
    }
}
