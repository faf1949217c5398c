//! The life of grants.

mod arguments;
mod noes;
mod properties;

use proto_events::{
    Actor, ArgumentCondition, ArgumentTest, CallRef, GrantCreated, GrantEvent, GrantRevoked, GrantScope,
    GrantUsed, Timestamp,
};
use serde_json::json;
use uuid::Uuid;

use super::{
    Action, Command, Create, Decimal, Happened, MAX_AHEAD, MAX_ENDED, MAX_GRANTS, Rejection, Standing, State,
    applicable, decide, evolve,
};

const RUN: Uuid = Uuid::from_u128(0xE);
const DAY: i64 = 24 * 3_600 * 1_000_000;

fn id(index: u128) -> Uuid {
    Uuid::from_u128(index)
}

/// This many days after the beginning.
fn day(days: i64) -> Timestamp {
    Timestamp::from_micros(days * DAY)
}

fn command(at: Timestamp, index: u128, action: Action) -> Command {
    Command { by: Actor::user("ada"), at, grant_id: id(index), action }
}

/// A grant for agent `a1` and `pay.send`, created on day 0 and good until day 10.
fn creating(index: u128, change: impl FnOnce(&mut Create)) -> Command {
    let mut create = Create {
        scope: GrantScope {
            agent: "a1".to_owned(),
            function: "pay.send".parse().unwrap(),
            conversation: None,
            conditions: vec![],
        },
        max_uses: None,
        max_sum: None,
        expires_at: day(10),
        reason: "payroll".to_owned(),
    };
    change(&mut create);
    command(day(0), index, Action::Create(create))
}

fn using(at: Timestamp, index: u128, amount: Option<&str>) -> Command {
    let action = Action::Use { execution_id: RUN, amount: amount.map(str::to_owned) };
    Command { by: Actor::agent("a1"), ..command(at, index, action) }
}

fn revoking(at: Timestamp, index: u128) -> Command {
    command(at, index, Action::Revoke { reason: Some("over".to_owned()) })
}

fn after(state: State, command: &Command) -> State {
    let events = decide(&state, command).unwrap_or_else(|no| panic!("{no} {command:?}"));
    state.then(&command.by, command.at, &events)
}

fn call(agent: &str, conversation: &str, function: &str) -> CallRef {
    CallRef {
        agent: agent.to_owned(),
        conversation: conversation.to_owned(),
        request_id: None,
        function: function.parse().unwrap(),
    }
}

/// The grant for a call of `a1` to `pay.send` in `c1` on day 1.
fn found(state: &State, amount: Option<&str>) -> Option<Uuid> {
    let call = call("a1", "c1", "pay.send");
    applicable(state, day(1), &call, &json!({}), amount).map(|grant| grant.grant_id)
}

fn max_uses(index: u128, max: u32) -> Command {
    creating(index, |create| create.max_uses = Some(max))
}

fn max_sum(index: u128, max: &str) -> Command {
    creating(index, |create| create.max_sum = Some(max.to_owned()))
}

