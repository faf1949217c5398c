//! The transition table, against `transitions.txt` (`UPDATE_EXPECT=1` writes it anew).

use std::{collections::BTreeSet, fmt::Write as _};

use expect_test::expect_file;
use proto_events::{
    ApprovalAborted, ApprovalAccepted, ApprovalDenied, ApprovalEscalated, ApprovalReminded, ApprovalRequired,
    ApprovalVoted, Blocked, Commented, ConfirmationRequired, Confirmed, Decided, Declined,
    ExecutionEvent as E, Expired, Finished, InProgress, Initiated, Origin, Outcome, PermitWithdrawn,
    Permitted, Progressed, Reattempted, Redecided, ResultStatus, ResultUnknown, Resumed, Reviewers, Settled,
    Suspended,
};

use super::fixtures::*;
use crate::execution::{ApprovalStatus, ExecutionStatus, Happened, Stage, State, evolve};

/// One event of every type.
fn one_of_each() -> Vec<E> {
    let (call, digest) = (call(), usual_arguments().digest());
    let decided = || Decided { call: call.clone(), decision: decision(Outcome::Allowed, digest) };
    let expired = || Expired { call: call.clone(), deadline: at_second(60) };
    let finished = || Finished { call: call.clone(), result: None, error: None, reason: None, timing: None };
    let events = vec![
        E::Initiated(Initiated {
            call: call.clone(),
            execution_id: EXECUTION,
            origin: Origin::Proposed,
            arguments: Some(usual_arguments().canonical().clone()),
            arguments_digest: Some(digest),
            requester: actor("user:ann"),
            idempotency_key: None,
            asked_by: Vec::new(),
            former_execution: None,
            context: None,
            sensitive: Vec::new(),
        }),
        E::Allowed(decided()),
        E::Blocked(Blocked {
            call: call.clone(),
            decision: decision(Outcome::Blocked, digest),
            code: "function_disabled".to_owned(),
            reason: "disabled".to_owned(),
            missing_requirement: None,
            next_owner: None,
        }),
        E::NoOp(decided()),
        E::ConfirmationRequired(ConfirmationRequired {
            call: call.clone(),
            decision: decision(Outcome::ConfirmationRequired, digest),
            arguments: usual_arguments().canonical().clone(),
            requester: actor("user:ann"),
            expires_at: at_second(60),
            sensitive: Vec::new(),
        }),
        E::Confirmed(Confirmed { call: call.clone(), arguments_digest: digest, card: None }),
        E::Declined(Declined { call: call.clone(), reason: None, card: None }),
        E::ConfirmationExpired(expired()),
        E::ApprovalRequired(ApprovalRequired {
            call: call.clone(),
            execution_id: EXECUTION,
            decision: decision(Outcome::AwaitingApproval, digest),
            arguments: usual_arguments().canonical().clone(),
            requester: actor("user:ann"),
            reviewers: Reviewers::AnyApprover,
            quorum: 1,
            expires_at: at_second(60),
            stage: 0,
            sensitive: Vec::new(),
        }),
        E::ApprovalAccepted(ApprovalAccepted {
            card: None,
            call: call.clone(),
            arguments_digest: digest,
            comment: None,
            on_behalf_of: None,
            groups: Vec::new(),
            break_glass: None,
        }),
        E::ApprovalDenied(ApprovalDenied {
            call: call.clone(),
            reason: "no".to_owned(),
            on_behalf_of: None,
            card: None,
        }),
        E::ApprovalAborted(ApprovalAborted {
            card: None,
            call: call.clone(),
            feedback: "no".to_owned(),
            on_behalf_of: None,
            revised_as: None,
        }),
        E::ApprovalExpired(expired()),
        E::Permitted(Permitted {
            call: call.clone(),
            permit_id: PERMIT,
            arguments_digest: digest,
            policy_set: None,
            expires_at: at_second(60),
        }),
        E::PermitExpired(expired()),
        E::InProgress(InProgress { call: call.clone(), permit_id: PERMIT, lease_expires_at: at_second(60) }),
        E::Progressed(Progressed {
            call: call.clone(),
            message: None,
            percent: None,
            lease_expires_at: at_second(90),
        }),
        E::Succeeded(finished()),
        E::Failed(finished()),
        E::TimedOut(finished()),
        E::Skipped(finished()),
        E::Cancelled(finished()),
        E::ResultUnknown(ResultUnknown { call: call.clone(), lease_expired_at: at_second(60) }),
        E::Settled(Settled {
            call: call.clone(),
            status: ResultStatus::Succeeded,
            evidence: "seen".to_owned(),
            result: None,
        }),
        E::Reattempted(Reattempted { call: call.clone(), count: 3 }),
        E::ApprovalVoted(ApprovalVoted {
            card: None,
            call: call.clone(),
            arguments_digest: digest,
            comment: None,
            on_behalf_of: None,
            groups: Vec::new(),
            stage: 0,
            missing: 1,
        }),
        E::ApprovalEscalated(ApprovalEscalated {
            call: call.clone(),
            level: 0,
            due: at_second(30),
            reviewers: Reviewers::AnyApprover,
        }),
        E::ApprovalReminded(ApprovalReminded { call: call.clone(), count: 1, due: at_second(30) }),
        E::Commented(Commented { call: call.clone(), text: "why?".to_owned() }),
        E::Redecided(Redecided {
            call: call.clone(),
            decision: decision(Outcome::Allowed, digest),
            cause: "policy_set_activated".to_owned(),
        }),
        E::PermitWithdrawn(PermitWithdrawn {
            call: call.clone(),
            permit_id: PERMIT,
            cause: "policy_set_activated".to_owned(),
        }),
        E::Suspended(Suspended { call: call.clone(), freeze_id: FREEZE, since: at_second(5) }),
        E::Resumed(Resumed { call: call.clone(), deadline: at_second(90) }),
    ];
    let types: BTreeSet<&str> = events.iter().map(|event| event.event_type().0).collect();
    let all: BTreeSet<&str> = E::TYPES.iter().map(|(name, _)| *name).collect();
    assert_eq!(types, all);
    events
}

