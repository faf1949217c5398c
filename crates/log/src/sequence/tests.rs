use bytes::Bytes;
use proto_events::{ExpectedVersion, RecordedEvent, StreamId};

use super::*;
use crate::{decode_record, record::tests::minimal};

fn stream(name: &str) -> StreamId {
    name.parse().unwrap()
}

fn write(name: &str, expected: ExpectedVersion, events: usize) -> StreamWrite {
    StreamWrite { stream: stream(name), expected, events: vec![minimal().event; events] }
}

fn append(writes: Vec<StreamWrite>) -> Append {
    Append { tenant: "acme".parse().unwrap(), writes }
}

const ANY: ExpectedVersion = ExpectedVersion::Any;

fn exact(version: u64) -> ExpectedVersion {
    ExpectedVersion::Exact(StreamVersion::new(version))
}

fn decoded(records: &Records) -> Vec<RecordedEvent> {
    let mut bytes = Bytes::copy_from_slice(&records.bytes);
    let mut events = Vec::new();
    for leaf in &records.leaves {
        let (event, len) = decode_record(&bytes, *leaf).unwrap();
        assert_eq!(leaf_hash(&bytes[..len]), *leaf);
        bytes = bytes.slice(len..);
        events.push(event);
    }
    assert!(bytes.is_empty());
    events
}

/// Position, stream, version, position of the event before.
fn places(records: &Records) -> Vec<(u64, String, u64, u64)> {
    decoded(records)
        .iter()
        .map(|event| {
            let previous = event.previous.map_or(0, GlobalPosition::get);
            (event.position.get(), event.stream.to_string(), event.version.get(), previous)
        })
        .collect()
}

fn head(heads: &Heads, name: &str) -> Option<(u64, u64)> {
    heads.get(heads.key(b"acme", name.as_bytes())).map(|head| (head.version.get(), head.position.get()))
}

#[test]
fn one_group_numbers_several_appends_to_the_same_streams() {
    let heads = Heads::new();
    let mut records = Records::with_capacity(0);
    let mut sequencer = Sequencer::new(&heads, GlobalPosition::new(100));
    let mut number = |append: Append| sequencer.number(&append, &mut records).unwrap();
    let first =
        number(append(vec![write("a-1", ExpectedVersion::NoStream, 2), write("b-1", ANY, 1)])).unwrap();
    assert_eq!((first.first.get(), first.last.get()), (101, 103));
    // It sees what was numbered before it in the group, guards included.
    let stale = number(append(vec![write("c-1", ANY, 1), write("a-1", ExpectedVersion::NoStream, 1)]));
    assert_eq!(
        stale,
        Err(Conflict {
            stream: stream("a-1"),
            expected: ExpectedVersion::NoStream,
            actual: Some(StreamVersion::new(1)),
        })
    );
    let second = number(append(vec![write("b-1", exact(0), 2), write("a-1", exact(1), 0)])).unwrap();
    assert_eq!((second.first.get(), second.last.get()), (104, 105));
    let versions = [2, 1].map(|version| Written { version: Some(StreamVersion::new(version)) });
    assert_eq!(second.written, versions);
    let third =
        number(append(vec![write("a-1", exact(1), 1), write("n-1", ExpectedVersion::NoStream, 0)])).unwrap();
    assert_eq!(third.written[1], Written { version: None });
    let place = |position, stream: &str, version, previous| (position, stream.to_owned(), version, previous);
    assert_eq!(
        places(&records),
        [
            place(101, "a-1", 0, 0),
            place(102, "a-1", 1, 101),
            place(103, "b-1", 0, 0),
            place(104, "b-1", 1, 103),
            place(105, "b-1", 2, 104),
            place(106, "a-1", 2, 102),
        ]
    );
    // None of it is visible before it is published.
    assert_eq!(heads.len(), 0);
    heads.publish(&sequencer.into_heads());
    assert_eq!((heads.len(), head(&heads, "a-1"), head(&heads, "b-1")), (2, Some((2, 106)), Some((2, 105))));
    assert_eq!((head(&heads, "c-1"), head(&heads, "n-1")), (None, None));
}

