//! What a decision asks of people, in the events that ask for it, and its limits.

use proto_events::{
    Actor, ApprovalAborted, ApprovalAccepted, ApprovalEscalated, ApprovalReminded, ApprovalVoted, Blocked,
    Decision, Escalation, ExecutionEvent as E, Json, LayerFinding, Outcome, Requirement, Reviewers,
};

use super::fixtures::*;
use crate::execution::{
    Action, MAX_REMINDERS, Propose, Rejection, Reviewer, Stage, State, Vote, decide, requirement_of,
};

fn decided(state: &State, by: &str, second: u64, action: Action) -> Vec<E> {
    decide(state, &command(by, second, action)).unwrap()
}

fn named(groups: &[&str], people: &[&str]) -> Reviewers {
    Reviewers::Named {
        groups: groups.iter().map(|group| (*group).to_owned()).collect(),
        people: people.iter().map(|person| actor(person)).collect(),
    }
}

#[test]
fn a_decision_without_a_requirement_asks_what_its_outcome_says() {
    let digest = usual_arguments().digest();
    let asked = requirement_of(&decision(Outcome::AwaitingApproval, digest));
    let mut any = need(&[], 1);
    any.rule = "function_needs_approval".to_owned();
    assert_eq!(asked, requirement(vec![vec![any]]));
    let asked = requirement_of(&decision(Outcome::ConfirmationRequired, digest));
    assert_eq!(asked, Requirement { confirmation: true, ..Requirement::default() });
    for outcome in [Outcome::Allowed, Outcome::Blocked, Outcome::NoOp] {
        assert!(requirement_of(&decision(outcome, digest)).is_empty());
    }
}

#[test]
fn an_approval_names_who_may_resolve_it_and_how_many_have_to() {
    let asked = |needs| {
        let proposal = requiring(requirement(vec![needs]));
        let events = decided(&State::initial(), "agent:a1", 0, Action::Propose(proposal));
        let [_, E::ApprovalRequired(required)] = &events[..] else { panic!("{events:?}") };
        (required.reviewers.clone(), required.quorum)
    };
    assert_eq!(asked(vec![need(&["finance", "user:cfo"], 2)]), (named(&["finance"], &["user:cfo"]), 2));
    let needs = vec![need(&["ops", "user:eve"], 2), need(&["finance", "ops"], 1)];
    assert_eq!(asked(needs), (named(&["finance", "ops"], &["user:eve"]), 3));
    let needs = vec![need(&["ops"], 1), need(&[], 1)];
    assert_eq!(asked(needs), (Reviewers::AnyApprover, 2));
}

#[test]
fn the_requirement_says_how_long_people_have() {
    let hurried = Requirement {
        confirmation: true,
        expires_after_seconds: Some(7),
        ..requirement(vec![vec![need(&[], 1)], vec![need(&[], 1)]])
    };
    let state = asking(hurried);
    assert_eq!(state.execution().unwrap().human_deadline, Some(at_second(7)));
    let state = then(state, &command("user:ann", 5, confirm()));
    assert_eq!(state.execution().unwrap().human_deadline, Some(at_second(12)));
    let state = then(state, &command("user:bob", 10, approve(true)));
    assert_eq!(state.execution().unwrap().human_deadline, Some(at_second(17)));
    let state = then(state, &command("user:carol", 16, approve(true)));
    assert_eq!(state.execution().unwrap().permit.as_ref().unwrap().expires_at, at_second(76));
}

