//! A block: the events of one or several whole appends, as they lie in the store.
//!
//! `docs/reference/log-format.md` draws it byte by byte. Numbers are big-endian.

use std::cell::RefCell;

use bytes::{Buf, BufMut, Bytes};
use proto_events::{Digest, GlobalPosition, LeafHash, RecordedEvent};
use sha2::{Digest as _, Sha256};

use crate::{
    heads::MAX_POSITION,
    merkle::Frontier,
    record::{RecordError, RecordHead},
};

const MAGIC: [u8; 4] = *b"VDMB";
/// Version of the block's layout.
pub(crate) const VERSION: u8 = 1;
const CODEC_NONE: u8 = 0;
const CODEC_ZSTD: u8 = 1;
/// Every codec that a body was ever written with.
#[cfg(test)]
pub(crate) const CODECS: [u8; 2] = [CODEC_NONE, CODEC_ZSTD];
/// Bytes of the header before the frontier.
const FIXED: usize = 96;
const HASH: usize = 32;
/// Largest body a header may claim: an append at its limit, with room for a later, larger limit.
pub(crate) const MAX_BODY: usize = 64 * 1024 * 1024;
/// Bodies below this are not worth compressing.
const COMPRESS_FROM: usize = 256;
/// zstd's level: 1 costs a third of level 3 and gives up a tenth of the ratio on JSON.
const ZSTD_LEVEL: i32 = 1;

/// What is wrong with the bytes of a block.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BlockError {
    #[error("the block is cut short")]
    Cut,
    #[error("the block does not start with its mark")]
    Magic,
    #[error("the block is of format version {0}, which this program does not know; upgrade it")]
    Version(u8),
    #[error("the block's header does not match its digest")]
    HeaderDigest,
    #[error("the block's header contradicts itself")]
    Header,
    #[error("the block's body does not match its digest")]
    BodyDigest,
    #[error("the block's body cannot be decompressed")]
    Codec,
    #[error("the block does not hold as many records as its header says")]
    Count,
    #[error(transparent)]
    Record(#[from] RecordError),
}

fn sha256(parts: &[&[u8]]) -> Digest {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part);
    }
    Digest::new(hasher.finalize().into())
}

/// A block in memory: its records as they were encoded, decompressed.
#[derive(Debug)]
pub(crate) struct Block {
    pub(crate) first: GlobalPosition,
    pub(crate) count: u32,
    /// Digest of the block before; all zero for the first.
    pub(crate) previous: Digest,
    /// Digest of this one's header, which holds the digest of its body.
    pub(crate) digest: Digest,
    /// The tree after this block.
    pub(crate) frontier: Frontier,
    leaves: Bytes,
    records: Bytes,
}

impl Block {
    pub(crate) fn last(&self) -> GlobalPosition {
        GlobalPosition::new(self.first.get() + u64::from(self.count) - 1)
    }

    /// Whether the event at `position` is in it.
    pub(crate) fn holds(&self, position: GlobalPosition) -> bool {
        self.first <= position && position <= self.last()
    }

    /// Bytes that it takes in memory.
    pub(crate) fn weight(&self) -> usize {
        self.leaves.len() + self.records.len() + 256
    }

    pub(crate) fn leaf(&self, index: usize) -> LeafHash {
        let bytes = self.leaves.get(index * HASH..).and_then(|rest| rest.first_chunk::<HASH>());
        Digest::new(bytes.copied().unwrap_or_default())
    }

    /// The records' bytes with their heads, in order, each checked against its place; an error ends it.
    pub(crate) fn heads(&self) -> impl Iterator<Item = Result<(RecordHead, &[u8]), BlockError>> {
        let (mut rest, mut index, mut ended) = (&self.records[..], 0, false);
        std::iter::from_fn(move || {
            if ended || rest.is_empty() && index == self.count {
                return None;
            }
            let next = self.head_at(index, rest).map(|head| {
                let (record, after) = rest.split_at(head.len());
                (rest, index) = (after, index + 1);
                (head, record)
            });
            ended = next.is_err();
            Some(next)
        })
    }

