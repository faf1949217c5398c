//! What users say.

use proto_events::{Actor, ConversationEvent, Event, GlobalPosition, StreamId, StreamVersion};

use vidimus_engine::Principal;

use crate::support::*;

async fn say(world: &World, text: &str) -> GlobalPosition {
    let (agent, conversation) = ("assistant".to_owned(), "c1".to_owned());
    world.engine.speak(&runtime(), agent, conversation, text.to_owned()).await.unwrap()
}

#[tokio::test]
async fn what_was_said_is_on_record_each_time() {
    let world = World::memory();
    assert_eq!(say(&world, "pay Mira 20").await, GlobalPosition::new(2));
    assert_eq!(say(&world, "pay Mira 20").await, GlobalPosition::new(3), "said again is said again");
    let stream = StreamId::conversation("assistant", "c1");
    assert_eq!(world.types(stream.clone()).await, "conversation_registered user_spoke user_spoke");
    let last = world.stream(stream).await.pop().unwrap();
    let event =
        Event::decode(&last.event.event_type, last.event.schema_version, &last.event.payload).unwrap();
    let Event::Conversation(ConversationEvent::UserSpoke(spoke)) = event else { panic!("{event:?}") };
    assert_eq!((&*spoke.agent, &*spoke.conversation, &*spoke.text), ("assistant", "c1", "pay Mira 20"));
    assert!(world.engine.is_conversation_registered(&tenant(), "assistant", "c1").await.unwrap());
    assert!(!world.engine.is_conversation_registered(&tenant(), "assistant", "c2").await.unwrap());
}

#[tokio::test]
async fn a_conversation_that_was_announced_is_not_announced_again() {
    let world = World::memory();
    let (agent, conversation) = ("assistant".to_owned(), "c1".to_owned());
    world.engine.register_conversation(&runtime(), agent, conversation).await.unwrap();
    say(&world, "hello").await;
    let types = world.types(StreamId::conversation("assistant", "c1")).await;
    assert_eq!(types, "conversation_registered user_spoke");
}

#[tokio::test]
async fn who_may_hand_it_in_and_what() {
    let world = World::memory();
    let engine = &world.engine;
    let speak = async |principal, agent: &str, text: &str| {
        engine.speak(&principal, agent.to_owned(), "c1".to_owned(), text.to_owned()).await
    };
    assert_eq!(code(speak(paul(), "assistant", "hello").await), "missing_role");
    assert_eq!(code(speak(auditor(), "assistant", "hello").await), "missing_role");
    assert_eq!(code(speak(runtime(), "", "hello").await), "invalid_field");
    assert_eq!(code(speak(runtime(), "assistant", " ").await), "text_missing");
    assert_eq!(code(speak(runtime(), "assistant", &"x".repeat(65_537)).await), "invalid_field");
    let another = Principal { actor: Actor::agent("another"), ..runtime() };
    assert_eq!(code(speak(another, "assistant", "hello").await), "not_the_agent");
    assert_eq!(code(speak(runtime(), "another", "hello").await), "not_the_agent");
    assert_eq!(world.log.tail(), GlobalPosition::START);
    let service = Principal { actor: Actor::service("several-agents"), ..runtime() };
    assert!(speak(service, "another", "hello").await.is_ok());
    assert!(speak(ada(), "assistant", "hello").await.is_ok());
}

#[tokio::test]
async fn what_was_said_is_listed_newest_first_page_by_page_and_as_it_was() {
    let world = World::memory();
    let engine = &world.engine;
    let mut positions = Vec::new();
    // More than are read at once.
    for number in 0..150 {
        positions.push(say(&world, &format!("message {number}")).await);
    }
    let tail = world.log.tail();
    let list = async |tenant, agent, conversation, position, before, limit| {
        let page =
            engine.user_messages(&tenant, (agent, conversation), position, before, limit).await.unwrap();
        (page.messages.into_iter().map(|message| message.text).collect::<Vec<_>>(), page.next)
    };
    let (mut seen, mut before) = (Vec::new(), None);
    loop {
        let (texts, next) = list(tenant(), "assistant", "c1", tail, before, 40).await;
        assert!(texts.len() == 40 || next.is_none());
        seen.extend(texts);
        before = next;
        if next.is_none() {
            break;
        }
    }
    let all: Vec<_> = (0..150).rev().map(|number| format!("message {number}")).collect();
    assert_eq!(seen, all);
    let (texts, next) = list(tenant(), "assistant", "c1", positions[2], None, 2).await;
    assert_eq!(texts, ["message 2", "message 1"]);
    assert_eq!(
        list(tenant(), "assistant", "c1", positions[2], next, 2).await,
        (vec!["message 0".into()], None)
    );
    let beyond = Some(StreamVersion::new(u64::MAX));
    assert_eq!(list(tenant(), "assistant", "c1", tail, beyond, 1).await.0, ["message 149"]);
    for (tenant, agent, conversation) in
        [(tenant(), "assistant", "c2"), (tenant(), "another", "c1"), (eve().tenant, "assistant", "c1")]
    {
        assert_eq!(list(tenant, agent, conversation, tail, None, 9).await, (vec![], None));
    }
    let page = engine.user_messages(&tenant(), ("assistant", "c1"), tail, None, 1).await.unwrap();
    assert_eq!(
        (&page.messages[0].by, page.messages[0].at, page.messages[0].position),
        (&runtime().actor, T0, tail)
    );
}
