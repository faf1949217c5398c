//! Every code is reached, and every message helps.

use std::collections::{BTreeMap, BTreeSet};

use proto_events::{
    CallError, Card, Commented, ExecutionEvent, Outcome, Progressed, Redaction, Redecided, ResultStatus,
};

use super::{answers, fixtures::*};
use crate::execution::{
    Action, Command, Happened, MAX_COMMENTS, MAX_PROGRESS_EVENTS, MAX_REDECISIONS, Rejection, Report,
    SeenCard, Stage, State, decide, evolve,
};

fn refused(state: &State, command: &Command) -> Rejection {
    decide(state, command).expect_err("it should be refused")
}

/// What the table of answers does not reach: limits, and what depends on more than the stage.
fn further() -> Vec<(&'static str, Rejection)> {
    let awaiting = state_in(Some(Stage::AwaitingApproval));
    let deny = |reason: &str| Action::Deny { reason: reason.to_owned(), reviewer: eligible(true) };
    let mut control = proposal(Outcome::Allowed);
    control.idempotency_key = Some("a\0b".to_owned());
    let mut mismatched = proposal(Outcome::Allowed);
    mismatched.decision.arguments_digest = other_digest();
    let mut agents_own = proposal(Outcome::ConfirmationRequired);
    agents_own.requester = actor("agent:a1");
    let agents_own = then(State::initial(), &command("agent:a1", 0, Action::Propose(agents_own)));
    vec![
        ("invalid_field", refused(&State::initial(), &command("agent:a1", 0, Action::Propose(control)))),
        ("text_missing", refused(&awaiting, &command("user:bob", 1, deny(" \n")))),
        ("text_too_long", refused(&awaiting, &command("user:bob", 1, deny(&"é".repeat(5_001))))),
        (
            "decision_mismatch",
            refused(&State::initial(), &command("agent:a1", 0, Action::Propose(mismatched))),
        ),
        ("agent_cannot_confirm", refused(&agents_own, &command("agent:a1", 1, confirm()))),
        (
            "too_much_progress",
            refused(&after_progress(MAX_PROGRESS_EVENTS), &command("agent:a1", 2, progress())),
        ),
        (
            "settled_as_unknown",
            refused(&state_in(Some(Stage::Unknown)), &command("user:ops", 70, settle(ResultStatus::Unknown))),
        ),
        (
            "already_confirmed",
            refused(
                &then(state_in(Some(Stage::AwaitingConfirmation)), &command("user:ann", 1, confirm())),
                &command("user:ann", 2, Action::Decline { reason: None }),
            ),
        ),
        (
            "already_accepted",
            refused(
                &then(awaiting.clone(), &command("user:bob", 1, approve(true))),
                &command("user:carol", 2, approve(true)),
            ),
        ),
        (
            "stands_still",
            refused(
                &then(awaiting.clone(), &command("system:freezes", 10, suspend(5))),
                &command("system:timer", 90, Action::Expire),
            ),
        ),
        (
            "too_many_comments",
            refused(&after_comments(MAX_COMMENTS), &command("user:ann", 3, comment("one more", false))),
        ),
        (
            "too_many_redecisions",
            refused(
                &after_redecisions(MAX_REDECISIONS),
                &command("system:policy", 3, redecide(Outcome::Allowed)),
            ),
        ),
    ]
    .into_iter()
    .chain(of_votes())
    .chain([of_a_card()])
    .collect()
}

/// Of a call that was decided on again since.
fn of_a_card() -> (&'static str, Rejection) {
    let card = Card { digest: other_digest(), redaction: other_digest() };
    let seen = SeenCard { card, redaction: Redaction::none() };
    let deny = Command { card: Some(seen), ..command("user:bob", 3, deny()) };
    ("card_changed", refused(&after_redecisions(1), &deny))
}