#[test]
fn a_vote_says_who_counted_by_which_groups_and_what_is_missing() {
    let state = asking(requirement(vec![vec![need(&["finance"], 2), need(&["ops"], 1)]]));
    let groups = ["finance", "gardening"];
    let events = decided(&state, "user:dan", 3, approve_as(delegate("user:bob", &groups), Some("fine")));
    let voted = ApprovalVoted {
        card: None,
        call: call(),
        arguments_digest: usual_arguments().digest(),
        comment: Some("fine".to_owned()),
        on_behalf_of: Some(actor("user:bob")),
        groups: vec!["finance".to_owned()],
        stage: 0,
        missing: 2,
    };
    assert_eq!(events, [E::ApprovalVoted(voted)]);
    let state = then(state, &command("user:dan", 3, approve_as(delegate("user:bob", &groups), Some("fine"))));
    let approval = state.execution().unwrap().approval.clone().unwrap();
    let vote = Vote {
        card: None,
        stage: 0,
        by: actor("user:dan"),
        on_behalf_of: Some(actor("user:bob")),
        groups: vec!["finance".to_owned()],
        comment: Some("fine".to_owned()),
        at: at_second(3),
        counts_for: vec![0],
    };
    assert_eq!((vote.person(), approval.votes), (&actor("user:bob"), vec![vote.clone()]));

    let events = decided(&state, "user:eve", 4, approve_as(reviewer(&["finance", "ops"]), None));
    let accepted = ApprovalAccepted {
        card: None,
        call: call(),
        arguments_digest: usual_arguments().digest(),
        comment: None,
        on_behalf_of: None,
        groups: vec!["finance".to_owned(), "ops".to_owned()],
        break_glass: None,
    };
    assert_eq!(events[0], E::ApprovalAccepted(accepted));
}

#[test]
fn who_was_added_counts_for_every_need_and_the_next_stage_begins_without_them() {
    let mut asked =
        requirement(vec![vec![need(&["finance"], 1), need(&["ops"], 1)], vec![need(&["cfo"], 1)]]);
    asked.escalations = vec![Escalation { after_seconds: 20, reviewers: named(&["leads"], &[]) }];
    asked.remind_after_seconds = Some(8);
    let state = asking(asked);
    let escalated = decided(&state, "system:timer", 21, Action::Escalate);
    let expected =
        ApprovalEscalated { call: call(), level: 0, due: at_second(20), reviewers: named(&["leads"], &[]) };
    assert_eq!(escalated, [E::ApprovalEscalated(expected)]);
    let reminded = decided(&state, "system:timer", 25, Action::Remind);
    let expected = ApprovalReminded { call: call(), count: 3, due: at_second(24) };
    assert_eq!(reminded, [E::ApprovalReminded(expected)]);

    let state = then(state, &command("system:timer", 21, Action::Escalate));
    let state = then(state, &command("system:timer", 21, Action::Remind));
    let lead = || approve_as(reviewer(&["leads"]), None);
    let state = then(state, &command("user:lea", 22, lead()));
    let approval = state.execution().unwrap().approval.clone().unwrap();
    assert_eq!((approval.stage, approval.added.len(), approval.reminders), (1, 0, 0));
    assert_eq!(approval.counts_from, at_second(22));
    let no = decide(&state, &command("user:lou", 23, lead())).unwrap_err();
    assert_eq!(no, Rejection::NotAReviewer { actor: actor("user:lou") });
}

#[test]
fn reminders_end() {
    let asked = Requirement {
        remind_after_seconds: Some(1),
        expires_after_seconds: Some(1_000),
        ..requirement(vec![vec![need(&[], 1)]])
    };
    let mut state = asking(asked);
    let mut times = 0;
    while let Some((at, crate::execution::DeadlineKind::Reminder)) = state.deadline() {
        let remind = crate::execution::Command {
            by: actor("system:timer"),
            at,
            frozen: None,
            card: None,
            action: Action::Remind,
        };
        state = then(state, &remind);
        times += 1;
    }
    assert_eq!(
        (times, state.execution().unwrap().approval.as_ref().unwrap().reminders),
        (MAX_REMINDERS, 100)
    );
    assert_eq!(decided(&state, "system:timer", 500, Action::Remind), []);
    assert_eq!(state.deadline(), Some((at_second(1_000), crate::execution::DeadlineKind::Approval)));
}

#[test]
fn an_emergency_is_on_record_as_one() {
    let state = asking(requirement(vec![vec![need(&["finance"], 2)], vec![need(&["cfo"], 1)]]));
    let events = decided(&state, "user:root", 3, break_glass(true, "the site is down"));
    let [E::ApprovalAccepted(accepted), E::Permitted(_)] = &events[..] else { panic!("{events:?}") };
    assert_eq!(accepted.break_glass.as_deref(), Some("the site is down"));
    let state = then(state, &command("user:root", 3, break_glass(true, "the site is down")));
    let execution = state.execution().unwrap();
    assert_eq!(execution.resolution.as_ref().unwrap().break_glass.as_deref(), Some("the site is down"));
    assert_eq!(execution.approval.as_ref().unwrap().votes, [], "it is no vote");
    let no = decide(&state, &command("user:root", 4, break_glass(true, &"x".repeat(5_001)))).unwrap_err();
    assert_eq!(no.code(), "text_too_long");
}

