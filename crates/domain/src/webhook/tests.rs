//! The life of a tenant's webhooks.

use std::collections::BTreeSet;

use proto_events::{
    Actor, GlobalPosition, NotificationType, Timestamp, WebhookCreated, WebhookDeleted, WebhookEvent,
    WebhookFilter, WebhookParked, WebhookReplayed,
};
use uuid::Uuid;

use super::{
    Action, Command, Create, Happened, MAX_URL_BYTES, MAX_WEBHOOKS, Park, Parking, Rejection, State, address,
    decide, evolve,
};

const ID: Uuid = Uuid::from_u128(7);
const TAIL: GlobalPosition = GlobalPosition::new(100);

fn at(micros: i64) -> Timestamp {
    Timestamp::from_micros(micros)
}

fn position(index: u64) -> GlobalPosition {
    GlobalPosition::new(index)
}

fn command(micros: i64, action: Action) -> Command {
    Command { by: Actor::user("ada"), at: at(micros), webhook_id: ID, action }
}

fn creating(change: impl FnOnce(&mut Create)) -> Command {
    let mut create = Create {
        url: "https://example.com/hook".to_owned(),
        label: Some("chat".to_owned()),
        filter: WebhookFilter::default(),
        after: None,
        tail: TAIL,
    };
    change(&mut create);
    command(1, Action::Create(create))
}

fn filtering(change: impl FnOnce(&mut WebhookFilter)) -> Command {
    creating(|create| change(&mut create.filter))
}

fn deleting() -> Command {
    command(2, Action::Delete { reason: Some("moved".to_owned()) })
}

fn parking(replays: u32) -> Command {
    let reason = "status 500".to_owned();
    let park = Park { replays, position: position(51), reason, attempts: 9, since: at(3) };
    Command { by: Actor::system("webhooks"), ..command(4, Action::Park(park)) }
}

fn replaying(after: Option<u64>) -> Command {
    command(5, Action::Replay { after: after.map(position), tail: TAIL })
}

fn after(state: State, command: &Command) -> State {
    let events = decide(&state, command).unwrap();
    state.then(&command.by, command.at, &events)
}

fn created() -> State {
    after(State::default(), &creating(|_| {}))
}