#[test]
fn a_grant_is_given_used_and_taken_back() {
    let Action::Create(create) = creating(1, |_| {}).action else { panic!() };
    let created = GrantCreated {
        grant_id: id(1),
        scope: create.scope,
        max_uses: Some(5),
        max_sum: Some("100".to_owned()),
        expires_at: day(10),
        reason: "payroll".to_owned(),
    };
    let giving = creating(1, |create| {
        create.max_uses = Some(5);
        create.max_sum = Some("100".to_owned());
    });
    assert_eq!(decide(&State::default(), &giving), Ok(vec![GrantEvent::Created(created)]));
    let given = after(State::default(), &giving);
    let grant = given.get(id(1)).unwrap();
    assert_eq!((grant.created_at, &grant.created_by), (day(0), &Actor::user("ada")));
    assert_eq!((grant.uses, grant.sum, grant.last_used_at), (0, Decimal::ZERO, None));
    let in_force = |at| given.in_force(at).map(|grant| grant.grant_id).collect::<Vec<_>>();
    assert_eq!((in_force(day(9)), in_force(day(10))), (vec![id(1)], vec![]));

    let used = GrantUsed { grant_id: id(1), execution_id: RUN, amount: Some("99.5".to_owned()) };
    let events = given.use_up(id(1), RUN, Some("99.50".to_owned()), day(1));
    assert_eq!(events, Ok(vec![GrantEvent::Used(used)]));
    assert_eq!(events, decide(&given, &using(day(1), 1, Some("99.50"))));
    let used = after(given, &using(day(1), 1, Some("99.50")));
    let grant = used.get(id(1)).unwrap();
    assert_eq!((grant.uses, grant.sum.to_string(), grant.last_used_at), (1, "99.5".to_owned(), Some(day(1))));

    let revoked = GrantRevoked { grant_id: id(1), reason: Some("over".to_owned()) };
    assert_eq!(decide(&used, &revoking(day(2), 1)), Ok(vec![GrantEvent::Revoked(revoked)]));
    let gone = after(used, &revoking(day(2), 1));
    let grant = gone.get(id(1)).unwrap();
    assert_eq!((grant.standing(day(3)), grant.uses), (Standing::Revoked, 1));
    let revocation = grant.revoked.as_ref().unwrap();
    assert_eq!((revocation.at, revocation.reason.as_deref()), (day(2), Some("over")));
    assert_eq!(decide(&gone, &revoking(day(3), 1)), Ok(vec![]), "deciding twice is deciding once");
    assert_eq!(decide(&gone, &using(day(3), 1, None)), Err(Rejection::Revoked { grant_id: id(1) }));
    assert_eq!(decide(&gone, &giving), Err(Rejection::Exists { grant_id: id(1) }), "no way back");
    assert_eq!(gone.in_force(day(3)).count(), 0);
    assert_eq!(gone.all().count(), 1, "visible");
}

#[test]
fn the_count_is_kept() {
    let mut state = after(State::default(), &max_uses(1, 2));
    for _ in 0..2 {
        assert_eq!(found(&state, None), Some(id(1)));
        state = after(state, &using(day(1), 1, None));
    }
    assert_eq!(found(&state, None), None);
    assert_eq!(decide(&state, &using(day(1), 1, None)), Err(Rejection::UsedUp { grant_id: id(1) }));
    assert_eq!(state.get(id(1)).unwrap().standing(day(20)), Standing::UsedUp, "the earlier end counts");
    let revoked = after(state, &revoking(day(2), 1));
    assert_eq!(revoked.get(id(1)).unwrap().standing(day(2)), Standing::Revoked);
    assert_eq!(decide(&revoked, &revoking(day(2), 1)), Ok(vec![]));
}

#[test]
fn the_sum_is_exact() {
    // In binary floating point, ten times 0.1 is less than 1.
    let mut state = after(State::default(), &max_sum(1, "1"));
    for _ in 0..10 {
        assert_eq!(found(&state, Some("0.1")), Some(id(1)));
        state = after(state, &using(day(1), 1, Some("0.1")));
    }
    let grant = state.get(id(1)).unwrap();
    assert_eq!((grant.sum, grant.standing(day(1))), (Decimal::ONE, Standing::UsedUp));
    assert_eq!(found(&state, Some("0.000000001")), None);

    let state = after(State::default(), &max_sum(1, "9999999999999999.999999999"));
    let state = after(state, &using(day(1), 1, Some("9999999999999999.999999998")));
    assert_eq!(found(&state, Some("0.000000002")), None);
    let left = Decimal::new(1, 9);
    let no = Rejection::SumExceeded { grant_id: id(1), left };
    assert_eq!(decide(&state, &using(day(1), 1, Some("0.000000002"))), Err(no));
    let state = after(state, &using(day(1), 1, Some("0.000000001")));
    assert_eq!(state.get(id(1)).unwrap().standing(day(1)), Standing::UsedUp);
}