#[test]
fn an_abort_names_the_revised_attempt_and_in_whose_place() {
    let state = asking(requirement(vec![vec![need(&["user:cfo"], 1)]]));
    let abort = Action::Abort {
        feedback: "half of it".to_owned(),
        reviewer: delegate("user:cfo", &[]),
        revised_as: Some(RECORDED),
    };
    let expected = ApprovalAborted {
        card: None,
        call: call(),
        feedback: "half of it".to_owned(),
        on_behalf_of: Some(actor("user:cfo")),
        revised_as: Some(RECORDED),
    };
    assert_eq!(decided(&state, "user:dan", 3, abort.clone()), [E::ApprovalAborted(expected)]);
    let state = then(state, &command("user:dan", 3, abort));
    let resolution = state.execution().unwrap().resolution.clone().unwrap();
    assert_eq!((resolution.on_behalf_of, resolution.revised_as), (Some(actor("user:cfo")), Some(RECORDED)));
}

#[test]
fn who_may_review_can_be_asked() {
    let state = asking(requirement(vec![vec![need(&["finance"], 1)]]));
    let execution = state.execution().unwrap();
    let may = |by: &str, reviewer: Reviewer| execution.may_review(&actor(by), &reviewer);
    assert!(may("user:bob", reviewer(&["finance"])));
    assert!(may("user:dan", delegate("user:bob", &["finance"])));
    assert!(!may("user:dan", delegate("user:ann", &["finance"])));
    assert!(!may("user:ann", reviewer(&["finance"])));
    assert!(!may("user:bob", reviewer(&["ops"])));
    assert!(!may("user:bob", Reviewer { approver: false, ..reviewer(&["finance"]) }));
}

#[test]
fn a_blocked_call_says_what_the_deciding_finding_says() {
    let mut proposal = proposal(Outcome::Blocked);
    let finding = LayerFinding {
        missing_requirement: Some("the agent gets scope `crm:write`".to_owned()),
        next_owner: Some("platform".to_owned()),
        code: "scope_missing".to_owned(),
        reason: "the agent lacks a scope".to_owned(),
        ..proposal.decision.findings[0].clone()
    };
    proposal.decision.findings.insert(0, finding);
    let events = decided(&State::initial(), "agent:a1", 0, Action::Propose(proposal.clone()));
    let expected = Blocked {
        call: call(),
        decision: proposal.decision,
        code: "scope_missing".to_owned(),
        reason: "the agent lacks a scope".to_owned(),
        missing_requirement: Some("the agent gets scope `crm:write`".to_owned()),
        next_owner: Some("platform".to_owned()),
    };
    assert_eq!(events[1], E::Blocked(expected));
}

#[test]
fn a_new_decision_is_recorded_with_its_cause_and_its_sensitive_members() {
    let state = then(
        asking(requirement(vec![vec![need(&["finance"], 1)]])),
        &command("user:bob", 1, approve_as(reviewer(&["finance"]), None)),
    );
    let mut asks = requiring(requirement(vec![vec![need(&["ops"], 1)]])).decision;
    asks.policy_set = Some("set-2".to_owned());
    let Action::Redecide { decision, cause, permit_id, ttls, .. } = redecide_as(asks.clone()) else {
        panic!()
    };
    let action = Action::Redecide { decision, cause, sensitive: vec!["amount".to_owned()], permit_id, ttls };
    let events = decided(&state, "system:policy", 2, action);
    let [E::Redecided(redecided), E::PermitWithdrawn(withdrawn), E::ApprovalRequired(required)] = &events[..]
    else {
        panic!("{events:?}")
    };
    assert_eq!((&redecided.decision, redecided.cause.as_str()), (&asks, "policy_set_activated"));
    assert_eq!((withdrawn.permit_id, withdrawn.cause.as_str()), (PERMIT, "policy_set_activated"));
    assert_eq!((&required.decision, &required.sensitive[..]), (&asks, &["amount".to_owned()][..]));
    assert_eq!(state.stage(), Some(Stage::Permitted));
}

