//! Freezes: what they cover, and that they end.

use std::collections::BTreeSet;

use proto_events::{Actor, FreezeEvent, FreezeScope, Frozen, FunctionName, Timestamp, Unfrozen};
use uuid::Uuid;

use super::{Action, Command, Freeze, Happened, MAX_ENDED, MAX_FREEZES, Rejection, State, decide, evolve};

fn id(index: u128) -> Uuid {
    Uuid::from_u128(index)
}

fn function(name: &str) -> FunctionName {
    name.parse().unwrap()
}

fn of_agent(agent: &str) -> FreezeScope {
    FreezeScope::Agent { agent: agent.to_owned() }
}

fn of_function(name: &str) -> FreezeScope {
    FreezeScope::Function { function: function(name) }
}

fn command(action: Action) -> Command {
    Command { by: Actor::user("ada"), at: Timestamp::from_micros(1), action }
}

fn freezing(index: u128, scope: FreezeScope) -> Command {
    command(Action::Freeze { freeze_id: id(index), scope, reason: "incident".to_owned() })
}

fn unfreezing(index: u128) -> Command {
    command(Action::Unfreeze { freeze_id: id(index), reason: None })
}

fn after(state: State, command: &Command) -> State {
    let events = decide(&state, command).unwrap();
    state.then(&command.by, command.at, &events)
}

/// The state after a scenario: `+1 tenant`, `+2 agent a1`, `+3 function crm.send`, `-2`.
fn scenario(text: &str) -> State {
    text.split(',').map(str::trim).filter(|step| !step.is_empty()).fold(State::default(), |state, step| {
        let words: Vec<&str> = step.split(' ').collect();
        let index = |word: &str| word[1..].parse().unwrap();
        let command = match words[..] {
            [word, "tenant"] => freezing(index(word), FreezeScope::Tenant),
            [word, "agent", agent] => freezing(index(word), of_agent(agent)),
            [word, "function", name] => freezing(index(word), of_function(name)),
            [word] => unfreezing(index(word)),
            _ => panic!("{step}"),
        };
        after(state, &command)
    })
}

#[test]
fn what_covers_a_call() {
    let table = [
        ("", None),
        ("+1 tenant", Some(1)),
        ("+1 agent a1", Some(1)),
        ("+1 agent a2", None),
        ("+1 agent A1", None),
        ("+1 function crm.send", Some(1)),
        ("+1 function crm.read", None),
        ("+1 function crm.send, +2 agent a1", Some(2)),
        ("+1 function crm.send, +2 agent a1, +3 tenant", Some(3)),
        ("+1 tenant, +2 agent a1, +3 function crm.send", Some(1)),
        ("+1 tenant, +2 agent a1, +3 function crm.send, -1", Some(2)),
        ("+1 tenant, +2 agent a1, +3 function crm.send, -1, -2", Some(3)),
        ("+1 tenant, +2 agent a1, +3 function crm.send, -3, -2, -1", None),
        ("+1 tenant, +2 tenant", Some(1)),
        ("+1 tenant, -1, +2 tenant", Some(2)),
        ("+1 tenant, -1, -1", None),
    ];
    for (text, covering) in table {
        let state = scenario(text);
        let found = state.covering("a1", &function("crm.send")).map(|freeze| freeze.freeze_id);
        assert_eq!(found, covering.map(id), "{text}");
    }
}

#[test]
fn a_freeze_begins_once_and_ends_once() {
    let begins = freezing(1, of_agent("a1"));
    let events = decide(&State::default(), &begins).unwrap();
    let frozen = Frozen { freeze_id: id(1), scope: of_agent("a1"), reason: "incident".to_owned() };
    assert_eq!(events, [FreezeEvent::Frozen(frozen)]);
    let frozen = after(State::default(), &begins);
    let freeze = Freeze {
        freeze_id: id(1),
        scope: of_agent("a1"),
        reason: "incident".to_owned(),
        since: Timestamp::from_micros(1),
        by: Actor::user("ada"),
    };
    assert_eq!(frozen.of(&of_agent("a1")), Some(&freeze));
    assert_eq!((frozen.get(id(1)), frozen.len(), frozen.is_empty()), (Some(&freeze), 1, false));
    assert_eq!(decide(&frozen, &freezing(2, of_agent("a1"))), Ok(vec![]), "the same scope twice");
    let taken = decide(&frozen, &freezing(1, FreezeScope::Tenant));
    assert_eq!(taken, Err(Rejection::Exists { freeze_id: id(1) }));

    let events = decide(&frozen, &unfreezing(1)).unwrap();
    assert_eq!(events, [FreezeEvent::Unfrozen(Unfrozen { freeze_id: id(1), reason: None })]);
    let ended = after(frozen, &unfreezing(1));
    assert!(ended.is_empty() && ended.has_ended(id(1)));
    assert_eq!(decide(&ended, &unfreezing(1)), Ok(vec![]), "deciding twice is deciding once");
    assert_eq!(decide(&ended, &freezing(1, FreezeScope::Tenant)), taken, "no way back");
    assert_eq!(decide(&ended, &unfreezing(2)), Err(Rejection::NotFound));
}

