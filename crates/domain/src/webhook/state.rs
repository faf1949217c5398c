//! What is so: all that deciding and delivering need of the history of a tenant's webhooks.

use std::collections::{BTreeMap, BTreeSet};

use proto_events::{Actor, GlobalPosition, Timestamp, WebhookEvent, WebhookFilter};
use uuid::Uuid;

use super::evolve;

/// An event of a webhook and what its envelope says about it: who caused it, and when it was decided.
#[derive(Clone, Copy, Debug)]
pub struct Happened<'a> {
    /// The envelope's `actor`.
    pub by: &'a Actor,
    /// The envelope's `recorded_at`.
    pub at: Timestamp,
    /// The event.
    pub event: &'a WebhookEvent,
}

/// The state of the stream of a tenant's webhooks; by default that of a stream without events.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// Those that there are, by id.
    pub webhooks: BTreeMap<Uuid, Webhook>,
    /// The ids of those that were deleted.
    pub deleted: BTreeSet<Uuid>,
}

/// A webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    /// Its id.
    pub webhook_id: Uuid,
    /// Where notifications are posted.
    pub url: String,
    /// What it is for.
    pub label: Option<String>,
    /// Which notifications it gets.
    pub filter: WebhookFilter,
    /// Deliveries began, or began again, with what comes after this position.
    pub after: GlobalPosition,
    /// How often it was replayed: where a delivery stands counts only for the run that it was made in.
    pub replays: u32,
    /// Why nothing is delivered, if it is parked.
    pub parked: Option<Parking>,
    /// When it was created.
    pub created_at: Timestamp,
    /// Who created it.
    pub created_by: Actor,
}

/// How a webhook was parked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parking {
    /// When.
    pub at: Timestamp,
    /// Position of the event whose notification could not be delivered.
    pub position: GlobalPosition,
    /// What went wrong the last time.
    pub reason: String,
    /// How often it was tried.
    pub attempts: u32,
    /// When it was tried first.
    pub since: Timestamp,
}

impl Parking {
    /// The position after which everything is left to deliver.
    pub const fn delivered(&self) -> GlobalPosition {
        GlobalPosition::new(self.position.get().saturating_sub(1))
    }
}

impl State {
    /// The state after all of `events`, oldest first.
    pub fn fold<'a>(events: impl IntoIterator<Item = Happened<'a>>) -> Self {
        events.into_iter().fold(Self::default(), evolve)
    }

    /// The state after `events`, which `by` caused at `at`.
    #[must_use]
    pub fn then(self, by: &Actor, at: Timestamp, events: &[WebhookEvent]) -> Self {
        events.iter().fold(self, |state, event| evolve(state, Happened { by, at, event }))
    }
}
