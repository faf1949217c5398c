//! Records: their frozen bytes, and bytes that are none.

use proptest::prelude::*;

use super::*;
use crate::{
    golden::{agrees_with_the_reference, read, to_hex},
    leaf_hash,
};

const NO_LEAF: LeafHash = LeafHash::new([0; 32]);

fn uuid(text: &str) -> Uuid {
    text.parse().unwrap()
}

fn full() -> RecordedEvent {
    RecordedEvent {
        position: GlobalPosition::new(1_000_003),
        tenant: "acme".parse().unwrap(),
        stream: StreamId::execution(uuid("01920f3a-7b5c-7000-8000-0000000000e1")),
        version: StreamVersion::new(2),
        previous: Some(GlobalPosition::new(999_999)),
        leaf_hash: leaf_hash(&read("record-1-full.hex")),
        event: NewEvent {
            event_id: uuid("01920f3a-7b5c-7d1e-8a2b-3c4d5e6f7081"),
            event_type: "approval_accepted".into(),
            schema_version: 3,
            recorded_at: Timestamp::from_micros(1_760_000_123_456_789),
            actor: Actor::user("mira@acme.example"),
            correlation_id: uuid("01920f3a-7b5c-7000-8000-0000000000c0"),
            causation_id: Some(uuid("01920f3a-7b5c-7000-8000-00000000ca05")),
            payload: "{\"reviewer\":\"Mira Østergård\",\"note\":\"ok ✓\"}".into(),
        },
    }
}

pub(crate) fn minimal() -> RecordedEvent {
    RecordedEvent {
        position: GlobalPosition::new(1),
        tenant: "t".parse().unwrap(),
        stream: "a-1".parse().unwrap(),
        version: StreamVersion::FIRST,
        previous: None,
        leaf_hash: leaf_hash(&read("record-1-minimal.hex")),
        event: NewEvent {
            event_id: uuid("01920f3a-7b5c-7000-8000-000000000001"),
            event_type: "started".into(),
            schema_version: 1,
            recorded_at: Timestamp::from_micros(-1),
            actor: Actor::system("clock"),
            correlation_id: uuid("01920f3a-7b5c-7000-8000-0000000000c0"),
            causation_id: None,
            payload: "{}".into(),
        },
    }
}

#[test]
fn the_goldens_are_these_events() {
    for (name, value) in [("record-1-full.hex", full()), ("record-1-minimal.hex", minimal())] {
        let golden = read(name);
        assert_eq!(to_hex(&encode_record(&value)), to_hex(&golden), "{name}");
        let (decoded, len) = decode_record(&Bytes::from(golden.clone()), value.leaf_hash).unwrap();
        assert_eq!((decoded, len), (value, golden.len()), "{name}");
    }
}

#[test]
fn the_reference_draws_the_record() {
    let golden = read("record-1-full.hex");
    let event = full();
    let values = [
        ("position", format!("{:016x}", event.position.get())),
        ("version", format!("{:016x}", event.version.get())),
        ("previous", format!("{:016x}", event.previous.unwrap().get())),
        ("recorded_at", format!("{:016x}", event.event.recorded_at.as_micros())),
        ("event_id", event.event.event_id.simple().to_string()),
        ("correlation_id", event.event.correlation_id.simple().to_string()),
        ("causation_id", event.event.causation_id.unwrap().simple().to_string()),
        ("schema_version", format!("{:04x}", event.event.schema_version)),
        ("actor_kind", "02".to_owned()),
        ("record_version", "01".to_owned()),
        ("tenant_len", format!("{:04x}", event.tenant.as_str().len())),
        ("stream_len", format!("{:04x}", event.stream.as_str().len())),
        ("type_len", format!("{:04x}", event.event.event_type.len())),
        ("actor_len", format!("{:04x}", event.event.actor.id.len())),
        ("payload_len", format!("{:08x}", event.event.payload.len())),
    ];
    agrees_with_the_reference("The record", &golden, FIXED, &values);
}

#[test]
fn a_record_that_is_cut_is_an_error() {
    let golden = Bytes::from(read("record-1-full.hex"));
    for len in 0..golden.len() {
        assert_eq!(decode_record(&golden.slice(..len), NO_LEAF), Err(CUT), "{len} bytes");
    }
    // What follows it is not its own.
    let mut longer = golden.to_vec();
    longer.extend([0xff; 9]);
    assert_eq!(decode_record(&longer.into(), NO_LEAF).unwrap().1, golden.len());
}

