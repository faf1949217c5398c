//! Every answer in every stage, against the table `answers.txt` (`UPDATE_EXPECT=1` writes it anew).

use std::fmt::Write as _;

use expect_test::expect_file;
use proto_events::{ExecutionEvent, Outcome, ResultStatus};

use super::fixtures::*;
use crate::execution::{Action, Command, Stage, State, decide};

/// Declares the kinds of actions; a new variant of [`Action`] breaks `of`, and then `samples`.
macro_rules! kinds {
    ($($kind:ident,)+) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        enum Kind { $($kind,)+ }

        impl Kind {
            const ALL: &'static [Self] = &[$(Self::$kind,)+];

            #[allow(unreachable_patterns, reason = "the match is exhaustive over `Action` as it is")]
            fn of(action: &Action) -> Self {
                match action { $(Action::$kind { .. } => Self::$kind,)+ }
            }
        }
    };
}

kinds! {
    Propose, Confirm, Decline, Approve, Deny, Abort, Comment, Expire, Escalate, Remind, Redecide, Suspend, Resume, Start,
    Progress, Succeed, Fail, TimeOut, Skip, Cancel, MarkUnknown, Settle, Record, Reattempt,
}

/// What is tried of each kind: by the right principal with the right ids, and with one thing wrong at a time.
fn samples(kind: Kind) -> Vec<(&'static str, Command)> {
    let digest = Some(other_digest());
    match kind {
        Kind::Propose => {
            let mut elsewhere = proposal(Outcome::Allowed);
            elsewhere.call.agent = "a2".to_owned();
            let mut other = proposal(Outcome::Allowed);
            other.arguments = arguments("{}");
            other.decision.arguments_digest = other.arguments.digest();
            let mut again = proposal(Outcome::Allowed);
            again.call.request_id = Some("req-2".to_owned());
            vec![
                ("the same call", command("agent:a1", 10, Action::Propose(again))),
                ("another agent's call", command("agent:a2", 10, Action::Propose(elsewhere))),
                ("other arguments", command("agent:a1", 10, Action::Propose(other))),
            ]
        }
        Kind::Confirm => {
            let other = Action::Confirm {
                arguments_digest: digest,
                permit_id: PERMIT,
                permit_ttl: MINUTE,
                approval_ttl: MINUTE,
            };
            vec![
                ("by the requester", command("user:ann", 10, confirm())),
                ("by somebody else", command("user:bob", 10, confirm())),
                ("by the proposing agent", command("agent:a1", 10, confirm())),
                ("other arguments", command("user:ann", 10, other)),
                ("late", command("user:ann", 60, confirm())),
                ("while frozen", while_frozen(command("user:ann", 10, confirm()))),
            ]
        }
        Kind::Decline => vec![
            ("by the requester", command("user:ann", 10, Action::Decline { reason: None })),
            ("by somebody else", command("user:bob", 10, Action::Decline { reason: None })),
            ("late", command("user:ann", 60, Action::Decline { reason: None })),
        ],
        Kind::Approve => {
            let with = |arguments_digest, stage| Action::Approve {
                comment: None,
                arguments_digest,
                stage,
                reviewer: eligible(true),
                break_glass: None,
                permit_id: PERMIT,
                permit_ttl: MINUTE,
                approval_ttl: MINUTE,
            };
            let delegate = |of| approve_as(delegate(of, &[]), None);
            vec![
                ("by a reviewer", command("user:bob", 10, approve(true))),
                ("by another reviewer", command("user:carol", 10, approve(true))),
                ("by the requester", command("user:ann", 10, approve(true))),
                ("by the proposing agent", command("agent:a1", 10, approve(true))),
                ("by another agent", command("agent:a2", 10, approve(true))),
                ("by no reviewer", command("user:dave", 10, approve(false))),
                ("by a delegate", command("user:erin", 10, delegate("user:bob"))),
                ("other arguments", command("user:bob", 10, with(digest, None))),
                ("of another stage", command("user:bob", 10, with(None, Some(1)))),
                ("breaking the glass", command("user:root", 10, break_glass(true, "the site is down"))),
                ("breaking it as nobody", command("user:bob", 10, break_glass(false, "the site is down"))),
                ("breaking it for oneself", command("user:ann", 10, break_glass(true, "the site is down"))),
                ("late", command("user:bob", 60, approve(true))),
                ("while frozen", while_frozen(command("user:bob", 10, approve(true)))),
            ]
        }
        Kind::Deny => vec![
            ("by a reviewer", command("user:bob", 10, deny())),
            ("by another reviewer", command("user:carol", 10, deny())),
            ("by the requester", command("user:ann", 10, deny())),
            (
                "by no reviewer",
                command("user:dave", 10, Action::Deny { reason: "no".to_owned(), reviewer: eligible(false) }),
            ),
            ("late", command("user:bob", 60, deny())),
            ("while frozen", while_frozen(command("user:bob", 10, deny()))),
        ],
        Kind::Abort => vec![
            ("by a reviewer", command("user:bob", 10, abort())),
            ("by another reviewer", command("user:carol", 10, abort())),
            ("by the requester", command("user:ann", 10, abort())),
            (
                "by no reviewer",
                command(
                    "user:dave",
                    10,
                    Action::Abort { feedback: "no".to_owned(), reviewer: eligible(false), revised_as: None },
                ),
            ),
            ("late", command("user:bob", 60, abort())),
        ],
        Kind::Comment => vec![
            ("by the requester", command("user:ann", 10, comment("why so much?", false))),
            ("by a reviewer", command("user:bob", 10, comment("why so much?", true))),
            ("by nobody", command("user:dave", 10, comment("why so much?", false))),
        ],
        Kind::Escalate => vec![("when nobody is to be added", command("system:timer", 10, Action::Escalate))],
        Kind::Remind => vec![("when nobody is to be reminded", command("system:timer", 10, Action::Remind))],
        Kind::Redecide => {
            let mut other = decision(Outcome::Allowed, other_digest());
            other.policy_set = Some("set-2".to_owned());
            let now = |outcome| command("system:policy", 10, redecide(outcome));
            vec![
                ("now allowed", now(Outcome::Allowed)),
                ("now to be confirmed", now(Outcome::ConfirmationRequired)),
                ("now to be approved", now(Outcome::AwaitingApproval)),
                ("now blocked", now(Outcome::Blocked)),
                ("nothing to do now", now(Outcome::NoOp)),
                ("other arguments", command("system:policy", 10, redecide_as(other))),
                ("late", command("system:policy", 60, redecide(Outcome::Allowed))),
            ]
        }
        Kind::Suspend => vec![
            ("by the system", command("system:freezes", 10, suspend(5))),
            ("by somebody", command("user:root", 10, suspend(5))),
        ],
        Kind::Resume => vec![
            ("by the system", command("system:freezes", 10, Action::Resume)),
            ("by somebody", command("user:root", 10, Action::Resume)),
        ],
        Kind::Expire => vec![
            ("before the deadline", command("system:timer", 59, Action::Expire)),
            ("at the deadline", command("system:timer", 60, Action::Expire)),
            ("while frozen", while_frozen(command("system:timer", 60, Action::Expire))),
        ],
        Kind::Start => vec![
            ("under the permit", command("agent:a1", 10, start())),
            ("by somebody else", command("service:runner", 10, start())),
            ("by another agent", command("agent:a2", 10, start())),
            ("under another permit", command("agent:a1", 10, start_under(OTHER_PERMIT, None))),
            ("other arguments", command("agent:a1", 10, start_under(PERMIT, digest))),
            (
                "under a new policy set",
                command(
                    "agent:a1",
                    10,
                    Action::Start {
                        permit_id: PERMIT,
                        arguments_digest: None,
                        lease: MINUTE,
                        policy_set: None,
                    },
                ),
            ),
            ("late", command("agent:a1", 60, start())),
            ("while frozen", while_frozen(command("agent:a1", 10, start()))),
        ],
        Kind::Progress => vec![
            ("by the executor", command("agent:a1", 10, progress())),
            ("by somebody else", command("agent:a2", 10, progress())),
        ],
        Kind::Succeed => vec![
            ("by the executor", command("agent:a1", 10, Action::Succeed(report("1")))),
            ("another result", command("agent:a1", 10, Action::Succeed(report("2")))),
            ("by somebody else", command("agent:a2", 10, Action::Succeed(report("1")))),
        ],
        Kind::Fail => vec![
            ("by the executor", command("agent:a1", 10, Action::Fail(report("1")))),
            ("by somebody else", command("agent:a2", 10, Action::Fail(report("1")))),
        ],
        Kind::TimeOut => vec![
            ("by the executor", command("agent:a1", 10, Action::TimeOut(report("1")))),
            ("by somebody else", command("agent:a2", 10, Action::TimeOut(report("1")))),
        ],
        Kind::Skip => vec![
            ("by the executor", command("agent:a1", 10, Action::Skip(report("1")))),
            ("by somebody else", command("agent:a2", 10, Action::Skip(report("1")))),
        ],
        Kind::Cancel => vec![
            ("by the requester", command("user:ann", 10, Action::Cancel { reason: None })),
            ("by the proposing agent", command("agent:a1", 10, Action::Cancel { reason: None })),
            ("by a reviewer", command("user:bob", 10, Action::Cancel { reason: None })),
        ],
        Kind::MarkUnknown => vec![
            ("before the lease", command("system:timer", 60, Action::MarkUnknown)),
            ("at the lease", command("system:timer", 61, Action::MarkUnknown)),
        ],
        Kind::Settle => {
            let Action::Settle { status, evidence, result, .. } = settle(ResultStatus::Succeeded) else {
                unreachable!()
            };
            let ineligible = Action::Settle { status, evidence, result, eligible: false };
            vec![
                ("by an operator", command("user:ops", 70, settle(ResultStatus::Succeeded))),
                ("otherwise", command("user:ops", 70, settle(ResultStatus::Failed))),
                ("by another operator", command("user:ops2", 70, settle(ResultStatus::Succeeded))),
                ("by no operator", command("user:dave", 70, ineligible)),
            ]
        }
        Kind::Record => vec![(
            "a call that is over",
            command("agent:a1", 10, Action::Record(record(ResultStatus::Succeeded))),
        )],
        Kind::Reattempt => vec![
            ("none seen", command("agent:a1", 10, Action::Reattempt { seen: 0 })),
            ("one seen", command("agent:a1", 10, Action::Reattempt { seen: 1 })),
        ],
    }
}

