//! Groups of reviewers, and who stands in for whom.

use std::collections::BTreeSet;

use proto_events::{Actor, ActorKind, Delegated, DelegationEnded, GroupChanged, ReviewerEvent, Timestamp};
use uuid::Uuid;

use super::{
    Action, Command, Happened, MAX_DELEGATIONS, MAX_ENDED, MAX_GROUPS, Rejection, State, decide, evolve,
};

const DAY: i64 = 24 * 3_600 * 1_000_000;

fn id(index: u128) -> Uuid {
    Uuid::from_u128(index)
}

fn day(days: i64) -> Timestamp {
    Timestamp::from_micros(days * DAY)
}

fn people(names: &str) -> Vec<Actor> {
    names.split(' ').filter(|name| !name.is_empty()).map(|name| Actor::user(name.to_owned())).collect()
}

fn command(by: &str, days: i64, action: Action) -> Command {
    Command { by: Actor::user(by.to_owned()), at: day(days), action }
}

fn group(name: &str, members: Vec<Actor>) -> Command {
    command("ada", 0, Action::SetGroup { group: name.to_owned(), members })
}

/// `by` says on day 0 that `to` stands in for `from` from one day to another.
fn delegating(by: &str, index: u128, from: &str, to: &str, days: (i64, i64)) -> Command {
    let action = Action::Delegate {
        delegation_id: id(index),
        from: Actor::user(from.to_owned()),
        to: Actor::user(to.to_owned()),
        starts_at: day(days.0),
        ends_at: day(days.1),
        reason: Some("holiday".to_owned()),
        is_admin: by == "ada",
    };
    command(by, 0, action)
}

fn ending(by: &str, index: u128) -> Command {
    command(by, 0, Action::EndDelegation { delegation_id: id(index), is_admin: by == "ada" })
}

fn after(state: State, command: &Command) -> State {
    let events = decide(&state, command).unwrap_or_else(|no| panic!("{no} {command:?}"));
    state.then(&command.by, command.at, &events)
}

/// For whom `who` stands in on a day.
fn stands_in(state: &State, who: &str, days: i64) -> String {
    let absent = state.stands_in_for(&Actor::user(who.to_owned()), day(days));
    absent.iter().map(|actor| &*actor.id).collect::<Vec<_>>().join(" ")
}

