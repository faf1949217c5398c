//! What a replay found.

use vidimus_api_types as wire;
use vidimus_engine::replay::{
    Change, ChangeKind, Changes, Difference, FunctionTotals, Listed, Mismatch, Move, ReplayReport,
    RuleTotals, RuleUses, StopReason, Stopped,
};

/// What a replay found: one JSON form for the API and the command line.
pub fn replay_report(report: ReplayReport) -> wire::ReplayReport {
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
        rules: report.rules.by_id.into_iter().map(|(id, totals)| (id, rule(totals))).collect(),
        other_rules: rule(report.rules.others),
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

const fn rule(totals: RuleTotals) -> wire::ReplayRule {
    wire::ReplayRule { on_record: uses(totals.on_record), candidate: uses(totals.candidate) }
}

const fn uses(uses: RuleUses) -> wire::ReplayRuleUses {
    let RuleUses { permits, asks_confirmation, asks_approval, forbids, unknown } = uses;
    wire::ReplayRuleUses { permits, asks_confirmation, asks_approval, forbids, unknown }
}

const fn stopped(stopped: Stopped) -> wire::ReplayStopped {
    let Stopped { reason, position, at } = stopped;
    let reason = match reason {
        StopReason::Calls => wire::ReplayStopReason::Calls,
        StopReason::Time => wire::ReplayStopReason::Time,
    };
    wire::ReplayStopped { reason, position, at }
}
