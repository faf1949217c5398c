//! How SQLite goes about the queries: by an index, never sorting.

use proto_events::{Actor, ActorKind, Timestamp};
use vidimus_domain::execution::{ApprovalStatus, ExecutionStatus, Stage};

use super::{Setup, tenant};
use crate::{
    ApprovalFilter, ApprovalKind, AuditCategory, AuditFilter, Direction, ExecutionFilter, View, approvals,
    audit, executions, sql,
};

fn assert_good(plan: &str) {
    assert!(!plan.contains("TEMP B-TREE"), "sorts: {plan}");
    for step in plan.split("; ") {
        let by_index = step.starts_with("SEARCH") || step.contains("VIRTUAL TABLE INDEX");
        assert!(by_index, "scans: {plan}");
    }
}

#[tokio::test]
async fn no_filter_needs_a_scan_or_a_sort() {
    let setup = Setup::grown(81, 1_000).await;
    let tenant = tenant(0);
    let text = || Some("x".to_owned());
    let time = Some(Timestamp::from_micros(5));
    let connection = sql::connect_reader(&setup.file(View::Executions)).unwrap();
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
        };
        for after in [None, Some(77)] {
            assert_good(
                &executions::select(&connection, &tenant, &filter, after, 50).unwrap().plan(&connection),
            );
        }
    }
    let connection = sql::connect_reader(&setup.file(View::Approvals)).unwrap();
    for bits in 0..64_u32 {
        let bit = |index: u32| bits & (1 << index) != 0;
        let filter = ApprovalFilter {
            kind: Some(ApprovalKind::Approval).filter(|_| bit(0)),
            resolvable_by: Some(Actor::agent("x")).filter(|_| bit(1)),
            requester: Some(Actor::user("x")).filter(|_| bit(2)),
            agent: text().filter(|_| bit(3)),
            conversation: text().filter(|_| bit(4)),
            function: text().filter(|_| bit(5)),
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
