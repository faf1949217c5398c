//! Random sequences of commands, and what must hold in every history.

use proptest::prelude::*;
use proto_events::{Actor, ExecutionEvent as E, Outcome, ResultStatus, Timestamp};

use super::{fixtures::*, transitions};
use crate::execution::{Action, Command, Happened, Stage, State, decide};

fn outcome() -> impl Strategy<Value = Outcome> {
    prop_oneof![
        1 => Just(Outcome::Blocked),
        1 => Just(Outcome::NoOp),
        4 => Just(Outcome::Allowed),
        4 => Just(Outcome::ConfirmationRequired),
        8 => Just(Outcome::AwaitingApproval),
    ]
}

fn action() -> impl Strategy<Value = Action> {
    let digest =
        || prop_oneof![Just(None), Just(Some(usual_arguments().digest())), Just(Some(other_digest()))];
    let permit = || prop_oneof![3 => Just(PERMIT), 1 => Just(OTHER_PERMIT)];
    let status =
        prop_oneof![Just(ResultStatus::Succeeded), Just(ResultStatus::Failed), Just(ResultStatus::Unknown)];
    let end = || prop_oneof![Just(report("1")), Just(report("2"))];
    prop_oneof![
        1 => outcome().prop_map(|outcome| Action::Propose(proposal(outcome))),
        1 => Just(Action::Record(record(ResultStatus::Failed))),
        3 => (digest(), permit()).prop_map(|(arguments_digest, permit_id)| Action::Confirm {
            arguments_digest, permit_id, permit_ttl: MINUTE, approval_ttl: MINUTE,
        }),
        1 => Just(Action::Decline { reason: None }),
        3 => (digest(), any::<bool>(), permit()).prop_map(|(arguments_digest, is_eligible, permit_id)| Action::Approve {
            comment: None, arguments_digest, stage: None, reviewer: eligible(is_eligible), break_glass: None, permit_id,
            permit_ttl: MINUTE, approval_ttl: MINUTE,
        }),
        1 => any::<bool>().prop_map(|is_eligible| Action::Deny {
            reason: "no".to_owned(), reviewer: eligible(is_eligible),
        }),
        1 => any::<bool>().prop_map(|is_eligible| Action::Abort {
            feedback: "no".to_owned(), reviewer: eligible(is_eligible), revised_as: None,
        }),
        1 => Just(Action::Expire),
        6 => (digest(), permit()).prop_map(|(arguments_digest, permit_id)| start_under(permit_id, arguments_digest)),
        2 => Just(progress()),
        2 => end().prop_map(Action::Succeed),
        1 => end().prop_map(Action::Fail),
        1 => end().prop_map(Action::TimeOut),
        1 => end().prop_map(Action::Skip),
        1 => Just(Action::Cancel { reason: None }),
        2 => Just(Action::MarkUnknown),
        2 => (status, any::<bool>()).prop_map(|(status, eligible)| Action::Settle {
            status, evidence: "seen".to_owned(), result: None, eligible,
        }),
        1 => (0..20_u64).prop_map(|seen| Action::Reattempt { seen }),
    ]
}

fn principal() -> impl Strategy<Value = Actor> {
    prop_oneof![
        Just(actor("agent:a1")),
        Just(actor("user:ann")),
        Just(actor("user:bob")),
        Just(actor("service:runner")),
    ]
}

/// A proposal, then commands by anybody, 0 to 40 seconds apart.
fn commands() -> impl Strategy<Value = Vec<Command>> {
    let rest = prop::collection::vec((principal(), 0..40_u64, action()), 0..40);
    (outcome(), rest).prop_map(|(outcome, rest)| {
        let mut second = 0;
        let mut commands = vec![command("agent:a1", 0, Action::Propose(proposal(outcome)))];
        for (by, later, action) in rest {
            second += later;
            commands.push(Command { by, at: at_second(second), frozen: None, card: None, action });
        }
        commands
    })
}

