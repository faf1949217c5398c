//! What is so.

use proto_events::{Access, FunctionEvent};

use super::evolve;

/// The state of one function's stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// The access; `None` where it was never set.
    pub access: Option<Access>,
}

impl State {
    /// The state after all of `events`, oldest first.
    pub fn fold<'a>(events: impl IntoIterator<Item = &'a FunctionEvent>) -> Self {
        events.into_iter().fold(Self::default(), evolve)
    }
}