#[test]
fn each_thing_that_is_no_record_has_its_name() {
    let golden = read("record-1-full.hex");
    let changed = |at: usize, to: u8| {
        let mut bytes = golden.clone();
        bytes[at] = to;
        decode_record(&bytes.into(), NO_LEAF).map(|_| ())
    };
    assert_eq!(changed(83, 2), Err(RecordError("its version is not 1; upgrade this program")));
    assert_eq!(changed(82, 0), Err(RecordError("its actor is of no known kind")));
    assert_eq!(changed(82, 5), Err(RecordError("its actor is of no known kind")));
    assert_eq!(changed(96, 0xff), Err(RecordError("a text is not UTF-8")));
    assert_eq!(changed(92, 0xff), Err(CUT));
    // The year 300000; a timestamp ends with the year 9999.
    assert_eq!(changed(24, 0x7f), Err(RecordError("its time is none that can be recorded")));
}

#[test]
fn a_record_says_where_it_stands() {
    let check = |position: u64, version: u64, previous: Option<u64>| {
        let mut event = full();
        event.position = GlobalPosition::new(position);
        event.version = StreamVersion::new(version);
        event.previous = previous.map(GlobalPosition::new);
        RecordHead::read(&encode_record(&event)).unwrap().check(9)
    };
    assert_eq!(check(9, 0, None), Ok(()));
    assert_eq!(check(9, MAX_VERSION, Some(8)), Ok(()));
    assert_eq!(check(8, 0, None), Err(RecordError("it names another position than it stands at")));
    for (version, previous) in
        [(0, Some(8)), (1, None), (1, Some(9)), (1, Some(10)), (MAX_VERSION + 1, Some(8))]
    {
        let wrong = RecordError("its version and the event before it contradict each other");
        assert_eq!(check(9, version, previous), Err(wrong), "{version} after {previous:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400), valid in any::<bool>()) {
        let mut bytes = bytes;
        if valid && bytes.len() > 96 {
            bytes[83] = VERSION;
            // Lengths that have a chance to be within the bytes.
            for at in [84, 86, 88, 90, 92, 93, 94] {
                bytes[at] = 0;
            }
        }
        let len = bytes.len();
        if let Ok((event, used)) = decode_record(&bytes.clone().into(), NO_LEAF) {
            prop_assert!(used <= len);
            prop_assert_eq!(encode_record(&event), &bytes[..used]);
        }
    }

    #[test]
    fn what_is_written_is_read(
        position in 1_u64..1 << 40, version in 0_u64..1 << 24, previous in proptest::option::of(1_u64..1 << 40),
        micros in any::<i64>(), ids in any::<(u128, u128, u128)>(), schema_version in any::<u16>(), kind in 0_usize..4,
        event_type in "\\PC{0,30}", actor in "\\PC{0,60}", payload in proptest::collection::vec(any::<u8>(), 0..300),
    ) {
        let event = RecordedEvent {
            position: GlobalPosition::new(position),
            version: StreamVersion::new(version),
            previous: previous.map(GlobalPosition::new),
            event: NewEvent {
                event_id: Uuid::from_u128(ids.0),
                correlation_id: Uuid::from_u128(ids.1),
                causation_id: (ids.2 != 0).then(|| Uuid::from_u128(ids.2)),
                schema_version,
                recorded_at: Timestamp::from_micros(micros),
                actor: Actor::new(
                    [ActorKind::Agent, ActorKind::User, ActorKind::Service, ActorKind::System][kind],
                    actor,
                ),
                event_type: event_type.into(),
                payload: payload.into(),
            },
            ..full()
        };
        let bytes = Bytes::from(encode_record(&event));
        prop_assert_eq!(bytes.len(), record_len(&event.tenant, &event.stream, &event.event));
        prop_assert_eq!(decode_record(&bytes, event.leaf_hash), Ok((event, bytes.len())));
    }

    #[test]
    fn a_flipped_bit_never_panics_and_never_goes_unseen_by_the_leaf_hash(bit in 0_usize..8 * 200) {
        let golden = read("record-1-full.hex");
        let mut bytes = golden.clone();
        let bit = bit % (8 * bytes.len());
        bytes[bit / 8] ^= 1 << (bit % 8);
        if let Ok((event, used)) = decode_record(&bytes.clone().into(), leaf_hash(&golden)) {
            prop_assert_ne!(leaf_hash(&encode_record(&event)), event.leaf_hash);
            prop_assert_eq!(encode_record(&event), &bytes[..used]);
        }
    }
}
