use super::*;

fn at(position: u64) -> GlobalPosition {
    GlobalPosition::new(position)
}

fn hash(position: u64) -> LeafHash {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&position.to_le_bytes());
    LeafHash::new(bytes)
}

/// The checkpoint: message `sequence` was event `message`, and the log was looked at up to `position`.
fn known(sequence: u64, message: u64, position: u64) -> Known {
    Known {
        created: "then".to_owned(),
        sequence,
        message: at(message),
        position: at(position),
        leaf_hash: (position > 0).then(|| hash(position)),
    }
}

fn ours(sequence: u64, position: u64) -> Found {
    Found::Ours { sequence, position: at(position), leaf_hash: hash(position) }
}

fn place(next: Next) -> Place {
    match next {
        Next::After(place) => place,
        Next::OtherHistory(reason) => panic!("{reason}"),
    }
}

#[test]
fn a_message_of_this_log_is_where_it_goes_on_whatever_the_checkpoint_says() {
    let after = |sequence, position| Place {
        sequence,
        message: at(position),
        position: at(position),
        leaf_hash: Some(hash(position)),
    };
    let recollections = [
        Recollection::None,
        Recollection::OfThisLog(known(0, 0, 0)),
        Recollection::OfThisLog(known(0, 0, 90)),
        Recollection::OfThisLog(known(4, 8, 60)),
        Recollection::OfThisLog(known(5, 9, 60)),
        Recollection::OfThisLog(known(6, 10, 60)),
        Recollection::OfThisLog(known(5, 10, 9)),
        Recollection::OfAnother(known(5, 10, 60)),
        Recollection::OfAnother(known(1, 1, 1)),
    ];
    for recollection in recollections {
        assert_eq!(place(next(3, ours(5, 10), &recollection)), after(5, 10), "{recollection:?}");
    }
}

#[test]
fn events_without_a_message_behind_the_last_one_are_not_read_again() {
    let known = known(5, 10, 60);
    let reached = place(next(1, ours(5, 10), &Recollection::OfThisLog(known.clone())));
    assert_eq!(reached, Place::from(&known));
    assert_eq!(reached.position, at(60));
}

#[test]
fn what_has_expired_is_known_from_the_checkpoint() {
    let recollection = Recollection::OfThisLog(known(5, 10, 12));
    // Nothing is left, or only messages of somebody else.
    for first in [6, 7, 100] {
        assert_eq!(place(next(first, Found::Nothing, &recollection)).position, at(12), "{first}");
    }
    // It would be there, and is not: the server lost it.
    for first in [1, 4, 5] {
        assert_eq!(place(next(first, Found::Nothing, &recollection)), Place::default(), "{first}");
    }
}

#[test]
fn without_anything_to_go_by_everything_is_published() {
    let nothing = [
        Recollection::None,
        Recollection::OfAnother(known(0, 0, 40)),
        Recollection::OfAnother(known(9, 9, 9)),
        Recollection::OfThisLog(known(9, 9, 9)),
    ];
    for recollection in nothing {
        assert_eq!(place(next(1, Found::Nothing, &recollection)), Place::default(), "{recollection:?}");
    }
    // Before the first message the log may have events that have none.
    let looked = Recollection::OfThisLog(known(0, 0, 40));
    assert_eq!(place(next(1, Found::Nothing, &looked)).position, at(40));
}

#[test]
fn another_history_is_never_written_behind() {
    let found = Found::Other { sequence: 5, position: at(10) };
    let all = [
        Recollection::None,
        Recollection::OfThisLog(known(4, 8, 9)),
        Recollection::OfThisLog(known(5, 10, 10)),
        Recollection::OfAnother(known(5, 10, 10)),
    ];
    for recollection in all {
        assert!(matches!(next(1, found, &recollection), Next::OtherHistory(_)), "{recollection:?}");
    }
    let expired = next(6, Found::Nothing, &Recollection::OfAnother(known(5, 10, 10)));
    assert!(matches!(expired, Next::OtherHistory(reason) if reason.contains("event 10")));
}
