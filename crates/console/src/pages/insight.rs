//! Insight: pictures of what calls come to, drawn here as SVG, each with its table.

mod chart;

use askama::Template;
use axum::{Router, response::Response, routing::get};
use vidimus_api_types::{Insight, InsightResolved, InsightRule, Timestamp};

use self::chart::{Bars, Stack};
use super::Visitor;
use crate::{
    Console,
    fields::{Query, query},
    frame::{Broken, Frame, Tab, page},
    words::{self, When},
};

pub(super) fn routes() -> Router<Console> {
    Router::new().route("/console/insight", get(insight))
}

/// The spans that are offered, in hours.
const SPANS: [(i64, &str); 5] =
    [(24, "last day"), (168, "last 7 days"), (720, "last 30 days"), (8_760, "last year"), (0, "everything")];

/// How a line of people or rules fared.
struct Line {
    name: String,
    /// Where its executions are listed.
    address: String,
    asked: u64,
    approved: u64,
    denied: u64,
    expired: u64,
    /// Of what people resolved, in percent.
    share_approved: Option<u64>,
    median: Option<String>,
    p90: Option<String>,
    /// Nearly always approved, and quickly: the question has become a habit.
    is_fatigued: bool,
}

#[derive(Template)]
#[template(path = "insight.html")]
struct InsightPage {
    frame: Frame,
    spans: Vec<(i64, &'static str, bool)>,
    from: When,
    to: When,
    position: String,
    executions: u64,
    whole_from: Option<When>,
    stack: Stack,
    reviewers: Vec<Line>,
    reviewer_bars: Bars,
    rules: Vec<Line>,
    rule_bars: Bars,
    blocked: Vec<(String, String, u64, String)>,
    blocked_bars: Bars,
}

/// From so many answers on, and with so large a share of yes and so few seconds in the middle, a question is a habit.
const FATIGUE: (u64, u64, f64) = (10, 95, 10.0);

fn line(name: String, address: String, asked: u64, resolved: &InsightResolved) -> Line {
    let answered = resolved.approved + resolved.denied;
    let share_approved = (answered > 0).then(|| resolved.approved * 100 / answered);
    let is_quick = resolved.median_seconds.is_some_and(|median| median <= FATIGUE.2);
    let seconds = |seconds: f64| {
        // Whole microseconds are exact enough for a page, and far from what an `i64` cannot hold.
        if seconds < 10.0 { format!("{seconds:.1} s") } else { words::duration((seconds * 1e6) as i64) }
    };
    Line {
        name,
        address,
        asked,
        approved: resolved.approved,
        denied: resolved.denied,
        expired: resolved.expired,
        is_fatigued: answered >= FATIGUE.0 && share_approved >= Some(FATIGUE.1) && is_quick,
        share_approved,
        median: resolved.median_seconds.map(seconds),
        p90: resolved.p90_seconds.map(seconds),
    }
}

fn list(pairs: &[(&str, &str)]) -> String {
    format!("/console/executions?{}", query(pairs))
}

fn rule(rule: &InsightRule) -> Line {
    // A layer is found by what it said when it decided.
    let filter = if rule.is_layer { "code" } else { "rule" };
    line(rule.rule.clone(), list(&[(filter, &rule.rule)]), rule.asked, &rule.resolved)
}

async fn insight(visitor: Visitor, Query(query): Query) -> Result<Response, Broken> {
    let hours = query.get("hours").and_then(|hours| hours.parse::<i64>().ok());
    let hours = SPANS.into_iter().map(|(hours, _)| hours).find(|known| Some(*known) == hours).unwrap_or(168);
    let ask = visitor.ask();
    let broken = |refused| visitor.broken(refused);
    let me: vidimus_api_types::Me = ask.get("/v1/me", &[]).await.map_err(broken)?;
    let from = match hours {
        0 => Timestamp::from_micros(i64::MIN),
        hours => Timestamp::from_micros(me.now.as_micros() - hours * 3_600 * 1_000_000),
    };
    let from = from.to_string();
    let insight: Insight = ask.get("/v1/insight", &[("from", &from)]).await.map_err(broken)?;
    let reviewers = insight.reviewers.iter().map(|reviewer| {
        let address = list(&[("resolved_by", &reviewer.by.id)]);
        let InsightResolved { approved, denied, expired, .. } = reviewer.resolved;
        line(words::actor(&reviewer.by), address, approved + denied + expired, &reviewer.resolved)
    });
    let reviewers = reviewers.collect::<Vec<_>>();
    let rules: Vec<_> = insight.rules.iter().map(rule).collect();
    let blocked = insight.blocked.iter().map(|blocked| {
        let address = list(&[("audit_outcome", "blocked"), ("code", &blocked.code)]);
        (blocked.code.clone(), blocked.reason.clone(), blocked.calls, address)
    });
    let blocked: Vec<_> = blocked.collect();
    page(&InsightPage {
        frame: visitor.frame("Insight", Tab::Insight),
        spans: SPANS.into_iter().map(|(span, name)| (span, name, span == hours)).collect(),
        from: insight.columns.first().map_or(insight.from, |column| column.from).into(),
        to: insight.to.into(),
        position: insight.position.to_string(),
        executions: insight.executions,
        whole_from: insight.whole_from.map(When::from),
        stack: Stack::of(&insight),
        reviewer_bars: Bars::of(
            reviewers.iter().map(|line| (line.name.as_str(), [line.approved, line.denied, line.expired])),
        ),
        reviewers,
        rule_bars: Bars::of(
            rules.iter().map(|line| (line.name.as_str(), [line.approved, line.denied, line.expired])),
        ),
        rules,
        blocked_bars: Bars::of(blocked.iter().map(|(code, _, calls, _)| (code.as_str(), [0, *calls, 0]))),
        blocked,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_that_is_always_answered_yes_at_once_has_become_a_habit() {
        let fatigued = |approved, denied, median| {
            let median_seconds = Some(median);
            let resolved = InsightResolved { approved, denied, median_seconds, ..InsightResolved::default() };
            line("a".into(), String::new(), approved + denied, &resolved).is_fatigued
        };
        assert!(fatigued(10, 0, 3.0) && fatigued(95, 5, 10.0));
        assert!(!fatigued(9, 0, 3.0), "too few to tell");
        assert!(!fatigued(94, 6, 3.0), "it is denied often enough");
        assert!(!fatigued(10, 0, 10.1), "people take their time");
    }

    #[test]
    fn what_nobody_resolved_has_no_share() {
        let line = line("a".into(), String::new(), 3, &InsightResolved::default());
        assert_eq!((line.share_approved, line.median, line.asked), (None, None, 3));
    }
}
