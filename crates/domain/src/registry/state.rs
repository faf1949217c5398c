//! What is so.

use proto_events::RegistryEvent;

use super::evolve;

/// The state of one agent's or one conversation's stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum State {
    /// Nobody registered it.
    #[default]
    Unregistered,
    /// It is registered.
    Registered {
        /// What people call it; conversations have no name.
        name: Option<String>,
    },
}

impl State {
    /// The state after all of `events`, oldest first.
    pub fn fold<'a>(events: impl IntoIterator<Item = &'a RegistryEvent>) -> Self {
        events.into_iter().fold(Self::default(), evolve)
    }
}
