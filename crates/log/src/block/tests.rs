//! Blocks: their frozen bytes, and bytes that are none.

use proptest::{collection::vec, prelude::*};
use proto_events::{Actor, NewEvent, StreamVersion, Timestamp};
use uuid::Uuid;

use super::*;
use crate::{
    encode_record,
    golden::{agrees_with_the_reference, read, to_hex},
    heads::MAX_VERSION,
    leaf_hash,
    verify::Verifier,
};

const NONE: Digest = Digest::new([0; 32]);

/// An event of stream `number % 3`; versions and predecessors are as if the log began with it.
fn event(first: u64, index: u64, bytes: usize) -> RecordedEvent {
    let text = format!("{{\"number\":{index},\"filler\":\"{}\"}}", "abcdefgh ".repeat(bytes / 9));
    RecordedEvent {
        position: GlobalPosition::new(first + index),
        tenant: "acme".parse().unwrap(),
        stream: format!("execution-{}", index % 3).parse().unwrap(),
        version: StreamVersion::new(index / 3),
        previous: (index >= 3).then(|| GlobalPosition::new(first + index - 3)),
        leaf_hash: NONE,
        event: NewEvent {
            event_id: Uuid::from_u128(u128::from(index) + 1),
            event_type: "initiated".into(),
            schema_version: 1,
            recorded_at: Timestamp::from_micros(1_760_000_000_000_000),
            actor: Actor::agent("planner"),
            correlation_id: Uuid::from_u128(7),
            causation_id: None,
            payload: text.into(),
        },
    }
}

fn block_of(mut events: Vec<RecordedEvent>) -> (Vec<RecordedEvent>, Block, Vec<u8>) {
    let first = events.first().unwrap().position;
    // The tree before it: its shape is what counts.
    let size = first.get() - 1;
    let nodes = vec![Digest::new([7; 32]); size.count_ones() as usize];
    let mut frontier = Frontier::new(size, nodes).unwrap();
    let (mut records, mut leaves) = (Vec::new(), Vec::new());
    for event in &mut events {
        let record = encode_record(event);
        event.leaf_hash = leaf_hash(&record);
        leaves.push(event.leaf_hash);
        frontier.push(event.leaf_hash);
        records.extend(record);
    }
    let (block, stored) = Encoder::new().encode(first, &leaves, records, NONE, frontier);
    (events, block, stored)
}

fn block(first: u64, count: u64, bytes: usize) -> (Vec<RecordedEvent>, Block, Vec<u8>) {
    block_of((0..count).map(|index| event(first, index, bytes)).collect())
}

/// Takes everything out of a block in every way there is. Whatever the bytes, this must not panic.
fn take_out(stored: &[u8]) -> Result<Vec<RecordedEvent>, BlockError> {
    let block = Block::decode(stored)?;
    let mut events = Vec::new();
    let read = block.events(block.first, usize::MAX, &mut events);
    assert!(events.len() <= block.count as usize);
    for (index, event) in events.iter().enumerate() {
        assert_eq!(event.position.get(), block.first.get() + index as u64);
        assert!(event.version.get() <= MAX_VERSION);
    }
    let heads = block.heads().collect::<Result<Vec<_>, _>>();
    if read.is_ok() {
        assert_eq!(heads.unwrap().len(), events.len());
    }
    let last = block.last();
    for position in [block.first, last, last.next(), GlobalPosition::START, GlobalPosition::new(u64::MAX)] {
        let mut some = Vec::new();
        let _ = block.events(position, 2, &mut some);
        let one = block.event(position);
        if block.holds(position) && read.is_ok() {
            assert_eq!(one.unwrap().as_ref(), some.first());
        }
    }
    let mut verifier = Verifier::default();
    let first = block.first;
    verifier.block(first, Ok(block));
    let _ = verifier.finish(Frontier::default().head());
    read.map(|()| events)
}

