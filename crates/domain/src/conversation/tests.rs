//! What is said in a conversation.

use std::collections::BTreeSet;

use proto_events::{Actor, ConversationEvent, UserSpoke};

use super::{MAX_SPOKEN_BYTES, Rejection, Speak, decide};

fn saying(text: &str) -> Speak {
    Speak {
        by: Actor::agent("assistant"),
        agent: "assistant".to_owned(),
        conversation: "conv-1".to_owned(),
        text: text.to_owned(),
    }
}

#[test]
fn what_was_said_is_on_record_to_the_letter() {
    for text in ["pay Mira 20", "  two\nlines\t", &"x".repeat(MAX_SPOKEN_BYTES)] {
        let (agent, conversation) = ("assistant".to_owned(), "conv-1".to_owned());
        let spoke = UserSpoke { agent, conversation, text: text.to_owned() };
        assert_eq!(decide(&saying(text)), Ok(vec![ConversationEvent::UserSpoke(spoke)]));
    }
}

#[test]
fn a_runtime_that_is_no_agent_speaks_for_any() {
    for by in [Actor::service("assistant-runtime"), Actor::user("ada")] {
        assert_eq!(decide(&Speak { by, ..saying("hello") }).map(|events| events.len()), Ok(1));
    }
}

#[test]
fn every_no_has_its_name() {
    let ok = saying("hello");
    let table = [
        (saying(""), "text_missing"),
        (saying(" \n "), "text_missing"),
        (saying(&"\u{e4}".repeat(MAX_SPOKEN_BYTES / 2 + 1)), "invalid_field"),
        (Speak { agent: " ".to_owned(), ..ok.clone() }, "invalid_field"),
        (Speak { conversation: "a\0b".to_owned(), ..ok.clone() }, "invalid_field"),
        (Speak { by: Actor::user(""), ..ok.clone() }, "invalid_field"),
        (Speak { by: Actor::agent("assistant-2"), ..ok.clone() }, "not_the_agent"),
        (Speak { agent: "another".to_owned(), ..ok }, "not_the_agent"),
    ];
    let codes: BTreeSet<&str> = table
        .iter()
        .map(|(command, code)| {
            let no = decide(command).unwrap_err();
            assert_eq!(no.code(), *code, "{no}");
            no.code()
        })
        .collect();
    assert_eq!(codes, Rejection::ALL_CODES.iter().copied().collect());
}
