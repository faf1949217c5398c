//! Calls that have not ended, and the acts of a conversation.
//!
//! An *act* is a call of a function that changes or sends something and takes no one-time code, was proposed here, and was
//! not found to have nothing to do. A one-time code goes on with
//! the act before it, so it is kept which act a call came after, and whether that act was stopped: a call that is decided on
//! again is told what it was told at first.

use std::collections::{HashMap, VecDeque};

use proto_events::Timestamp;
use uuid::Uuid;

/// The most calls of a conversation that have not ended.
pub(crate) const MAX_OPEN: usize = 4_096;
/// The most acts that are kept.
const MAX_ACTS: usize = 256;

/// A call as it was proposed.
#[derive(Clone, Copy, Debug)]
pub(in crate::history) struct Proposal {
    /// When.
    pub(in crate::history) at: Timestamp,
    /// The amount that it moves.
    pub(in crate::history) amount: i64,
    /// Whether it names something that the user named.
    pub(in crate::history) is_named: bool,
    /// Whether it is an act.
    pub(in crate::history) is_act: bool,
}

/// How a call ended, as far as facts care.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::history) enum End {
    /// It was never run: people or rules stopped it.
    Stopped,
    /// It was not run, and nobody stopped it; who runs it says so, if it had started.
    NotRun,
    /// Evidence shows that it was not run.
    ShownNotRun,
    /// It ran.
    Ran,
}

/// A call that has not ended.
#[derive(Clone, Copy, Debug)]
pub(in crate::history) struct Open {
    /// The call as it was proposed.
    pub(in crate::history) proposal: Proposal,
    /// Whether it waits for people.
    pub(in crate::history) waits: bool,
    /// Whether it started.
    has_started: bool,
    /// The act before it.
    after: Option<Uuid>,
}

impl Open {
    /// Whether a call that ended so moved nothing. That a call which started was not run after all is believed by evidence
    /// alone: a limit must not be passed under by running calls and reporting that they were called off.
    pub(in crate::history) const fn never_moved(&self, end: End) -> bool {
        match end {
            End::Stopped | End::NotRun => !self.has_started,
            End::ShownNotRun => true,
            End::Ran => false,
        }
    }
}

/// An act, and whether it was stopped or waits for approval.
#[derive(Clone, Copy, Debug)]
struct Act {
    id: Uuid,
    is_held: bool,
}

/// Calls that have not ended, and acts.
#[derive(Debug, Default)]
pub(in crate::history) struct Executions {
    open: HashMap<Uuid, Open>,
    waiting: i64,
    acts: VecDeque<Act>,
}

impl Executions {
    /// A call was proposed; answers whether there was room for it.
    pub(in crate::history) fn propose(&mut self, id: Uuid, proposal: Proposal) -> bool {
        let after = self.acts.back().map(|act| act.id);
        let has_room = self.open.len() < MAX_OPEN;
        if has_room {
            self.open.insert(id, Open { proposal, waits: false, has_started: false, after });
        }
        if proposal.is_act {
            if self.acts.len() >= MAX_ACTS {
                self.acts.pop_front();
            }
            // Until it is decided on, it is not let through.
            self.acts.push_back(Act { id, is_held: true });
        }
        has_room
    }

    /// A call that has not ended.
    pub(in crate::history) fn open(&self, id: Uuid) -> Option<&Open> {
        self.open.get(&id)
    }

    /// The call waits for people, or no longer does.
    pub(in crate::history) fn waits(&mut self, id: Uuid, waits: bool) {
        if let Some(open) = self.open.get_mut(&id) {
            self.waiting += i64::from(waits) - i64::from(open.waits);
            open.waits = waits;
        }
    }

    /// The act is held, or no longer is.
    pub(in crate::history) fn hold(&mut self, id: Uuid, is_held: bool) {
        if let Some(act) = self.acts.iter_mut().rev().find(|act| act.id == id) {
            act.is_held = is_held;
        }
    }