#[test]
fn a_webhook_is_created_parked_replayed_and_deleted() {
    let wanted = filtering(|filter| {
        filter.types = vec![NotificationType::Failed, NotificationType::Initiated, NotificationType::Failed];
    });
    let events = decide(&State::default(), &wanted).unwrap();
    let types = vec![NotificationType::Initiated, NotificationType::Failed];
    let filter = WebhookFilter { types, ..WebhookFilter::default() };
    let (url, label) = ("https://example.com/hook".to_owned(), Some("chat".to_owned()));
    let created = WebhookCreated { webhook_id: ID, url, label, filter: filter.clone(), starts_after: TAIL };
    assert_eq!(events, [WebhookEvent::Created(created)], "each type once, and from now on");
    let active = after(State::default(), &wanted);
    let webhook = &active.webhooks[&ID];
    assert_eq!((webhook.webhook_id, webhook.after, webhook.replays), (ID, TAIL, 0));
    assert_eq!((&webhook.filter, &webhook.parked), (&filter, &None));
    assert_eq!((webhook.created_at, &webhook.created_by), (at(1), &Actor::user("ada")));
    assert_eq!(decide(&active, &wanted), Err(Rejection::Exists { webhook_id: ID }));

    let reason = "status 500".to_owned();
    let parked = WebhookParked {
        webhook_id: ID,
        position: position(51),
        reason: reason.clone(),
        attempts: 9,
        since: at(3),
    };
    assert_eq!(decide(&active, &parking(0)), Ok(vec![WebhookEvent::Parked(parked)]));
    let parked = after(active, &parking(0));
    let expected = Parking { at: at(4), position: position(51), reason, attempts: 9, since: at(3) };
    assert_eq!(expected.delivered(), position(50));
    assert_eq!(parked.webhooks[&ID].parked, Some(expected));
    assert_eq!(decide(&parked, &parking(0)), Ok(vec![]), "already so");

    let replayed = WebhookReplayed { webhook_id: ID, after: position(50) };
    assert_eq!(
        decide(&parked, &replaying(None)),
        Ok(vec![WebhookEvent::Replayed(replayed)]),
        "nothing left out"
    );
    let replayed = after(parked, &replaying(Some(20)));
    let webhook = &replayed.webhooks[&ID];
    assert_eq!((webhook.after, webhook.replays, &webhook.parked), (position(20), 1, &None));
    assert_eq!(decide(&replayed, &parking(0)), Ok(vec![]), "an attempt of before the replay parks nothing");
    assert_eq!(decide(&replayed, &parking(1)).unwrap().len(), 1);
    assert_eq!(decide(&replayed, &replaying(None)), Ok(vec![]), "it is at work");
    assert_eq!(decide(&replayed, &replaying(Some(20))).unwrap().len(), 1, "again is again");

    let deleted = WebhookDeleted { webhook_id: ID, reason: Some("moved".to_owned()) };
    assert_eq!(decide(&replayed, &deleting()), Ok(vec![WebhookEvent::Deleted(deleted)]));
    let deleted = after(replayed, &deleting());
    assert_eq!((deleted.webhooks.len(), deleted.deleted.contains(&ID)), (0, true));
    assert_eq!(decide(&deleted, &deleting()), Ok(vec![]), "already so");
    assert_eq!(decide(&deleted, &creating(|_| {})), Err(Rejection::Exists { webhook_id: ID }), "no way back");
    for gone in [parking(1), replaying(None), replaying(Some(1))] {
        assert_eq!(decide(&deleted, &gone), Err(Rejection::NotFound));
    }
}

#[test]
fn there_are_at_most_a_hundred_at_a_time() {
    let nth = |index: u128| Command { webhook_id: Uuid::from_u128(index), ..creating(|_| {}) };
    let full = (0..100).fold(State::default(), |state, index| after(state, &nth(index)));
    assert_eq!(full.webhooks.len(), MAX_WEBHOOKS);
    assert_eq!(decide(&full, &nth(100)), Err(Rejection::TooMany { max: 100 }));
    let one_less = after(full, &Command { webhook_id: Uuid::from_u128(3), ..deleting() });
    assert_eq!(decide(&one_less, &nth(100)).unwrap().len(), 1);
}

#[test]
fn what_cannot_have_been_decided_changes_nothing() {
    let by = Actor::user("eve");
    let events = [
        WebhookEvent::Deleted(WebhookDeleted { webhook_id: ID, reason: None }),
        WebhookEvent::Replayed(WebhookReplayed { webhook_id: ID, after: position(1) }),
        decide(&created(), &parking(0)).unwrap().remove(0),
    ];
    for event in &events {
        assert_eq!(evolve(State::default(), Happened { by: &by, at: at(9), event }), State::default());
    }
    let creation = decide(&State::default(), &creating(|_| {})).unwrap();
    let parked = after(created(), &parking(0));
    assert_eq!(parked.clone().then(&by, at(9), &creation), parked);
    assert_eq!(parked.clone().then(&by, at(9), &events[2..]), parked);
    let deleted = after(parked, &deleting());
    assert_eq!(deleted.clone().then(&by, at(9), &creation), deleted);
    let folded = State::fold([Happened { by: &by, at: at(9), event: &creation[0] }]);
    assert_eq!(folded.webhooks[&ID].created_by, by);
}

