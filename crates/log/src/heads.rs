//! Where every stream ends: an index in memory, rebuilt from the blocks at open.
//!
//! 24 bytes a stream: ten million streams take about 0.4 GiB. The key is a 128-bit SipHash of tenant and stream under a
//! key drawn at start, so that nobody can make two streams meet; position and version share one word.

use std::{
    collections::HashMap,
    hash::{BuildHasher, BuildHasherDefault, Hasher, RandomState},
    sync::{PoisonError, RwLock},
};

use proto_events::{GlobalPosition, StreamVersion};
use siphasher::sip128::{Hasher128, SipHasher13};

use crate::StreamHead;

const SHARDS: usize = 256;
const POSITION_BITS: u32 = 40;

/// Most events that the log can number: 2^40 − 1.
pub(crate) const MAX_POSITION: u64 = (1 << POSITION_BITS) - 1;
/// Most events that one stream can have: 2^24.
pub(crate) const MAX_VERSION: u64 = (1 << (64 - POSITION_BITS)) - 1;

/// A stream of a tenant, hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct StreamKey(u64, u64);

/// The keys are hashes already.
#[derive(Default)]
pub(crate) struct Identity(u64);

impl Hasher for Identity {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, word: u64) {
        self.0 ^= word;
    }
}

pub(crate) type ByKey<T> = HashMap<StreamKey, T, BuildHasherDefault<Identity>>;

#[derive(Clone, Copy)]
struct Packed(u64);

impl Packed {
    const fn new(head: StreamHead) -> Self {
        Self(head.version.get() << POSITION_BITS | head.position.get())
    }

    const fn head(self) -> StreamHead {
        StreamHead {
            version: StreamVersion::new(self.0 >> POSITION_BITS),
            position: GlobalPosition::new(self.0 & MAX_POSITION),
        }
    }
}

/// The index. Shards keep a reader from waiting while a large table grows.
pub(crate) struct Heads {
    keys: (u64, u64),
    shards: Vec<RwLock<ByKey<Packed>>>,
}

impl Heads {
    pub(crate) fn new() -> Self {
        let random = RandomState::new();
        Self {
            keys: (random.hash_one(1_u8), random.hash_one(2_u8)),
            shards: (0..SHARDS).map(|_| RwLock::default()).collect(),
        }
    }

    pub(crate) fn key(&self, tenant: &[u8], stream: &[u8]) -> StreamKey {
        let mut hasher = SipHasher13::new_with_keys(self.keys.0, self.keys.1);
        hasher.write(tenant);
        // A tenant has no NUL, so the pair is unambiguous.
        hasher.write_u8(0);
        hasher.write(stream);
        let hash = hasher.finish128();
        StreamKey(hash.h1, hash.h2)
    }

    fn shard(&self, key: StreamKey) -> &RwLock<ByKey<Packed>> {
        &self.shards[key.1 as usize % SHARDS]
    }

    pub(crate) fn get(&self, key: StreamKey) -> Option<StreamHead> {
        let shard = self.shard(key).read().unwrap_or_else(PoisonError::into_inner);
        shard.get(&key).map(|packed| packed.head())
    }

    pub(crate) fn set(&self, key: StreamKey, head: StreamHead) {
        let mut shard = self.shard(key).write().unwrap_or_else(PoisonError::into_inner);
        shard.insert(key, Packed::new(head));
    }

    /// Makes new heads visible.
    pub(crate) fn publish(&self, heads: &ByKey<StreamHead>) {
        for (key, head) in heads {
            self.set(*key, *head);
        }
    }

    /// How many streams there are.
    pub(crate) fn len(&self) -> usize {
        self.shards.iter().map(|shard| shard.read().unwrap_or_else(PoisonError::into_inner).len()).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_survives_packing_at_its_bounds() {
        let heads = Heads::new();
        for (version, position) in [(0, 1), (MAX_VERSION, MAX_POSITION), (MAX_VERSION, 1), (0, MAX_POSITION)]
        {
            let head =
                StreamHead { version: StreamVersion::new(version), position: GlobalPosition::new(position) };
            let key = heads.key(b"acme", b"execution-1");
            heads.set(key, head);
            assert_eq!(heads.get(key), Some(head));
        }
        assert_eq!(heads.len(), 1);
        assert_eq!(heads.get(heads.key(b"acm", b"eexecution-1")), None);
    }

    fn numbered(number: u64) -> StreamHead {
        StreamHead { version: StreamVersion::new(number % 100), position: GlobalPosition::new(number + 1) }
    }

    #[test]
    fn streams_do_not_meet_and_spread_over_the_shards() {
        const STREAMS: u64 = 100_000;
        let heads = Heads::new();
        let key = |number: u64| heads.key(b"acme", format!("execution-{number}").as_bytes());
        for number in 0..STREAMS {
            heads.set(key(number), numbered(number));
        }
        assert_eq!(heads.len() as u64, STREAMS);
        assert!((0..STREAMS).all(|number| heads.get(key(number)) == Some(numbered(number))));
        // 390 a shard on the average, with a standard deviation of 20.
        let sizes: Vec<_> = heads.shards.iter().map(|shard| shard.read().unwrap().len()).collect();
        assert!(sizes.iter().all(|size| (200..600).contains(size)), "{sizes:?}");
    }

    #[test]
    fn keys_that_share_a_shard_and_a_bucket_are_told_apart() {
        let heads = Heads::new();
        // One shard, and the same hash in the table: the two words are only mixed by XOR.
        let keys = [StreamKey(1, 256), StreamKey(1 ^ 256 ^ 512, 512), StreamKey(256, 1), StreamKey(0, 257)];
        for (number, key) in (0..).zip(keys) {
            heads.set(key, numbered(number));
        }
        assert_eq!(heads.len(), keys.len());
        for (number, key) in (0..).zip(keys) {
            assert_eq!(heads.get(key), Some(numbered(number)));
        }
    }

    #[test]
    fn every_index_has_keys_of_its_own() {
        assert_ne!(Heads::new().key(b"acme", b"a-1"), Heads::new().key(b"acme", b"a-1"));
    }

    #[test]
    fn a_stream_takes_24_bytes() {
        assert_eq!(size_of::<(StreamKey, Packed)>(), 24);
    }
}
