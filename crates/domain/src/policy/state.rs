//! What is so: the set in force, the one beside it, and what was before.

use std::collections::VecDeque;

use proto_events::{Actor, Digest, PolicyEvent, Timestamp};

use super::evolve;

/// How many of the last changes are in the state; the stream has them all.
pub const MAX_HISTORY: usize = 100;

/// An event and what its envelope says about it: who caused it, and when it was decided.
#[derive(Clone, Copy, Debug)]
pub struct Happened<'a> {
    /// The envelope's `actor`.
    pub by: &'a Actor,
    /// The envelope's `recorded_at`.
    pub at: Timestamp,
    /// The event.
    pub event: &'a PolicyEvent,
}

/// A set and since when it stands where it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The set.
    pub policy_set: Digest,
    /// Since when.
    pub since: Timestamp,
    /// Who put it there.
    pub by: Actor,
    /// Why, if they said.
    pub reason: Option<String>,
}

/// What changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    /// What is in force.
    InForce,
    /// What is evaluated beside it.
    Shadow,
}

impl ChangeKind {
    /// Its stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InForce => "in_force",
            Self::Shadow => "shadow",
        }
    }
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Of what.
    pub kind: ChangeKind,
    /// The set from then on; `None`: none.
    pub policy_set: Option<Digest>,
    /// The set until then; `None`: none.
    pub former: Option<Digest>,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: Actor,
    /// Why, if they said.
    pub reason: Option<String>,
}

/// The state of the stream; by default that of a stream without events.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    pub(super) active: Option<Standing>,
    pub(super) candidate: Option<Standing>,
    /// The last changes, newest at the back.
    pub history: VecDeque<Change>,
}

impl State {
    /// The state after all of `events`, oldest first.
    pub fn fold<'a>(events: impl IntoIterator<Item = Happened<'a>>) -> Self {
        events.into_iter().fold(Self::default(), evolve)
    }

    /// The state after `events`, which `by` caused at `at`.
    #[must_use]
    pub fn then(self, by: &Actor, at: Timestamp, events: &[PolicyEvent]) -> Self {
        events.iter().fold(self, |state, event| evolve(state, Happened { by, at, event }))
    }

    /// The set in force.
    pub fn in_force(&self) -> Option<Digest> {
        self.active.as_ref().map(|standing| standing.policy_set)
    }

    /// The set that is evaluated beside it, without effect.
    pub fn shadow(&self) -> Option<Digest> {
        self.candidate.as_ref().map(|standing| standing.policy_set)
    }

    /// The set in force: since when, by whom, why.
    pub const fn activated(&self) -> Option<&Standing> {
        self.active.as_ref()
    }

    /// The set beside it: since when, by whom, why.
    pub const fn shadowed(&self) -> Option<&Standing> {
        self.candidate.as_ref()
    }
}