#[test]
fn every_no_has_its_name() {
    let agent = |command: Command| Command { by: Actor::agent("a1"), ..command };
    let too_many = vec![NotificationType::Failed; NotificationType::ALL.len() + 1];
    let table = [
        (creating(|create| create.url = "example.com".to_owned()), "invalid_field"),
        (creating(|create| create.url = "https://1.2.3.4.5".to_owned()), "address_unusable"),
        (creating(|create| create.label = Some(" ".to_owned())), "invalid_field"),
        (creating(|create| create.label = Some("x".repeat(256))), "invalid_field"),
        (creating(|create| create.after = Some(TAIL.next())), "position_unknown"),
        (filtering(|filter| filter.agent = Some(String::new())), "invalid_field"),
        (filtering(|filter| filter.conversation = Some("a\nb".to_owned())), "invalid_field"),
        (filtering(|filter| filter.types = too_many), "invalid_field"),
        (Command { by: Actor::user(""), ..deleting() }, "invalid_field"),
        (command(1, Action::Delete { reason: Some("x".repeat(5_001)) }), "text_too_long"),
        (agent(creating(|_| {})), "agent_cannot_manage_webhooks"),
        (agent(deleting()), "agent_cannot_manage_webhooks"),
        (agent(replaying(None)), "agent_cannot_manage_webhooks"),
        (deleting(), "webhook_not_found"),
        (replaying(None), "webhook_not_found"),
        (parking(0), "webhook_not_found"),
    ];
    let mut codes: BTreeSet<&str> = table
        .iter()
        .map(|(command, code)| {
            let no = decide(&State::default(), command).unwrap_err();
            assert_eq!(no.code(), *code, "{no}");
            no.code()
        })
        .collect();
    let active = created();
    let mut mute = parking(0);
    if let Action::Park(park) = &mut mute.action {
        park.reason.clear();
    }
    for (command, code) in [
        (creating(|_| {}), "webhook_exists"),
        (replaying(Some(101)), "position_unknown"),
        (mute, "text_missing"),
    ] {
        let no = decide(&active, &command).unwrap_err();
        assert_eq!(no.code(), code);
        codes.insert(no.code());
    }
    codes.insert(Rejection::TooMany { max: 100 }.code());
    assert_eq!(codes, Rejection::ALL_CODES.iter().copied().collect());
}

#[test]
fn an_address_is_one_of_a_web_server_and_nothing_more() {
    let longest = format!("https://example.com/{}", "x".repeat(MAX_URL_BYTES - 20));
    for good in [
        "https://example.com",
        "https://example.com?a=b",
        "http://example.com:8080/a/b?c=d%20e&f=@g",
        "https://192.0.2.1/hook",
        "https://[2001:db8::1]:8443/hook",
        "https://b_1.EXAMPLE.com/~x[1]",
        &longest,
    ] {
        assert!(address(good).is_ok(), "{good}");
    }
    for bad in [
        "",
        "example.com/hook",
        "/hook",
        "ftp://example.com/hook",
        "HTTPS://example.com/hook",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "https://",
        "https:///hook",
        "https://?a",
        "https://user@example.com/hook",
        "https://user:password@example.com/hook",
        "https://:password@example.com/hook",
        "https://example.com/hook#part",
        "https://example.com/a b",
        " https://example.com/hook",
        "https://example.com/hook\n",
        "ht\ttps://example.com/hook",
        "https:\\\\example.com\\hook",
        "https://example.com/a\\b",
        "https://example.com:/hook",
        "https://example.com:123456/hook",
        "https://exa mple.com/",
        "https://b\u{fc}cher.example/hook",
        "https://example.com/\u{fc}",
        "https://[::1/hook",
        "https://[]/hook",
        "https://[::1]x/hook",
        &format!("{longest}x"),
    ] {
        let Rejection::Field(no) = address(bad).unwrap_err() else { panic!("{bad}") };
        assert_eq!((no.field(), no.code()), ("url", "invalid_field"), "{bad}");
    }
    for unusable in
        ["https://example.com:99999/", "https://1.2.3.4.5/", "https://[::::]/", "https://256.1.1.1/"]
    {
        assert_eq!(address(unusable).map_err(|no| no.code()), Err("address_unusable"), "{unusable}");
    }
    let no = address("https://user:password@example.com/").unwrap_err().to_string();
    assert!(!no.contains("password@"), "a password is not repeated: {no}");
}