/// Puts both digests right, as far as the lengths in the header allow: a bug, or somebody who knows the format.
fn reseal(stored: &mut [u8]) {
    let word = |bytes: &[u8], at: usize| {
        bytes.get(at..).and_then(|rest| rest.first_chunk().copied()).map_or(0, u32::from_be_bytes) as usize
    };
    let nodes = stored.get(6..8).map_or(0, |bytes| usize::from(bytes[0]) << 8 | usize::from(bytes[1]));
    let digest_at = FIXED + nodes * HASH;
    let leaves = digest_at + HASH;
    let end = leaves.saturating_add(word(stored, 16) * HASH).saturating_add(word(stored, 24));
    if let Some(body) = stored.get(leaves..end.min(stored.len())) {
        let digest = sha256(&[body]);
        stored[64..96].copy_from_slice(digest.as_bytes());
    }
    if leaves <= stored.len() {
        let digest = sha256(&[&stored[..digest_at]]);
        stored[digest_at..leaves].copy_from_slice(digest.as_bytes());
    }
}

#[test]
fn the_plain_golden_is_this_block() {
    let golden = read("block-1-plain.hex");
    let record = read("record-1-minimal.hex");
    let leaf = leaf_hash(&record);
    let frontier = Frontier::new(1, vec![leaf]).unwrap();
    let first = GlobalPosition::new(1);
    let (encoded, stored) = Encoder::new().encode(first, &[leaf], record, NONE, frontier.clone());
    assert_eq!(to_hex(&stored), to_hex(&golden));
    let block = Block::decode(&golden).unwrap();
    for block in [&block, &encoded] {
        assert_eq!((block.first, block.count, block.last(), block.previous), (first, 1, first, NONE));
        assert_eq!(block.frontier, frontier);
        assert_eq!(
            block.digest.to_string(),
            "f2f3bf44c7f017adfcab4fc39acd7b865ea25cd6dfa73add6e773aef1060c1c7"
        );
        assert_eq!(block.event(first), Ok(Some(crate::record::tests::minimal())));
    }
}

/// The encoder's own bytes may change with zstd's version, so only what the stored bytes mean is frozen.
#[test]
fn the_compressed_golden_is_still_read() {
    let golden = read("block-1-zstd.hex");
    let block = Block::decode(&golden).unwrap();
    assert_eq!((block.first.get(), block.count, block.last().get()), (2, 5, 6));
    assert_eq!(block.previous, Block::decode(&read("block-1-plain.hex")).unwrap().digest);
    assert_eq!(block.digest.to_string(), "5701f48454fe094b80baf623e559ccc7c81e7fb479727ca3f382707f12583e68");
    assert_eq!(
        block.frontier.root().to_string(),
        "36eac6c9bff49671e46605d4f60c4f9ff95fce090abda486769cf94479b2f54e"
    );
    let events = take_out(&golden).unwrap();
    let seen: Vec<_> = events
        .iter()
        .map(|event| {
            assert_eq!(leaf_hash(&encode_record(event)), event.leaf_hash);
            let previous = event.previous.map_or(0, GlobalPosition::get);
            let NewEvent { event_type, schema_version, actor, .. } = &event.event;
            format!(
                "{} {} {} v{} after {previous}: {event_type} {schema_version} by {actor}",
                event.position, event.tenant, event.stream, event.version
            )
        })
        .collect();
    let execution = "execution-01920f3a-7b5c-7000-8000-0000000000e1";
    assert_eq!(
        seen,
        [
            format!("2 acme {execution} v0 after 0: initiated 1 by agent:planner-7"),
            "3 acme function-01920f3a-7b5c-5000-8000-0000000000f1 v0 after 0: access_set 1 by user:mira"
                .to_owned(),
            format!("4 acme {execution} v1 after 2: approval_required 2 by service:intervention"),
            format!("5 globex {execution} v0 after 0: initiated 1 by system:deadlines"),
            format!("6 acme {execution} v2 after 4: approval_accepted 65535 by user:mira"),
        ]
    );
}