    /// The head of the record with this index, which `rest` begins with.
    fn head_at(&self, index: u32, rest: &[u8]) -> Result<RecordHead, BlockError> {
        if rest.is_empty() != (index == self.count) {
            return Err(BlockError::Count);
        }
        let head = RecordHead::read(rest)?;
        head.check(self.first.get() + u64::from(index))?;
        Ok(head)
    }

    /// The events from position `from` on, at most `limit`, into `out`; each is checked against its place.
    pub(crate) fn events(
        &self,
        from: GlobalPosition,
        limit: usize,
        out: &mut Vec<RecordedEvent>,
    ) -> Result<(), BlockError> {
        let mut rest = self.records.clone();
        let skip = usize::try_from(from.get().saturating_sub(self.first.get())).unwrap_or(usize::MAX);
        let end = skip.saturating_add(limit);
        for index in 0..self.count {
            let at = index as usize;
            if at >= end {
                return Ok(());
            }
            let head = self.head_at(index, &rest)?;
            if at >= skip {
                out.push(head.decode(&rest, self.leaf(at))?);
            }
            rest.advance(head.len());
        }
        if rest.is_empty() { Ok(()) } else { Err(BlockError::Count) }
    }

    /// The event at `position`, in memory of its own: whoever keeps it does not keep the block.
    pub(crate) fn event(&self, position: GlobalPosition) -> Result<Option<RecordedEvent>, BlockError> {
        if !self.holds(position) {
            return Ok(None);
        }
        let index = usize::try_from(position.get() - self.first.get()).unwrap_or(usize::MAX);
        let (head, record) = self.heads().nth(index).ok_or(BlockError::Count)??;
        Ok(Some(head.decode(&Bytes::copy_from_slice(record), self.leaf(index))?))
    }

    /// Reads a block as it lies in the store and checks both digests. Its records are checked when they are taken out.
    pub(crate) fn decode(stored: &[u8]) -> Result<Self, BlockError> {
        let header = Header::read(stored)?;
        let leaves_len = (header.count as usize).checked_mul(HASH).ok_or(BlockError::Cut)?;
        let leaves_end = header.len.checked_add(leaves_len).ok_or(BlockError::Cut)?;
        let body_end = leaves_end.checked_add(header.stored).ok_or(BlockError::Cut)?;
        let leaves = stored.get(header.len..leaves_end).ok_or(BlockError::Cut)?;
        let body = stored.get(leaves_end..body_end).ok_or(BlockError::Cut)?;
        if sha256(&[leaves, body]) != header.body_digest || stored.len() != body_end {
            return Err(BlockError::BodyDigest);
        }
        let records = match header.codec {
            CODEC_NONE => body.to_vec(),
            _ => decompress(body, header.raw).ok_or(BlockError::Codec)?,
        };
        if records.len() != header.raw {
            return Err(BlockError::Codec);
        }
        Ok(Self {
            first: header.first,
            count: header.count,
            previous: header.previous,
            digest: header.digest,
            frontier: header.frontier,
            leaves: Bytes::copy_from_slice(leaves),
            records: Bytes::from(records),
        })
    }
}

struct Header {
    len: usize,
    codec: u8,
    first: GlobalPosition,
    count: u32,
    raw: usize,
    stored: usize,
    previous: Digest,
    body_digest: Digest,
    frontier: Frontier,
    digest: Digest,
}

