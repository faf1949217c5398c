//! The description of a connection.

use std::collections::BTreeSet;

use proto_events::{Actor, CatalogueEvent, ConnectionDescribed, Digest, ToolSetRecorded};

use super::{Describe, MAX_ENDPOINT_CHARS, Rejection, State, decide};

fn describing(change: impl FnOnce(&mut ConnectionDescribed)) -> Describe {
    let mut description = ConnectionDescribed {
        connection: "crm".to_owned(),
        purpose: "customers".to_owned(),
        endpoint: Some("https://example.com/mcp".to_owned()),
        owner: Some("group sales".to_owned()),
    };
    change(&mut description);
    Describe { by: Actor::user("ada"), description }
}

fn at(endpoint: &str) -> Describe {
    describing(|it| it.endpoint = Some(endpoint.to_owned()))
}

#[test]
fn it_is_described_and_described_anew() {
    let first = describing(|_| {});
    let events = decide(&State::default(), &first).unwrap();
    assert_eq!(events, [CatalogueEvent::ConnectionDescribed(first.description.clone())]);
    let described = State::fold(&events);
    assert_eq!(described.description, Some(first.description.clone()));
    assert_eq!(decide(&described, &first), Ok(vec![]), "deciding twice is deciding once");
    let bare = describing(|it| {
        it.endpoint = None;
        it.owner = None;
    });
    let events = [events, decide(&described, &bare).unwrap()].concat();
    assert_eq!(State::fold(&events).description, Some(bare.description));
    let other = ToolSetRecorded { tool_set: Digest::new([1; 32]), functions: vec![] };
    let other = [CatalogueEvent::ToolSetRecorded(other)];
    assert_eq!(State::fold(events[..1].iter().chain(&other)), described, "is no event of a connection");
}

#[test]
fn every_no_has_its_name() {
    let table = [
        (describing(|it| it.connection = "a.b".to_owned()), "invalid_field"),
        (describing(|it| it.connection = String::new()), "invalid_field"),
        (describing(|it| it.connection = "x".repeat(65)), "invalid_field"),
        (describing(|it| it.purpose = " ".to_owned()), "text_missing"),
        (describing(|it| it.purpose = "x".repeat(5_001)), "text_too_long"),
        (describing(|it| it.owner = Some(String::new())), "invalid_field"),
        (at(""), "text_missing"),
        (at(&format!("https://example.com/{}", "x".repeat(MAX_ENDPOINT_CHARS))), "text_too_long"),
        (Describe { by: Actor::agent("a1"), ..describing(|_| {}) }, "agent_cannot_manage_catalogue"),
        (Describe { by: Actor::user(""), ..describing(|_| {}) }, "invalid_field"),
    ];
    let codes: BTreeSet<&str> = table
        .iter()
        .map(|(command, code)| {
            let no = decide(&State::default(), command).unwrap_err();
            assert_eq!(no.code(), *code, "{no}");
            no.code()
        })
        .collect();
    assert_eq!(codes, Rejection::ALL_CODES.iter().copied().collect());
}

#[test]
fn an_endpoint_holds_no_secret() {
    for good in [
        "https://example.com",
        "https://example.com:8443/mcp/v1",
        "wss://example.com/@team/mcp",
        "stdio:crm-server",
        "unix:///run/crm.sock",
    ] {
        assert!(decide(&State::default(), &at(good)).is_ok(), "{good}");
    }
    for bad in [
        "example.com",
        "https://ada@example.com",
        "https://ada:secret@example.com",
        "https://:secret@example.com",
        "ada:secret@example.com",
        "https://example.com/?token=secret",
        "https://example.com/#secret",
        "https://",
    ] {
        let no = decide(&State::default(), &at(bad)).unwrap_err();
        assert_eq!(no.code(), "invalid_field", "{bad}");
        assert!(!no.to_string().contains("secret"), "not repeated: {no}");
    }
}