#[test]
fn the_goldens_are_a_log_of_two_blocks() {
    let mut verifier = Verifier::default();
    for (first, name) in [(1, "block-1-plain.hex"), (2, "block-1-zstd.hex")] {
        verifier.block(GlobalPosition::new(first), Block::decode(&read(name)));
    }
    let head = Block::decode(&read("block-1-zstd.hex")).unwrap().frontier.head();
    let report = verifier.finish(head);
    assert_eq!(report.findings, []);
    assert_eq!((report.events, report.blocks, report.streams, report.root), (6, 2, 4, head.root));
}

#[test]
fn the_reference_draws_the_header() {
    let golden = read("block-1-zstd.hex");
    let block = Block::decode(&golden).unwrap();
    let body = golden.len() - FIXED - 2 * HASH - HASH - 5 * HASH;
    let values = [
        ("magic", to_hex(b"VDMB")),
        ("format_version", "01".to_owned()),
        ("codec", "01".to_owned()),
        ("nodes", "0002".to_owned()),
        ("first", format!("{:016x}", 2)),
        ("count", format!("{:08x}", 5)),
        ("raw_len", format!("{:08x}", block.records.len())),
        ("stored_len", format!("{body:08x}")),
        ("reserved", "00000000".to_owned()),
        ("previous", block.previous.to_string()),
        ("body_digest", sha256(&[&golden[FIXED + 3 * HASH..]]).to_string()),
    ];
    agrees_with_the_reference("The header of a block", &golden, FIXED, &values);
    assert_eq!(sha256(&[&golden[..FIXED + 2 * HASH]]), block.digest);
}

#[test]
fn what_is_encoded_is_decoded() {
    for (first, count, bytes) in [(1, 1, 0), (1, 1, 600), (2, 9, 20), (1000, 64, 900), (5, 1, 700_000)] {
        let (events, encoded, stored) = block(first, count, bytes);
        assert_eq!(take_out(&stored).unwrap(), events);
        let decoded = Block::decode(&stored).unwrap();
        assert_eq!(decoded.digest, encoded.digest);
        assert_eq!((&decoded.records, &decoded.leaves), (&encoded.records, &encoded.leaves));
        assert_eq!(decoded.weight(), encoded.weight());
        let mut few = Vec::new();
        let from = GlobalPosition::new(first + count / 2);
        decoded.events(from, 3, &mut few).unwrap();
        let at = (count / 2) as usize;
        assert_eq!(few, events[at..(at + 3).min(events.len())]);
    }
}

#[test]
fn every_truncation_is_an_error() {
    for (_, _, stored) in [block(1, 1, 0), block(4, 6, 90)] {
        for len in 0..stored.len() {
            assert!(Block::decode(&stored[..len]).is_err(), "{len} of {} bytes", stored.len());
            let mut cut = stored[..len].to_vec();
            if len >= FIXED {
                reseal(&mut cut);
            }
            assert!(take_out(&cut).is_err(), "{len} of {} bytes, digests put right", stored.len());
        }
        let mut longer = stored.clone();
        longer.push(0);
        assert!(Block::decode(&longer).is_err());
    }
}

#[test]
fn every_flipped_bit_is_an_error() {
    for (_, _, stored) in [block(1, 1, 0), block(4, 6, 90)] {
        for bit in 0..8 * stored.len() {
            let mut flipped = stored.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(Block::decode(&flipped).is_err(), "bit {bit}");
        }
    }
}