    /// There is nothing to do for the call: it is no act, and what came after it came after the act before it.
    pub(in crate::history) fn is_no_act(&mut self, id: Uuid) {
        let Some(at) = self.acts.iter().rposition(|act| act.id == id) else { return };
        let earlier = at.checked_sub(1).and_then(|at| self.acts.get(at)).map(|act| act.id);
        let before = self.open.get(&id).map_or(earlier, |open| open.after);
        self.acts.remove(at);
        for open in self.open.values_mut().filter(|open| open.after == Some(id)) {
            open.after = before;
        }
    }

    /// The call started.
    pub(in crate::history) fn started(&mut self, id: Uuid) {
        if let Some(open) = self.open.get_mut(&id) {
            open.has_started = true;
        }
    }

    /// The call ended. Answers what was known of it.
    pub(in crate::history) fn end(&mut self, id: Uuid, end: End) -> Option<Open> {
        // That it ran lets nothing go: it was let through before, or else should not have run.
        if end == End::Stopped {
            self.hold(id, true);
        }
        let open = self.open.remove(&id)?;
        self.waiting -= i64::from(open.waits);
        Some(open)
    }

    /// How many calls wait for people, without one of them.
    pub(in crate::history) fn waiting(&self, except: Option<&Open>) -> i64 {
        self.waiting - i64::from(except.is_some_and(|open| open.waits))
    }

    /// Whether the act before a call is held: of a new call the last act, else the one that the call came after.
    pub(in crate::history) fn continues_held(&self, call: Option<&Open>) -> bool {
        let Some(open) = call else { return self.acts.back().is_some_and(|act| act.is_held) };
        let Some(id) = open.after else { return false };
        // An act that is no longer known may have been held.
        self.acts.iter().rev().find(|act| act.id == id).is_none_or(|act| act.is_held)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u128) -> Uuid {
        Uuid::from_u128(number)
    }

    fn act(is_act: bool) -> Proposal {
        let at = Timestamp::from_micros(0);
        Proposal { at, amount: 0, is_named: false, is_act }
    }

    #[test]
    fn a_code_goes_on_with_the_act_before_it() {
        let mut executions = Executions::default();
        assert!(!executions.continues_held(None));
        assert!(executions.propose(id(1), act(true)));
        executions.hold(id(1), true);
        assert!(executions.propose(id(2), act(false)));
        assert!(executions.continues_held(None) && executions.continues_held(executions.open(id(2))));
        assert!(executions.propose(id(3), act(true)));
        executions.hold(id(3), false);
        assert!(!executions.continues_held(None));
        assert!(executions.continues_held(executions.open(id(2))), "what came later changes nothing for it");
        assert!(!executions.continues_held(executions.open(id(1))), "nothing was before it");
        executions.hold(id(1), false);
        assert!(!executions.continues_held(executions.open(id(2))), "approved in the meantime");
        for number in 4..4 + MAX_ACTS as u128 {
            executions.propose(id(number), act(true));
            executions.end(id(number), End::NotRun);
        }
        assert!(
            executions.continues_held(executions.open(id(2))),
            "an act that is no longer known may have been held"
        );
    }

    #[test]
    fn what_waits_is_counted_once() {
        let mut executions = Executions::default();
        executions.propose(id(1), act(true));
        executions.waits(id(1), true);
        executions.waits(id(1), true);
        assert_eq!(executions.waiting(None), 1);
        assert_eq!(executions.waiting(executions.open(id(1))), 0);
        assert!(executions.end(id(1), End::Stopped).is_some_and(|open| open.waits));
        assert!(executions.end(id(1), End::Stopped).is_none());
        assert_eq!(executions.waiting(None), 0);
        assert!(executions.continues_held(None), "it was stopped");
    }

    #[test]
    fn there_is_room_for_so_many() {
        let mut executions = Executions::default();
        for number in 0..MAX_OPEN as u128 {
            assert!(executions.propose(id(number), act(false)));
        }
        assert!(!executions.propose(id(u128::MAX), act(false)));
    }
}