/// Two of finance and one of ops have to accept; bob of finance has.
fn of_votes() -> [(&'static str, Rejection); 2] {
    let needs = vec![need(&["finance"], 2), need(&["ops"], 1)];
    let state = asking(requirement(vec![needs]));
    let accepts = |by, group| command(by, 1, approve_as(reviewer(&[group]), Some("fine")));
    let state = then(state, &accepts("user:bob", "finance"));
    let again = command("user:bob", 2, approve_as(reviewer(&["finance"]), Some("very fine")));
    let already = refused(&state, &again);
    let state = then(state, &accepts("user:carol", "finance"));
    [("already_voted", already), ("vote_not_needed", refused(&state, &accepts("user:dan", "finance")))]
}

fn after_comments(times: u32) -> State {
    let by = actor("user:ann");
    (0..times).fold(state_in(Some(Stage::AwaitingApproval)), |state, time| {
        let commented = Commented { call: call(), text: time.to_string() };
        evolve(state, Happened { by: &by, at: at_second(2), event: &ExecutionEvent::Commented(commented) })
    })
}

fn after_redecisions(times: u32) -> State {
    let by = actor("system:policy");
    let decision = decision(Outcome::AwaitingApproval, usual_arguments().digest());
    let redecided =
        ExecutionEvent::Redecided(Redecided { call: call(), decision, cause: "policy".to_owned() });
    (0..times).fold(state_in(Some(Stage::AwaitingApproval)), |state, _| {
        evolve(state, Happened { by: &by, at: at_second(2), event: &redecided })
    })
}

fn after_progress(times: u32) -> State {
    let by = actor("agent:a1");
    let event = ExecutionEvent::Progressed(Progressed {
        call: call(),
        message: None,
        percent: None,
        lease_expires_at: at_second(90),
    });
    (0..times).fold(state_in(Some(Stage::InProgress)), |state, _| {
        evolve(state, Happened { by: &by, at: at_second(2), event: &event })
    })
}

#[test]
fn every_code_is_reached_and_every_message_says_what_to_do() {
    let mut reached = BTreeMap::new();
    for (_, state, _, command) in answers::pairs() {
        if let Err(rejection) = decide(&state, &command) {
            reached.insert(rejection.code(), rejection);
        }
    }
    for (code, rejection) in further() {
        assert_eq!(rejection.code(), code);
        reached.insert(code, rejection);
    }
    let all: BTreeSet<&str> = Rejection::ALL_CODES.iter().copied().collect();
    assert_eq!(all.len(), Rejection::ALL_CODES.len(), "a code stands for two rejections");
    assert_eq!(reached.keys().copied().collect::<BTreeSet<_>>(), all);
    let messages: BTreeSet<String> = reached.values().map(ToString::to_string).collect();
    assert_eq!(messages.len(), reached.len(), "two codes share a message");
    let advice =
        |message: &str| message.contains(": ") || message.contains("; ") || message.contains("only ");
    for message in messages {
        assert!(!message.starts_with(char::is_uppercase), "{message}");
        assert!(!message.ends_with('.'), "{message}");
        assert!(advice(&message), "it does not say what to do: {message}");
    }
}

#[test]
fn the_last_progress_report_counts_and_the_end_still_does() {
    let before_last = after_progress(MAX_PROGRESS_EVENTS - 1);
    let full = then(before_last, &command("agent:a1", 2, progress()));
    assert_eq!(refused(&full, &command("agent:a1", 2, progress())), Rejection::TooMuchProgress);
    let done = then(full, &command("agent:a1", 3, Action::Succeed(Report::default())));
    assert_eq!(done.stage(), Some(Stage::Succeeded));
}

#[test]
fn limits_are_inclusive() {
    let awaiting = state_in(Some(Stage::AwaitingApproval));
    let deny = |len| Action::Deny { reason: "é".repeat(len), reviewer: eligible(true) };
    assert!(decide(&awaiting, &command("user:bob", 1, deny(5_000))).is_ok());
    let too_long = refused(&awaiting, &command("user:bob", 1, deny(5_001)));
    assert_eq!(too_long.to_string(), "`reason` has 5001 characters: shorten it to 5000");

    let running = state_in(Some(Stage::InProgress));
    let fail = |error: CallError| {
        command("agent:a1", 2, Action::Fail(Report { error: Some(error), ..Report::default() }))
    };
    let message = |len| CallError { message: "x".repeat(len), ..CallError::default() };
    assert!(decide(&running, &fail(message(256 * 1024))).is_ok());
    assert_eq!(refused(&running, &fail(message(256 * 1024 + 1))).code(), "invalid_field");
    let trace = |len| CallError { stack_trace: Some("x".repeat(len)), ..CallError::default() };
    assert!(decide(&running, &fail(trace(20_000))).is_ok());
    assert_eq!(refused(&running, &fail(trace(20_001))).code(), "text_too_long");

    let percent = |percent| {
        command("agent:a1", 2, Action::Progress { message: None, percent: Some(percent), lease: MINUTE })
    };
    assert!(decide(&running, &percent(100)).is_ok());
    assert_eq!(
        refused(&running, &percent(101)).to_string(),
        "`percent` is more than 100: correct it and send the command again"
    );

    let result = |len: usize| Action::Succeed(report(&format!("\"{}\"", "x".repeat(len - 2))));
    assert!(decide(&running, &command("agent:a1", 2, result(256 * 1024))).is_ok());
    assert_eq!(refused(&running, &command("agent:a1", 2, result(256 * 1024 + 1))).code(), "invalid_field");
}

#[test]
fn the_last_comment_and_the_last_new_decision_count() {
    let state = after_comments(MAX_COMMENTS - 1);
    let full = then(state, &command("user:ann", 3, comment("the last", false)));
    assert_eq!(
        refused(&full, &command("user:bob", 3, comment("one more", true))),
        Rejection::TooManyComments
    );
    assert!(decide(&full, &command("user:bob", 4, approve(true))).is_ok());

    let state = after_redecisions(MAX_REDECISIONS - 1);
    let allowed = then(state, &command("system:policy", 3, redecide(Outcome::Allowed)));
    let no = refused(&allowed, &command("system:policy", 4, redecide(Outcome::ConfirmationRequired)));
    assert_eq!(no, Rejection::TooManyRedecisions);
    let blocked = then(allowed, &command("system:policy", 5, redecide(Outcome::Blocked)));
    assert_eq!(blocked.stage(), Some(Stage::Blocked), "a block is never one too many");
    assert_eq!(blocked.execution().unwrap().permit, None);
}
