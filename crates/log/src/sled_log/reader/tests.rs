use super::*;
use crate::record::tests::minimal;

/// Version and position of the events of a stream: every third of the log.
fn chain(len: u64) -> Vec<RecordedEvent> {
    let position = |version: u64| GlobalPosition::new(3 * version + 1);
    (0..len)
        .map(|version| RecordedEvent {
            position: position(version),
            version: StreamVersion::new(version),
            previous: version.checked_sub(1).map(position),
            ..minimal()
        })
        .collect()
}

fn walked(
    events: &[RecordedEvent],
    from: u64,
    limit: usize,
    bytes: usize,
) -> Result<Option<Vec<u64>>, ReadError> {
    let last = events.last().unwrap();
    let head = StreamHead { version: last.version, position: last.position };
    let page = Page { from: StreamVersion::new(from), limit, bytes };
    let found = walk(head, page, |position| {
        Ok(Some(events.iter().find(|event| event.position == position).cloned()))
    })?;
    Ok(found.map(|events| events.iter().map(|event| event.version.get()).collect()))
}

#[test]
fn a_page_begins_where_it_is_asked_to_and_ends_at_its_limit() {
    let events = chain(10);
    let page = |from, limit| walked(&events, from, limit, usize::MAX).unwrap().unwrap();
    assert_eq!(page(0, 100), (0..10).collect::<Vec<_>>());
    assert_eq!(page(0, 10), (0..10).collect::<Vec<_>>());
    assert_eq!(page(0, 1), [0]);
    assert_eq!(page(3, 4), [3, 4, 5, 6]);
    assert_eq!(page(9, 1), [9]);
    assert_eq!(page(8, usize::MAX), [8, 9]);
}

#[test]
fn a_page_of_too_many_bytes_keeps_its_beginning() {
    let events = chain(10);
    let one = memory_of(&events[0]);
    assert_eq!(walked(&events, 2, 6, 3 * one), Ok(Some(vec![2, 3, 4])));
    assert_eq!(walked(&events, 2, 6, 3 * one - 1), Ok(Some(vec![2, 3])));
    assert_eq!(walked(&events, 2, 6, 0), Ok(Some(vec![2])));
    assert_eq!(walked(&events, 9, 6, 0), Ok(Some(vec![9])));
}

#[test]
fn a_chain_that_is_broken_is_damage_at_the_place_where_it_breaks() {
    let damaged = |change: fn(&mut Vec<RecordedEvent>)| {
        let mut events = chain(5);
        change(&mut events);
        match walked(&events, 0, 100, usize::MAX) {
            Err(ReadError::Broken(Broken::Corrupt { position, .. })) => position.get(),
            other => panic!("{other:?}"),
        }
    };
    // The event is not there, is of another version, names none before it, or names itself or a later one.
    assert_eq!(damaged(|events| drop(events.remove(2))), 7);
    assert_eq!(damaged(|events| events[2].version = StreamVersion::new(9)), 7);
    assert_eq!(damaged(|events| events[2].previous = None), 7);
    assert_eq!(damaged(|events| events[2].previous = Some(events[2].position)), 7);
    assert_eq!(damaged(|events| events[2].previous = Some(events[3].position)), 7);
    // It skips one of its own stream.
    assert_eq!(damaged(|events| events[3].previous = Some(events[1].position)), 4);
}

#[test]
fn what_lies_before_the_page_is_not_looked_at() {
    let mut events = chain(5);
    events[0].version = StreamVersion::new(77);
    events[1].previous = None;
    assert_eq!(walked(&events, 1, 100, usize::MAX), Ok(Some(vec![1, 2, 3, 4])));
}

#[test]
fn an_event_that_is_not_at_hand_ends_the_walk_without_an_answer() {
    let events = chain(5);
    let head = StreamHead { version: StreamVersion::new(4), position: GlobalPosition::new(13) };
    let page = Page { from: StreamVersion::FIRST, limit: 9, bytes: usize::MAX };
    let mut asked = Vec::new();
    let found = walk(head, page, |position| {
        asked.push(position.get());
        Ok(events.iter().find(|event| event.position == position && position.get() > 4).cloned().map(Some))
    });
    assert_eq!((found, asked), (Ok(None), vec![13, 10, 7, 4]));
}
