//! Replay of decisions over history: every decision on record is derived again from what the engine knew, and decided by
//! another policy set on the same inputs.
//!
//! Plain functions over recorded events in order, no log and no clock. [`Replay`] keeps what an engine keeps for decisions
//! (history, functions, scopes, freezes, groups, grants, policy sets) and evaluates each decision when that stands exactly where
//! the decision says its facts do (`as_of`). A decision is recorded a little after that position, so events are held back for a
//! while ([`MAX_AHEAD`]) before they are folded.
//!
//! * The decision is derived again under the bytes of its own policy set; what differs is a [`Mismatch`].
//! * The candidate set decides on the same inputs; where it decides otherwise that is a [`Change`].
//!
//! What a candidate set evaluated beside has said (`shadow_differed`) is no decision and is passed over. A grant that a
//! decision used is an input of both; where the decision used none, the candidate may use one that stood then. The visible tool
//! set is taken from the record. What the candidate would have prevented is not undone: later calls are judged by the history
//! as it was.

mod case;
mod decided;
mod differences;
mod evaluate;
mod found;
mod over_log;
mod report;
mod running;
mod sets;
mod standing;

use std::{
    collections::{BTreeMap, VecDeque, hash_map::DefaultHasher},
    hash::{Hash as _, Hasher as _},
    sync::Arc,
};

use proto_events::{
    ConversationEvent, Event, GlobalPosition, PolicyEvent, RecordedEvent, TenantId, Timestamp,
};
use vidimus_policy::PolicySet;

pub use case::case_of;
pub use decided::{DecidedCall, DecidedCalls};
pub use differences::Difference;
pub use found::{Move, Moves, RuleTotals, RuleUses, Rules, StopReason, Stopped};
pub use over_log::ReplayBounds;
pub use report::{Change, ChangeKind, Changes, FunctionTotals, Listed, Mismatch, ReplayReport};
pub(crate) use running::Running;
pub use running::{MOST_RUNNING, Place};

use standing::Standing;

/// Most events that are held back until decisions as of earlier positions are read.
pub const MAX_AHEAD: usize = 16_384;
/// Most bytes of payloads that are held back.
pub const MAX_AHEAD_BYTES: usize = 32 * 1024 * 1024;

/// What is replayed.
#[derive(Clone, Debug)]
pub struct ReplayQuery {
    /// Whose decisions.
    pub tenant: TenantId,
    /// The set that decides on the same inputs; none: past decisions are derived again, and that is all.
    pub candidate: Option<Arc<PolicySet>>,
    /// Only decisions that are recorded from this position on.
    pub from: GlobalPosition,
    /// Only decisions that are recorded up to this position, with it.
    pub until: GlobalPosition,
    /// Only decisions from this time on.
    pub from_time: Option<Timestamp>,
    /// Only decisions before this time.
    pub to_time: Option<Timestamp>,
    /// Only decisions on calls of this conversation.
    pub conversation: Option<String>,
    /// Whether the candidate also decides on calls that were handed in after the fact.
    pub recorded: bool,
    /// How many changes of each kind, and how many mismatches, are listed; all are counted.
    pub limit: usize,
    /// Most decisions, and calls that were handed in after the fact, that are looked at: the first of the range.
    pub max_calls: u64,
}

impl ReplayQuery {
    /// Everything of a tenant.
    pub fn everything(tenant: TenantId) -> Self {
        Self {
            tenant,
            candidate: None,
            from: GlobalPosition::START,
            until: GlobalPosition::new(u64::MAX),
            from_time: None,
            to_time: None,
            conversation: None,
            recorded: false,
            limit: 100,
            max_calls: u64::MAX,
        }
    }

    /// Whether a decision is in the range.
    pub fn asks_for(&self, position: GlobalPosition, at: Timestamp, conversation: &str) -> bool {
        (self.from..=self.until).contains(&position)
            && self.from_time.is_none_or(|from| from <= at)
            && self.to_time.is_none_or(|to| at < to)
            && self.conversation.as_ref().is_none_or(|only| only == conversation)
    }
}

/// Which of several replays beside each other needs an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shard {
    /// None: it makes no difference to any decision.
    None,
    /// The one that has the conversation.
    One(usize),
    /// All of them.
    All,
}

/// Which of `shards` replays needs an event. Conversations are told apart, so several replays give together what one gives,
/// unless rules read the history of agents or tenants ([`ReplayReport::reads_beyond`]), or there were more conversations than
/// the history holds.
pub fn shard(event: &Event, shards: usize) -> Shard {
    let of = |agent: &str, conversation: &str| {
        let mut hasher = DefaultHasher::new();
        (agent, conversation).hash(&mut hasher);
        let shards = u64::try_from(shards.max(1)).unwrap_or(1);
        Shard::One(usize::try_from(hasher.finish() % shards).unwrap_or(0))
    };
    match event {
        Event::Execution(event) => of(&event.call().agent, &event.call().conversation),
        Event::Conversation(ConversationEvent::UserSpoke(spoke)) => of(&spoke.agent, &spoke.conversation),
        Event::Attempt(_) | Event::Key(_) | Event::Webhook(_) | Event::Registry(_) => Shard::None,
        Event::Policy(PolicyEvent::ShadowDiffered(_)) => Shard::None,
        _ => Shard::All,
    }
}

