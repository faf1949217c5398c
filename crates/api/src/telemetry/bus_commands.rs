//! Figures of the commands over NATS: counted where they are taken, shown here.

use std::sync::atomic::Ordering;

use prometheus_client::{
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::Registry,
};

use crate::commands::CommandServiceStatus;

/// No label.
type Unlabelled = [(&'static str, &'static str); 0];

/// Families without labels: without NATS there is no figure, rather than one that says that nothing is served.
#[derive(Default)]
pub(super) struct BusCommandFigures {
    in_flight: Family<Unlabelled, Gauge>,
    overloaded: Family<Unlabelled, Counter>,
    serving: Family<Unlabelled, Gauge>,
}

impl BusCommandFigures {
    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register(
            "nats_commands_in_flight",
            "Commands over NATS without an answer yet",
            self.in_flight.clone(),
        );
        registry.register(
            "nats_commands_overloaded",
            "Commands over NATS answered `overloaded`, as they or their tenant's were too many",
            self.overloaded.clone(),
        );
        registry.register(
            "nats_commands_serving",
            "1 while commands are taken over NATS; /readyz says why they are not",
            self.serving.clone(),
        );
    }

    pub(super) fn show(&self, status: Option<CommandServiceStatus>) {
        let Some(CommandServiceStatus { serving, in_flight, overloaded, .. }) = status else { return };
        let in_flight = i64::try_from(in_flight).unwrap_or(i64::MAX);
        self.in_flight.get_or_create(&[]).set(in_flight);
        self.overloaded.get_or_create(&[]).inner().store(overloaded, Ordering::Relaxed);
        self.serving.get_or_create(&[]).set(i64::from(serving));
    }
}