#[test]
fn what_cannot_be_counted_uses_no_sum() {
    let state = after(State::default(), &max_sum(1, "100"));
    for amount in [None, Some(""), Some("abc"), Some("-1"), Some("NaN"), Some("1e99"), Some("0.0000000001")] {
        assert_eq!(found(&state, amount), None, "{amount:?}");
        let no = Rejection::AmountUnreadable { grant_id: id(1) };
        assert_eq!(decide(&state, &using(day(1), 1, amount)), Err(no), "{amount:?}");
    }
    assert_eq!(found(&state, Some("0")), Some(id(1)));
    assert_eq!(found(&state, Some("100")), Some(id(1)));
    assert_eq!(found(&state, Some("100.01")), None);
    let uncapped = after(State::default(), &creating(1, |_| {}));
    assert_eq!(found(&uncapped, Some("abc")), Some(id(1)), "no sum, no matter");
    let events = decide(&uncapped, &using(day(1), 1, Some("abc"))).unwrap();
    let used = GrantUsed { grant_id: id(1), execution_id: RUN, amount: None };
    assert_eq!(events, [GrantEvent::Used(used)]);
}

#[test]
fn the_first_to_expire_is_used_first() {
    let until = |index, days| creating(index, |create| create.expires_at = day(days));
    let state = [until(1, 9), until(2, 3), until(3, 3), until(4, 6)].iter().fold(State::default(), after);
    assert_eq!(found(&state, None), Some(id(2)), "of two at once, that of the smaller id");
    let state = after(state, &revoking(day(1), 2));
    assert_eq!(found(&state, None), Some(id(3)));
    let at = |days| {
        let call = call("a1", "c1", "pay.send");
        applicable(&state, day(days), &call, &json!({}), None).map(|grant| grant.grant_id)
    };
    assert_eq!(
        (at(3), at(6), at(9)),
        (Some(id(4)), Some(id(1)), None),
        "the end is the first instant too late"
    );
    let expired = Rejection::Expired { grant_id: id(3), expired_at: day(3) };
    assert_eq!(decide(&state, &using(day(3), 3, None)), Err(expired));
}

#[test]
fn it_covers_what_its_scope_names_and_nothing_else() {
    let condition = ArgumentCondition {
        pointer: "/to".to_owned(),
        test: ArgumentTest::StartsWith { text: "mira".to_owned() },
    };
    let state = after(
        State::default(),
        &creating(1, |create| {
            create.scope.conversation = Some("c1".to_owned());
            create.scope.conditions = vec![condition];
        }),
    );
    let covered = |agent: &str, conversation: &str, function: &str, to: &str| {
        let call = call(agent, conversation, function);
        applicable(&state, day(1), &call, &json!({ "to": to }), None).is_some()
    };
    assert!(covered("a1", "c1", "pay.send", "mira@example.com"));
    assert!(!covered("a2", "c1", "pay.send", "mira@example.com"));
    assert!(!covered("a1", "c2", "pay.send", "mira@example.com"));
    assert!(!covered("a1", "c1", "pay.Send", "mira@example.com"));
    assert!(!covered("a1", "c1", "pay.send", "eve@example.com"));
    assert!(state.covers_any("a1", &"pay.send".parse().unwrap()));
    assert!(!state.covers_any("a2", &"pay.send".parse().unwrap()));
    assert!(!state.covers_any("a1", &"pay.get".parse().unwrap()));
}

