//! What a replay found.

use std::collections::BTreeMap;

use proto_events::{Decision, FunctionName, GlobalPosition, Outcome, Timestamp};
use uuid::Uuid;
use vidimus_policy::PolicySet;

use super::{
    DecidedCall, Difference,
    found::{Moves, Rules, StopReason, Stopped},
};

/// Most functions that are counted apart; more are counted together, without a name.
const MAX_FUNCTIONS: usize = 4096;

/// A decision that does not come out again as it is on record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// The execution.
    pub execution_id: Uuid,
    /// Position of the decision.
    pub position: GlobalPosition,
    /// The function.
    pub function: FunctionName,
    /// What differs.
    pub differences: Vec<Difference>,
}

/// How a decision would change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChangeKind {
    /// It would be allowed, and was not.
    NewlyAllowed,
    /// It would be blocked, and was not.
    NewlyBlocked,
    /// It would be held, be held otherwise, or be no longer decided as there being nothing to do.
    Other,
}

/// A decision that would change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// How.
    pub kind: ChangeKind,
    /// The execution.
    pub execution_id: Uuid,
    /// Position of the decision; of the call where it was handed in after the fact.
    pub position: GlobalPosition,
    /// When.
    pub at: Timestamp,
    /// The agent.
    pub agent: String,
    /// The conversation.
    pub conversation: String,
    /// The function.
    pub function: FunctionName,
    /// Whether it is a decision again.
    pub again: bool,
    /// What was decided; none where the call was handed in after the fact: it ran.
    pub from: Option<Outcome>,
    /// What the candidate decides.
    pub to: Outcome,
    /// Why: the code of the deciding finding.
    pub code: String,
    /// Why, in words.
    pub reason: String,
    /// The candidate's rules that matched.
    pub rules: Vec<String>,
}

/// Changes of one kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listed {
    /// How many there are.
    pub total: u64,
    /// The first of them, in order of the log.
    pub first: Vec<Change>,
}

impl Listed {
    fn merge(&mut self, other: Self, limit: usize) {
        self.total += other.total;
        self.first.extend(other.first);
        self.first.sort_by_key(|change| change.position);
        self.first.truncate(limit);
    }
}

/// All changes, the newly allowed first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Allowed now, not before.
    pub newly_allowed: Listed,
    /// Blocked now, not before.
    pub newly_blocked: Listed,
    /// All others.
    pub other: Listed,
}

impl Changes {
    /// How many there are.
    pub const fn total(&self) -> u64 {
        self.newly_allowed.total + self.newly_blocked.total + self.other.total
    }

    /// Those that are listed, newly allowed first, then newly blocked.
    pub fn listed(&self) -> impl Iterator<Item = &Change> {
        [&self.newly_allowed, &self.newly_blocked, &self.other].into_iter().flat_map(|listed| &listed.first)
    }

    const fn of(&mut self, kind: ChangeKind) -> &mut Listed {
        match kind {
            ChangeKind::NewlyAllowed => &mut self.newly_allowed,
            ChangeKind::NewlyBlocked => &mut self.newly_blocked,
            ChangeKind::Other => &mut self.other,
        }
    }
}

/// The changes of one function.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FunctionTotals {
    /// Decisions that were compared.
    pub compared: u64,
    /// Allowed now, not before.
    pub newly_allowed: u64,
    /// Blocked now, not before.
    pub newly_blocked: u64,
    /// All other changes.
    pub other: u64,
}

/// What a replay found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReplayReport {
    /// Events that were read and make a difference to decisions.
    pub events: u64,
    /// Decisions that came out again as they are on record.
    pub rederived: u64,
    /// Decisions that did not.
    pub mismatched: u64,
    /// The first of them.
    pub mismatches: Vec<Mismatch>,
    /// Decisions and calls that could not be evaluated, by reason.
    pub not_derived: BTreeMap<&'static str, u64>,
    /// Decisions that the candidate decided on, those on calls handed in after the fact included.
    pub compared: u64,
    /// Of these, on calls that were handed in after the fact.
    pub after_the_fact: u64,
    /// What the candidate decided, by outcome.
    pub outcomes: BTreeMap<&'static str, u64>,
    /// What would change.
    pub changes: Changes,
    /// What would change, by function; under `null` those past 4,096 functions.
    pub functions: BTreeMap<String, FunctionTotals>,
    /// How many decisions went from which outcome to which.
    pub moves: Moves,
    /// On how many decisions each rule matched, on record and in the candidate.
    pub rules: Rules,
    /// From where on nothing was looked at, where that is not the end of the range.
    pub stopped: Option<Stopped>,
    /// Whether rules read the history of agents or tenants: then one replay has to see everything.
    pub reads_beyond: bool,
    pub(super) limit: usize,
}

impl ReplayReport {
    /// An empty report that lists so many of each.
    pub(super) fn with_limit(limit: usize) -> Self {
        Self { limit, ..Self::default() }
    }

