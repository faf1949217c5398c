//! A replay in plain words.

use vidimus_api_types::{
    Digest, Outcome, PolicyReplay, ReplayChange, ReplayMove, ReplayReport, ReplayRule, ReplayRuleUses,
    ReplayStopReason,
};

use crate::words::When;

/// Most rules that the page has.
const MOST_RULES: usize = 50;
/// The outcomes, in the order of the table.
const OUTCOMES: [Outcome; 5] = [
    Outcome::Allowed,
    Outcome::ConfirmationRequired,
    Outcome::AwaitingApproval,
    Outcome::Blocked,
    Outcome::NoOp,
];

/// What a candidate would have decided.
pub(super) struct Report {
    pub(super) set: String,
    pub(super) is_in_force: bool,
    pub(super) since: When,
    pub(super) until: When,
    /// What it comes to, a sentence each.
    pub(super) sums: Vec<String>,
    pub(super) stopped: Option<Stopped>,
    pub(super) matrix: Option<Matrix>,
    pub(super) rules: Vec<Rule>,
    /// Rules that are left out of the list.
    pub(super) more_rules: usize,
    pub(super) changes: Vec<Change>,
    pub(super) changes_in_all: u64,
    /// Why some could not be made again: in words, how many, and the code.
    pub(super) not_derived: Vec<(String, u64, String)>,
    /// Decisions that do not come out again as they are on record.
    pub(super) mismatched: u64,
    pub(super) mismatches: Vec<(String, String)>,
}

/// Where it stopped.
pub(super) struct Stopped {
    pub(super) why: &'static str,
    pub(super) at: Option<When>,
    pub(super) position: String,
}

/// Outcomes on record by those of the candidate.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Matrix {
    pub(super) columns: Vec<&'static str>,
    pub(super) rows: Vec<(&'static str, Vec<Cell>)>,
}

/// Calls with one outcome on record and one in the candidate.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Cell {
    pub(super) calls: u64,
    /// Those that would change, where the outcome would be the same.
    pub(super) otherwise: u64,
    /// Whether the outcome would be another.
    pub(super) differs: bool,
}

/// A rule that would do something else, or the same more or less often.
pub(super) struct Rule {
    pub(super) id: String,
    pub(super) on_record: String,
    pub(super) candidate: String,
}

/// A call that would be decided otherwise.
pub(super) struct Change {
    pub(super) id: String,
    pub(super) function: String,
    pub(super) agent: String,
    pub(super) at: When,
    pub(super) again: bool,
    pub(super) from: (&'static str, &'static str),
    pub(super) to: (&'static str, &'static str),
    /// Whether only what is asked of whom would be another.
    pub(super) is_same: bool,
    pub(super) reason: String,
    pub(super) code: String,
    pub(super) rules: Vec<String>,
}

impl Report {
    pub(super) fn of(replay: &PolicyReplay, in_force: Option<Digest>) -> Self {
        let report = &replay.report;
        let (rules, more_rules) = rules(report);
        let mismatch = |one: &vidimus_api_types::ReplayMismatch| {
            let what: Vec<_> = one.differences.iter().map(|difference| difference.what.as_str()).collect();
            (one.execution_id.to_string(), what.join(", "))
        };
        Self {
            set: replay.candidate.to_string(),
            is_in_force: in_force == Some(replay.candidate),
            since: replay.since.into(),
            until: replay.until.into(),
            sums: sums(report),
            stopped: report.stopped.map(|stopped| Stopped {
                why: match stopped.reason {
                    ReplayStopReason::Calls => "as many calls as may be had been looked at",
                    ReplayStopReason::Time => "the time that it may take was up",
                },
                at: stopped.at.map(When::from),
                position: stopped.position.to_string(),
            }),
            matrix: matrix(&report.moves),
            rules,
            more_rules,
            changes: report.changes.listed().map(change).collect(),
            changes_in_all: report.changes.total(),
            not_derived: report
                .not_derived
                .iter()
                .map(|(code, count)| (why_not(code), *count, code.clone()))
                .collect(),
            mismatched: report.mismatched,
            mismatches: report.mismatches.iter().map(mismatch).collect(),
        }
    }
}

/// A number of things, with the word for one or several.
fn many(count: u64, one: &str, more: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { more })
}

/// What it comes to.
fn sums(report: &ReplayReport) -> Vec<String> {
    let changes = &report.changes;
    if report.compared == 0 {
        return vec![
            "No call of these days was decided again: there is none on record, or none could be.".to_owned(),
        ];
    }
    let mut sums = vec![format!(
        "{} decided again: {} would change.",
        many(report.compared, "call was", "calls were"),
        if changes.total() == 0 { "none".to_owned() } else { changes.total().to_string() },
    )];
    if report.after_the_fact > 0 {
        let them = many(report.after_the_fact, "was", "were");
        sums.push(format!("Of these {them} handed in after the fact, which counts as having run."));
    }
    for (count, what) in [
        (changes.newly_allowed.total, "allowed and had not been"),
        (changes.newly_blocked.total, "blocked and had not been"),
        (changes.other.total, "held, or held otherwise than on record"),
    ] {
        if count > 0 {
            sums.push(format!("{} be {what}.", many(count, "call would", "calls would")));
        }
    }
    sums
}