/// Whether the command names other arguments than the call's, or comes from somebody who may not decide.
fn must_be_refused(command: &Command) -> bool {
    let other = |digest: &Option<_>| *digest == Some(other_digest());
    match &command.action {
        Action::Confirm { arguments_digest, .. } => other(arguments_digest),
        Action::Start { arguments_digest, permit_id, .. } if *permit_id == PERMIT => other(arguments_digest),
        Action::Approve { arguments_digest, reviewer, .. } => other(arguments_digest) || !reviewer.approver,
        Action::Settle { status, .. } => *status == ResultStatus::Unknown,
        _ => false,
    }
}

/// Decides one after another; the history with who and when.
fn play(commands: &[Command]) -> (State, Vec<(Actor, Timestamp, E)>) {
    let mut state = State::initial();
    let mut history = Vec::new();
    for command in commands {
        let Ok(events) = decide(&state, command) else { continue };
        // A repetition is known by its verdict, principal and words; eligibility may be lost since.
        assert!(events.is_empty() || !must_be_refused(command), "{command:?} led to {events:?}");
        history.extend(events.iter().map(|event| (command.by.clone(), command.at, event.clone())));
        state = state.then(command, &events);
    }
    (state, history)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn histories_are_lawful(commands in commands()) {
        let (state, history) = play(&commands);
        let table = transitions::checked_in();
        let digest = usual_arguments().digest();
        let (mut stage, mut permit, mut starts) = (None, None, 0);
        for (by, at, event) in &history {
            let next = Stage::after(stage, event);
            let name = |stage: Option<Stage>| stage.map_or("nothing yet", Stage::as_str).to_owned();
            let transition = (name(stage), event.event_type().0.to_owned(), name(next));
            prop_assert!(table.contains(&transition), "{transition:?} is not in the table");
            if stage.is_some_and(Stage::is_terminal) {
                prop_assert_eq!(next, stage);
            }
            stage = next;
            match event {
                E::Permitted(permitted) => {
                    prop_assert_eq!(permitted.arguments_digest, digest, "a permit for other arguments");
                    prop_assert_eq!(permit.replace((permitted.permit_id, permitted.expires_at)), None);
                }
                E::InProgress(started) => {
                    starts += 1;
                    let (id, expires_at) = permit.expect("a permit before the start");
                    prop_assert_eq!(started.permit_id, id);
                    prop_assert!(*at < expires_at, "started under a permit that ran out");
                }
                E::ApprovalAccepted(_) | E::ApprovalDenied(_) | E::ApprovalAborted(_) => {
                    prop_assert!(*by == actor("user:bob") || *by == actor("service:runner"));
                    prop_assert!(*at < at_second(60), "reviewed too late");
                }
                E::Confirmed(_) | E::Declined(_) => {
                    prop_assert_eq!(by, &actor("user:ann"));
                    prop_assert!(*at < at_second(60), "confirmed too late");
                }
                _ => {}
            }
        }
        prop_assert!(starts <= 1, "started {starts} times");
        let folded = State::fold(history.iter().map(|(by, at, event)| Happened { by, at: *at, event }));
        prop_assert_eq!(folded, state);
    }

    #[test]
    fn a_storm_of_retries_leaves_few_events(storm in prop::collection::vec(1..50_u64, 1..2_000)) {
        let mut state = state_in(Some(Stage::Permitted));
        let (mut unrecorded, mut total, mut events) = (0_u64, 0_u64, 0_u32);
        for seen in storm {
            unrecorded += seen;
            total += seen;
            let command = command("agent:a1", 1, Action::Reattempt { seen: unrecorded });
            let decided = decide(&state, &command).unwrap();
            if !decided.is_empty() {
                unrecorded = 0;
                events += 1;
            }
            state = state.then(&command, &decided);
        }
        let recorded = state.execution().unwrap().reattempts;
        prop_assert_eq!(recorded + unrecorded, total, "a retry was lost or counted twice");
        prop_assert!(events <= total.ilog2() + 1, "{events} events for {total} retries");
        prop_assert!(recorded * 2 > total, "{recorded} recorded of {total}");
    }
}
