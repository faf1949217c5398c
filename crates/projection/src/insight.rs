//! What many executions come to, for pictures: outcomes over time, how reviewers and rules fare, why calls are blocked.

use std::collections::{BTreeMap, HashMap};

use proto_events::{Actor, TenantId, Timestamp};
use rusqlite::Connection;
use vidimus_domain::execution::Stage;

use crate::{
    AuditOutcome, ExecutionFilter, ExecutionRow, Verdict,
    executions::{read, select},
    sql::SqlError,
};

/// Most executions that are looked at: the newest.
pub(crate) const MOST: usize = 50_000;
/// How many columns a picture over time has, at most.
const COLUMNS: i64 = 60;
/// Columns are so many seconds wide: minutes, hours or days that people think in.
const WIDTHS: [i64; 12] =
    [60, 300, 900, 3_600, 10_800, 21_600, 43_200, 86_400, 604_800, 2_592_000, 7_776_000, 31_536_000];
/// Most lines of a list.
const LINES: usize = 20;

/// What executions of a span of time come to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Insight {
    /// How many executions there are in it.
    pub executions: u64,
    /// Where there were more than are looked at: since when they are all in it.
    pub whole_from: Option<Timestamp>,
    /// How wide a column is, in seconds.
    pub width_seconds: u64,
    /// The columns, oldest first; one without executions is not in it.
    pub columns: Vec<InsightColumn>,
    /// Those who resolved most, first.
    pub reviewers: Vec<InsightReviewer>,
    /// The rules that asked most, first.
    pub rules: Vec<InsightRule>,
    /// The reasons that blocked most, first.
    pub blocked: Vec<InsightBlocked>,
}

/// A span of time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InsightColumn {
    /// When it begins.
    pub from: Timestamp,
    /// How many executions came on record in it, by what came of the decision; `None`: handed in after the fact.
    pub outcomes: Vec<(Option<AuditOutcome>, u64)>,
}

/// How approvals and confirmations were resolved.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Resolved {
    /// With yes.
    pub approved: u64,
    /// With no, by a person.
    pub denied: u64,
    /// By nobody, in time.
    pub expired: u64,
    /// From when it was asked for to when a person resolved it: half of them took no longer. In seconds.
    pub median_seconds: Option<f64>,
    /// Nine of ten took no longer.
    pub p90_seconds: Option<f64>,
}

/// What one person resolved.
#[derive(Clone, Debug, PartialEq)]
pub struct InsightReviewer {
    /// Who.
    pub by: Actor,
    /// What.
    pub resolved: Resolved,
}

/// How what one rule asked people about was resolved.
#[derive(Clone, Debug, PartialEq)]
pub struct InsightRule {
    /// Its id, or the code of the layer that asked.
    pub rule: String,
    /// Whether it is the code of a layer and no rule.
    pub is_layer: bool,
    /// How many calls it asked people about, also those that still wait; for a confirmation, each rule that matched.
    pub asked: u64,
    /// What came of them.
    pub resolved: Resolved,
}

/// A reason that blocked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InsightBlocked {
    /// Its stable code.
    pub code: String,
    /// The reason of the newest call that it blocked, in words.
    pub reason: String,
    /// How many calls it blocked.
    pub calls: u64,
}

/// The insight into the executions that came on record from `from` and before `to`.
pub(crate) fn insight(
    connection: &Connection,
    tenant: &TenantId,
    from: Timestamp,
    to: Timestamp,
) -> Result<Insight, SqlError> {
    let filter = ExecutionFilter { from: Some(from), to: Some(to), ..ExecutionFilter::default() };
    let rows = select(connection, tenant, &filter, None, MOST + 1)?.rows(connection, read)?;
    Ok(fold(&rows, MOST, from, to))
}

#[derive(Default)]
struct Tally {
    resolved: Resolved,
    asked: u64,
    seconds: Vec<f64>,
}

impl Tally {
    fn add(&mut self, row: &ExecutionRow) {
        self.asked += 1;
        match row.verdict {
            Some(Verdict::Approved | Verdict::Confirmed) => self.resolved.approved += 1,
            Some(Verdict::Denied | Verdict::Aborted | Verdict::Declined | Verdict::Revised) => {
                self.resolved.denied += 1;
            }
            Some(Verdict::ApprovalExpired | Verdict::ConfirmationExpired) => {
                self.resolved.expired += 1;
                return;
            }
            None => return,
        }
        if let Some(at) = row.resolved_at {
            // Reviewers were asked when the user had confirmed.
            let confirmed = row.confirmed_at.filter(|_| row.verdict != Some(Verdict::Confirmed));
            let asked = confirmed.unwrap_or(row.created_at);
            // Good for thousands of years to the microsecond.
            self.seconds.push((at.as_micros() - asked.as_micros()).max(0) as f64 / 1e6);
        }
    }

    fn done(mut self) -> (u64, Resolved) {
        self.seconds.sort_by(f64::total_cmp);
        let at = |share: usize| {
            let last = self.seconds.len().checked_sub(1)?;
            self.seconds.get(((self.seconds.len() * share).div_ceil(10) - 1).min(last)).copied()
        };
        let resolved = Resolved { median_seconds: at(5), p90_seconds: at(9), ..self.resolved };
        (self.asked, resolved)
    }
}

