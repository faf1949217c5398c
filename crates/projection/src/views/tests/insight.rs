//! What executions come to, held against the rows that it is made of.

use std::collections::BTreeMap;

use proto_events::{ActorKind, Timestamp};

use vidimus_domain::execution::Stage;

use super::*;
use crate::{AuditOutcome, ExecutionFilter, ExecutionRow, Verdict};

const BEGIN: Timestamp = Timestamp::from_micros(i64::MIN);
const END: Timestamp = Timestamp::from_micros(i64::MAX);

#[tokio::test]
async fn insight_is_what_the_rows_come_to() {
    let Setup { history, views, directory: _directory } = Setup::grown(23, 4_000).await;
    let tenants: std::collections::BTreeSet<_> =
        history.executions.keys().map(|(tenant, _)| tenant.clone()).collect();
    for tenant in tenants {
        let request = PageRequest { limit: 1000, after: None };
        let filter = ExecutionFilter::default();
        let mut rows: Vec<ExecutionRow> = Vec::new();
        let mut page = views.executions(&tenant, &filter, &request).await.unwrap();
        loop {
            rows.append(&mut page.items);
            let Some(next) = page.next else { break };
            page = views
                .executions(&tenant, &filter, &PageRequest { limit: 1000, after: Some(next) })
                .await
                .unwrap();
        }
        let insight = views.insight(&tenant, BEGIN, END).await.unwrap();
        assert_eq!((insight.executions, insight.whole_from), (rows.len() as u64, None));

        let mut outcomes = BTreeMap::<Option<AuditOutcome>, u64>::new();
        for (outcome, count) in insight.columns.iter().flat_map(|column| &column.outcomes) {
            *outcomes.entry(*outcome).or_default() += count;
        }
        let count =
            |wanted: &dyn Fn(&ExecutionRow) -> bool| rows.iter().filter(|row| wanted(row)).count() as u64;
        for (outcome, found) in outcomes {
            assert_eq!(found, count(&|row| row.audit_outcome == outcome), "{outcome:?}");
        }
        assert!(insight.columns.len() <= 61 && insight.columns.is_sorted_by_key(|column| column.from));

        for line in &insight.reviewers {
            assert_ne!(line.by.kind, ActorKind::System);
            let by = |row: &ExecutionRow| row.resolved_by.as_ref() == Some(&line.by);
            let yes =
                |row: &ExecutionRow| matches!(row.verdict, Some(Verdict::Approved | Verdict::Confirmed));
            assert_eq!(line.resolved.approved, count(&|row| by(row) && yes(row)), "{}", line.by);
            let (median, p90) = (line.resolved.median_seconds.unwrap(), line.resolved.p90_seconds.unwrap());
            assert!(0.0 <= median && median <= p90, "{}", line.by);
        }
        let blocked: u64 = insight.blocked.iter().map(|line| line.calls).sum();
        assert_eq!(blocked, count(&|row| row.audit_outcome == Some(AuditOutcome::Blocked)));
        for line in &insight.rules {
            let resolved = line.resolved.approved + line.resolved.denied + line.resolved.expired;
            assert!(resolved <= line.asked, "{}", line.rule);
            let asks = |row: &ExecutionRow| {
                let people =
                    row.verdict.is_some() || row.audit_outcome == Some(AuditOutcome::PendingApproval);
                let said = matches!(
                    row.verdict,
                    Some(Verdict::Confirmed | Verdict::Declined | Verdict::ConfirmationExpired)
                );
                let confirms = said || row.stage == Stage::AwaitingConfirmation;
                let by_match = confirms && row.asking_rules.is_empty() && row.asking_layers.is_empty();
                let asking = if by_match { &row.matched_rules } else { &row.asking_rules };
                people && if line.is_layer { &row.asking_layers } else { asking }.contains(&line.rule)
            };
            assert_eq!(line.asked, count(&asks), "{}", line.rule);
        }

        let middle = rows[rows.len() / 2].created_at;
        let later = views.insight(&tenant, middle, END).await.unwrap();
        assert_eq!(later.executions, count(&|row| row.created_at >= middle));
    }
}
