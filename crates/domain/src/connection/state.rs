//! What is so.

use proto_events::{CatalogueEvent, ConnectionDescribed};

use super::evolve;

/// The state of one connection's stream; by default that of a stream without events.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// What the catalogue says of it, if it does.
    pub description: Option<ConnectionDescribed>,
}

impl State {
    /// The state after all of `events`, oldest first.
    pub fn fold<'a>(events: impl IntoIterator<Item = &'a CatalogueEvent>) -> Self {
        events.into_iter().fold(Self::default(), evolve)
    }
}