#[test]
fn a_group_is_numbered_on_top_of_one_that_is_not_visible_yet() {
    let heads = Heads::new();
    heads.set(
        heads.key(b"acme", b"a-1"),
        StreamHead { version: StreamVersion::FIRST, position: GlobalPosition::new(1) },
    );
    let mut records = Records::with_capacity(0);
    let mut one = Sequencer::new(&heads, GlobalPosition::new(1));
    one.number(&append(vec![write("a-1", exact(0), 1)]), &mut records).unwrap().unwrap();
    let ahead = one.into_heads();
    let mut two = Sequencer::new(&heads, GlobalPosition::new(2)).on_top_of(&ahead);
    two.number(&append(vec![write("a-1", exact(0), 1)]), &mut records).unwrap().unwrap_err();
    two.number(&append(vec![write("a-1", exact(1), 1)]), &mut records).unwrap().unwrap();
    assert_eq!(head(&heads, "a-1"), Some((0, 1)));
    let place = |position, version, previous| (position, "a-1".to_owned(), version, previous);
    assert_eq!(places(&records), [place(2, 1, 1), place(3, 2, 2)]);
}

#[test]
fn the_last_version_and_the_last_position_are_given_and_none_after() {
    let heads = Heads::new();
    let at = |version, position| StreamHead {
        version: StreamVersion::new(version),
        position: GlobalPosition::new(position),
    };
    heads.set(heads.key(b"acme", b"a-1"), at(MAX_VERSION - 1, 5));
    let mut records = Records::with_capacity(0);
    let mut sequencer = Sequencer::new(&heads, GlobalPosition::new(MAX_POSITION - 2));
    let mut number = |append: Append| sequencer.number(&append, &mut records);
    let too_large = |what, size: u64, limit: u64| {
        Err(Refusal::TooLarge { what, size: size as usize, limit: limit as usize })
    };
    // Two do not fit into the stream, and neither half of such an append happens.
    let two = number(append(vec![write("b-1", ANY, 1), write("a-1", ANY, 2)]));
    assert_eq!(two, too_large("the stream in events", MAX_VERSION + 2, MAX_VERSION + 1));
    number(append(vec![write("a-1", ANY, 1)])).unwrap().unwrap();
    assert_eq!(
        number(append(vec![write("a-1", ANY, 1)])),
        too_large("the stream in events", MAX_VERSION + 2, MAX_VERSION + 1)
    );
    // A guard on a full stream is still one.
    assert_eq!(
        number(append(vec![write("a-1", exact(MAX_VERSION), 0), write("b-1", ANY, 2)])),
        too_large("the log in events", MAX_POSITION + 1, MAX_POSITION)
    );
    number(append(vec![write("a-1", exact(MAX_VERSION), 0), write("b-1", ANY, 1)])).unwrap().unwrap();
    assert_eq!(
        number(append(vec![write("c-1", ANY, 1)])),
        too_large("the log in events", MAX_POSITION + 1, MAX_POSITION)
    );
    heads.publish(&sequencer.into_heads());
    assert_eq!(head(&heads, "a-1"), Some((MAX_VERSION, MAX_POSITION - 1)));
    assert_eq!((head(&heads, "b-1"), head(&heads, "c-1")), (Some((0, MAX_POSITION)), None));
    assert_eq!(decoded(&records).len(), 2);
}

#[test]
fn no_limit_lets_in_what_no_block_can_hold() {
    let mut event = minimal().event;
    event.payload = vec![b' '; MAX_BODY / 2].into();
    let limits = Limits {
        event_bytes: usize::MAX,
        append_bytes: usize::MAX,
        append_events: usize::MAX,
        ..Limits::DEFAULT
    };
    let of = |events: usize| {
        let writes =
            vec![StreamWrite { stream: stream("a-1"), expected: ANY, events: vec![event.clone(); events] }];
        admitted_bytes(&append(writes), &limits)
    };
    assert!(of(1).is_ok());
    assert!(matches!(of(2), Err(Refusal::TooLarge { what: "the append in bytes", limit: MAX_BODY, .. })));
}