#[test]
fn a_header_that_claims_too_much_is_an_error_before_anything_is_allocated_for_it() {
    let (_, _, stored) = block(1, 2, 40);
    let claim = |at: usize, bytes: &[u8]| {
        let mut claiming = stored.clone();
        claiming[at..at + bytes.len()].copy_from_slice(bytes);
        reseal(&mut claiming);
        take_out(&claiming).unwrap_err()
    };
    let max = [0xff; 4];
    // More leaves than there are bytes, a body of 4 GiB, records of 4 GiB, as many nodes as the field can say.
    assert_eq!(claim(16, &max), BlockError::Header);
    assert_eq!(claim(16, &[0, 0, 0, 0]), BlockError::Header);
    assert_eq!(claim(24, &max), BlockError::Header);
    assert_eq!(claim(20, &max), BlockError::Header);
    assert_eq!(claim(6, &[0xff, 0xff]), BlockError::Cut);
    let just_over = u32::try_from(MAX_BODY + 1).unwrap().to_be_bytes();
    assert_eq!(claim(20, &just_over), BlockError::Header);
    assert_eq!(claim(24, &just_over), BlockError::Header);
    // Within what is allowed, and still not there.
    let allowed = u32::try_from(MAX_BODY).unwrap().to_be_bytes();
    assert_eq!(claim(24, &allowed), BlockError::Cut);
    assert_eq!(claim(20, &allowed), BlockError::Codec);
    // A count with as many nodes, and no leaves for it.
    assert_eq!(claim(16, &(1_u32 << 31).to_be_bytes()), BlockError::Cut);
    // Where no event can be.
    assert_eq!(claim(8, &[0xff; 8]), BlockError::Header);
    assert_eq!(claim(8, &MAX_POSITION.to_be_bytes()), BlockError::Header);
    assert_eq!(claim(8, &[0; 8]), BlockError::Header);
    assert_eq!(claim(28, &[0, 0, 0, 1]), BlockError::Header);
    assert_eq!(claim(5, &[2]), BlockError::Header);
    assert_eq!(claim(4, &[2]), BlockError::Version(2));
    assert_eq!(claim(0, b"X"), BlockError::Magic);
    // A body that is not what the codec says.
    assert_eq!(stored[5], CODEC_ZSTD);
    assert_eq!(claim(5, &[CODEC_NONE]), BlockError::Codec);
    let (_, _, mut plain) = block(1, 1, 10);
    assert_eq!(plain[5], CODEC_NONE);
    plain[5] = CODEC_ZSTD;
    reseal(&mut plain);
    assert_eq!(take_out(&plain), Err(BlockError::Codec));
}

#[test]
fn a_body_that_unpacks_to_more_than_its_header_says_is_an_error() {
    let bomb = zstd::bulk::compress(&vec![0; 2 * MAX_BODY], 1).unwrap();
    assert!(bomb.len() < 100_000);
    for raw in [0, 1000, u32::try_from(MAX_BODY).unwrap()] {
        let (_, _, plain) = block(1, 1, 10);
        let mut stored = plain[..FIXED + 3 * HASH].to_vec();
        stored[5] = CODEC_ZSTD;
        stored[20..24].copy_from_slice(&raw.to_be_bytes());
        stored[24..28].copy_from_slice(&u32::try_from(bomb.len()).unwrap().to_be_bytes());
        stored.extend_from_slice(&bomb);
        reseal(&mut stored);
        assert_eq!(take_out(&stored), Err(BlockError::Codec));
    }
}

