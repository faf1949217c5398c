//! What the events say, not only which they are.

use proto_events::{
    ApprovalAccepted, ApprovalRequired, Confirmed, Decision, ExecutionEvent as E, Finished, InProgress,
    Origin, Outcome, Permitted, ResultStatus, ResultUnknown, Reviewers,
};
use uuid::Uuid;

use super::fixtures::*;
use crate::{
    execution::{Action, DeadlineKind, Rejection, Report, Stage, State, Verdict, deadline, decide},
    field::InvalidField,
};

fn decided(state: &State, by: &str, second: u64, action: Action) -> Vec<E> {
    decide(state, &command(by, second, action)).unwrap()
}

#[test]
fn a_proposal_keeps_what_it_was_decided_on() {
    let proposal = proposal(Outcome::AwaitingApproval);
    let events = decided(&State::initial(), "agent:a1", 0, Action::Propose(proposal.clone()));
    let [E::Initiated(initiated), E::ApprovalRequired(required)] = &events[..] else { panic!("{events:?}") };
    assert_eq!(initiated.origin, Origin::Proposed);
    assert_eq!(initiated.arguments.as_ref().unwrap().as_str(), r#"{"amount":120,"to":"Zoë"}"#);
    assert_eq!(initiated.arguments_digest, Some(proposal.arguments.digest()));
    assert_eq!(initiated.requester, actor("user:ann"));
    assert_eq!(initiated.idempotency_key.as_deref(), Some("key-1"));
    let expected = ApprovalRequired {
        call: call(),
        execution_id: EXECUTION,
        decision: proposal.decision,
        arguments: proposal.arguments.canonical().clone(),
        requester: actor("user:ann"),
        reviewers: Reviewers::AnyApprover,
        quorum: 1,
        expires_at: at_second(60),
        stage: 0,
        sensitive: vec!["to".to_owned()],
    };
    assert_eq!(initiated.sensitive, ["to"]);
    assert_eq!(required, &expected);
}

#[test]
fn a_blocked_call_says_why_and_who_can_help() {
    let events = decided(&State::initial(), "agent:a1", 0, Action::Propose(proposal(Outcome::Blocked)));
    let [_, E::Blocked(blocked)] = &events[..] else { panic!("{events:?}") };
    assert_eq!(blocked.code, "function_disabled");
    assert_eq!(blocked.reason, "function `crm.send_offer` is disabled");
    assert_eq!(blocked.missing_requirement.as_deref(), Some("an administrator enables the function"));
    assert_eq!(blocked.next_owner.as_deref(), Some("admin"));
    let state = state_in(Some(Stage::Blocked));
    let no = decide(&state, &command("agent:a1", 1, start())).unwrap_err();
    assert_eq!(
        no.to_string(),
        "the call is blocked (`function_disabled`): function `crm.send_offer` is disabled"
    );
}

#[test]
fn an_approval_and_its_permit_are_bound_to_arguments_and_policy_set() {
    let state = state_in(Some(Stage::AwaitingApproval));
    let action = Action::Approve {
        comment: Some("fine".to_owned()),
        arguments_digest: Some(usual_arguments().digest()),
        stage: Some(0),
        reviewer: eligible(true),
        break_glass: None,
        permit_id: OTHER_PERMIT,
        permit_ttl: MINUTE,
        approval_ttl: MINUTE,
    };
    let digest = usual_arguments().digest();
    let expected = [
        E::ApprovalAccepted(ApprovalAccepted {
            card: None,
            call: call(),
            arguments_digest: digest,
            comment: Some("fine".to_owned()),
            on_behalf_of: None,
            groups: Vec::new(),
            break_glass: None,
        }),
        E::Permitted(Permitted {
            call: call(),
            permit_id: OTHER_PERMIT,
            arguments_digest: digest,
            policy_set: Some("set-1".to_owned()),
            expires_at: at_second(70),
        }),
    ];
    assert_eq!(decided(&state, "user:bob", 10, action.clone()), expected);
    let state = then(state, &command("user:bob", 10, action));
    let resolution = state.execution().unwrap().resolution.clone().unwrap();
    assert_eq!(
        (resolution.verdict, resolution.by, resolution.at),
        (Verdict::Accepted, actor("user:bob"), at_second(10))
    );
    assert_eq!(resolution.text.as_deref(), Some("fine"));
}

#[test]
fn a_confirmation_names_what_was_confirmed() {
    let events = decided(&state_in(Some(Stage::AwaitingConfirmation)), "user:ann", 10, confirm());
    let digest = usual_arguments().digest();
    assert_eq!(events[0], E::Confirmed(Confirmed { call: call(), arguments_digest: digest, card: None }));
}

#[test]
fn a_start_uses_the_permit_and_sets_the_lease() {
    let events = decided(&state_in(Some(Stage::Permitted)), "agent:a1", 59, start());
    let started = InProgress { call: call(), permit_id: PERMIT, lease_expires_at: at_second(119) };
    assert_eq!(events, [E::InProgress(started)]);
}

#[test]
fn the_deadline_moves_with_the_stage() {
    assert_eq!(deadline(&State::initial()), None);
    assert_eq!(
        deadline(&state_in(Some(Stage::AwaitingConfirmation))),
        Some((at_second(60), DeadlineKind::Confirmation))
    );
    assert_eq!(
        deadline(&state_in(Some(Stage::AwaitingApproval))),
        Some((at_second(60), DeadlineKind::Approval))
    );
    assert_eq!(deadline(&state_in(Some(Stage::Permitted))), Some((at_second(60), DeadlineKind::Permit)));
    let running = state_in(Some(Stage::InProgress));
    assert_eq!(deadline(&running), Some((at_second(61), DeadlineKind::Lease)));
    let alive = then(running, &command("agent:a1", 30, progress()));
    assert_eq!(deadline(&alive), Some((at_second(90), DeadlineKind::Lease)));
    let unknown = decided(&alive, "system:timer", 90, DeadlineKind::Lease.action());
    assert_eq!(unknown, [E::ResultUnknown(ResultUnknown { call: call(), lease_expired_at: at_second(90) })]);
}

#[test]
fn what_is_due_is_decided_when_it_is_due() {
    for stage in Stage::ALL {
        let state = state_in(Some(*stage));
        let Some((at, kind)) = state.deadline() else { continue };
        let due = |at| crate::execution::Command {
            by: actor("system:timer"),
            at,
            frozen: None,
            card: None,
            action: kind.action(),
        };
        assert_eq!(decide(&state, &due(at)).unwrap().len(), 1, "{stage}");
        let early = proto_events::Timestamp::from_micros(at.as_micros() - 1);
        assert_eq!(decide(&state, &due(early)), Err(Rejection::NotDue { kind, deadline: at }), "{stage}");
    }
}

#[test]
fn a_recorded_call_has_no_decision_and_no_permit() {
    let record = record(ResultStatus::Failed);
    let events = decided(&State::initial(), "agent:a1", 0, Action::Record(record.clone()));
    let [E::Initiated(initiated), E::Failed(finished)] = &events[..] else { panic!("{events:?}") };
    assert_eq!(initiated.origin, Origin::Recorded(record.activity));
    let Report { result, error, reason, timing } = record.report;
    assert_eq!(finished, &Finished { call: call(), result, error, reason, timing });
}

#[test]
fn a_recorded_call_without_arguments_is_taken() {
    let mut record = record(ResultStatus::Succeeded);
    record.arguments = None;
    let state = then(State::initial(), &command("agent:a1", 0, Action::Record(record)));
    let execution = state.execution().unwrap();
    assert_eq!((execution.arguments(), execution.arguments_digest()), (None, None));
    assert_eq!(execution.result().unwrap().as_str(), "{\"sent\":true}");
}

#[test]
fn a_record_keeps_its_limits() {
    type Change = fn(&mut crate::execution::Record);
    let refused: [(&str, Change); 7] = [
        ("context", |record| {
            let text = format!("\"{}\"", "x".repeat(256 * 1024 - 1));
            record.context = Some(proto_events::Json::from_text(text).unwrap());
        }),
        ("tool_id", |record| record.activity.tool_id = Some("x".repeat(256))),
        ("trigger_event", |record| record.activity.trigger_event = Some("x".repeat(65))),
        ("target_url", |record| record.activity.target_url = Some("x".repeat(1_025))),
        ("http_status", |record| record.activity.http_status = Some(99)),
        ("status", |record| record.status = ResultStatus::Unknown),
        ("error.message", |record| {
            let message = "x".repeat(5_001);
            record.report.error = Some(proto_events::CallError { message, ..Default::default() });
        }),
    ];
    for (field, change) in refused {
        let mut record = record(ResultStatus::Failed);
        change(&mut record);
        let no = decide(&State::initial(), &command("agent:a1", 0, Action::Record(record))).unwrap_err();
        let Rejection::Field(no) = no else { panic!("{field}: {no}") };
        assert_eq!(no.field(), field);
    }
    let mut largest = record(ResultStatus::Failed);
    let text = format!("\"{}\"", "x".repeat(256 * 1024 - 2));
    largest.context = Some(proto_events::Json::from_text(text).unwrap());
    assert_eq!(decided(&State::initial(), "agent:a1", 0, Action::Record(largest)).len(), 2);
}

#[test]
fn a_proposal_keeps_its_limits() {
    type Change = fn(&mut crate::execution::Propose);
    let refused: [(&str, Change); 11] = [
        ("agent", |proposal| proposal.call.agent = String::new()),
        ("agent", |proposal| proposal.call.agent = "x".repeat(256)),
        ("conversation", |proposal| proposal.call.conversation = "a\nb".to_owned()),
        ("request_id", |proposal| proposal.call.request_id = Some("x".repeat(256))),
        ("requester", |proposal| proposal.requester = actor("user:")),
        ("requester", |proposal| proposal.requester = actor("system:deadlines")),
        ("requester", |proposal| proposal.requester = actor(&format!("user:{}", "é".repeat(128)))),
        ("idempotency_key", |proposal| proposal.idempotency_key = Some(String::new())),
        ("sensitive", |proposal| proposal.sensitive = vec!["x".to_owned(); 65]),
        ("sensitive", |proposal| proposal.sensitive = vec![String::new()]),
        ("context", |proposal| {
            let text = format!("\"{}\"", "x".repeat(16 * 1024 - 1));
            proposal.context = Some(proto_events::Json::from_text(text).unwrap());
        }),
    ];
    for (field, change) in refused {
        let mut proposal = proposal(Outcome::Allowed);
        change(&mut proposal);
        let no = decide(&State::initial(), &command("agent:a1", 0, Action::Propose(proposal))).unwrap_err();
        let Rejection::Field(InvalidField::Invalid { field: named, .. }) = no else {
            panic!("{field}: {no}")
        };
        assert_eq!(named, field);
    }
}

#[test]
fn the_one_who_handed_in_the_proposal_cannot_review_it_either() {
    let propose = command("service:chat", 0, Action::Propose(proposal(Outcome::AwaitingApproval)));
    let state = then(State::initial(), &propose);
    let no = decide(&state, &command("service:chat", 1, approve(true))).unwrap_err();
    assert_eq!(no, Rejection::RequesterCannotReview { actor: actor("service:chat") });
    let no = decide(&state, &command("agent:a1", 1, approve(true))).unwrap_err();
    assert_eq!(no, Rejection::RequesterCannotReview { actor: actor("agent:a1") });
    assert!(decide(&state, &command("service:reviewbot", 1, approve(true))).is_ok());
}

#[test]
fn what_makes_a_proposal_the_same_attempt() {
    type Change = fn(&mut crate::execution::Propose);
    let state = state_in(Some(Stage::AwaitingApproval));
    let answer = |change: Change| {
        let mut proposal = proposal(Outcome::Allowed);
        change(&mut proposal);
        words(&decide(&state, &command("service:runtime", 5, Action::Propose(proposal))))
    };
    let same: [Change; 4] = [
        |_| {},
        |proposal| proposal.call.request_id = None,
        |proposal| proposal.context = None,
        |proposal| proposal.former_execution = Some(OTHER_PERMIT),
    ];
    for (index, change) in same.into_iter().enumerate() {
        assert_eq!(answer(change), "nothing", "same {index}");
    }
    let another: [Change; 7] = [
        |proposal| proposal.execution_id = RECORDED,
        |proposal| proposal.call.agent = "a2".to_owned(),
        |proposal| proposal.call.conversation = "thread-8".to_owned(),
        |proposal| proposal.call.function = "crm.delete_offer".parse().unwrap(),
        |proposal| proposal.requester = actor("user:zed"),
        |proposal| proposal.idempotency_key = None,
        |proposal| {
            proposal.arguments = arguments("{}");
            proposal.decision.arguments_digest = proposal.arguments.digest();
        },
    ];
    for (index, change) in another.into_iter().enumerate() {
        assert_eq!(answer(change), "no: execution_id_taken", "another {index}");
    }
}

#[test]
fn an_agent_proposes_for_itself_alone() {
    let by = |actor: &str| {
        words(&decide(&State::initial(), &command(actor, 0, Action::Propose(proposal(Outcome::NoOp)))))
    };
    assert_eq!(by("agent:a2"), "no: not_the_agent");
    for actor in ["agent:a1", "service:a2", "user:a2"] {
        assert!(!by(actor).starts_with("no: "), "{actor}: {}", by(actor));
    }
}

#[test]
fn who_resolved_and_who_ended_it_is_kept() {
    let denied = state_in(Some(Stage::Denied));
    let execution = denied.execution().unwrap();
    assert_eq!(execution.resolution.as_ref().unwrap().text.as_deref(), Some("too expensive"));
    assert_eq!(
        (execution.ended_by.clone(), execution.ended_at),
        (Some(actor("user:bob")), Some(at_second(1)))
    );
    assert_eq!(execution.initiated_by, actor("agent:a1"));

    let succeeded = state_in(Some(Stage::Succeeded));
    let counted = then(succeeded.clone(), &command("agent:a2", 90, Action::Reattempt { seen: 1 }));
    let (before, after) = (succeeded.execution().unwrap(), counted.execution().unwrap());
    assert_eq!((&after.ended_by, after.ended_at), (&before.ended_by, before.ended_at));
    assert_eq!((after.executor.clone(), after.started_at), (Some(actor("agent:a1")), Some(at_second(1))));
    assert_eq!(after.result_status(), Some(ResultStatus::Succeeded));
    assert_eq!(after.result().unwrap().as_str(), "1");
}

#[test]
fn the_grant_that_was_used_stays_known_whatever_is_decided_after() {
    let (grant, other) = (Uuid::from_u128(700), Uuid::from_u128(701));
    let with = |outcome, grant| Decision { grant, ..decision(outcome, usual_arguments().digest()) };
    let mut proposal = proposal(Outcome::Allowed);
    proposal.decision = with(Outcome::Allowed, Some(grant));
    let mut state = then(State::initial(), &command("agent:a1", 0, Action::Propose(proposal.clone())));
    for (second, now) in [(1, None), (2, Some(grant)), (3, Some(other)), (4, None)] {
        let mut again = with(Outcome::Allowed, now);
        again.policy_set = Some(format!("later-{second}"));
        state = then(state, &command("system:governance", second, redecide_as(again)));
        let execution = state.execution().unwrap();
        assert_eq!(execution.decision.as_ref().unwrap().grant, now);
        assert_eq!(execution.grant, Some(grant), "used once, when it was decided on first");
    }
    proposal.decision.grant = None;
    let without = then(State::initial(), &command("agent:a1", 0, Action::Propose(proposal)));
    let later = redecide_as(Decision { policy_set: None, ..with(Outcome::Allowed, Some(other)) });
    let later = then(without, &command("system:governance", 1, later));
    assert_eq!(later.execution().unwrap().grant, None, "what is decided again uses none");
}
