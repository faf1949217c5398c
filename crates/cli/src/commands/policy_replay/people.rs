//! A replay in words.

use vidimus_api_types::{
    ReplayChange, ReplayChangeKind, ReplayFunction, ReplayMismatch, ReplayReport, ReplayStopReason,
};

use super::{Span, Summary};
use crate::output::{Output, cut, grouped};

/// Most functions in the table; more are in JSON.
const MAX_FUNCTIONS: usize = 40;

pub(super) fn replay(summary: &Summary) -> String {
    let report = &summary.report;
    let mut text = summary.span.as_ref().map_or_else(String::new, span);
    text += &format!(
        "{} past decisions derived again: {} the same, {} different",
        grouped(report.rederived + report.mismatched),
        grouped(report.rederived),
        grouped(report.mismatched)
    );
    for (reason, count) in &report.not_derived {
        text += &format!("\n{} not derived: `{reason}`", grouped(*count));
    }
    for mismatch in &report.mismatches {
        text += &format!("\n  {}", different(mismatch));
    }
    rest(&mut text, report.mismatched, report.mismatches.len(), "different decisions");
    stopped(&mut text, report);
    if let Some(candidate) = &summary.candidate {
        candidate_in_words(&mut text, report, &candidate.to_string());
    }
    let Some(speed) = &summary.speed else { return text };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rate for people")]
    let rate = speed.evaluations_per_second as u64;
    text +=
        &format!("\n{:.1} s on {} threads, {} evaluations/s", speed.seconds, speed.threads, grouped(rate));
    text
}

fn span(span: &Span) -> String {
    format!("decisions from {} to before {}\n", span.since, span.until)
}

/// That it is not about all that was asked for.
fn stopped(text: &mut String, report: &ReplayReport) {
    let Some(stopped) = report.stopped else { return };
    let why = match stopped.reason {
        ReplayStopReason::Calls => "as many calls as may be were looked at",
        ReplayStopReason::Time => "the time was up",
    };
    let at = stopped.at.map(|at| format!(", {at}")).unwrap_or_default();
    *text += &format!(
        "\nnothing from position {}{at} on was looked at: {why}; ask for less, or leave `--at-server` out",
        stopped.position
    );
}

fn different(mismatch: &ReplayMismatch) -> String {
    let ReplayMismatch { execution_id, position, function, differences } = mismatch;
    let told: Vec<String> = differences
        .iter()
        .map(|difference| {
            let (recorded, derived) = (difference.recorded.to_string(), difference.derived.to_string());
            format!(
                "{} is {} on record, {} derived",
                difference.what,
                cut(&recorded, 120),
                cut(&derived, 120)
            )
        })
        .collect();
    format!("{execution_id} {function} at {position}: {}", told.join("; "))
}

fn candidate_in_words(text: &mut String, report: &ReplayReport, candidate: &str) {
    let changes = &report.changes;
    *text += &format!(
        "\ncandidate {} on {} calls ({} handed in after the fact): {} would change",
        cut(candidate, 12),
        grouped(report.compared),
        grouped(report.after_the_fact),
        grouped(changes.total())
    );
    let outcomes: Vec<String> =
        report.outcomes.iter().map(|(outcome, count)| format!("{outcome} {}", grouped(*count))).collect();
    if !outcomes.is_empty() {
        *text += &format!("\n  decided: {}", outcomes.join(", "));
    }
    *text += &format!(
        "\n  newly allowed {}, newly blocked {}, other {}",
        grouped(changes.newly_allowed.total),
        grouped(changes.newly_blocked.total),
        grouped(changes.other.total)
    );
    if changes.total() == 0 {
        return;
    }
    let mut functions: Vec<(&String, &ReplayFunction)> =
        report.functions.iter().filter(|(_, totals)| totals.changed() > 0).collect();
    functions.sort_by_key(|(_, totals)| std::cmp::Reverse((totals.newly_allowed, totals.changed())));
    let shown = functions.iter().take(MAX_FUNCTIONS).map(|(function, totals)| {
        let numbers = [totals.compared, totals.newly_allowed, totals.newly_blocked, totals.other];
        std::iter::once((*function).clone()).chain(numbers.map(grouped)).collect()
    });
    *text += "\n\n";
    *text += &Output::table(&["Function", "Calls", "Newly allowed", "Newly blocked", "Other"], shown);
    rest(text, functions.len() as u64, functions.len().min(MAX_FUNCTIONS), "functions");
    let rows: Vec<Vec<String>> = changes.listed().map(row).collect();
    let listed = rows.len();
    *text += "\n\n";
    let header =
        ["Execution", "Change", "From", "To", "Function", "Conversation", "Position", "Code", "Rules"];
    *text += &Output::table_to_fit(&header, rows, &["Position", "Rules", "Conversation"]);
    rest(text, changes.total(), listed, "changes: raise `--limit`");
    text.push('\n');
}

fn row(change: &ReplayChange) -> Vec<String> {
    let kind = match change.kind {
        ReplayChangeKind::NewlyAllowed => "newly allowed",
        ReplayChangeKind::NewlyBlocked => "newly blocked",
        ReplayChangeKind::Other => "other",
    };
    vec![
        change.execution_id.to_string(),
        kind.to_owned(),
        change.from.map_or("ran", |outcome| outcome.as_str()).to_owned(),
        change.to.as_str().to_owned(),
        change.function.to_string(),
        change.conversation.clone(),
        change.position.to_string(),
        change.code.clone(),
        cut(&change.rules.join(" "), 60),
    ]
}

/// What was left out of a list.
fn rest(text: &mut String, total: u64, listed: usize, what: &str) {
    let more = total.saturating_sub(listed as u64);
    if more > 0 {
        *text += &format!("\n  and {} more {what}", grouped(more));
    }
}
