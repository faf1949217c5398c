//! What a freeze and a new decision leave in the state.

use proto_events::{ExecutionEvent as E, Outcome, Requirement, Resumed, Suspended};

use super::fixtures::*;
use crate::execution::{Action, DeadlineKind, Rejection, Stage, State, Suspension, decide};

fn resumed(state: State, second: u64) -> State {
    then(state, &command("system:freezes", second, Action::Resume))
}

#[test]
fn a_deadline_is_later_by_as_long_as_it_stood_still() {
    let state = state_in(Some(Stage::AwaitingApproval));
    let events = decide(&state, &command("system:freezes", 12, suspend(10))).unwrap();
    let expected = Suspended { call: call(), freeze_id: FREEZE, since: at_second(10) };
    assert_eq!(events, [E::Suspended(expected)]);
    let state = then(state, &command("system:freezes", 12, suspend(10)));
    let held = Suspension { freeze_id: FREEZE, since: at_second(10) };
    assert_eq!(state.execution().unwrap().suspended, Some(held));
    let events = decide(&state, &command("system:freezes", 30, Action::Resume)).unwrap();
    assert_eq!(events, [E::Resumed(Resumed { call: call(), deadline: at_second(80) })]);

    // The freeze that holds it next began before the call was resumed: what stood still is not counted twice.
    let again = then(resumed(state, 30), &command("system:freezes", 31, suspend(25)));
    assert_eq!(resumed(again, 40).deadline(), Some((at_second(90), DeadlineKind::Approval)));
}

#[test]
fn a_freeze_of_the_future_holds_from_now_on() {
    let state = then(state_in(Some(Stage::Permitted)), &command("system:freezes", 10, suspend(50)));
    assert_eq!(state.execution().unwrap().suspended.as_ref().unwrap().since, at_second(10));
    assert_eq!(resumed(state, 30).deadline(), Some((at_second(80), DeadlineKind::Permit)));
}

#[test]
fn a_refusal_says_what_is_frozen_and_until_when() {
    let state = state_in(Some(Stage::Permitted));
    let no = decide(&state, &while_frozen(command("agent:a1", 10, start()))).unwrap_err();
    assert_eq!(
        no.to_string(),
        "frozen since 2026-01-15T10:00:05Z (the whole tenant; freeze `00000000-0000-0000-0000-00000000012c`): incident; \
         wait until an administrator ends the freeze"
    );
}

#[test]
fn the_same_policy_set_with_another_requirement_is_a_new_decision() {
    let state = asking(requirement(vec![vec![need(&["finance"], 1)]]));
    let asks = |stages| redecide_as(requiring(requirement(stages)).decision);
    let same = asks(vec![vec![need(&["finance"], 1)]]);
    assert_eq!(decide(&state, &command("system:policy", 1, same)), Ok(Vec::new()));
    let other = asks(vec![vec![need(&["ops"], 1)]]);
    assert_eq!(words(&decide(&state, &command("system:policy", 1, other))), "redecided, approval_required");
}

#[test]
fn a_withdrawn_permit_is_gone() {
    let state = then(
        state_in(Some(Stage::Permitted)),
        &command("system:policy", 1, redecide(Outcome::AwaitingApproval)),
    );
    assert_eq!(state.execution().unwrap().permit, None);
    assert_eq!(state.execution().unwrap().redecisions, 1);
}

#[test]
fn what_was_confirmed_before_a_new_decision_is_confirmed_no_more() {
    let asked = Requirement { confirmation: true, ..requirement(vec![vec![need(&["finance"], 1)]]) };
    let state = then(asking(asked), &command("user:ann", 1, confirm()));
    assert!(state.execution().unwrap().confirmation.is_some());
    let mut approval = requiring(requirement(vec![vec![need(&["ops"], 1)]])).decision;
    approval.policy_set = Some("set-2".to_owned());
    let state = then(state, &command("system:policy", 2, redecide_as(approval)));
    assert_eq!(state.execution().unwrap().confirmation, None);
    let no = decide(&state, &command("user:ann", 3, confirm())).unwrap_err();
    assert_eq!(no, Rejection::NoConfirmationAsked);
}
