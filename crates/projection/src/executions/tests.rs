//! The folding alone, without SQLite.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use proto_events::{Actor, Event, ExecutionEvent, FunctionEvent, Outcome, ResultStatus};
use vidimus_domain::execution::{
    Action, ApprovalStatus, Execution, ExecutionStatus, Stage, Verdict as Said, requirement_of,
};
use vidimus_log::MemoryLog;

use super::{
    AuditOutcome, ExecutionRow, Verdict,
    fold::{self, Described},
};
use crate::{
    DecodedEvent,
    testing::{History, approve, decoded, full_history, reviewer},
};

fn fold_all(events: &[DecodedEvent]) -> Vec<ExecutionRow> {
    let mut rows: BTreeMap<_, ExecutionRow> = BTreeMap::new();
    let mut functions: BTreeMap<_, Described> = BTreeMap::new();
    for DecodedEvent { recorded, event } in events {
        match event {
            Event::Function(FunctionEvent::Described(event)) => {
                let described = Described::of(&event.description);
                functions.insert((recorded.tenant.clone(), event.function.clone()), described);
            }
            Event::Function(FunctionEvent::Withdrawn(event)) => {
                functions.remove(&(recorded.tenant.clone(), event.function.clone()));
            }
            _ => {}
        }
        let Event::Execution(event) = event else { continue };
        let key = (recorded.tenant.clone(), recorded.stream.clone());
        match event {
            ExecutionEvent::Initiated(initiated) => {
                let described = functions.get(&(recorded.tenant.clone(), initiated.call.function.clone()));
                drop(rows.insert(key, fold::begin(recorded, initiated, described)));
            }
            event => assert!(fold::evolve(rows.get_mut(&key).unwrap(), recorded, event)),
        }
    }
    rows.into_values().collect()
}

#[tokio::test]
async fn rows_say_what_the_deciders_state_says_after_every_kind_of_event() {
    let history = full_history(11, 6_000).await;
    let events = decoded(&history.log).await;
    let types: std::collections::BTreeSet<_> =
        events.iter().map(|decoded| decoded.event.event_type().0).collect();
    for (event_type, _) in ExecutionEvent::TYPES {
        assert!(types.contains(event_type), "{event_type} does not occur");
    }
    let rows = fold_all(&events);
    assert_eq!(rows.len(), history.executions.len());
    for row in rows {
        let state = &history.executions[&(row.tenant.clone(), row.execution_id)];
        let state = state.execution().unwrap();
        assert_eq!(row.stage, state.stage);
        assert_eq!(row.status, state.status());
        assert_eq!(row.approval_status, state.approval_status);
        assert_eq!(row.result_status, state.result_status());
        assert_eq!(row.outcome, state.decision.as_ref().map(|decision| decision.outcome));
        assert_eq!(row.arguments_digest, state.arguments_digest());
        assert_eq!(&row.requester, state.requester());
        assert_eq!(row.initiated_by, state.initiated_by);
        assert_eq!(row.created_at, state.initiated_at);
        let asks_nobody = matches!(row.outcome, Some(Outcome::Allowed | Outcome::NoOp));
        assert_eq!(row.approval_deadline, state.human_deadline.filter(|_| !asks_nobody));
        assert!(row.approval_stage.is_none() || !asks_nobody);
        assert_eq!(row.permit_id, state.permit.as_ref().map(|permit| permit.id));
        assert_eq!(row.permit_expires_at, state.permit.as_ref().map(|permit| permit.expires_at));
        assert_eq!(row.lease_expires_at, state.lease_expires_at);
        assert_eq!(row.started_by, state.executor);
        assert_eq!(row.started_at, state.started_at);
        assert_eq!(row.finished_at, state.ended_at);
        assert_eq!(row.attempts, state.reattempts + 1);
        assert_eq!(row.progress.is_some(), state.progress_count > 0);
        assert_eq!(row.idempotency_key, state.initiated.idempotency_key);
        assert_eq!(row.former_execution, state.initiated.former_execution);
        knows_of_the_decision(&row, state);
        match &state.resolution {
            Some(resolution) => {
                assert_eq!(row.resolved_at, Some(resolution.at));
                assert_eq!(row.resolved_by.as_ref(), Some(&resolution.by));
                assert_eq!(row.resolved_on_behalf_of, resolution.on_behalf_of);
                assert_eq!(row.break_glass, resolution.break_glass);
                assert_eq!(row.revised_as, resolution.revised_as);
                assert_eq!(row.verdict_comment, resolution.text);
            }
            None if row.approval_status == ApprovalStatus::NotRequired => {
                assert_eq!((row.resolved_at, row.resolved_by), (state.ended_at, None));
            }
            // Called off while it was waiting, or still waiting.
            None => assert_eq!((row.resolved_at, row.resolved_by), (state.ended_at, state.ended_by.clone())),
        }
    }
}