    /// The report of two replays beside each other.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        let limit = self.limit.max(other.limit);
        self.events += other.events;
        self.rederived += other.rederived;
        self.mismatched += other.mismatched;
        self.mismatches.extend(other.mismatches);
        self.mismatches.sort_by_key(|mismatch| mismatch.position);
        self.mismatches.truncate(limit);
        for (reason, count) in other.not_derived {
            *self.not_derived.entry(reason).or_default() += count;
        }
        self.compared += other.compared;
        self.after_the_fact += other.after_the_fact;
        for (outcome, count) in other.outcomes {
            *self.outcomes.entry(outcome).or_default() += count;
        }
        self.changes.newly_allowed.merge(other.changes.newly_allowed, limit);
        self.changes.newly_blocked.merge(other.changes.newly_blocked, limit);
        self.changes.other.merge(other.changes.other, limit);
        for (function, totals) in other.functions {
            let known = self.functions.entry(function).or_default();
            known.compared += totals.compared;
            known.newly_allowed += totals.newly_allowed;
            known.newly_blocked += totals.newly_blocked;
            known.other += totals.other;
        }
        self.moves.merge(other.moves);
        self.rules.merge(other.rules);
        self.stopped = Stopped::first(self.stopped, other.stopped);
        self.reads_beyond |= other.reads_beyond;
        self.limit = limit;
        self
    }

    /// Decisions on record that were looked at.
    pub fn decisions(&self) -> u64 {
        self.rederived + self.mismatched
    }

    /// From here on nothing is looked at.
    pub(super) fn stop(&mut self, reason: StopReason, position: GlobalPosition, at: Option<Timestamp>) {
        self.stopped = Stopped::first(self.stopped, Some(Stopped { reason, position, at }));
    }

    pub(super) fn not_derived(&mut self, reason: &'static str) {
        *self.not_derived.entry(reason).or_default() += 1;
    }

    pub(super) fn derived(&mut self, call: &DecidedCall, differences: Vec<Difference>) {
        if differences.is_empty() {
            self.rederived += 1;
            return;
        }
        self.mismatched += 1;
        if self.mismatches.len() < self.limit {
            self.mismatches.push(Mismatch {
                execution_id: call.initiated.execution_id,
                position: call.position,
                function: call.initiated.call.function.clone(),
                differences,
            });
        }
    }

    pub(super) fn compared(
        &mut self,
        call: &DecidedCall,
        own: Option<&PolicySet>,
        would_be: &Decision,
        candidate: &PolicySet,
    ) {
        self.compared += 1;
        self.after_the_fact += u64::from(call.decision.is_none());
        *self.outcomes.entry(would_be.outcome.as_str()).or_default() += 1;
        let kind = change(call, would_be);
        let name = call.initiated.call.function.as_str();
        let key = if self.functions.len() < MAX_FUNCTIONS || self.functions.contains_key(name) {
            name
        } else {
            "null"
        };
        if !self.functions.contains_key(key) {
            self.functions.insert(key.to_owned(), FunctionTotals::default());
        }
        if let Some(totals) = self.functions.get_mut(key) {
            totals.compared += 1;
            match kind {
                Some(ChangeKind::NewlyAllowed) => totals.newly_allowed += 1,
                Some(ChangeKind::NewlyBlocked) => totals.newly_blocked += 1,
                Some(ChangeKind::Other) => totals.other += 1,
                None => {}
            }
        }
        let recorded = call.decision.as_ref();
        let from = recorded.map(|decision| decision.outcome);
        self.moves.count(from, would_be.outcome, kind.is_some());
        let before = recorded.map(|decision| &decision.matched_rules[..]).unwrap_or_default();
        self.rules.count((before, own), (&would_be.matched_rules, Some(candidate)));
        let Some(kind) = kind else { return };
        let limit = self.limit;
        let listed = self.changes.of(kind);
        listed.total += 1;
        // Decisions come in order of what they rest on, which is nearly that of the log.
        if listed.first.len() < limit {
            listed.first.push(change_of(kind, call, would_be));
        }
    }
}

/// How the candidate's decision differs from the one on record. A call that was handed in after the fact ran: as if it had been
/// allowed.
fn change(call: &DecidedCall, would_be: &Decision) -> Option<ChangeKind> {
    let recorded = call.decision.as_ref();
    let from = recorded.map_or(Outcome::Allowed, |decision| decision.outcome);
    let same_requirement =
        || call.is_earlier() || recorded.is_none_or(|decision| decision.requirement == would_be.requirement);
    match (from, would_be.outcome) {
        (from, to) if from == to && same_requirement() => None,
        (from, Outcome::Allowed) if from != Outcome::Allowed => Some(ChangeKind::NewlyAllowed),
        (from, Outcome::Blocked) if from != Outcome::Blocked => Some(ChangeKind::NewlyBlocked),
        _ => Some(ChangeKind::Other),
    }
}

fn change_of(kind: ChangeKind, call: &DecidedCall, would_be: &Decision) -> Change {
    let initiated = &call.initiated;
    let deciding = would_be.deciding();
    Change {
        kind,
        execution_id: initiated.execution_id,
        position: call.position,
        at: call.at,
        agent: initiated.call.agent.clone(),
        conversation: initiated.call.conversation.clone(),
        function: initiated.call.function.clone(),
        again: call.again,
        from: call.decision.as_ref().map(|decision| decision.outcome),
        to: would_be.outcome,
        code: deciding.map(|finding| finding.code.clone()).unwrap_or_default(),
        reason: deciding.map(|finding| finding.reason.clone()).unwrap_or_default(),
        rules: would_be.matched_rules.clone(),
    }
}