/// An event that is not folded yet.
struct Ahead {
    recorded: RecordedEvent,
    event: Event,
    bytes: usize,
}

/// A replay of one tenant's log, or of the part of it that [`shard`] gives it.
pub struct Replay {
    query: Arc<ReplayQuery>,
    ahead: VecDeque<Ahead>,
    bytes_ahead: usize,
    decided: DecidedCalls,
    /// Decisions that are not evaluated yet, by the position that their facts stand at.
    waiting: BTreeMap<GlobalPosition, Vec<DecidedCall>>,
    /// What was folded last.
    at: GlobalPosition,
    /// What was read last, and when it was recorded.
    read: (GlobalPosition, Option<Timestamp>),
    /// Decisions that were taken to be looked at.
    taken: u64,
    standing: Standing,
    report: ReplayReport,
}

impl Replay {
    /// A replay that has seen nothing yet.
    pub fn new(query: Arc<ReplayQuery>) -> Self {
        let limit = query.limit;
        Self {
            query,
            ahead: VecDeque::new(),
            bytes_ahead: 0,
            decided: DecidedCalls::default(),
            waiting: BTreeMap::new(),
            at: GlobalPosition::START,
            read: (GlobalPosition::START, None),
            taken: 0,
            standing: Standing::default(),
            report: ReplayReport::with_limit(limit),
        }
    }

    /// Takes the next event of the log. Those of other tenants make a difference only where there are more conversations than a
    /// history holds: it is one for all tenants.
    pub fn push(&mut self, mut recorded: RecordedEvent, event: Event) {
        if shard(&event, 1) == Shard::None {
            return;
        }
        self.report.events += 1;
        self.read = (recorded.position, Some(recorded.event.recorded_at));
        if recorded.tenant == self.query.tenant {
            let dropped = self.decided.dropped();
            if let Some(call) = self.decided.push(&recorded, &event) {
                self.note(call);
            } else if self.decided.dropped() > dropped {
                self.note_dropped(&recorded, &event);
            }
        }
        // The event was decoded; its text is not needed any more.
        let bytes = std::mem::take(&mut recorded.event.payload).len();
        self.bytes_ahead += bytes;
        self.ahead.push_back(Ahead { recorded, event, bytes });
        while self.ahead.len() > MAX_AHEAD || self.bytes_ahead > MAX_AHEAD_BYTES {
            self.fold_next();
        }
    }

    /// A call past those that can be open at a time, whose decisions are not found: that is said.
    fn note_dropped(&mut self, recorded: &RecordedEvent, event: &Event) {
        let Event::Execution(event) = event else { return };
        let (position, at) = (recorded.position, recorded.event.recorded_at);
        if self.query.asks_for(position, at, &event.call().conversation) {
            self.report.not_derived("too_many_open");
        }
    }

    fn note(&mut self, call: DecidedCall) {
        let query = &self.query;
        let is_recorded = call.decision.is_none();
        if (is_recorded && !query.recorded) || !query.asks_for(call.position, call.at, call.conversation()) {
            return;
        }
        if self.taken >= self.query.max_calls {
            self.report.stop(StopReason::Calls, call.position, Some(call.at));
            return;
        }
        self.taken += 1;
        let as_of = call.as_of();
        if as_of < self.at {
            self.report.not_derived("recorded_too_late");
            return;
        }
        self.waiting.entry(as_of).or_default().push(call);
    }

    fn fold_next(&mut self) {
        let Some(Ahead { recorded, event, bytes }) = self.ahead.pop_front() else { return };
        self.bytes_ahead -= bytes;
        self.evaluate(|as_of| as_of < recorded.position);
        self.standing.apply(&self.query.tenant, &recorded, &event);
        self.at = recorded.position;
    }

    /// Evaluates what stands before the next event.
    fn evaluate(&mut self, is_before: impl Fn(GlobalPosition) -> bool) {
        while let Some(first) = self.waiting.first_entry()
            && is_before(*first.key())
        {
            for call in first.remove() {
                evaluate::evaluate(&self.query, &mut self.standing, &call, &mut self.report);
            }
        }
    }

    /// Whether as many decisions as may be were found, and one more: there is no use in reading on.
    pub const fn is_full(&self) -> bool {
        self.report.stopped.is_some()
    }

    /// Folds and evaluates what is left.
    pub fn finish(self) -> ReplayReport {
        self.finish_while(|| true)
    }

    /// Folds and evaluates what is left, for as long as `goes_on`. What is not evaluated then is not in the report, which says
    /// from where on.
    pub fn finish_while(mut self, goes_on: impl Fn() -> bool) -> ReplayReport {
        while !self.ahead.is_empty() && goes_on() {
            self.fold_next();
        }
        if goes_on() {
            self.evaluate(|_| true);
        } else {
            let left = self.waiting.values().flatten().map(|call| (call.position, Some(call.at))).min();
            let (position, at) = left.unwrap_or(self.read);
            self.report.stop(StopReason::Time, position, at);
        }
        // Puts the lists in order.
        ReplayReport::with_limit(self.query.limit).merge(self.report)
    }
}

#[cfg(test)]
mod tests;