#[test]
fn there_is_a_most_of_them_and_of_what_is_remembered() {
    let nth = |index: u128| creating(index, |create| create.expires_at = day(1 + i64::from(index == 0)));
    let full = (0..1_000).fold(State::default(), |state, index| after(state, &nth(index)));
    assert_eq!(full.in_force(day(0)).count(), MAX_GRANTS);
    assert_eq!(decide(&full, &nth(1_000)), Err(Rejection::TooMany { max: 1_000 }));
    let one_less = after(full.clone(), &revoking(day(0), 5));
    assert_eq!(decide(&one_less, &nth(1_000)).unwrap().len(), 1);
    let later = Command { at: day(1), ..creating(1_000, |_| {}) };
    let renewed = after(full, &later);
    assert_eq!(renewed.in_force(day(1)).count(), 2, "what expired makes room");
    assert_eq!(renewed.ended.len(), 999);
    assert_eq!(renewed.get(id(1)).unwrap().standing(day(1)), Standing::Expired);
    let early = using(day(0), 1, None);
    let no = Rejection::Expired { grant_id: id(1), expired_at: day(1) };
    assert_eq!(decide(&renewed, &early), Err(no), "a clock that is behind wakes none");
    let many = (2_000..2_000 + MAX_ENDED as u128).fold(renewed, |state, index| {
        let state = after(state, &Command { at: day(1), ..creating(index, |_| {}) });
        after(state, &revoking(day(1), index))
    });
    assert_eq!(many.ended.len(), MAX_ENDED);
    assert_eq!((many.get(id(1)), many.get(id(2_000)).is_some()), (None, true));
}

#[test]
fn what_cannot_have_been_decided_changes_nothing() {
    let (by, at) = (Actor::user("eve"), day(1));
    let used = GrantEvent::Used(GrantUsed { grant_id: id(1), execution_id: RUN, amount: None });
    let revoked = GrantEvent::Revoked(GrantRevoked { grant_id: id(1), reason: None });
    for event in [&used, &revoked] {
        assert_eq!(evolve(State::default(), Happened { by: &by, at, event }), State::default());
    }
    let creation = decide(&State::default(), &creating(1, |_| {})).unwrap();
    let given = after(State::default(), &creating(1, |_| {}));
    assert_eq!(given.clone().then(&by, at, &creation), given);
    let gone = after(given, &revoking(day(1), 1));
    for event in [&used, &revoked, &creation[0]] {
        assert_eq!(evolve(gone.clone(), Happened { by: &by, at, event }), gone);
    }
    let GrantEvent::Created(mut damaged) = creation[0].clone() else { panic!() };
    damaged.max_sum = Some("much".to_owned());
    let damaged = State::fold([Happened { by: &by, at, event: &GrantEvent::Created(damaged) }]);
    assert_eq!(found(&damaged, Some("0")), None, "a sum that cannot be read lets nothing through");
}

#[test]
fn ninety_days_are_the_longest() {
    let until = |expires_at| creating(1, |create| create.expires_at = expires_at);
    assert_eq!(decide(&State::default(), &until(day(90))).unwrap().len(), 1);
    let late = Timestamp::from_micros(90 * DAY + 1);
    let no = Rejection::ExpiryTooFar { expires_at: late, latest: day(0).plus(MAX_AHEAD) };
    assert_eq!(decide(&State::default(), &until(late)), Err(no));
    let no = Rejection::ExpiryInThePast { expires_at: day(0) };
    assert_eq!(decide(&State::default(), &until(day(0))), Err(no));
}

#[test]
fn a_call_that_used_it_keeps_it_until_it_is_over_or_taken_back() {
    let once = after(State::default(), &creating(1, |create| create.max_uses = Some(1)));
    assert!(once.may_be_kept(id(1), day(9)) && !once.may_be_kept(id(1), day(10)));
    assert!(!once.may_be_kept(id(2), day(9)), "one that was never given");
    let used = after(once, &using(day(1), 1, None));
    assert_eq!(used.get(id(1)).map(|grant| grant.standing(day(2))), Some(Standing::UsedUp));
    assert!(used.may_be_kept(id(1), day(9)) && !used.may_be_kept(id(1), day(10)));
    let revoked = after(used, &revoking(day(2), 1));
    assert!(!revoked.may_be_kept(id(1), day(3)));
}
