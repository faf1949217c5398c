//! Insight.

use proto_events::{GlobalPosition, Timestamp};
use vidimus_api_types as wire;
use vidimus_projection::{AuditOutcome, Insight, InsightColumn, Resolved};

pub(crate) fn insight(
    insight: Insight,
    position: GlobalPosition,
    (from, to): (Timestamp, Timestamp),
) -> wire::Insight {
    let reviewer = |line: vidimus_projection::InsightReviewer| wire::InsightReviewer {
        by: line.by,
        resolved: resolved(line.resolved),
    };
    let rule = |line: vidimus_projection::InsightRule| wire::InsightRule {
        rule: line.rule,
        is_layer: line.is_layer,
        asked: line.asked,
        resolved: resolved(line.resolved),
    };
    let blocked = |line: vidimus_projection::InsightBlocked| wire::InsightBlocked {
        code: line.code,
        reason: line.reason,
        calls: line.calls,
    };
    wire::Insight {
        from,
        to,
        position,
        executions: insight.executions,
        whole_from: insight.whole_from,
        width_seconds: insight.width_seconds,
        columns: insight.columns.iter().map(column).collect(),
        reviewers: insight.reviewers.into_iter().map(reviewer).collect(),
        rules: insight.rules.into_iter().map(rule).collect(),
        blocked: insight.blocked.into_iter().map(blocked).collect(),
    }
}

fn column(column: &InsightColumn) -> wire::InsightColumn {
    let of = |wanted: Option<AuditOutcome>| {
        let found = column.outcomes.iter().find(|(outcome, _)| *outcome == wanted);
        found.map_or(0, |(_, count)| *count)
    };
    wire::InsightColumn {
        from: column.from,
        allowed: of(Some(AuditOutcome::Allowed)),
        confirmed: of(Some(AuditOutcome::Confirmed)),
        pending_approval: of(Some(AuditOutcome::PendingApproval)),
        blocked: of(Some(AuditOutcome::Blocked)),
        rejected: of(Some(AuditOutcome::Rejected)),
        no_action: of(Some(AuditOutcome::NoAction)),
        recorded: of(None),
    }
}

fn resolved(resolved: Resolved) -> wire::InsightResolved {
    let Resolved { approved, denied, expired, median_seconds, p90_seconds } = resolved;
    wire::InsightResolved { approved, denied, expired, median_seconds, p90_seconds }
}