/// An outcome in words, and the class that it is drawn with; none: a call that was handed in after the fact.
const fn outcome(outcome: Option<Outcome>) -> (&'static str, &'static str) {
    match outcome {
        None => ("ran, handed in", "quiet"),
        Some(Outcome::Allowed) => ("allowed", "success"),
        Some(Outcome::ConfirmationRequired) => ("asks for a confirmation", "waiting"),
        Some(Outcome::AwaitingApproval) => ("asks for an approval", "waiting"),
        Some(Outcome::Blocked) => ("blocked", "failed"),
        Some(Outcome::NoOp) => ("nothing to do", "quiet"),
    }
}

/// The table; nothing where no call was decided again.
fn matrix(moves: &[ReplayMove]) -> Option<Matrix> {
    let to: Vec<Outcome> =
        OUTCOMES.into_iter().filter(|to| moves.iter().any(|moved| moved.to == *to)).collect();
    let rows = OUTCOMES.map(Some).into_iter().chain([None]);
    let rows = rows.filter(|from| moves.iter().any(|moved| moved.from == *from)).map(|from| {
        let cell = |to: &Outcome| {
            let found = moves.iter().find(|moved| (moved.from, moved.to) == (from, *to));
            let (calls, changed) = found.map_or((0, 0), |moved| (moved.calls, moved.changed));
            let differs = calls > 0 && changed == calls && from != Some(*to);
            Cell { calls, otherwise: if from == Some(*to) { changed } else { 0 }, differs }
        };
        (outcome(from).0, to.iter().map(cell).collect())
    });
    let columns = to.iter().map(|to| outcome(Some(*to)).0).collect();
    (!moves.is_empty()).then(|| Matrix { columns, rows: rows.collect() })
}

/// The rules that would do something else, or the same more or less often: those with the largest difference first, and how many
/// are left out.
fn rules(report: &ReplayReport) -> (Vec<Rule>, usize) {
    let mut differ: Vec<(&String, &ReplayRule)> =
        report.rules.iter().filter(|(_, rule)| rule.on_record != rule.candidate).collect();
    differ.sort_by_key(|(_, rule)| {
        let both = counts(&rule.on_record).into_iter().zip(counts(&rule.candidate));
        std::cmp::Reverse(both.map(|((before, _), (after, _))| before.abs_diff(after)).sum::<u64>())
    });
    let rule = |(id, rule): &(&String, &ReplayRule)| Rule {
        id: (*id).clone(),
        on_record: used(&rule.on_record),
        candidate: used(&rule.candidate),
    };
    (differ.iter().take(MOST_RULES).map(rule).collect(), differ.len().saturating_sub(MOST_RULES))
}

/// How often a rule did what.
const fn counts(uses: &ReplayRuleUses) -> [(u64, &'static str); 5] {
    [
        (uses.permits, "permits"),
        (uses.asks_confirmation, "asks for a confirmation of"),
        (uses.asks_approval, "asks for an approval of"),
        (uses.forbids, "blocks"),
        (uses.unknown, "matches, to an effect that is not known any more,"),
    ]
}

fn used(uses: &ReplayRuleUses) -> String {
    let said = counts(uses).into_iter().filter(|(count, _)| *count > 0);
    let said: Vec<_> = said.map(|(count, does)| format!("{does} {}", many(count, "call", "calls"))).collect();
    if said.is_empty() { "matches no call".to_owned() } else { said.join(", ") }
}

fn change(change: &ReplayChange) -> Change {
    Change {
        id: change.execution_id.to_string(),
        function: change.function.to_string(),
        agent: change.agent.clone(),
        at: change.at.into(),
        again: change.again,
        from: outcome(change.from),
        to: outcome(Some(change.to)),
        is_same: change.from == Some(change.to),
        reason: change.reason.clone(),
        code: change.code.clone(),
        rules: change.rules.clone(),
    }
}

/// Why a decision could not be made again, by its code.
fn why_not(code: &str) -> String {
    match code {
        "recorded_too_late" => "came on record too long after the facts that they rest on",
        "policy_set_unreadable" => {
            "were decided by a set that is not there or cannot be used any more; the candidate decided on them all the same"
        }
        "too_many_open" => "began while too many others were open",
        "argument_schema_unusable" => "are of functions whose schema of arguments cannot be used",
        "no_arguments" => "were handed in without arguments",
        "too_much_to_keep" => "come after more functions, connections or agents than are kept",
        _ => "were left out",
    }
    .to_owned()
}

#[cfg(test)]
mod tests;