#[test]
fn others_on_the_asking_side_are_on_record_and_not_too_many() {
    let proposing = |others: Vec<Actor>| {
        let proposal = Propose { asked_by: others, ..proposal(Outcome::AwaitingApproval) };
        decide(&State::initial(), &command("user:bob", 0, Action::Propose(proposal)))
    };
    let most: Vec<Actor> = (0..16).map(|number| actor(&format!("user:p{number}"))).collect();
    let events = proposing(most.clone()).unwrap();
    let E::Initiated(initiated) = &events[0] else { panic!("{events:?}") };
    assert_eq!(initiated.asked_by, most);
    let no = proposing(vec![actor("user:carol"); 17]).unwrap_err();
    assert!(no.to_string().contains("`asked_by` names more than 16"), "{no}");
    assert_eq!(proposing(vec![Actor::user("")]).unwrap_err().code(), "invalid_field");
}

#[test]
fn a_requirement_keeps_its_limits() {
    type Change = fn(&mut Decision, &mut Requirement);
    let refused: [(&str, Change); 13] = [
        ("has more than 9 stages", |_, asked| asked.stages = vec![asked.stages[0].clone(); 10]),
        ("has a stage that needs nobody", |_, asked| asked.stages[0].needs.clear()),
        ("has a stage with more than 32 needs", |_, asked| {
            asked.stages[0].needs = vec![need(&["finance"], 1); 33];
        }),
        ("has a quorum that is not in 1 to 100", |_, asked| asked.stages[0].needs[0].quorum = 0),
        ("has a quorum that is not in 1 to 100", |_, asked| asked.stages[0].needs[0].quorum = 101),
        ("names more than 32 groups or people at one place", |_, asked| {
            asked.stages[0].needs[0].reviewers = named(&["finance"; 33], &[]);
        }),
        ("names more than 32 groups or people at one place", |_, asked| {
            let people = vec![Actor::user("bob"); 33];
            let reviewers = Reviewers::Named { groups: Vec::new(), people };
            asked.escalations = vec![Escalation { after_seconds: 1, reviewers }];
        }),
        ("has more than 16 escalations", |_, asked| {
            asked.escalations = vec![Escalation { after_seconds: 1, reviewers: Reviewers::AnyApprover }; 17];
        }),
        ("has escalations that are not in the order of their times", |_, asked| {
            let after = |after_seconds| Escalation { after_seconds, reviewers: Reviewers::AnyApprover };
            asked.escalations = vec![after(2), after(1)];
        }),
        ("has a time of 0 seconds", |_, asked| asked.expires_after_seconds = Some(0)),
        ("has a time of 0 seconds", |_, asked| asked.remind_after_seconds = Some(0)),
        ("asks people although the outcome is `allowed`", |decision, _| decision.outcome = Outcome::Allowed),
        ("is empty or blank; use 1 to 255 characters", |_, asked| {
            asked.stages[0].needs[0].rule = String::new();
        }),
    ];
    let propose = |change: Change| -> Result<Vec<E>, Rejection> {
        let mut asked = requirement(vec![vec![need(&["finance"], 1)]]);
        let mut proposal =
            Propose { context: Some(Json::from_text("{}".to_owned()).unwrap()), ..requiring(asked.clone()) };
        change(&mut proposal.decision, &mut asked);
        proposal.decision.requirement = Some(asked);
        decide(&State::initial(), &command("agent:a1", 0, Action::Propose(proposal)))
    };
    for (problem, change) in refused {
        let no = propose(change).unwrap_err();
        assert!(matches!(no, Rejection::Field(_)), "{problem}: {no}");
        assert!(no.to_string().contains(problem), "{problem}: {no}");
    }
    let largest: Change = |_, asked| {
        asked.stages[0].needs = vec![need(&["finance"; 32], 100); 32];
        asked.stages = vec![asked.stages[0].clone(); 9];
        asked.escalations = vec![Escalation { after_seconds: 1, reviewers: Reviewers::AnyApprover }; 16];
    };
    assert_eq!(propose(largest).unwrap().len(), 2);
}
