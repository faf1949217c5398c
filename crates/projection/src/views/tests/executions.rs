//! Questions to the execution table.

use std::collections::BTreeSet;

use proto_events::{Actor, Digest, Layer, Outcome, RiskLevel, Timestamp, ToolType};
use uuid::Uuid;
use vidimus_domain::execution::{ApprovalStatus, ExecutionStatus, Stage};

use super::{Setup, all_executions, tenant};
use crate::{
    AuditOutcome, Cursor, ExecutionFilter, ExecutionRow, PageRequest, QueryError,
    testing::{AGENTS, FUNCTIONS},
};

fn admits(filter: &ExecutionFilter, row: &ExecutionRow) -> bool {
    let same = |wanted: &Option<String>, found: &str| wanted.as_ref().is_none_or(|wanted| wanted == found);
    same(&filter.agent, &row.agent)
        && same(&filter.conversation, &row.conversation)
        && same(&filter.function, row.function.as_str())
        && filter.status.is_none_or(|status| status == row.status)
        && filter.stage.is_none_or(|stage| stage == row.stage)
        && filter.approval_status.is_none_or(|status| status == row.approval_status)
        && filter
            .resolved_by
            .as_ref()
            .is_none_or(|id| row.resolved_by.as_ref().is_some_and(|by| *by.id == **id))
        && filter.outcome.is_none_or(|outcome| row.outcome == Some(outcome))
        && filter.audit_outcome.is_none_or(|outcome| row.audit_outcome == Some(outcome))
        && filter.layer.is_none_or(|layer| row.deciding_layer == Some(layer))
        && opt(&filter.code, &row.deciding_code)
        && filter.rule.as_ref().is_none_or(|rule| row.matched_rules.contains(rule))
        && opt(&filter.policy_set, &row.policy_set)
        && filter.tool_type.is_none_or(|tool_type| row.tool_type == Some(tool_type))
        && filter.risk.is_none_or(|risk| row.risk == Some(risk))
        && filter.unsettled.is_none_or(|unsettled| (row.stage == Stage::Unknown) == unsettled)
        && filter.suspended.is_none_or(|suspended| row.suspended == suspended)
        && filter.requester.as_ref().is_none_or(|requester| row.requester == *requester)
        && filter.initiated_by.as_ref().is_none_or(|by| row.initiated_by == *by)
        && opt(&filter.visible_tools, &row.visible_tools)
        && opt(&filter.grant, &row.grant)
        && opt(&filter.final_record, &row.final_record)
        && filter.from.is_none_or(|from| row.created_at >= from)
        && filter.to.is_none_or(|to| row.created_at < to)
}

fn opt<T: PartialEq>(wanted: &Option<T>, found: &Option<T>) -> bool {
    wanted.is_none() || wanted == found
}