/// What these rows come to, of which there are more where they are more than `most`; newest first.
fn fold(rows: &[ExecutionRow], most: usize, from: Timestamp, to: Timestamp) -> Insight {
    let shown = &rows[..rows.len().min(most)];
    let whole_from = (rows.len() > most).then(|| shown.last().map(|row| row.created_at)).flatten();
    let oldest = shown.iter().map(|row| row.created_at).min().unwrap_or(from).max(from);
    let newest = shown.iter().map(|row| row.created_at).max().unwrap_or(to).min(to);
    let span = (newest.as_micros() - oldest.as_micros()) / 1_000_000;
    let width = WIDTHS.into_iter().find(|width| span / width < COLUMNS).unwrap_or(WIDTHS[WIDTHS.len() - 1]);
    let mut columns = BTreeMap::<i64, BTreeMap<Option<AuditOutcome>, u64>>::new();
    let mut reviewers = HashMap::<Actor, Tally>::new();
    let mut rules = HashMap::<(&str, bool), Tally>::new();
    let mut blocked = HashMap::<&str, (u64, &str)>::new();
    for row in shown {
        let column = row.created_at.as_micros().div_euclid(width * 1_000_000);
        *columns.entry(column).or_default().entry(row.audit_outcome).or_default() += 1;
        let by_person = row.resolved_by.as_ref().filter(|_| row.verdict.is_some());
        if let Some(by) = by_person {
            reviewers.entry(by.clone()).or_default().add(row);
        }
        if row.verdict.is_some() || row.audit_outcome == Some(AuditOutcome::PendingApproval) {
            for (rule, is_layer) in asked(row) {
                rules.entry((rule, is_layer)).or_default().add(row);
            }
        }
        if row.audit_outcome == Some(AuditOutcome::Blocked)
            && let Some(code) = &row.deciding_code
        {
            let reason = row.deciding_reason.as_deref().unwrap_or_default();
            blocked.entry(code).or_insert((0, reason)).0 += 1;
        }
    }
    let columns = columns.into_iter().map(|(column, outcomes)| InsightColumn {
        from: Timestamp::from_micros(column.saturating_mul(width * 1_000_000)),
        outcomes: outcomes.into_iter().collect(),
    });
    let mut reviewers: Vec<_> = reviewers
        .into_iter()
        // A deadline is nobody's decision.
        .filter(|(by, _)| by.kind != proto_events::ActorKind::System)
        .map(|(by, tally)| InsightReviewer { by, resolved: tally.done().1 })
        .collect();
    reviewers
        .sort_by_key(|line| (u64::MAX - line.resolved.approved - line.resolved.denied, line.by.to_string()));
    let mut rules: Vec<_> = rules
        .into_iter()
        .map(|((rule, is_layer), tally)| {
            let (asked, resolved) = tally.done();
            InsightRule { rule: rule.to_owned(), is_layer, asked, resolved }
        })
        .collect();
    rules.sort_by(|a, b| b.asked.cmp(&a.asked).then_with(|| a.rule.cmp(&b.rule)));
    let mut blocked: Vec<_> = blocked
        .into_iter()
        .map(|(code, (calls, reason))| InsightBlocked {
            code: code.to_owned(),
            reason: reason.to_owned(),
            calls,
        })
        .collect();
    blocked.sort_by(|a, b| b.calls.cmp(&a.calls).then_with(|| a.code.cmp(&b.code)));
    reviewers.truncate(LINES);
    rules.truncate(LINES);
    blocked.truncate(LINES);
    Insight {
        executions: shown.len() as u64,
        whole_from,
        width_seconds: width.unsigned_abs(),
        columns: columns.collect(),
        reviewers,
        rules,
        blocked,
    }
}

/// What asked people, and whether it is a layer: for an approval what is on record; for a confirmation alone nothing is, and it
/// is the rules that matched.
fn asked(row: &ExecutionRow) -> impl Iterator<Item = (&str, bool)> {
    use Verdict::{ConfirmationExpired, Confirmed, Declined};
    let confirmation = matches!(row.verdict, Some(Confirmed | Declined | ConfirmationExpired))
        || row.stage == Stage::AwaitingConfirmation;
    let nobody_else = row.asking_rules.is_empty() && row.asking_layers.is_empty();
    let rules = if confirmation && nobody_else { &row.matched_rules } else { &row.asking_rules };
    let rules = rules.iter().map(|rule| (rule.as_str(), false));
    rules.chain(row.asking_layers.iter().map(|layer| (layer.as_str(), true)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_and_the_ninth_tenth_of_few_are_among_them() {
        let tally = |seconds: &[f64]| Tally { seconds: seconds.to_vec(), ..Tally::default() }.done().1;
        let marks = |seconds| {
            let resolved = tally(seconds);
            (resolved.median_seconds, resolved.p90_seconds)
        };
        assert_eq!(marks(&[]), (None, None));
        assert_eq!(marks(&[3.0]), (Some(3.0), Some(3.0)));
        assert_eq!(marks(&[9.0, 1.0]), (Some(1.0), Some(9.0)));
        let ten: Vec<f64> = (1..=10).rev().map(f64::from).collect();
        assert_eq!(marks(&ten), (Some(5.0), Some(9.0)));
    }

    #[test]
    fn nothing_comes_to_nothing() {
        let (from, to) = (Timestamp::from_micros(0), Timestamp::from_micros(1));
        let nothing = fold(&[], 10, from, to);
        assert_eq!(nothing, Insight { width_seconds: 60, ..Insight::default() });
    }
}