impl Header {
    fn read(bytes: &[u8]) -> Result<Self, BlockError> {
        let mut fixed = bytes.get(..FIXED).ok_or(BlockError::Cut)?;
        let take_digest = |from: &mut &[u8]| {
            let mut digest = [0; HASH];
            from.copy_to_slice(&mut digest);
            Digest::new(digest)
        };
        let mut magic = [0; 4];
        fixed.copy_to_slice(&mut magic);
        if magic != MAGIC {
            return Err(BlockError::Magic);
        }
        let version = fixed.get_u8();
        if version != VERSION {
            return Err(BlockError::Version(version));
        }
        let codec = fixed.get_u8();
        let nodes = usize::from(fixed.get_u16());
        let first = GlobalPosition::new(fixed.get_u64());
        let count = fixed.get_u32();
        let raw = fixed.get_u32() as usize;
        let stored = fixed.get_u32() as usize;
        let reserved = fixed.get_u32();
        let previous = take_digest(&mut fixed);
        let body_digest = take_digest(&mut fixed);
        let digest_at = FIXED + nodes * HASH;
        let len = digest_at + HASH;
        let mut rest = bytes.get(FIXED..len).ok_or(BlockError::Cut)?;
        let frontier_nodes = (0..nodes).map(|_| take_digest(&mut rest)).collect();
        let digest = take_digest(&mut rest);
        let covered = bytes.get(..digest_at).ok_or(BlockError::Cut)?;
        if sha256(&[covered]) != digest {
            return Err(BlockError::HeaderDigest);
        }
        let size = first.get().checked_add(u64::from(count)).and_then(|end| end.checked_sub(1));
        let frontier =
            size.filter(|size| *size <= MAX_POSITION).and_then(|size| Frontier::new(size, frontier_nodes));
        match frontier {
            Some(frontier)
                if count > 0
                    && first > GlobalPosition::START
                    && codec <= CODEC_ZSTD
                    && reserved == 0
                    && raw <= MAX_BODY
                    && stored <= MAX_BODY =>
            {
                Ok(Self { len, codec, first, count, raw, stored, previous, body_digest, frontier, digest })
            }
            _ => Err(BlockError::Header),
        }
    }
}

/// Turns the records of a block into the block, in memory and as it is stored.
pub(crate) struct Encoder {
    compressor: Option<zstd::bulk::Compressor<'static>>,
}

impl Encoder {
    pub(crate) fn new() -> Self {
        // Without a compressor (no memory for its context) blocks are stored as they are.
        Self { compressor: zstd::bulk::Compressor::new(ZSTD_LEVEL).ok() }
    }

    /// The block of `records` with these leaf hashes, where `frontier` is the tree after it.
    pub(crate) fn encode(
        &mut self,
        first: GlobalPosition,
        leaves: &[LeafHash],
        records: Vec<u8>,
        previous: Digest,
        frontier: Frontier,
    ) -> (Block, Vec<u8>) {
        let compressed = (records.len() >= COMPRESS_FROM)
            .then(|| self.compressor.as_mut()?.compress(&records).ok())
            .flatten()
            .filter(|compressed| compressed.len() < records.len() - records.len() / 16);
        let (codec, body) = compressed.as_ref().map_or((CODEC_NONE, &records), |body| (CODEC_ZSTD, body));
        let count = u32::try_from(leaves.len()).unwrap_or(u32::MAX);
        let mut leaf_bytes = Vec::with_capacity(leaves.len() * HASH);
        for leaf in leaves {
            leaf_bytes.put_slice(leaf.as_bytes());
        }
        let len = FIXED + frontier.nodes().len() * HASH + HASH + leaf_bytes.len() + body.len();
        let mut stored = Vec::with_capacity(len);
        stored.put_slice(&MAGIC);
        stored.put_u8(VERSION);
        stored.put_u8(codec);
        stored.put_u16(u16::try_from(frontier.nodes().len()).unwrap_or(u16::MAX));
        stored.put_u64(first.get());
        stored.put_u32(count);
        stored.put_u32(u32::try_from(records.len()).unwrap_or(u32::MAX));
        stored.put_u32(u32::try_from(body.len()).unwrap_or(u32::MAX));
        stored.put_u32(0);
        stored.put_slice(previous.as_bytes());
        stored.put_slice(sha256(&[&leaf_bytes, body]).as_bytes());
        for node in frontier.nodes() {
            stored.put_slice(node.as_bytes());
        }
        let digest = sha256(&[&stored]);
        stored.put_slice(digest.as_bytes());
        stored.put_slice(&leaf_bytes);
        stored.put_slice(body);
        let block = Block {
            first,
            count,
            previous,
            digest,
            frontier,
            leaves: Bytes::from(leaf_bytes),
            records: Bytes::from(records),
        };
        (block, stored)
    }
}

fn decompress(body: &[u8], raw: usize) -> Option<Vec<u8>> {
    thread_local! {
        static DECOMPRESSOR: RefCell<Option<zstd::bulk::Decompressor<'static>>> =
            RefCell::new(zstd::bulk::Decompressor::new().ok());
    }
    DECOMPRESSOR.with_borrow_mut(|decompressor| decompressor.as_mut()?.decompress(body, raw).ok())
}

#[cfg(test)]
mod tests;
