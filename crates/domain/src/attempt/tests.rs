//! Attempts under one key.

use proto_events::{AttemptEvent, AttemptOpened};
use uuid::Uuid;

use super::{Open, Rejection, State, decide};

fn open(key: &str, id: u128) -> Open {
    Open {
        idempotency_key: key.to_owned(),
        execution_id: Uuid::from_u128(id),
        function: "crm.send_offer".parse().unwrap(),
        arguments_digest: None,
    }
}

#[test]
fn an_attempt_is_opened_once_and_linked_to_the_next() {
    let first = decide(&State::default(), &open("key-1", 1)).unwrap();
    let opened = AttemptOpened {
        idempotency_key: "key-1".to_owned(),
        execution_id: Uuid::from_u128(1),
        function: "crm.send_offer".parse().unwrap(),
        arguments_digest: None,
    };
    assert_eq!(first, [AttemptEvent::Opened(opened)]);
    let state = State::fold(&first);
    assert_eq!(state.last, Some(Uuid::from_u128(1)));
    assert_eq!(decide(&state, &open("key-1", 1)), Ok(vec![]));
    let second = decide(&state, &open("key-1", 2)).unwrap();
    assert_eq!(second.len(), 1);
    assert_eq!(State::fold(first.iter().chain(&second)).last, Some(Uuid::from_u128(2)));
}

#[test]
fn a_key_keeps_its_limits() {
    for key in ["", " ", "a\0", &"x".repeat(256)] {
        let no = decide(&State::default(), &open(key, 1)).unwrap_err();
        assert_eq!([no.code()], Rejection::ALL_CODES, "{key:?}");
    }
}
