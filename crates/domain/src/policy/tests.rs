//! Which policy set is in force.

use std::collections::{BTreeMap, BTreeSet};

use proto_events::{
    Actor, Digest, PolicyEvent, PolicySetActivated, PolicySetShadowed, PolicySetStored, Timestamp,
};

use super::{
    Action, ChangeKind, Command, Happened, MAX_HISTORY, MAX_POLICY_BYTES, Rejection, State, decide, evolve,
    store,
};

fn set(name: char) -> Digest {
    Digest::new([name as u8; 32])
}

fn command(action: Action) -> Command {
    Command { by: Actor::user("ada"), at: Timestamp::from_micros(1), action }
}

fn activating(policy_set: Option<Digest>, expected_former: Option<Option<Digest>>) -> Command {
    command(Action::Activate { policy_set, expected_former, reason: Some("audit".to_owned()) })
}

fn shadowing(policy_set: Option<Digest>) -> Command {
    command(Action::Shadow { policy_set, reason: None })
}

fn after(state: State, command: &Command) -> State {
    let events = decide(&state, command).unwrap();
    state.then(&command.by, command.at, &events)
}

#[test]
fn every_set_after_every_set_with_every_expectation() {
    let sets = [None, Some(set('a')), Some(set('b'))];
    for former in sets {
        let state = match former {
            None => State::default(),
            some => after(State::default(), &activating(some, None)),
        };
        for wanted in sets {
            for expected in std::iter::once(None).chain(sets.map(Some)) {
                let decided = decide(&state, &activating(wanted, expected));
                if former == wanted {
                    assert_eq!(decided, Ok(vec![]), "{former:?} is in force already, {expected:?}");
                } else if expected.is_none_or(|expected| expected == former) {
                    let reason = Some("audit".to_owned());
                    let activated = PolicySetActivated { policy_set: wanted, former, reason };
                    assert_eq!(decided, Ok(vec![PolicyEvent::Activated(activated)]));
                    let after = after(state.clone(), &activating(wanted, expected));
                    assert_eq!(after.in_force(), wanted);
                    let change = after.history.back().unwrap();
                    assert_eq!(
                        (change.kind, change.policy_set, change.former),
                        (ChangeKind::InForce, wanted, former)
                    );
                } else {
                    assert_eq!(decided, Err(Rejection::ChangedMeanwhile { in_force: former }));
                }
            }
        }
    }
}

#[test]
fn the_set_beside_stands_on_its_own() {
    let state = after(State::default(), &activating(Some(set('a')), None));
    let events = decide(&state, &shadowing(Some(set('b')))).unwrap();
    let shadowed = PolicySetShadowed { policy_set: Some(set('b')), reason: None };
    assert_eq!(events, [PolicyEvent::Shadowed(shadowed)]);
    let beside = after(state, &shadowing(Some(set('b'))));
    assert_eq!((beside.in_force(), beside.shadow()), (Some(set('a')), Some(set('b'))));
    assert_eq!(decide(&beside, &shadowing(Some(set('b')))), Ok(vec![]), "deciding twice is deciding once");
    let standing = beside.activated().unwrap();
    let (by, at) = (Actor::user("ada"), Timestamp::from_micros(1));
    assert_eq!((standing.since, &standing.by, standing.reason.as_deref()), (at, &by, Some("audit")));
    assert_eq!(beside.shadowed().unwrap().reason, None);
    let taken = after(beside, &activating(Some(set('b')), Some(Some(set('a')))));
    assert_eq!((taken.in_force(), taken.shadow()), (Some(set('b')), Some(set('b'))));
    let none = after(taken, &shadowing(None));
    assert_eq!((none.in_force(), none.shadow()), (Some(set('b')), None));
    let kinds: Vec<_> = none.history.iter().map(|change| change.kind.as_str()).collect();
    assert_eq!(kinds, ["in_force", "shadow", "in_force", "shadow"]);
    assert_eq!(none.history.back().unwrap().former, Some(set('b')));
}

#[test]
fn the_last_hundred_changes_are_kept() {
    let step = |state: State, index: u32| {
        let policy_set = if index.is_multiple_of(2) { Some(set('a')) } else { None };
        let command = Command { at: Timestamp::from_micros(index.into()), ..activating(policy_set, None) };
        after(state, &command)
    };
    let state = (0..250).fold(State::default(), step);
    assert_eq!(state.history.len(), MAX_HISTORY);
    assert_eq!(state.history[0].at, Timestamp::from_micros(150));
    assert_eq!(state.history[99].at, Timestamp::from_micros(249));
}

#[test]
fn bytes_are_stored_once() {
    let files = BTreeMap::from([("a.cedar".to_owned(), "x".repeat(MAX_POLICY_BYTES - 7))]);
    let stored = PolicySetStored { policy_set: set('a'), files: files.clone() };
    let event = PolicyEvent::Stored(stored);
    assert_eq!(store(false, set('a'), &files), Ok(vec![event.clone()]));
    assert_eq!(store(true, set('a'), &files), Ok(vec![]));
    let by = Actor::user("ada");
    let happened = Happened { by: &by, at: Timestamp::from_micros(1), event: &event };
    assert_eq!(evolve(State::default(), happened), State::default(), "what is stored is not in force");
    assert_eq!(State::fold([happened]), State::default());
}

#[test]
fn every_no_has_its_name() {
    let long = Some("x".repeat(5_001));
    let agent = |command: Command| Command { by: Actor::agent("a1"), ..command };
    let table = [
        (Command { by: Actor::user(""), ..shadowing(None) }, "invalid_field"),
        (command(Action::Shadow { policy_set: None, reason: long.clone() }), "text_too_long"),
        (
            command(Action::Activate { policy_set: None, expected_former: None, reason: long }),
            "text_too_long",
        ),
        (agent(activating(Some(set('a')), None)), "agent_cannot_manage_policy"),
        (agent(shadowing(Some(set('a')))), "agent_cannot_manage_policy"),
        (activating(Some(set('a')), Some(Some(set('b')))), "policy_changed_meanwhile"),
    ];
    let mut codes: BTreeSet<&str> = table
        .iter()
        .map(|(command, code)| {
            let no = decide(&State::default(), command).unwrap_err();
            assert_eq!(no.code(), *code, "{no}");
            no.code()
        })
        .collect();
    let large = BTreeMap::from([("a.cedar".to_owned(), "x".repeat(MAX_POLICY_BYTES - 6))]);
    assert_eq!(store(false, set('a'), &large).map_err(|no| no.code()), Err("invalid_field"));
    let none = store(false, set('a'), &BTreeMap::new()).unwrap_err();
    codes.insert(none.code());
    assert_eq!(codes, Rejection::ALL_CODES.iter().copied().collect());
    let no = Rejection::ChangedMeanwhile { in_force: Some(set('a')) }.to_string();
    assert!(no.contains(&format!("set `{}` is in force now", set('a'))), "{no}");
    let no = Rejection::ChangedMeanwhile { in_force: None }.to_string();
    assert!(no.contains("no set is in force now"), "{no}");
}
