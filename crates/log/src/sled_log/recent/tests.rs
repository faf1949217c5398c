use proto_events::Digest;

use super::*;
use crate::{Frontier, block::Encoder, encode_record, leaf_hash, record::tests::minimal};

/// A block of `count` events from `first` on.
fn block(first: u64, count: u64) -> Arc<Block> {
    let size = first - 1;
    let mut frontier = Frontier::new(size, vec![Digest::new([1; 32]); size.count_ones() as usize]).unwrap();
    let (mut records, mut leaves) = (Vec::new(), Vec::new());
    for position in first..first + count {
        let mut event = minimal();
        event.position = GlobalPosition::new(position);
        let record = encode_record(&event);
        leaves.push(leaf_hash(&record));
        frontier.push(leaf_hash(&record));
        records.extend(record);
    }
    let first = GlobalPosition::new(first);
    Arc::new(Encoder::new().encode(first, &leaves, records, Digest::new([0; 32]), frontier).0)
}

fn found(recent: &Recent, position: u64) -> Option<u64> {
    recent.block_of(GlobalPosition::new(position)).map(|block| block.first.get())
}

#[test]
fn a_position_is_found_in_its_block_and_nowhere_else() {
    let recent = Recent::new(usize::MAX);
    assert_eq!(found(&recent, 1), None);
    recent.extend(vec![block(5, 3), block(8, 1)]);
    recent.extend(vec![]);
    recent.extend(vec![block(9, 4)]);
    let expected = [
        None,
        None,
        None,
        None,
        None,
        Some(5),
        Some(5),
        Some(5),
        Some(8),
        Some(9),
        Some(9),
        Some(9),
        Some(9),
        None,
    ];
    for (position, first) in (0..).zip(expected) {
        assert_eq!(found(&recent, position), first, "{position}");
    }
    assert_eq!(found(&recent, u64::MAX), None);
}

#[test]
fn the_oldest_go_and_the_last_stays() {
    let weight = block(1, 1).weight();
    let recent = Recent::new(3 * weight);
    for first in 1..=10 {
        recent.extend(vec![block(first, 1)]);
        let run = recent.run.read().unwrap();
        assert_eq!(run.blocks.len() as u64, first.min(3));
        assert_eq!(run.bytes, run.blocks.iter().map(|block| block.weight()).sum::<usize>());
    }
    assert_eq!([7, 8, 10, 11].map(|position| found(&recent, position)), [None, Some(8), Some(10), None]);
    // One that is larger than everything that may be kept.
    recent.extend(vec![block(11, 50)]);
    assert_eq!([10, 11, 60].map(|position| found(&recent, position)), [None, Some(11), Some(11)]);
    let nothing = Recent::new(0);
    nothing.extend(vec![block(1, 1), block(2, 1)]);
    assert_eq!([1, 2].map(|position| found(&nothing, position)), [None, Some(2)]);
}
