//! The remembered tail: where the log ended when it last answered, outside sled.
//!
//! A store whose last segment is damaged opens as if the segment had never been written. This file tells such a cut
//! tail from a clean end. It is written after the sync of what it names, so it never runs ahead of what is durable; it
//! is not synced itself on every commit, so after a power loss it may lag behind, which is harmless.
//!
//! Two slots are written in turn, each with a digest of its own: a torn write leaves the other.

use std::{fs::File, io, os::unix::fs::FileExt, path::Path};

use proto_events::{Digest, GlobalPosition};
use sha2::{Digest as _, Sha256};

use crate::TreeHead;

const MAGIC: [u8; 8] = *b"VDMTAIL1";
const SLOT: usize = 128;
/// Mark, sequence number, position, root.
const COVERED: usize = 8 + 8 + 8 + 32;

/// The file, and the next slot to write.
pub(super) struct TailFile {
    file: File,
    sequence: u64,
}

impl TailFile {
    /// Opens the file (or creates it); the tail that it remembers, if it holds a whole one.
    pub(super) fn open(path: &Path) -> io::Result<(Self, Option<TreeHead>)> {
        let file = File::options().read(true).write(true).create(true).truncate(false).open(path)?;
        let slots = [read_slot(&file, 0)?, read_slot(&file, 1)?];
        let latest = slots.into_iter().flatten().max_by_key(|(sequence, _)| *sequence);
        let sequence = latest.map_or(0, |(sequence, _)| sequence);
        Ok((Self { file, sequence }, latest.map(|(_, head)| head)))
    }

    /// Remembers `head`.
    pub(super) fn write(&mut self, head: TreeHead) -> io::Result<()> {
        self.sequence += 1;
        let mut slot = [0; SLOT];
        let (covered, rest) = slot.split_at_mut(COVERED);
        covered[..8].copy_from_slice(&MAGIC);
        covered[8..16].copy_from_slice(&self.sequence.to_be_bytes());
        covered[16..24].copy_from_slice(&head.size.to_be_bytes());
        covered[24..].copy_from_slice(head.root.as_bytes());
        rest[..32].copy_from_slice(&Sha256::digest(covered));
        self.file.write_all_at(&slot, (self.sequence % 2) * SLOT as u64)
    }

    /// Makes it durable: at a clean close.
    pub(super) fn sync(&self) -> io::Result<()> {
        self.file.sync_all()
    }
}

fn read_slot(file: &File, index: u64) -> io::Result<Option<(u64, TreeHead)>> {
    let mut slot = [0; SLOT];
    match file.read_exact_at(&mut slot, index * SLOT as u64) {
        Ok(()) => Ok(parse(&slot)),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(error),
    }
}

fn parse(slot: &[u8; SLOT]) -> Option<(u64, TreeHead)> {
    let (covered, rest) = slot.split_at(COVERED);
    let digest = Sha256::digest(covered);
    if covered.get(..8) != Some(&MAGIC) || rest.get(..32) != Some(&digest) {
        return None;
    }
    let word = |at: usize| covered.get(at..)?.first_chunk::<8>().map(|bytes| u64::from_be_bytes(*bytes));
    let root = Digest::new(*covered.get(24..)?.first_chunk::<32>()?);
    Some((word(8)?, TreeHead { size: word(16)?, root }))
}

/// The position that a tail names.
pub(super) const fn position(head: TreeHead) -> GlobalPosition {
    GlobalPosition::new(head.size)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(size: u64) -> TreeHead {
        TreeHead { size, root: Digest::new([size as u8; 32]) }
    }

    #[test]
    fn the_golden_is_the_file_after_two_commits() {
        let golden = crate::golden::read("tail-1.hex");
        let block = |name| crate::block::Block::decode(&crate::golden::read(name)).unwrap().frontier.head();
        let heads = [block("block-1-plain.hex"), block("block-1-zstd.hex")];
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("tail");
        let (mut tail, _) = TailFile::open(&path).unwrap();
        for head in heads {
            tail.write(head).unwrap();
        }
        assert_eq!(std::fs::read(&path).unwrap(), golden);
        std::fs::write(&path, &golden).unwrap();
        let (tail, remembered) = TailFile::open(&path).unwrap();
        assert_eq!((tail.sequence, remembered), (2, Some(heads[1])));
        let hex = crate::golden::to_hex;
        let values = [
            ("mark", hex(b"VDMTAIL1")),
            ("sequence", format!("{:016x}", 2)),
            ("size", format!("{:016x}", 6)),
            ("root", heads[1].root.to_string()),
            ("digest", hex(&Sha256::digest(&golden[..COVERED]))),
            ("unused", "00".repeat(40)),
        ];
        crate::golden::agrees_with_the_reference("The tail file", &golden, SLOT, &values);
    }

    #[test]
    fn arbitrary_bytes_are_no_tail() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("tail");
        for fill in [0, 0xff, b'V'] {
            for len in [0, 1, SLOT, 2 * SLOT, 5000] {
                std::fs::write(&path, vec![fill; len]).unwrap();
                let (mut tail, remembered) = TailFile::open(&path).unwrap();
                assert_eq!(remembered, None);
                tail.write(head(7)).unwrap();
                assert_eq!(TailFile::open(&path).unwrap().1, Some(head(7)));
            }
        }
    }

    #[test]
    fn the_last_whole_slot_counts() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("tail");
        let (mut tail, remembered) = TailFile::open(&path).unwrap();
        assert_eq!(remembered, None);
        for size in 1..=5 {
            tail.write(head(size)).unwrap();
            assert_eq!(TailFile::open(&path).unwrap().1, Some(head(size)));
        }
        let whole = std::fs::read(&path).unwrap();
        for at in 0..whole.len() {
            let mut torn = whole.clone();
            torn[at] ^= 0x40;
            std::fs::write(&path, &torn).unwrap();
            let remembered = TailFile::open(&path).unwrap().1;
            assert!(matches!(remembered, Some(head) if head.size == 4 || head.size == 5), "byte {at}");
        }
        std::fs::write(&path, &whole[..SLOT - 1]).unwrap();
        assert_eq!(TailFile::open(&path).unwrap().1, None);
    }
}
