//! What a replay found out about outcomes and rules, and where it stopped.

use std::collections::BTreeMap;

use proto_events::{GlobalPosition, Outcome, Timestamp};
use vidimus_policy::{Demand, PolicySet, Rule, RuleEffect};

/// Most rules that are counted apart.
const MAX_RULES: usize = 4096;

/// Decisions with one outcome on record and one in the candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Move {
    /// What was decided; none where the call was handed in after the fact: it ran.
    pub from: Option<Outcome>,
    /// What the candidate decides.
    pub to: Outcome,
    /// How many there are.
    pub calls: u64,
    /// How many of these are a change. The outcome may be the same and who is asked another.
    pub changed: u64,
}

/// How many decisions went from which outcome to which.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Moves(BTreeMap<(Option<Outcome>, Outcome), (u64, u64)>);

impl Moves {
    /// All of them that there are, in the order of the outcomes on record.
    pub fn iter(&self) -> impl Iterator<Item = Move> {
        self.0.iter().map(|(&(from, to), &(calls, changed))| Move { from, to, calls, changed })
    }

    pub(super) fn count(&mut self, from: Option<Outcome>, to: Outcome, is_change: bool) {
        let (calls, changed) = self.0.entry((from, to)).or_default();
        *calls += 1;
        *changed += u64::from(is_change);
    }

    pub(super) fn merge(&mut self, other: Self) {
        for (at, (calls, changed)) in other.0 {
            let known = self.0.entry(at).or_default();
            known.0 += calls;
            known.1 += changed;
        }
    }
}

/// On how many decisions a rule matched, by what it did there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RuleUses {
    /// It let the call through.
    pub permits: u64,
    /// It let it wait for the requesting user.
    pub asks_confirmation: u64,
    /// It let it wait for reviewers.
    pub asks_approval: u64,
    /// It stopped it.
    pub forbids: u64,
    /// Its set cannot be read any more.
    pub unknown: u64,
}

impl RuleUses {
    fn count(&mut self, rule: Option<&Rule>) {
        let used = match rule.map(|rule| (rule.effect(), rule.demand())) {
            Some((RuleEffect::Permit, _)) => &mut self.permits,
            Some((RuleEffect::Forbid, Some(Demand::Confirmation { .. }))) => &mut self.asks_confirmation,
            Some((RuleEffect::Forbid, Some(Demand::Approval(_)))) => &mut self.asks_approval,
            Some((RuleEffect::Forbid, None)) => &mut self.forbids,
            None => &mut self.unknown,
        };
        *used += 1;
    }

    const fn add(&mut self, more: Self) {
        self.permits += more.permits;
        self.asks_confirmation += more.asks_confirmation;
        self.asks_approval += more.asks_approval;
        self.forbids += more.forbids;
        self.unknown += more.unknown;
    }
}

/// The same on record and in the candidate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RuleTotals {
    /// Decisions on record.
    pub on_record: RuleUses,
    /// Decisions of the candidate.
    pub candidate: RuleUses,
}

/// Rules that matched, and the set that they are of.
pub(super) type Matched<'a> = (&'a [String], Option<&'a PolicySet>);

/// On how many decisions rules matched, by their ids.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    /// The rules, up to 4,096.
    pub by_id: BTreeMap<String, RuleTotals>,
    /// On how many others did, together.
    pub others: RuleTotals,
}

impl Rules {
    pub(super) fn count(&mut self, on_record: Matched<'_>, candidate: Matched<'_>) {
        for id in on_record.0 {
            self.of(id).on_record.count(on_record.1.and_then(|set| set.rule(id)));
        }
        for id in candidate.0 {
            self.of(id).candidate.count(candidate.1.and_then(|set| set.rule(id)));
        }
    }

    fn of(&mut self, id: &str) -> &mut RuleTotals {
        let is_known = self.by_id.contains_key(id);
        if !is_known && self.by_id.len() >= MAX_RULES {
            return &mut self.others;
        }
        self.by_id.entry(id.to_owned()).or_default()
    }

    pub(super) fn merge(&mut self, other: Self) {
        let add = |known: &mut RuleTotals, more: RuleTotals| {
            known.on_record.add(more.on_record);
            known.candidate.add(more.candidate);
        };
        for (id, totals) in other.by_id {
            add(self.of(&id), totals);
        }
        add(&mut self.others, other.others);
    }
}

/// Why a replay stopped before the end of its range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopReason {
    /// As many calls as may be were looked at.
    Calls,
    /// The time was up.
    Time,
}

/// Where a replay stopped: not everything from here on is in its report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stopped {
    /// Why.
    pub reason: StopReason,
    /// Position of the first decision that was not looked at; of the event that it had come to, where the time was up before.
    pub position: GlobalPosition,
    /// When that was recorded; nothing where no event was read.
    pub at: Option<Timestamp>,
}

impl Stopped {
    /// The earlier one.
    pub(super) fn first(one: Option<Self>, other: Option<Self>) -> Option<Self> {
        [one, other].into_iter().flatten().min_by_key(|stopped| stopped.position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moves_and_rules_are_counted_and_add_up() {
        let (mut moves, mut rules) = (Moves::default(), Rules::default());
        moves.count(Some(Outcome::Allowed), Outcome::Blocked, true);
        moves.count(Some(Outcome::AwaitingApproval), Outcome::AwaitingApproval, false);
        moves.count(Some(Outcome::AwaitingApproval), Outcome::AwaitingApproval, true);
        moves.count(None, Outcome::Allowed, false);
        let id = |id: &str| id.to_owned();
        rules.count((&[id("a"), id("b")], None), (&[id("b"), id("c")], None));
        let (mut both, mut more) = (moves.clone(), rules.clone());
        both.merge(moves);
        more.merge(rules);
        let found: Vec<_> =
            both.iter().map(|moved| (moved.from, moved.to, moved.calls, moved.changed)).collect();
        assert_eq!(
            found,
            [
                (None, Outcome::Allowed, 2, 0),
                (Some(Outcome::Allowed), Outcome::Blocked, 2, 2),
                (Some(Outcome::AwaitingApproval), Outcome::AwaitingApproval, 4, 2),
            ]
        );
        let totals = |id: &str| (more.by_id[id].on_record.unknown, more.by_id[id].candidate.unknown);
        assert_eq!((totals("a"), totals("b"), totals("c")), ((2, 0), (2, 2), (0, 2)));
        assert_eq!(more.others, RuleTotals::default());
    }

    #[test]
    fn past_so_many_rules_they_are_counted_together() {
        let mut rules = Rules::default();
        for number in 0..=MAX_RULES {
            rules.count((&[format!("rule-{number:05}")], None), (&["rule-00000".to_owned()], None));
        }
        assert_eq!(rules.by_id.len(), MAX_RULES);
        assert_eq!((rules.others.on_record.unknown, rules.others.candidate.unknown), (1, 0));
        assert_eq!(rules.by_id["rule-00000"].candidate.unknown, 4097);
    }

    #[test]
    fn of_two_places_the_first_is_where_it_stopped() {
        let stopped = |position| Stopped {
            reason: StopReason::Calls,
            position: GlobalPosition::new(position),
            at: Some(Timestamp::from_micros(0)),
        };
        assert_eq!(Stopped::first(Some(stopped(7)), Some(stopped(3))), Some(stopped(3)));
        assert_eq!(Stopped::first(None, Some(stopped(3))), Some(stopped(3)));
        assert_eq!(Stopped::first(None, None), None);
    }
}
