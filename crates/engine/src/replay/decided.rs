//! The decisions in a log, each with the call that it is on.

use std::{collections::HashMap, sync::Arc};

use proto_events::{
    Decision, Event, ExecutionEvent, GlobalPosition, Initiated, Origin, RecordedEvent, Timestamp,
};
use uuid::Uuid;
use vidimus_policy::FACT_FUNCTION_VERSION;

/// Most calls that are open at a time; of one past it no decision is found, and it is counted.
const MAX_OPEN: usize = 262_144;

/// A decision on record, or a call that was handed in after the fact.
#[derive(Clone, Debug)]
pub struct DecidedCall {
    /// The call as it was initiated.
    pub initiated: Arc<Initiated>,
    /// The decision; none where the call was handed in after the fact.
    pub decision: Option<Decision>,
    /// Position of the event that has it.
    pub position: GlobalPosition,
    /// When it was decided.
    pub at: Timestamp,
    /// Whether it was decided on again.
    pub again: bool,
}

impl DecidedCall {
    /// Its conversation.
    pub fn conversation(&self) -> &str {
        &self.initiated.call.conversation
    }

    /// The position that its facts stand at: what the decision says, else just before it.
    pub fn as_of(&self) -> GlobalPosition {
        // A first decision stands after `initiated`, in the same append.
        let own = if self.again || self.decision.is_none() { 1 } else { 2 };
        let before = GlobalPosition::new(self.position.get().saturating_sub(own));
        self.decision.as_ref().and_then(|decision| decision.as_of).unwrap_or(before)
    }

    /// Whether it was decided by a program that wrote fewer facts and no requirements.
    pub fn is_earlier(&self) -> bool {
        self.decision.as_ref().is_some_and(|decision| !decision.facts.contains_key(FACT_FUNCTION_VERSION))
    }
}

struct Open {
    initiated: Arc<Initiated>,
    decided: bool,
}

/// Finds the decisions among the events of executions: the first on each call, and those again. An event that only repeats a
/// decision, as the next stage of an approval does, is none.
pub struct DecidedCalls {
    open: HashMap<Uuid, Open>,
    room: usize,
    dropped: u64,
}

impl Default for DecidedCalls {
    fn default() -> Self {
        Self::with_room(MAX_OPEN)
    }
}

impl DecidedCalls {
    /// With room for so many open calls.
    pub(super) fn with_room(room: usize) -> Self {
        Self { open: HashMap::new(), room, dropped: 0 }
    }

    /// Calls whose decisions are not found, as too many were open when they began.
    pub const fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Takes the next event; answers the decision that it is, if it is one.
    pub fn push(&mut self, recorded: &RecordedEvent, event: &Event) -> Option<DecidedCall> {
        use ExecutionEvent as E;
        let Event::Execution(event) = event else { return None };
        let found = |initiated: Arc<Initiated>, decision: Option<Decision>, again: bool| DecidedCall {
            initiated,
            decision,
            position: recorded.position,
            at: recorded.event.recorded_at,
            again,
        };
        if let E::Initiated(initiated) = event {
            let initiated = Arc::new(initiated.clone());
            if initiated.origin != Origin::Proposed {
                return Some(found(initiated, None, false));
            }
            if self.open.len() < self.room {
                self.open.insert(initiated.execution_id, Open { initiated, decided: false });
            } else {
                self.dropped += 1;
            }
            return None;
        }
        let execution_id = recorded.stream.execution_id()?;
        let decided = match event {
            E::Redecided(redecided) => {
                let open = self.open.get(&execution_id)?;
                Some(found(Arc::clone(&open.initiated), Some(redecided.decision.clone()), true))
            }
            _ => first_decision(event).and_then(|decision| {
                let open = self.open.get_mut(&execution_id).filter(|open| !open.decided)?;
                open.decided = true;
                Some(found(Arc::clone(&open.initiated), Some(decision.clone()), false))
            }),
        };
        if !may_be_decided_again(event) {
            self.open.remove(&execution_id);
        }
        decided
    }
}

const fn first_decision(event: &ExecutionEvent) -> Option<&Decision> {
    use ExecutionEvent as E;
    match event {
        E::Allowed(decided) | E::NoOp(decided) => Some(&decided.decision),
        E::Blocked(blocked) => Some(&blocked.decision),
        E::ConfirmationRequired(required) => Some(&required.decision),
        E::ApprovalRequired(required) => Some(&required.decision),
        _ => None,
    }
}

/// Whether the call still waits for people or has a permit after `event`.
const fn may_be_decided_again(event: &ExecutionEvent) -> bool {
    use ExecutionEvent as E;
    !matches!(
        event,
        E::Blocked(_)
            | E::NoOp(_)
            | E::Declined(_)
            | E::ConfirmationExpired(_)
            | E::ApprovalDenied(_)
            | E::ApprovalAborted(_)
            | E::ApprovalExpired(_)
            | E::PermitExpired(_)
            | E::InProgress(_)
            | E::Succeeded(_)
            | E::Failed(_)
            | E::TimedOut(_)
            | E::Skipped(_)
            | E::Cancelled(_)
            | E::ResultUnknown(_)
            | E::Settled(_)
    )
}