fn name(stage: Option<Stage>) -> &'static str {
    stage.map_or("nothing yet", Stage::as_str)
}

#[test]
fn every_transition() {
    let mut table = String::new();
    for from in all_stages() {
        for event in one_of_each() {
            if let Some(to) = Stage::after(from, &event) {
                writeln!(table, "{:<22} + {:<22} -> {to}", name(from), event.event_type().0).unwrap();
            }
        }
    }
    expect_file!["./transitions.txt"].assert_eq(&table);
}

/// The table as it is checked in.
pub(super) fn checked_in() -> BTreeSet<(String, String, String)> {
    let line = |line: &str| {
        let (from, rest) = line.split_once(" + ")?;
        let (event, to) = rest.split_once(" -> ")?;
        Some((from.trim().to_owned(), event.trim().to_owned(), to.trim().to_owned()))
    };
    include_str!("transitions.txt").lines().map(|text| line(text).expect("three columns")).collect()
}

#[test]
fn an_event_that_cannot_happen_changes_nothing() {
    let by = actor("system:test");
    for from in all_stages() {
        let state = state_in(from);
        for event in one_of_each() {
            let after = evolve(state.clone(), Happened { by: &by, at: at_second(99), event: &event });
            match Stage::after(from, &event) {
                None => assert_eq!(after, state, "{} in {}", event.event_type().0, name(from)),
                to => assert_eq!(after.stage(), to, "{} in {}", event.event_type().0, name(from)),
            }
        }
    }
}

