//! What a replay found.

use vidimus_api_types as wire;
use vidimus_engine::replay::{
    Change, ChangeKind, Changes, Difference, FunctionTotals, Listed, Mismatch, Move, ReplayReport,
    RuleTotals, StopReason, Stopped,
};
use vidimus_policy::{Demand, PolicySet, Rule, RuleEffect};

/// What a replay found: one JSON form for the API and the command line.
pub fn replay_report(report: ReplayReport, candidate: Option<&PolicySet>) -> wire::ReplayReport {
    let of_candidate = |(id, totals): (String, RuleTotals)| {
        let known = candidate.and_then(|set| set.rule(&id));
        (id, rule(totals, known))
    };
    let Changes { newly_allowed, newly_blocked, other } = report.changes;
    wire::ReplayReport {
        events: report.events,
        rederived: report.rederived,
        mismatched: report.mismatched,
        mismatches: report.mismatches.into_iter().map(mismatch).collect(),
        not_derived: counted(report.not_derived),
        compared: report.compared,
        after_the_fact: report.after_the_fact,
        outcomes: counted(report.outcomes),
        moves: report.moves.iter().map(moved).collect(),
        changes: wire::ReplayChanges {
            newly_allowed: listed(newly_allowed),
            newly_blocked: listed(newly_blocked),
            other: listed(other),
        },
        functions: report.functions.into_iter().map(|(name, totals)| (name, function(totals))).collect(),
        rules: report.rules.by_id.into_iter().map(of_candidate).collect(),
        other_rules: rule(report.rules.others, None),
        reads_beyond: report.reads_beyond,
        stopped: report.stopped.map(stopped),
    }
}

fn counted<T: IntoIterator<Item = (&'static str, u64)>>(
    counts: T,
) -> std::collections::BTreeMap<String, u64> {
    counts.into_iter().map(|(name, count)| (name.to_owned(), count)).collect()
}

fn mismatch(mismatch: Mismatch) -> wire::ReplayMismatch {
    let Mismatch { execution_id, position, function, differences } = mismatch;
    let difference =
        |Difference { what, recorded, derived }| wire::ReplayDifference { what, recorded, derived };
    let differences = differences.into_iter().map(difference).collect();
    wire::ReplayMismatch { execution_id, position, function, differences }
}

const fn moved(moved: Move) -> wire::ReplayMove {
    let Move { from, to, calls, changed } = moved;
    wire::ReplayMove { from, to, calls, changed }
}

fn listed(listed: Listed) -> wire::ReplayListed {
    wire::ReplayListed { total: listed.total, first: listed.first.into_iter().map(change).collect() }
}

fn change(change: Change) -> wire::ReplayChange {
    let Change {
        kind, execution_id, position, at, agent, conversation, function, again, from, to, code, ..
    } = change;
    wire::ReplayChange {
        kind: match kind {
            ChangeKind::NewlyAllowed => wire::ReplayChangeKind::NewlyAllowed,
            ChangeKind::NewlyBlocked => wire::ReplayChangeKind::NewlyBlocked,
            ChangeKind::Other => wire::ReplayChangeKind::Other,
        },
        execution_id,
        position,
        at,
        agent,
        conversation,
        function,
        again,
        from,
        to,
        code,
        reason: change.reason,
        rules: change.rules,
    }
}

const fn function(totals: FunctionTotals) -> wire::ReplayFunction {
    let FunctionTotals { compared, newly_allowed, newly_blocked, other } = totals;
    wire::ReplayFunction { compared, newly_allowed, newly_blocked, other }
}

fn rule(totals: RuleTotals, rule: Option<&Rule>) -> wire::ReplayRule {
    let RuleTotals { on_record, candidate } = totals;
    let does = rule.map(|rule| match (rule.effect(), rule.demand()) {
        (RuleEffect::Permit, _) => wire::ReplayRuleDoes::Permits,
        (RuleEffect::Forbid, None) => wire::ReplayRuleDoes::Forbids,
        (RuleEffect::Forbid, Some(Demand::Confirmation { .. })) => wire::ReplayRuleDoes::AsksConfirmation,
        (RuleEffect::Forbid, Some(Demand::Approval(_))) => wire::ReplayRuleDoes::AsksApproval,
    });
    wire::ReplayRule { on_record, candidate, does }
}

const fn stopped(stopped: Stopped) -> wire::ReplayStopped {
    let Stopped { reason, position, at } = stopped;
    let reason = match reason {
        StopReason::Calls => wire::ReplayStopReason::Calls,
        StopReason::Time => wire::ReplayStopReason::Time,
    };
    wire::ReplayStopped { reason, position, at }
}