/// Every pair of a stage and a command.
pub(super) fn pairs() -> Vec<(Option<Stage>, State, &'static str, Command)> {
    let mut pairs = Vec::new();
    for stage in all_stages() {
        let state = state_in(stage);
        for kind in Kind::ALL {
            for (label, command) in samples(*kind) {
                assert_eq!(Kind::of(&command.action), *kind);
                pairs.push((stage, state.clone(), label, command));
            }
        }
    }
    pairs
}

#[test]
fn every_answer_in_every_stage() {
    let mut table = String::new();
    let mut last = Some(None);
    for (stage, state, label, command) in pairs() {
        if last != Some(Some(stage)) {
            let name = stage.map_or("nothing yet", Stage::as_str);
            let gap = if table.is_empty() { "" } else { "\n" };
            writeln!(table, "{gap}[{name}]").unwrap();
            last = Some(Some(stage));
        }
        let what = format!("{} {label}", command.action.as_str());
        writeln!(table, "{what:<38} -> {}", words(&decide(&state, &command))).unwrap();
    }
    expect_file!["./answers.txt"].assert_eq(&table);
}

#[test]
fn deciding_twice_is_deciding_once() {
    let mut took_effect = 0;
    for (stage, state, label, command) in pairs() {
        let Ok(events) = decide(&state, &command) else { continue };
        let naturally_repeatable = match Kind::of(&command.action) {
            Kind::Progress | Kind::Reattempt => true,
            Kind::Propose
            | Kind::Confirm
            | Kind::Decline
            | Kind::Approve
            | Kind::Deny
            | Kind::Abort
            | Kind::Comment
            | Kind::Expire
            | Kind::Escalate
            | Kind::Remind
            | Kind::Redecide
            | Kind::Suspend
            | Kind::Resume
            | Kind::Start
            | Kind::Succeed
            | Kind::Fail
            | Kind::TimeOut
            | Kind::Skip
            | Kind::Cancel
            | Kind::MarkUnknown
            | Kind::Settle
            | Kind::Record => false,
        };
        if naturally_repeatable {
            continue;
        }
        let after = state.then(&command, &events);
        let again = decide(&after, &command);
        let what = command.action.as_str();
        assert_eq!(words(&again), "nothing", "{stage:?}: {what} {label}, the second time");
        took_effect += usize::from(!events.is_empty());
    }
    assert!(took_effect > 30, "only {took_effect} commands took effect");
}

#[test]
fn terminal_stages_stay() {
    for (stage, state, label, command) in pairs() {
        let Some(stage) = stage.filter(|stage| stage.is_terminal()) else { continue };
        let Ok(events) = decide(&state, &command) else { continue };
        let only_counted = events.iter().all(|event| matches!(event, ExecutionEvent::Reattempted(_)));
        assert!(only_counted, "{stage}: {} {label} led to {events:?}", command.action.as_str());
        let after = state.clone().then(&command, &events);
        let (Some(before), Some(after)) = (state.execution(), after.execution()) else { panic!("gone") };
        let mut expected = before.clone();
        expected.reattempts = after.reattempts;
        assert_eq!(after, &expected, "{stage}: {} {label}", command.action.as_str());
    }
}

#[test]
fn no_decided_event_is_ignored() {
    for (stage, state, label, command) in pairs() {
        let Ok(events) = decide(&state, &command) else { continue };
        let mut now = state.stage();
        for event in &events {
            let next = Stage::after(now, event);
            assert!(next.is_some(), "{stage:?}: {} {label}: {event:?} in {now:?}", command.action.as_str());
            now = next;
        }
        assert_eq!(state.then(&command, &events).stage(), now);
    }
}