#[test]
fn a_group_is_who_was_said_last() {
    let events = decide(&State::default(), &group("ops", people("paul petra paul"))).unwrap();
    let changed = GroupChanged { group: "ops".to_owned(), members: people("paul petra") };
    assert_eq!(events, [ReviewerEvent::GroupChanged(changed)], "each once, in order");
    let state = after(State::default(), &group("ops", people("paul petra")));
    assert_eq!(decide(&state, &group("ops", people("petra paul"))), Ok(vec![]), "the same people");
    let state = after(state, &group("law", people("petra lea")));
    let groups = |state: &State, who: &str| {
        state.groups_of(&Actor::user(who.to_owned())).into_iter().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(groups(&state, "petra"), "law ops");
    assert_eq!((groups(&state, "paul"), groups(&state, "Paul")), ("ops".to_owned(), String::new()));
    let service = Actor::new(ActorKind::Service, "petra");
    assert_eq!(state.groups_of(&service), BTreeSet::new(), "another kind is somebody else");
    let state = after(state, &group("ops", vec![service.clone()]));
    assert_eq!((groups(&state, "petra"), groups(&state, "paul")), ("law".to_owned(), String::new()));
    assert_eq!(state.groups_of(&service).into_iter().collect::<Vec<_>>(), ["ops"]);
    let state = after(state, &group("ops", vec![]));
    assert_eq!(state.groups.keys().collect::<Vec<_>>(), ["law"]);
    assert_eq!(decide(&state, &group("ops", vec![])), Ok(vec![]), "there is no such group");
}

#[test]
fn who_stands_in_for_whom_and_when() {
    let table = [
        ("paul>petra 1-3", "petra", 0, ""),
        ("paul>petra 1-3", "petra", 1, "paul"),
        ("paul>petra 1-3", "petra", 2, "paul"),
        ("paul>petra 1-3", "petra", 3, ""),
        ("paul>petra 1-3", "paul", 2, ""),
        ("paul>petra 1-3", "lea", 2, ""),
        // No chain: petra stands in for paul, and lea for petra alone.
        ("paul>petra 1-3, petra>lea 1-3", "lea", 2, "petra"),
        ("paul>petra 1-3, petra>lea 1-3", "petra", 2, "paul"),
        // Each for the other: neither for themself.
        ("paul>petra 1-3, petra>paul 1-3", "paul", 2, "petra"),
        ("paul>lea 1-3, petra>lea 2-4", "lea", 1, "paul"),
        ("paul>lea 1-3, petra>lea 2-4", "lea", 2, "paul petra"),
        ("paul>lea 1-3, petra>lea 2-4", "lea", 3, "petra"),
        // Twice for the same: once.
        ("paul>lea 1-3, paul>lea 2-5", "lea", 2, "paul"),
        ("paul>lea 1-3, paul>lea 2-5", "lea", 4, "paul"),
        // One for two: both stand in.
        ("paul>lea 1-3, paul>petra 1-3", "lea", 2, "paul"),
        ("paul>lea 1-3, paul>petra 1-3", "petra", 2, "paul"),
    ];
    for (text, who, days, expected) in table {
        let state = text.split(", ").zip(1..).fold(State::default(), |state, (step, index)| {
            let (people, period) = step.split_once(' ').unwrap();
            let (from, to) = people.split_once('>').unwrap();
            let (starts, ends) = period.split_once('-').unwrap();
            let days = (starts.parse().unwrap(), ends.parse().unwrap());
            after(state, &delegating(from, index, from, to, days))
        });
        assert_eq!(stands_in(&state, who, days), expected, "{text}: {who} on day {days}");
    }
}

#[test]
fn a_delegation_begins_and_ends() {
    let delegate = delegating("paul", 1, "paul", "petra", (-5, 3));
    let delegated = Delegated {
        delegation_id: id(1),
        from: Actor::user("paul"),
        to: Actor::user("petra"),
        starts_at: day(0),
        ends_at: day(3),
        reason: Some("holiday".to_owned()),
    };
    let events = decide(&State::default(), &delegate);
    assert_eq!(events, Ok(vec![ReviewerEvent::Delegated(delegated)]), "never from before now on");
    let held = after(State::default(), &delegate);
    let delegation = held.delegation(id(1)).unwrap();
    assert_eq!((delegation.created_at, &delegation.created_by), (day(0), &Actor::user("paul")));
    assert_eq!((held.delegations(day(2)).count(), held.delegations(day(3)).count()), (1, 0));
    for (who, may) in [("paul", true), ("petra", true), ("ada", true), ("lea", false)] {
        let decided = decide(&held, &ending(who, 1));
        let ended = ReviewerEvent::DelegationEnded(DelegationEnded { delegation_id: id(1) });
        let no = Rejection::NotTheirs { actor: Actor::user(who), of: Actor::user("paul") };
        assert_eq!(decided, if may { Ok(vec![ended]) } else { Err(no) }, "{who}");
    }
    let ended = after(held, &ending("paul", 1));
    assert_eq!(stands_in(&ended, "petra", 1), "");
    assert_eq!(decide(&ended, &ending("paul", 1)), Ok(vec![]), "deciding twice is deciding once");
    assert_eq!(decide(&ended, &delegate), Err(Rejection::Exists { delegation_id: id(1) }), "no way back");
}

#[test]
fn there_is_a_most_of_them_and_of_what_is_remembered() {
    let nth = |index: usize| group(&index.to_string(), people("paul"));
    let full = (0..MAX_GROUPS).fold(State::default(), |state, index| after(state, &nth(index)));
    assert_eq!(decide(&full, &nth(200)), Err(Rejection::TooManyGroups { max: 200 }));
    assert_eq!(decide(&full, &group("7", people("petra"))).unwrap().len(), 1, "no new group");
    let thousand: Vec<Actor> = (0..1_000).map(|index| Actor::user(index.to_string())).collect();
    assert_eq!(decide(&State::default(), &group("ops", thousand)).unwrap().len(), 1);

    let nth = |index: u128| delegating("paul", index, "paul", "petra", (0, if index == 0 { 9 } else { 1 }));
    let full = (0..1_000).fold(State::default(), |state, index| after(state, &nth(index)));
    assert_eq!(full.delegations(day(0)).count(), MAX_DELEGATIONS);
    assert_eq!(decide(&full, &nth(1_000)), Err(Rejection::TooManyDelegations { max: 1_000 }));
    let later = Command { at: day(1), ..delegating("paul", 1_000, "paul", "petra", (1, 2)) };
    let renewed = after(full, &later);
    assert_eq!(renewed.delegations.len(), 2, "what is over makes room");
    let many = (2_000..2_000 + MAX_ENDED as u128 + 1).fold(renewed, |state, index| {
        let state = after(state, &delegating("paul", index, "paul", "petra", (0, 9)));
        after(state, &ending("paul", index))
    });
    assert_eq!(many.ended.len(), MAX_ENDED);
    assert!(!many.has_ended(id(2_000)) && many.has_ended(id(2_001)));
}

#[test]
fn what_cannot_have_been_decided_changes_nothing() {
    let (by, at) = (Actor::user("eve"), day(0));
    let ended = ReviewerEvent::DelegationEnded(DelegationEnded { delegation_id: id(1) });
    assert_eq!(evolve(State::default(), Happened { by: &by, at, event: &ended }), State::default());
    let creation = decide(&State::default(), &delegating("paul", 1, "paul", "petra", (0, 9))).unwrap();
    let held = after(State::default(), &delegating("paul", 1, "paul", "petra", (0, 9)));
    assert_eq!(evolve(held.clone(), Happened { by: &by, at, event: &creation[0] }), held);
    let folded = State::fold([Happened { by: &by, at, event: &creation[0] }]);
    assert_eq!(folded.delegation(id(1)).unwrap().created_by, by);
}

#[test]
fn every_no_has_its_name() {
    let agent = |command: Command| Command { by: Actor::agent("a1"), ..command };
    let ok = || delegating("paul", 1, "paul", "petra", (0, 9));
    let changed = |change: fn(&mut Action)| {
        let mut command = ok();
        change(&mut command.action);
        command
    };
    let to_agent = changed(|action| {
        if let Action::Delegate { to, .. } = action {
            *to = Actor::agent("a1");
        }
    });
    let from_nobody = changed(|action| {
        if let Action::Delegate { from, .. } = action {
            *from = Actor::user("");
        }
    });
    let long = changed(|action| {
        if let Action::Delegate { reason, .. } = action {
            *reason = Some("x".repeat(5_001));
        }
    });
    let table = [
        (group("", vec![]), "invalid_field"),
        (group("a b", vec![]), "invalid_field"),
        (group(&"x".repeat(65), vec![]), "invalid_field"),
        (group("ops", people(&"paul ".repeat(1_001))), "invalid_field"),
        (group("ops", vec![Actor::user("")]), "invalid_field"),
        (group("ops", vec![Actor::agent("a1")]), "invalid_field"),
        (group("ops", vec![Actor::system("deadlines")]), "invalid_field"),
        (command("", 0, Action::SetGroup { group: "ops".to_owned(), members: vec![] }), "invalid_field"),
        (agent(group("ops", vec![])), "agent_cannot_manage_reviewers"),
        (agent(ok()), "agent_cannot_manage_reviewers"),
        (agent(ending("paul", 1)), "agent_cannot_manage_reviewers"),
        (to_agent, "invalid_field"),
        (from_nobody, "invalid_field"),
        (long, "text_too_long"),
        (delegating("lea", 1, "paul", "petra", (0, 9)), "delegation_of_another"),
        (delegating("petra", 1, "paul", "petra", (0, 9)), "delegation_of_another"),
        (delegating("paul", 1, "paul", "paul", (0, 9)), "delegation_to_oneself"),
        (delegating("ada", 1, "paul", "paul", (0, 9)), "delegation_to_oneself"),
        (delegating("paul", 1, "paul", "petra", (-9, 0)), "delegation_over"),
        (delegating("paul", 1, "paul", "petra", (5, 5)), "delegation_over"),
        (delegating("paul", 1, "paul", "petra", (366, 367)), "delegation_starts_too_far"),
        (delegating("paul", 1, "paul", "petra", (5, 96)), "delegation_too_long"),
        (ending("paul", 1), "delegation_not_found"),
    ];
    let mut codes: BTreeSet<&str> = table
        .iter()
        .map(|(command, code)| {
            let no = decide(&State::default(), command).unwrap_err();
            assert_eq!(no.code(), *code, "{no}");
            no.code()
        })
        .collect();
    let held = after(State::default(), &ok());
    codes.insert(decide(&held, &ok()).unwrap_err().code());
    codes.insert(Rejection::TooManyGroups { max: 200 }.code());
    codes.insert(Rejection::TooManyDelegations { max: 1_000 }.code());
    assert_eq!(codes, Rejection::ALL_CODES.iter().copied().collect());
    for may in
        [delegating("ada", 1, "paul", "petra", (365, 455)), delegating("paul", 1, "paul", "petra", (5, 95))]
    {
        assert_eq!(decide(&State::default(), &may).unwrap().len(), 1);
    }
}
