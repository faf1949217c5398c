//! Registering agents and conversations.

use proto_events::{Actor, AgentRegistered, ConversationRegistered, RegistryEvent};

use super::{Register, Rejection, State, Subject, decide};

fn agent(agent: &str, name: Option<&str>) -> Register {
    let subject = Subject::Agent { agent: agent.to_owned(), name: name.map(str::to_owned) };
    Register { by: Actor::agent("runtime"), subject }
}

fn conversation(agent: &str, conversation: &str) -> Register {
    let subject = Subject::Conversation { agent: agent.to_owned(), conversation: conversation.to_owned() };
    Register { by: Actor::agent("runtime"), subject }
}

#[test]
fn every_name_after_every_name() {
    let names = [None, Some("Support"), Some("Einkauf")];
    for before in std::iter::once(None).chain(names.map(Some)) {
        let events =
            before.map_or_else(Vec::new, |name| decide(&State::default(), &agent("a", name)).unwrap());
        let state = State::fold(&events);
        for name in names {
            let events = decide(&state, &agent("a", name)).unwrap();
            if before == Some(name) {
                assert_eq!(events, [], "{name:?} again");
                continue;
            }
            let registered = AgentRegistered { agent: "a".to_owned(), name: name.map(str::to_owned) };
            assert_eq!(events, [RegistryEvent::AgentRegistered(registered)]);
            let after = State::fold(&events);
            assert_eq!(after, State::Registered { name: name.map(str::to_owned) });
            assert_eq!(decide(&after, &agent("a", name)), Ok(vec![]), "deciding twice is deciding once");
        }
    }
}

#[test]
fn a_conversation_is_registered_once() {
    let events = decide(&State::default(), &conversation("a", "c")).unwrap();
    let registered = ConversationRegistered { agent: "a".to_owned(), conversation: "c".to_owned() };
    assert_eq!(events, [RegistryEvent::ConversationRegistered(registered)]);
    assert_eq!(decide(&State::fold(&events), &conversation("a", "c")), Ok(vec![]));
}

#[test]
fn what_is_registered_has_a_name() {
    let long = "é".repeat(256);
    for bad in ["", " ", "a\0b", "a\n", &long] {
        for command in
            [agent(bad, None), agent("a", Some(bad)), conversation(bad, "c"), conversation("a", bad)]
        {
            let no = decide(&State::default(), &command).unwrap_err();
            assert_eq!([no.code()], Rejection::ALL_CODES, "{bad:?}");
            let registered = State::Registered { name: None };
            assert_eq!(decide(&registered, &command), Err(no), "also where something is there");
        }
    }
    let nobody = Register { by: Actor::user(""), ..agent("a", None) };
    assert_eq!(decide(&State::default(), &nobody).unwrap_err().code(), "invalid_field");
    let longest = "é".repeat(255);
    assert_eq!(decide(&State::default(), &agent(&longest, Some(&longest))).unwrap().len(), 1);
    assert_eq!(decide(&State::default(), &conversation(&longest, &longest)).unwrap().len(), 1);
}