#[tokio::test]
async fn each_filter_and_every_two_of_them_find_what_they_say() {
    let setup = Setup::grown(41, 4_000).await;
    let all = all_executions(&setup.views, &tenant(0), &ExecutionFilter::default()).await;
    let (early, late) = (all[all.len() * 3 / 4].created_at, all[all.len() / 4].created_at);
    let default = ExecutionFilter::default;
    let single = [
        ExecutionFilter { agent: Some(AGENTS[2].into()), ..default() },
        ExecutionFilter { conversation: Some(all[all.len() / 2].conversation.clone()), ..default() },
        ExecutionFilter { function: Some(FUNCTIONS[3].into()), ..default() },
        ExecutionFilter { status: Some(ExecutionStatus::Failed), ..default() },
        ExecutionFilter { status: Some(ExecutionStatus::PendingApproval), ..default() },
        ExecutionFilter { stage: Some(Stage::Denied), ..default() },
        ExecutionFilter { approval_status: Some(ApprovalStatus::NotRequired), ..default() },
        ExecutionFilter { approval_status: Some(ApprovalStatus::Rejected), ..default() },
        ExecutionFilter { resolved_by: Some("carol".into()), ..default() },
        ExecutionFilter { from: Some(early), ..default() },
        ExecutionFilter { to: Some(late), ..default() },
        ExecutionFilter { from: Some(early), to: Some(late), ..default() },
        ExecutionFilter { outcome: Some(Outcome::Blocked), ..default() },
        ExecutionFilter { audit_outcome: Some(AuditOutcome::Confirmed), ..default() },
        ExecutionFilter { audit_outcome: Some(AuditOutcome::PendingApproval), ..default() },
        ExecutionFilter { layer: Some(Layer::Policy), ..default() },
        ExecutionFilter { code: Some("because_allowed".into()), ..default() },
        ExecutionFilter { rule: Some("rule \"d\"".into()), ..default() },
        ExecutionFilter { rule: Some("rule-e".into()), ..default() },
        ExecutionFilter { policy_set: Some("set-1".into()), ..default() },
        ExecutionFilter { tool_type: Some(ToolType::Action), ..default() },
        ExecutionFilter { risk: Some(RiskLevel::High), ..default() },
        ExecutionFilter { unsettled: Some(true), ..default() },
        ExecutionFilter { unsettled: Some(false), ..default() },
        ExecutionFilter { suspended: Some(true), ..default() },
        ExecutionFilter { suspended: Some(false), ..default() },
        ExecutionFilter { requester: Some(Actor::user("ann")), ..default() },
        ExecutionFilter { initiated_by: Some(Actor::agent(AGENTS[1])), ..default() },
        ExecutionFilter { visible_tools: Some(Digest::new([1; 32])), ..default() },
        ExecutionFilter { grant: Some(Uuid::from_u128(1)), ..default() },
        ExecutionFilter { final_record: Some("order 3".into()), ..default() },
        ExecutionFilter { final_record: Some("https://erp/3".into()), ..default() },
    ];
    let mut found = 0;
    for (index, first) in single.iter().enumerate() {
        for second in &single[index..] {
            let filter = ExecutionFilter {
                agent: first.agent.clone().or(second.agent.clone()),
                conversation: first.conversation.clone().or(second.conversation.clone()),
                function: first.function.clone().or(second.function.clone()),
                status: first.status.or(second.status),
                stage: first.stage.or(second.stage),
                approval_status: first.approval_status.or(second.approval_status),
                resolved_by: first.resolved_by.clone().or(second.resolved_by.clone()),
                outcome: first.outcome.or(second.outcome),
                audit_outcome: first.audit_outcome.or(second.audit_outcome),
                layer: first.layer.or(second.layer),
                code: first.code.clone().or(second.code.clone()),
                rule: first.rule.clone().or(second.rule.clone()),
                policy_set: first.policy_set.clone().or(second.policy_set.clone()),
                tool_type: first.tool_type.or(second.tool_type),
                risk: first.risk.or(second.risk),
                unsettled: first.unsettled.or(second.unsettled),
                suspended: first.suspended.or(second.suspended),
                requester: first.requester.clone().or(second.requester.clone()),
                initiated_by: first.initiated_by.clone().or(second.initiated_by.clone()),
                visible_tools: first.visible_tools.or(second.visible_tools),
                grant: first.grant.or(second.grant),
                final_record: first.final_record.clone().or(second.final_record.clone()),
                from: first.from.or(second.from),
                to: first.to.or(second.to),
                search: None,
            };
            let expected: Vec<_> = all.iter().filter(|row| admits(&filter, row)).collect();
            let rows = all_executions(&setup.views, &tenant(0), &filter).await;
            assert_eq!(rows.iter().collect::<Vec<_>>(), expected, "{filter:?}");
            assert!(first != second || !rows.is_empty(), "{filter:?} finds nothing");
            found += rows.len();
        }
    }
    assert!(found > 1_000);
    let nothing = ExecutionFilter { agent: Some("nobody".into()), ..default() };
    assert_eq!(all_executions(&setup.views, &tenant(0), &nothing).await, []);
}

