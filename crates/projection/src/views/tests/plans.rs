//! How SQLite goes about the queries: by an index, never sorting.

use proto_events::{Actor, ActorKind, Digest, Layer, Outcome, RiskLevel, Timestamp, ToolType};
use vidimus_domain::execution::{ApprovalStatus, ExecutionStatus, Stage};

use super::{Setup, tenant};
use crate::{
    ApprovalFilter, ApprovalKind, AuditCategory, AuditFilter, AuditOutcome, Direction, ExecutionFilter, View,
    approvals::{self, tests::for_reviewer},
    audit, executions, sql,
};

fn assert_good(plan: &str) {
    assert!(!plan.contains("TEMP B-TREE"), "sorts: {plan}");
    for step in plan.split("; ") {
        let by_index = step.starts_with("SEARCH") || step.contains("VIRTUAL TABLE INDEX");
        // What is in it, or becomes of it, is a step of its own.
        let by_index = by_index || step.contains("SUBQUERY") || step.starts_with("CREATE BLOOM FILTER");
        assert!(by_index, "scans: {plan}");
    }
}

/// `filter` and one more.
fn with(filter: &ExecutionFilter, other: u32) -> ExecutionFilter {
    let mut filter = filter.clone();
    let text = || Some("x".to_owned());
    match other {
        0 => filter.outcome = Some(Outcome::Blocked),
        1 => filter.audit_outcome = Some(AuditOutcome::Rejected),
        2 => filter.layer = Some(Layer::Policy),
        3 => filter.code = text(),
        4 => filter.rule = text(),
        5 => filter.policy_set = text(),
        6 => filter.tool_type = Some(ToolType::Action),
        7 => filter.risk = Some(RiskLevel::High),
        8 => filter.unsettled = Some(true),
        9 => filter.unsettled = Some(false),
        10 => filter.suspended = Some(true),
        11 => filter.suspended = Some(false),
        12 => filter.requester = Some(Actor::user("x")),
        13 => filter.initiated_by = Some(Actor::user("x")),
        14 => filter.visible_tools = Some(Digest::new([1; 32])),
        15 => filter.grant = Some(uuid::Uuid::nil()),
        _ => filter.final_record = text(),
    }
    filter
}

#[tokio::test]
async fn no_filter_needs_a_scan_or_a_sort() {
    let setup = Setup::grown(81, 1_000).await;
    let tenant = tenant(0);
    let text = || Some("x".to_owned());
    let time = Some(Timestamp::from_micros(5));
    let connection = sql::connect_reader(&setup.file(View::Executions)).unwrap();
    // Every filter of those that were there first, with every one of the others.
    for bits in 0..1024_u32 {
        let bit = |index: u32| bits & (1 << index) != 0;
        let filter = ExecutionFilter {
            agent: text().filter(|_| bit(0)),
            conversation: text().filter(|_| bit(1)),
            function: text().filter(|_| bit(2)),
            status: Some(ExecutionStatus::Failed).filter(|_| bit(3)),
            stage: Some(Stage::Denied).filter(|_| bit(4)),
            approval_status: Some(ApprovalStatus::Pending).filter(|_| bit(5)),
            resolved_by: text().filter(|_| bit(6)),
            from: time.filter(|_| bit(7)),
            to: time.filter(|_| bit(8)),
            search: text().filter(|_| bit(9)),
            ..ExecutionFilter::default()
        };
        let mut others = vec![bits % 17];
        if bits.count_ones() <= 1 {
            others = (0..17).collect();
        }
        for other in others {
            let filter = with(&filter, other);
            for after in [None, Some(77)] {
                assert_good(
                    &executions::select(&connection, &tenant, &filter, after, 50).unwrap().plan(&connection),
                );
            }
        }
    }
    for after in [None, Some((5, 77))] {
        assert_good(&executions::select_unsettled(&tenant, after, 50).plan(&connection));
    }
    let connection = sql::connect_reader(&setup.file(View::Approvals)).unwrap();
    for bits in 0..256_u32 {
        let bit = |index: u32| bits & (1 << index) != 0;
        let filter = ApprovalFilter {
            kind: Some(ApprovalKind::Approval).filter(|_| bit(0)),
            resolvable_by: Some(Actor::agent("x")).filter(|_| bit(1)),
            requester: Some(Actor::user("x")).filter(|_| bit(2)),
            agent: text().filter(|_| bit(3)),
            conversation: text().filter(|_| bit(4)),
            function: text().filter(|_| bit(5)),
            for_reviewer: Some(for_reviewer(&Actor::user("fred"))).filter(|_| bit(6)),
            suspended: Some(false).filter(|_| bit(7)),
        };
        for after in [None, Some((5, 77))] {
            assert_good(&approvals::select(&tenant, &filter, after, 50).plan(&connection));
        }
    }
    let connection = sql::connect_reader(&setup.file(View::Audit)).unwrap();
    for bits in 0..2048_u32 {
        let bit = |index: u32| bits & (1 << index) != 0;
        let category = if bit(9) { AuditCategory::Administrative } else { AuditCategory::Execution };
        let filter = AuditFilter {
            actor_kind: Some(ActorKind::User).filter(|_| bit(0)),
            actor_id: text().filter(|_| bit(1)),
            category: Some(category).filter(|_| bit(2)),
            event_type: text().filter(|_| bit(3)),
            execution_id: Some(uuid::Uuid::nil()).filter(|_| bit(4)),
            agent: text().filter(|_| bit(5)),
            conversation: text().filter(|_| bit(6)),
            function: text().filter(|_| bit(7)),
            from: time.filter(|_| bit(8)),
            to: time.filter(|_| bit(8)),
            direction: if bit(10) { Direction::OldestFirst } else { Direction::NewestFirst },
        };
        assert_good(&audit::select(&connection, &tenant, &filter, Some(77), 50).unwrap().plan(&connection));
    }
}