/// Records that are whole and whose digests are right, and that are not those that belong there.
#[test]
fn records_that_do_not_belong_there_are_an_error() {
    let good: Vec<_> = (0..4).map(|index| event(7, index, 20)).collect();
    let sealed = |change: fn(&mut Vec<RecordedEvent>)| {
        let mut events = good.clone();
        change(&mut events);
        take_out(&block_of(events).2).unwrap_err()
    };
    let place = |error: BlockError| matches!(error, BlockError::Record(_));
    assert!(place(sealed(|events| events.swap(1, 2))));
    assert!(place(sealed(|events| events[3].position = GlobalPosition::new(9))));
    assert!(place(sealed(|events| events[3].previous = Some(GlobalPosition::new(10)))));
    assert!(place(sealed(|events| events[3].previous = None)));
    assert!(place(sealed(|events| events[0].version = StreamVersion::new(MAX_VERSION + 1))));
    // One record more, or one less, than the header counts.
    for (count, error) in [(3, BlockError::Count), (5, BlockError::Count)] {
        let (_, _, mut stored) = block_of(good.clone());
        let nodes = usize::from(stored[7]);
        let leaves = FIXED + nodes * HASH + HASH;
        stored[16..20].copy_from_slice(&u32::to_be_bytes(count));
        if count == 3 {
            stored.drain(leaves..leaves + HASH);
        } else {
            stored.splice(leaves..leaves, [0; HASH]);
        }
        // The tree of another size may have another number of nodes.
        let needed = (7 + u64::from(count) - 1).count_ones() as usize;
        if needed > nodes {
            stored.splice(FIXED..FIXED, vec![0; (needed - nodes) * HASH]);
        } else {
            stored.drain(FIXED..FIXED + (nodes - needed) * HASH);
        }
        stored[7] = u8::try_from(needed).unwrap();
        reseal(&mut stored);
        assert_eq!(take_out(&stored), Err(error), "{count}");
        let block = Block::decode(&stored).unwrap();
        assert_eq!(block.heads().filter(Result::is_err).count(), 1);
    }
}

fn small() -> Vec<u8> {
    block(4, 5, 60).2
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn arbitrary_bytes_are_no_block(mut bytes in vec(any::<u8>(), 0..600), marked in any::<bool>()) {
        if marked && bytes.len() >= 8 {
            bytes[..8].copy_from_slice(b"VDMB\x01\x00\x00\x01");
        }
        prop_assert!(take_out(&bytes).is_err());
        if bytes.len() >= FIXED {
            reseal(&mut bytes);
            prop_assert!(take_out(&bytes).is_err());
        }
    }

    /// Header fields of any value, with both digests put right.
    #[test]
    fn any_header_over_a_body_never_panics(
        codec in 0_u8..3, nodes in prop_oneof![Just(None), (0_u16..70).prop_map(Some), any::<u16>().prop_map(Some)],
        first in prop_oneof![Just(4), 0_u64..20, any::<u64>()], count in prop_oneof![Just(5), 0_u32..10, any::<u32>()],
        raw in prop_oneof![Just(None), any::<u32>().prop_map(Some)],
        stored_len in prop_oneof![Just(None), (0_u32..2000).prop_map(Some), any::<u32>().prop_map(Some)],
    ) {
        let mut bytes = small();
        bytes[5] = codec;
        bytes[8..16].copy_from_slice(&first.to_be_bytes());
        bytes[16..20].copy_from_slice(&count.to_be_bytes());
        for (at, value) in [(20, raw), (24, stored_len)] {
            if let Some(value) = value {
                bytes[at..at + 4].copy_from_slice(&value.to_be_bytes());
            }
        }
        if let Some(nodes) = nodes {
            bytes[6..8].copy_from_slice(&nodes.to_be_bytes());
        }
        reseal(&mut bytes);
        let _ = take_out(&bytes);
    }

    /// Bytes of any value anywhere, with both digests put right.
    #[test]
    fn any_change_under_right_digests_never_panics(changes in vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        let (_, _, mut bytes) = block_of((0..3).map(|index| event(4, index, 9)).collect());
        // Not compressed, so that the changes reach the records.
        let records: Vec<u8> = Block::decode(&bytes).unwrap().records.to_vec();
        let body = bytes.len() - usize::try_from(u32::from_be_bytes(*bytes[24..].first_chunk().unwrap())).unwrap();
        bytes.truncate(body);
        bytes.extend(&records);
        bytes[5] = CODEC_NONE;
        let len: [u8; 4] = bytes[20..24].try_into().unwrap();
        bytes[24..28].copy_from_slice(&len);
        reseal(&mut bytes);
        take_out(&bytes).unwrap();
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        reseal(&mut bytes);
        let _ = take_out(&bytes);
    }
}