#[tokio::test]
async fn what_waits_to_be_settled_is_a_queue_by_when_the_lease_ran_out() {
    let mut setup = Setup::grown(47, 8_000).await;
    let filter = ExecutionFilter { unsettled: Some(true), ..Default::default() };
    let queue = async |setup: &Setup| {
        let (mut rows, mut request) = (Vec::new(), PageRequest::first(3));
        loop {
            let page = setup.views.unsettled(&tenant(0), &request).await.unwrap();
            rows.extend(page.items);
            let Some(next) = page.next else { return rows };
            request = PageRequest::after(next, 3);
        }
    };
    let mut expected = all_executions(&setup.views, &tenant(0), &filter).await;
    assert!(expected.len() > 3, "{}", expected.len());
    expected.sort_by_key(|row| (row.lease_expires_at, row.position));
    let rows = queue(&setup).await;
    assert_eq!(rows, expected);
    let settle = vidimus_domain::execution::Action::Settle {
        status: proto_events::ResultStatus::Failed,
        evidence: "the ledger".to_owned(),
        result: None,
        eligible: true,
    };
    let id = rows[0].execution_id;
    assert!(setup.history.command(&tenant(0), id, Actor::user("carol"), settle).await);
    setup.views.catch_up().await.unwrap();
    assert_eq!(queue(&setup).await, rows[1..]);
}

#[tokio::test]
async fn what_the_catalogue_said_when_a_call_began_stays_with_it() {
    let mut setup = Setup::empty(48).await;
    let mut seen = Vec::new();
    let description = setup.history.description();
    let (purpose, tool_type, risk) = (description.purpose.clone(), description.tool_type, description.risk);
    let describe = vidimus_domain::function::Action::Describe(description);
    let withdraw = vidimus_domain::function::Action::Withdraw { reason: None };
    for action in [None, Some(describe), Some(withdraw)] {
        if let Some(action) = action {
            setup.history.set_function(&tenant(0), FUNCTIONS[0], action).await;
        }
        // What is kept in memory between transactions must not matter.
        setup.views.catch_up().await.unwrap();
        setup = setup.reopen(|_| {}).await;
        let mut call = setup.history.call();
        call.function = FUNCTIONS[0].parse().unwrap();
        let id = setup.history.propose(&tenant(0), call, Outcome::Allowed).await;
        setup.views.catch_up().await.unwrap();
        seen.push(setup.views.execution(&tenant(0), id).await.unwrap().unwrap().row);
    }
    let said: Vec<_> = seen.iter().map(|row| (row.purpose.clone(), row.tool_type, row.risk)).collect();
    assert_eq!(said, [(None, None, None), (Some(purpose), Some(tool_type), Some(risk)), (None, None, None)]);
    assert_eq!(setup.views.verify().await.unwrap(), []);
}

#[tokio::test]
async fn a_time_range_is_exact_although_clocks_are_set_back() {
    let setup = Setup::grown(42, 3_000).await;
    let all = all_executions(&setup.views, &tenant(0), &ExecutionFilter::default()).await;
    assert!(!all.iter().rev().is_sorted_by_key(|row| row.created_at), "no clock was set back");
    for (from, to) in [(10, 300), (200, 250), (0, 5), (400, 401)] {
        let time = |index: usize| all[all.len() - 1 - index.min(all.len() - 1)].created_at;
        let filter = ExecutionFilter { from: Some(time(from)), to: Some(time(to)), ..Default::default() };
        let expected: Vec<_> = all.iter().filter(|row| admits(&filter, row)).cloned().collect();
        assert_eq!(all_executions(&setup.views, &tenant(0), &filter).await, expected);
    }
    for filter in [
        ExecutionFilter { from: Some(Timestamp::from_micros(i64::MAX)), ..Default::default() },
        ExecutionFilter { to: Some(Timestamp::from_micros(i64::MIN)), ..Default::default() },
    ] {
        assert_eq!(all_executions(&setup.views, &tenant(0), &filter).await, []);
    }
}