#[test]
fn coarse_status_and_approval_status_of_every_stage() {
    let mut table = String::new();
    for stage in Stage::ALL {
        let state = state_in(Some(*stage));
        let execution = state.execution().unwrap();
        let deadline = state.deadline().map_or("none".to_owned(), |(_, kind)| kind.to_string());
        let (status, approval) = (execution.status(), execution.approval_status);
        writeln!(
            table,
            "{:<22} {:<16} {:<22} deadline: {deadline}",
            stage.as_str(),
            status.as_str(),
            approval.as_str()
        )
        .unwrap();
    }
    expect_file!["./statuses.txt"].assert_eq(&table);
}

#[test]
fn a_settled_execution_has_the_status_that_was_settled() {
    for status in
        [ResultStatus::Failed, ResultStatus::TimedOut, ResultStatus::Skipped, ResultStatus::Cancelled]
    {
        let state = then(state_in(Some(Stage::Unknown)), &command("user:ops", 70, settle(status)));
        assert_eq!(state.status(), Some(ExecutionStatus::Failed));
        assert_eq!(state.execution().unwrap().result_status(), Some(status));
    }
    assert_eq!(ExecutionStatus::of(Stage::Settled, Some(ResultStatus::Succeeded)), ExecutionStatus::Success);
}

#[test]
fn approved_stays_whatever_becomes_of_the_call() {
    let approved = then(state_in(Some(Stage::AwaitingApproval)), &command("user:bob", 10, approve(true)));
    assert_eq!(approved.approval_status(), Some(ApprovalStatus::Approved));
    let cancelled =
        then(approved.clone(), &command("user:ann", 11, crate::execution::Action::Cancel { reason: None }));
    assert_eq!(cancelled.approval_status(), Some(ApprovalStatus::Approved));
    let expired = then(approved, &command("system:timer", 70, crate::execution::Action::Expire));
    assert_eq!(expired.approval_status(), Some(ApprovalStatus::Approved));
    let waiting = state_in(Some(Stage::AwaitingApproval));
    let called_off =
        then(waiting, &command("user:ann", 11, crate::execution::Action::Cancel { reason: None }));
    assert_eq!(called_off.approval_status(), Some(ApprovalStatus::Rejected));
}

#[test]
fn names_are_read_back() {
    for stage in Stage::ALL {
        assert_eq!(stage.as_str().parse(), Ok(*stage));
    }
    let names: Vec<&str> = ApprovalStatus::ALL.iter().map(|status| status.as_str()).collect();
    assert_eq!(names, ["Approved", "Rejected", "Pending", "Approval not required"]);
    let names: Vec<&str> = ExecutionStatus::ALL.iter().map(|status| status.as_str()).collect();
    assert_eq!(names, ["Pending", "Success", "Failed", "PendingApproval"]);
    assert_eq!("Done".parse::<ExecutionStatus>().unwrap_err().to_string(), "`Done` is not one of the names");
}

#[test]
fn a_new_decision_changes_the_approval_status() {
    let waiting = || state_in(Some(Stage::AwaitingApproval));
    let approved = || then(waiting(), &command("user:bob", 10, approve(true)));
    let after = |state: State, outcome| {
        let state = then(state, &command("system:policy", 11, redecide(outcome)));
        state.approval_status().unwrap().as_str()
    };
    assert_eq!(after(waiting(), Outcome::Allowed), "Approval not required");
    assert_eq!(after(waiting(), Outcome::Blocked), "Rejected");
    assert_eq!(after(waiting(), Outcome::NoOp), "Approval not required");
    assert_eq!(after(waiting(), Outcome::AwaitingApproval), "Pending");
    assert_eq!(after(approved(), Outcome::Allowed), "Approved");
    assert_eq!(after(approved(), Outcome::Blocked), "Approved");
    assert_eq!(after(approved(), Outcome::AwaitingApproval), "Pending");
    assert_eq!(after(state_in(Some(Stage::Permitted)), Outcome::Blocked), "Approval not required");
}
