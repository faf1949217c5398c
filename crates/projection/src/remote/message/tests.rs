use proto_events::Message;

use super::*;
use crate::testing::full_history;

fn stored(sequence: u64, message: Message) -> StoredMessage {
    let headers = message.headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    let subject = message.subject.as_str().to_owned();
    StoredMessage { sequence, subject, headers, payload: message.payload }
}

fn foreign(sequence: u64) -> StoredMessage {
    StoredMessage { sequence, subject: "x".to_owned(), headers: Vec::new(), payload: "{}".into() }
}

/// Events, and their messages from sequence 101 on.
async fn published(count: usize) -> (Vec<RecordedEvent>, Vec<StoredMessage>) {
    let history = full_history(3, count as u64).await;
    let events = history.log.read_all(GlobalPosition::START, count).await.unwrap();
    let message = |(sequence, event)| stored(sequence, Message::recorded(event).unwrap());
    let messages = (101..).zip(&events).map(message).collect();
    (events, messages)
}

#[tokio::test]
async fn events_of_every_type_are_read_back_to_the_letter() {
    let (events, messages) = published(1_000).await;
    let passed = passage(&messages, 101, GlobalPosition::START, 2_000);
    assert_eq!(passed, Passage { events, next: 1_101, fault: None });
}

#[tokio::test]
async fn a_passage_goes_on_wherever_it_was_cut() {
    let (events, messages) = published(40).await;
    for cut in 0..=40 {
        let first = passage(&messages, 101, GlobalPosition::START, cut);
        assert_eq!((first.events.as_slice(), first.next), (&events[..cut], 101 + cut as u64));
        let after = GlobalPosition::new(cut as u64);
        let rest = passage(&messages[cut..], first.next, after, 99);
        assert_eq!((rest.events.as_slice(), rest.fault), (&events[cut..], None));
    }
}

#[tokio::test]
async fn others_and_what_was_there_before_are_passed_over() {
    let (events, messages) = published(6).await;
    let [a, b, c, d, ..] = &messages[..] else { panic!() };
    let mixed = [foreign(1), a.clone(), b.clone(), a.clone(), b.clone(), foreign(2), c.clone(), d.clone()];
    let mixed: Vec<_> =
        (7..).zip(mixed).map(|(sequence, message)| StoredMessage { sequence, ..message }).collect();
    let passed = passage(&mixed, 7, GlobalPosition::START, 3);
    assert_eq!(passed, Passage { events: events[..3].to_vec(), next: 14, fault: None });
    let passed = passage(&mixed, 7, GlobalPosition::new(2), 9);
    assert_eq!(passed, Passage { events: events[2..4].to_vec(), next: 15, fault: None });
}

#[tokio::test]
async fn a_gap_ends_the_passage_before_it() {
    let (events, mut messages) = published(6).await;
    messages.remove(3);
    let passed = passage(&messages, 101, GlobalPosition::START, 9);
    let reason = "it is missing: position 5 comes there".to_owned();
    let fault = Some(Fault { position: GlobalPosition::new(4), sequence: 105, reason });
    assert_eq!(passed, Passage { events: events[..3].to_vec(), next: 104, fault });
}

#[tokio::test]
async fn two_events_that_claim_one_position_end_it_too() {
    let (events, mut messages) = published(6).await;
    let mut other = events[2].clone();
    other.version = other.version.next();
    other.leaf_hash = leaf_hash(&encode_record(&other));
    messages.insert(3, stored(500, Message::recorded(&other).unwrap()));
    let passed = passage(&messages, 101, GlobalPosition::START, 9);
    assert_eq!(passed.events, events[..3]);
    assert_eq!(passed.fault.unwrap().reason, "another event claims position 3");
}

#[tokio::test]
async fn no_byte_of_a_payload_can_be_another() {
    let (_, messages) = published(12).await;
    let original = messages.last().unwrap();
    for at in 0..original.payload.len() {
        let mut payload = original.payload.to_vec();
        payload[at] ^= 0x01;
        let altered = StoredMessage { payload: payload.into(), ..original.clone() };
        // Where it is read at all, it has to be the event itself: the case of a hex digit is spelling.
        if let Ok(event) = read(&altered) {
            assert_eq!(event, read(original).unwrap(), "byte {at}");
        }
    }
}
