//! What is so.

use std::sync::Arc;

use proto_events::{Access, FunctionDescription, FunctionEvent};

use super::evolve;

/// The state of one function's stream; by default that of a stream without events.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// The access; `None` where it was never set.
    pub access: Option<Access>,
    /// What the catalogue says of it; `None` where it never did, or no longer does.
    pub description: Option<Arc<FunctionDescription>>,
}

impl State {
    /// The state after all of `events`, oldest first.
    pub fn fold<'a>(events: impl IntoIterator<Item = &'a FunctionEvent>) -> Self {
        events.into_iter().fold(Self::default(), evolve)
    }

    /// The state after `events`.
    #[must_use]
    pub fn then(self, events: &[FunctionEvent]) -> Self {
        events.iter().fold(self, evolve)
    }
}