/// What was decided, how far people are with it, and until when it waits.
fn knows_of_the_decision(row: &ExecutionRow, state: &Execution) {
    let decision = state.decision.as_ref();
    let deciding = decision.and_then(|decision| decision.deciding());
    assert_eq!(row.deciding_layer, deciding.map(|finding| finding.layer));
    assert_eq!(row.deciding_code, deciding.map(|finding| finding.code.clone()));
    assert_eq!(row.deciding_reason, deciding.map(|finding| finding.reason.clone()));
    assert_eq!(row.policy_set, decision.and_then(|decision| decision.policy_set.clone()));
    assert_eq!(row.visible_tools, decision.and_then(|decision| decision.visible_tools));
    assert_eq!(row.grant, decision.and_then(|decision| decision.grant));
    let rules = decision.map(|decision| decision.matched_rules.clone()).unwrap_or_default();
    assert_eq!(row.matched_rules, rules);
    let stages = decision.map(|decision| requirement_of(decision).stages).unwrap_or_default();
    let asking: Vec<_> = row.asking_rules.iter().chain(&row.asking_layers).collect();
    for rule in stages.iter().flat_map(|stage| &stage.needs).map(|need| &need.rule) {
        assert!(asking.contains(&rule), "{rule}");
    }
    for names in [&row.asking_rules, &row.asking_layers] {
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "{names:?}");
    }
    if state.redecisions == 0 {
        assert_eq!(asking.is_empty(), stages.is_empty());
    }
    assert_eq!(row.missing_requirement.is_some(), state.stage == Stage::Blocked);
    assert_eq!(row.next_owner.is_some(), state.stage == Stage::Blocked);
    assert_eq!(row.redecisions, u64::from(state.redecisions));
    assert_eq!(row.suspended, state.suspended.is_some());
    assert_eq!(row.sensitive, state.initiated.sensitive);
    assert_eq!(row.reused, state.reattempts > 0);
    let confirmed = state.confirmation.as_ref().filter(|said| said.verdict == Said::Confirmed);
    assert_eq!(row.confirmed_by.as_ref(), confirmed.map(|said| &said.by));
    assert_eq!(row.confirmed_at, confirmed.map(|said| said.at));
    let waits_until = match state.stage {
        Stage::AwaitingConfirmation | Stage::AwaitingApproval => state.human_deadline,
        Stage::Permitted => state.permit.as_ref().map(|permit| permit.expires_at),
        Stage::InProgress => state.lease_expires_at,
        _ => None,
    };
    assert_eq!(row.deadline, waits_until);
    assert_eq!(row.approval_stages as usize, state.requirement.stages.len());
    if let Some(approval) = state.approval.as_ref().filter(|_| state.stage == Stage::AwaitingApproval) {
        assert_eq!(row.approval_stage, Some(approval.stage));
        assert_eq!(row.votes as usize, approval.current_votes().count());
        assert_eq!(row.votes_missing, approval.missing(&state.requirement));
        let needs = &approval.asks(&state.requirement).unwrap().needs;
        assert_eq!(row.votes_needed, needs.iter().map(|need| need.quorum).sum::<u32>());
    }
    let audit = match (row.outcome, row.approval_status, row.verdict) {
        (None, ..) => None,
        (Some(Outcome::Blocked), ..) => Some(AuditOutcome::Blocked),
        (Some(Outcome::NoOp), ..) => Some(AuditOutcome::NoAction),
        (_, ApprovalStatus::Pending, _) => Some(AuditOutcome::PendingApproval),
        (_, ApprovalStatus::Rejected, _) => Some(AuditOutcome::Rejected),
        (_, ApprovalStatus::Approved, Some(Verdict::Confirmed)) => Some(AuditOutcome::Confirmed),
        (_, ApprovalStatus::Approved | ApprovalStatus::NotRequired, _) => Some(AuditOutcome::Allowed),
    };
    assert_eq!(row.audit_outcome, audit);
}

/// What the table says of the only execution.
async fn line(history: &History) -> String {
    let rows = fold_all(&decoded(&history.log).await);
    let [row] = &rows[..] else { panic!("{} rows", rows.len()) };
    let by = row.resolved_by.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string);
    let reason = row.reason.as_deref().unwrap_or("-");
    let code = row.reason_code.as_deref().unwrap_or("-");
    let resolved = if row.resolved_at.is_some() { "resolved" } else { "open" };
    format!(
        "{} | {} | {} | {resolved} by {by} | {code}: {reason}",
        row.stage, row.status, row.approval_status
    )
}

async fn after(outcome: Outcome, steps: Vec<(Actor, Action)>) -> String {
    let mut history = History::new(Arc::new(MemoryLog::default()), 1);
    let tenant = "acme".parse().unwrap();
    let mut call = history.call();
    call.agent = "a1".to_owned();
    let id = history.propose(&tenant, call, outcome).await;
    for (by, mut action) in steps {
        history.now = history.now.plus(Duration::from_secs(24 * 3600));
        let state = history.executions[&(tenant.clone(), id)].clone();
        let execution = state.execution().unwrap();
        if let Action::Start { permit_id, .. } = &mut action {
            history.now = execution.initiated_at.plus(Duration::from_secs(60));
            *permit_id = execution.permit.as_ref().unwrap().id;
        }
        if matches!(
            action,
            Action::Approve { .. }
                | Action::Deny { .. }
                | Action::Abort { .. }
                | Action::Decline { .. }
                | Action::Cancel { .. }
        ) {
            history.now = execution.initiated_at.plus(Duration::from_secs(60));
        }
        let by = if by.id == "requester" { execution.requester().clone() } else { by };
        assert!(history.command(&tenant, id, by, action).await);
    }
    line(&history).await
}

