use std::sync::Arc;

use proto_events::{Message, Subject};
use vidimus_bus::{Bus, Options, Publisher, StreamSpec};
use vidimus_log::MemoryLog;
use vidimus_tests::nats::Server;

use super::*;
use crate::testing::History;

/// As it is after a server lost the end of the stream with messages of others in it, and was given it again without them.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_at_its_remembered_place_is_looked_for_before_it_is_missing() {
    let (server, mut history) = (Server::start(), History::new(Arc::new(MemoryLog::default()), 1));
    history.grow(60).await;
    let events = history.log.read_all(GlobalPosition::START, 60).await.unwrap();
    let bus = Bus::connect(Options::new(server.url())).await.unwrap();
    let spec = StreamSpec {
        name: "FEED".to_owned(),
        subjects: Subject::RECORDED.to_owned(),
        description: String::new(),
        max_bytes: 1 << 20,
        max_age: None,
        replicas: 1,
        message_bytes: 100_000,
    };
    let mut publisher = Publisher::open(&bus, &spec).await.unwrap();
    let messages: Vec<_> = events.iter().map(|event| Message::recorded(event).unwrap()).collect();
    publisher.publish(&messages).await.unwrap();
    let (source, _) = Source::open(StreamReader::open(&bus, "FEED").await.unwrap()).await.unwrap();
    for (position, wrong) in [(10, 31), (20, 1_000), (30, 58)] {
        let after = GlobalPosition::new(position);
        source.known().places.note(after, wrong);
        assert_eq!(source.read_all(after, 5).await.unwrap(), events[position as usize..][..5], "{position}");
        assert_eq!(source.known().places.after(GlobalPosition::new(position + 5)), Some(position + 6));
    }
    // Neighbours that are wrong as well.
    source.known().places.note(GlobalPosition::new(40), 55);
    let after = GlobalPosition::new(44);
    assert_eq!(source.read_all(after, 5).await.unwrap(), events[44..49]);
}