#[test]
fn they_are_listed_widest_first() {
    let state = scenario("+1 function b.f, +2 agent z, +3 function a.f, +4 tenant, +5 agent b");
    let order: Vec<_> = state.in_force().map(|freeze| freeze.freeze_id).collect();
    assert_eq!(order, [4, 5, 2, 3, 1].map(id));
}

#[test]
fn there_is_a_most_of_them_and_of_what_is_remembered() {
    let nth = |index: u128| freezing(index, of_agent(&index.to_string()));
    let full = (0..1_000).fold(State::default(), |state, index| after(state, &nth(index)));
    assert_eq!(full.len(), MAX_FREEZES);
    assert_eq!(decide(&full, &nth(1_000)), Err(Rejection::TooMany { max: 1_000 }));
    assert_eq!(decide(&full, &freezing(1_000, of_agent("7"))), Ok(vec![]), "is frozen already");
    let less = after(full, &unfreezing(3));
    assert_eq!(decide(&less, &nth(1_000)).unwrap().len(), 1);
    let forgetting = (2_000..2_000 + MAX_ENDED as u128).fold(less, |state, index| {
        let state = after(state, &nth(index));
        after(state, &unfreezing(index))
    });
    assert_eq!(forgetting.ended.len(), MAX_ENDED);
    assert!(!forgetting.has_ended(id(3)) && forgetting.has_ended(id(2_000)));
}

#[test]
fn what_cannot_have_been_decided_changes_nothing() {
    let by = Actor::user("eve");
    let at = Timestamp::from_micros(9);
    let ended = FreezeEvent::Unfrozen(Unfrozen { freeze_id: id(1), reason: None });
    assert_eq!(evolve(State::default(), Happened { by: &by, at, event: &ended }), State::default());
    for scope in [FreezeScope::Tenant, of_agent("a1"), of_function("crm.send")] {
        let again =
            FreezeEvent::Frozen(Frozen { freeze_id: id(9), scope: scope.clone(), reason: "x".into() });
        let frozen = after(State::default(), &freezing(1, scope));
        assert_eq!(evolve(frozen.clone(), Happened { by: &by, at, event: &again }), frozen);
        let folded = State::fold([Happened { by: &by, at, event: &again }]);
        assert_eq!(folded.get(id(9)).unwrap().by, by);
    }
}

#[test]
fn every_no_has_its_name() {
    let reason = |reason: &str| {
        let (freeze_id, reason) = (id(1), reason.to_owned());
        command(Action::Freeze { freeze_id, scope: FreezeScope::Tenant, reason })
    };
    let ending = Action::Unfreeze { freeze_id: id(1), reason: Some("x".repeat(5_001)) };
    let agent = |command: Command| Command { by: Actor::agent("a1"), ..command };
    let table = [
        (Command { by: Actor::user(""), ..unfreezing(1) }, "invalid_field"),
        (freezing(1, of_agent("a\nb")), "invalid_field"),
        (reason(" "), "text_missing"),
        (reason(&"x".repeat(5_001)), "text_too_long"),
        (command(ending), "text_too_long"),
        (agent(freezing(1, FreezeScope::Tenant)), "agent_cannot_freeze"),
        (agent(unfreezing(1)), "agent_cannot_freeze"),
        (unfreezing(1), "freeze_not_found"),
    ];
    let mut codes: BTreeSet<&str> = table
        .iter()
        .map(|(command, code)| {
            let no = decide(&State::default(), command).unwrap_err();
            assert_eq!(no.code(), *code, "{no}");
            no.code()
        })
        .collect();
    let exists = decide(&scenario("+1 tenant"), &freezing(1, of_agent("a1"))).unwrap_err();
    codes.extend([exists.code(), Rejection::TooMany { max: 1_000 }.code()]);
    assert_eq!(codes, Rejection::ALL_CODES.iter().copied().collect());
}
