//! The ways to be told no.

use std::collections::BTreeSet;

use super::*;

fn with(test: ArgumentTest) -> Command {
    let condition = ArgumentCondition { pointer: "/a".to_owned(), test };
    creating(1, |create| create.scope.conditions = vec![condition])
}

#[test]
fn every_no_has_its_name() {
    let absent =
        |pointer: &str| ArgumentCondition { pointer: pointer.to_owned(), test: ArgumentTest::Absent };
    let one_of = |values: Vec<String>| with(ArgumentTest::OneOf { values });
    let at_most = |number: &str| with(ArgumentTest::AtMost { number: number.to_owned() });
    let starts = |text: &str| with(ArgumentTest::StartsWith { text: text.to_owned() });
    let agent = |command: Command| Command { by: Actor::agent("a1"), ..command };
    let long = "x".repeat(5_001);
    let nothing = State::default();
    let given = after(State::default(), &max_uses(1, 1));
    let used_up = after(given.clone(), &using(day(1), 1, None));
    let revoked = after(given.clone(), &revoking(day(1), 1));
    let summed = after(State::default(), &max_sum(1, "5"));
    let full = (0..1_000).fold(State::default(), |state, index| after(state, &creating(index, |_| {})));
    let table = [
        (&nothing, Command { by: Actor::user(""), ..creating(1, |_| {}) }, "invalid_field"),
        (&nothing, creating(1, |create| create.scope.agent = String::new()), "invalid_field"),
        (&nothing, creating(1, |create| create.scope.conversation = Some(" ".into())), "invalid_field"),
        (&nothing, creating(1, |create| create.scope.conditions = vec![absent("a")]), "invalid_field"),
        (&nothing, creating(1, |create| create.scope.conditions = vec![absent("")]), "invalid_field"),
        (&nothing, creating(1, |create| create.scope.conditions = vec![absent("/a"); 33]), "invalid_field"),
        (&nothing, one_of(vec![]), "invalid_field"),
        (&nothing, one_of(vec!["x".to_owned(); 65]), "invalid_field"),
        (&nothing, one_of(vec!["x".repeat(1_025)]), "text_too_long"),
        (&nothing, at_most("much"), "invalid_field"),
        (&nothing, at_most("1e300"), "invalid_field"),
        (&nothing, starts(""), "text_missing"),
        (&nothing, starts(&"x".repeat(1_025)), "text_too_long"),
        (&nothing, max_uses(1, 0), "invalid_field"),
        (&nothing, max_sum(1, "0"), "invalid_field"),
        (&nothing, max_sum(1, "-5"), "invalid_field"),
        (&nothing, max_sum(1, "five"), "invalid_field"),
        (&nothing, creating(1, |create| create.reason.clear()), "text_missing"),
        (&nothing, creating(1, |create| create.reason = long.clone()), "text_too_long"),
        (&nothing, command(day(0), 1, Action::Revoke { reason: Some(long.clone()) }), "text_too_long"),
        (&nothing, creating(1, |create| create.expires_at = day(-1)), "expiry_in_the_past"),
        (&nothing, creating(1, |create| create.expires_at = day(91)), "expiry_too_far"),
        (&nothing, agent(creating(1, |_| {})), "agent_cannot_manage_grants"),
        (&given, agent(revoking(day(1), 1)), "agent_cannot_manage_grants"),
        (&nothing, revoking(day(1), 1), "grant_not_found"),
        (&nothing, using(day(1), 1, None), "grant_not_found"),
        (&given, max_uses(1, 1), "grant_exists"),
        (&full, creating(2_000, |_| {}), "too_many_grants"),
        (&used_up, using(day(1), 1, None), "grant_used_up"),
        (&revoked, using(day(1), 1, None), "grant_revoked"),
        (&given, using(day(10), 1, None), "grant_expired"),
        (&summed, using(day(1), 1, Some("5.01")), "grant_sum_exceeded"),
        (&summed, using(day(1), 1, None), "grant_amount_unreadable"),
    ];
    let codes: BTreeSet<&str> = table
        .iter()
        .map(|(state, command, code)| {
            let no = decide(state, command).unwrap_err();
            assert_eq!(no.code(), *code, "{no}");
            no.code()
        })
        .collect();
    assert_eq!(codes, Rejection::ALL_CODES.iter().copied().collect());
}

#[test]
fn the_most_that_a_grant_may_say() {
    let most = creating(1, |create| {
        let values = |len: usize| ArgumentTest::OneOf { values: vec!["x".repeat(len); 15] };
        let condition = |test| ArgumentCondition { pointer: "/abc".to_owned(), test };
        create.scope.conditions = vec![condition(ArgumentTest::Absent); 31];
        create.scope.conditions.push(condition(values(1_024)));
        create.scope.conditions[30].test = ArgumentTest::StartsWith { text: "x".repeat(896) };
        create.scope.conversation = Some("x".repeat(255));
        create.max_uses = Some(u32::MAX);
        create.reason = "x".repeat(5_000);
    });
    assert_eq!(decide(&State::default(), &most).unwrap().len(), 1);
    let Action::Create(mut more) = most.action.clone() else { panic!() };
    more.scope.conditions[0].pointer.push('d');
    let no = decide(&State::default(), &Command { action: Action::Create(more), ..most }).unwrap_err();
    assert!(no.to_string().contains("has more than 16 KiB"), "{no}");
}