#[tokio::test]
async fn every_end_has_its_words() {
    let (carol, agent, requester) = (Actor::user("carol"), Actor::agent("a1"), Actor::user("requester"));
    let (permit_id, permit_ttl) = (uuid::Uuid::nil(), Duration::from_secs(3600));
    let system = Actor::system("deadlines");
    let approve = approve(&carol, None, permit_id);
    let policy_set = Some("set-1".to_owned());
    let start = Action::Start { permit_id, arguments_digest: None, lease: permit_ttl, policy_set };
    let start = || (agent.clone(), start.clone());
    let deny = Action::Deny { reason: "too dear".into(), reviewer: reviewer(&carol) };
    let abort = |revised_as| {
        let (feedback, reviewer) = ("ask first".to_owned(), reviewer(&carol));
        (carol.clone(), Action::Abort { feedback, reviewer, revised_as })
    };
    let settle = Action::Settle {
        status: ResultStatus::Succeeded,
        evidence: "ledger".into(),
        result: None,
        eligible: true,
    };
    let cases = [
        (
            Outcome::Blocked,
            vec![],
            "blocked | Failed | Approval not required | resolved by - | because_blocked: the access says so",
        ),
        (Outcome::NoOp, vec![], "no_op | Success | Approval not required | resolved by - | -: -"),
        (Outcome::Allowed, vec![], "permitted | Pending | Approval not required | open by - | -: -"),
        (
            Outcome::AwaitingApproval,
            vec![],
            "awaiting_approval | PendingApproval | Pending | open by - | -: -",
        ),
        (
            Outcome::ConfirmationRequired,
            vec![],
            "awaiting_confirmation | PendingApproval | Pending | open by - | -: -",
        ),
        (
            Outcome::AwaitingApproval,
            vec![(carol.clone(), approve)],
            "permitted | Pending | Approved | resolved by user:carol | -: -",
        ),
        (
            Outcome::AwaitingApproval,
            vec![(carol.clone(), deny)],
            "denied | Failed | Rejected | resolved by user:carol | -: too dear",
        ),
        (
            Outcome::AwaitingApproval,
            vec![abort(None)],
            "aborted | Failed | Rejected | resolved by user:carol | -: ask first",
        ),
        (
            Outcome::AwaitingApproval,
            vec![abort(Some(permit_id))],
            "aborted | Failed | Rejected | resolved by user:carol | -: ask first",
        ),
        (
            Outcome::AwaitingApproval,
            vec![(system.clone(), Action::Expire)],
            "approval_expired | Failed | Rejected | resolved by system:deadlines | -: -",
        ),
        (
            Outcome::ConfirmationRequired,
            vec![(system.clone(), Action::Expire)],
            "confirmation_expired | Failed | Rejected | resolved by system:deadlines | -: -",
        ),
        (
            Outcome::ConfirmationRequired,
            vec![(requester, Action::Decline { reason: Some("no".into()) })],
            "declined | Failed | Rejected | resolved by user:ann | -: no",
        ),
        (
            Outcome::Allowed,
            vec![(system.clone(), Action::Expire)],
            "permit_expired | Failed | Approval not required | resolved by - | -: -",
        ),
        (
            Outcome::Allowed,
            vec![start(), (system.clone(), Action::MarkUnknown)],
            "unknown | Pending | Approval not required | open by - | -: -",
        ),
        (
            Outcome::Allowed,
            vec![start(), (system, Action::MarkUnknown), (carol, settle)],
            "settled | Success | Approval not required | resolved by - | -: ledger",
        ),
    ];
    for (outcome, steps, expected) in cases {
        let found = after(outcome, steps).await;
        assert_eq!(found.replace("user:bob", "user:ann"), expected);
    }
}

#[tokio::test]
async fn an_event_that_cannot_happen_leaves_the_row_as_it_is() {
    let mut history = History::new(Arc::new(MemoryLog::default()), 3);
    let tenant = "acme".parse().unwrap();
    let call = history.call();
    history.propose(&tenant, call, Outcome::Blocked).await;
    let call = history.call();
    history.propose(&tenant, call, Outcome::Allowed).await;
    let events = decoded(&history.log).await;
    let of = |wanted: &str| events.iter().find(|decoded| decoded.event.event_type().0 == wanted).unwrap();
    let mut row = fold_all(&events).into_iter().find(|row| row.stage == Stage::Blocked).unwrap();
    let before = row.clone();
    let permitted = of("permitted");
    let Event::Execution(event) = &permitted.event else { panic!() };
    assert!(!fold::evolve(&mut row, &permitted.recorded, event));
    assert_eq!(row, before);
    assert_eq!(row.status, ExecutionStatus::Failed);
}