#[tokio::test]
async fn pages_hold_each_old_row_once_although_new_ones_come_in() {
    let mut setup = Setup::grown(43, 800).await;
    let filter = ExecutionFilter::default();
    let old: Vec<_> = all_executions(&setup.views, &tenant(0), &filter).await;
    let old: Vec<Uuid> = old.iter().map(|row| row.execution_id).collect();
    let (mut seen, mut request) = (Vec::new(), PageRequest::first(5));
    loop {
        let page = setup.views.executions(&tenant(0), &filter, &request).await.unwrap();
        seen.extend(page.items.iter().map(|row| row.execution_id));
        let Some(next) = page.next else { break };
        request = PageRequest::after(next, 5);
        setup.history.step().await;
        setup.history.step().await;
        setup.views.catch_up().await.unwrap();
    }
    assert_eq!(seen, old);
    assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), seen.len());
    assert!(setup.views.stats().await.unwrap().executions > old.len() as u64);
}

#[tokio::test]
async fn a_page_that_is_exactly_full_is_the_last_one() {
    let mut setup = Setup::empty(44).await;
    for _ in 0..6 {
        let call = setup.history.call();
        setup.history.propose(&tenant(0), call, Outcome::Blocked).await;
    }
    setup.views.catch_up().await.unwrap();
    let page = async |request| {
        setup.views.executions(&tenant(0), &ExecutionFilter::default(), &request).await.unwrap()
    };
    let first = page(PageRequest::first(3)).await;
    let second = page(PageRequest::after(first.next.unwrap(), 3)).await;
    assert_eq!((first.items.len(), second.items.len(), second.next), (3, 3, None));
    let whole = page(PageRequest::first(6)).await;
    assert_eq!((whole.items, whole.next), ([first.items, second.items].concat(), None));
}

#[tokio::test]
async fn cursors_and_limits_are_checked() {
    let setup = Setup::grown(45, 300).await;
    let filter = ExecutionFilter::default();
    let page = async |request: PageRequest| setup.views.executions(&tenant(0), &filter, &request).await;
    let cursor = page(PageRequest::first(1)).await.unwrap().next.unwrap();
    for text in [&cursor.as_str()[1..], "", "zz", &cursor.as_str().replace('0', "1")] {
        let error = page(PageRequest::after(Cursor::new(text), 1)).await.unwrap_err();
        assert_eq!(error.code(), "invalid_cursor", "{text}");
    }
    let elsewhere =
        setup.views.audit(&tenant(0), &Default::default(), &PageRequest::after(cursor.clone(), 1)).await;
    assert_eq!(elsewhere.unwrap_err().code(), "invalid_cursor");
    let elsewhere =
        setup.views.approvals(&tenant(0), &Default::default(), &PageRequest::after(cursor, 1)).await;
    assert_eq!(elsewhere.unwrap_err().code(), "invalid_cursor");
    for limit in [0, 1001] {
        let error = page(PageRequest::first(limit)).await.unwrap_err();
        assert_eq!(error, QueryError::InvalidLimit { limit, max: 1000 });
    }
}

#[tokio::test]
async fn a_tenant_sees_nothing_of_another() {
    let setup = Setup::grown(46, 1_000).await;
    let mut counted = 0;
    for (mine, theirs) in [(tenant(0), tenant(1)), (tenant(1), tenant(0))] {
        for filter in [
            ExecutionFilter::default(),
            ExecutionFilter { agent: Some(AGENTS[0].into()), ..Default::default() },
            ExecutionFilter { search: Some("word*".into()), ..Default::default() },
            ExecutionFilter { search: Some("invoice".into()), ..Default::default() },
        ] {
            let rows = all_executions(&setup.views, &mine, &filter).await;
            assert!(!rows.is_empty() && rows.iter().all(|row| row.tenant == mine));
            counted += rows.len();
            let id = rows[0].execution_id;
            assert!(setup.views.execution(&mine, id).await.unwrap().is_some());
            assert_eq!(setup.views.execution(&theirs, id).await, Ok(None));
            assert_eq!(setup.views.approval(&theirs, id).await, Ok(None));
        }
    }
    assert!(counted > 100);
    let third = "third".parse().unwrap();
    assert_eq!(all_executions(&setup.views, &third, &ExecutionFilter::default()).await, []);
}
