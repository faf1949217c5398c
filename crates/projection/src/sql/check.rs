//! A check over values: 64 bits, fast, against accidents and not against people.
//!
//! Every step is one to one, so that a change within one word of eight bytes is always seen, and any other but for one
//! chance in 2^64.

use rusqlite::types::ValueRef;

/// A check that is being computed.
#[derive(Clone, Copy, Default)]
pub(crate) struct Check(u64);

impl Check {
    const fn word(self, word: u64) -> Self {
        Self((self.0.rotate_left(23) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    /// With these bytes.
    pub(crate) fn bytes(self, bytes: &[u8]) -> Self {
        let (words, rest) = bytes.as_chunks::<8>();
        let check = words.iter().fold(self, |check, word| check.word(u64::from_le_bytes(*word)));
        let last = rest.iter().fold(0, |last, byte| (last << 8) | u64::from(*byte));
        check.word(last).word(bytes.len() as u64)
    }

    /// With this value.
    pub(crate) fn value(self, value: ValueRef<'_>) -> Self {
        match value {
            ValueRef::Null => self.word(1),
            ValueRef::Integer(int) => self.word(2).word(u64::from_le_bytes(int.to_le_bytes())),
            ValueRef::Real(real) => self.word(3).word(real.to_bits()),
            ValueRef::Text(bytes) => self.word(4).bytes(bytes),
            ValueRef::Blob(bytes) => self.word(5).bytes(bytes),
        }
    }

    /// The check as SQLite's kind of number.
    pub(crate) fn finish(self) -> i64 {
        let mixed = self.0 ^ (self.0 >> 32);
        i64::from_le_bytes(mixed.to_le_bytes())
    }
}
