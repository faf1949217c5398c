//! The trace that `shim/record.c` writes.

use std::path::PathBuf;

/// Bytes of a write.
#[derive(Clone, Copy, Debug)]
pub enum Data<'a> {
    /// As they were.
    Bytes(&'a [u8]),
    /// One byte, that often.
    Fill(u8, usize),
}

impl Data<'_> {
    /// How many.
    pub const fn len(&self) -> usize {
        match self {
            Self::Bytes(bytes) => bytes.len(),
            Self::Fill(_, len) => *len,
        }
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Puts the part from `from` to `to` into `out`.
    pub fn put(&self, from: usize, to: usize, out: &mut [u8]) {
        match self {
            Self::Bytes(bytes) => out.copy_from_slice(&bytes[from..to]),
            Self::Fill(byte, _) => out.fill(*byte),
        }
    }
}

/// One recorded call that succeeded.
#[derive(Clone, Debug)]
pub enum Op<'a> {
    /// A file (inode number) came into being.
    Create(PathBuf, u64),
    /// Bytes were written to a file at an offset.
    Write(u64, usize, Data<'a>),
    /// A file was cut or lengthened to a length.
    Truncate(u64, usize),
    /// A file or folder was synced: by `fdatasync` where the last is `true`, else by `fsync`.
    Sync(PathBuf, u64, bool),
    /// A file was renamed.
    Rename(PathBuf, PathBuf),
    /// A file was removed.
    Unlink(PathBuf),
    /// A folder was made.
    Mkdir(PathBuf),
    /// The program said something.
    Mark(&'a str),
    /// `sync_file_range`: asks for writing back, promises nothing.
    SyncRange,
}

fn word(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(*bytes[at..].first_chunk().unwrap())
}

fn half(bytes: &[u8], at: usize) -> usize {
    u32::from_le_bytes(*bytes[at..].first_chunk().unwrap()) as usize
}

/// Reads a trace.
///
/// Panics where it holds a call that nobody models.
pub fn parse(mut bytes: &[u8]) -> Vec<Op<'_>> {
    const HEAD: usize = 48;
    let mut ops = Vec::new();
    while !bytes.is_empty() {
        let (path_len, path2_len) = (half(bytes, 8), half(bytes, 12));
        let (ino, offset, len) = (word(bytes, 16), word(bytes, 24) as usize, word(bytes, 32) as usize);
        let data_at = HEAD + path_len + path2_len;
        let end = data_at + word(bytes, 40) as usize;
        let text = |from: usize, to: usize| std::str::from_utf8(&bytes[from..to]).unwrap();
        let path = PathBuf::from(text(HEAD, HEAD + path_len));
        let data = match half(bytes, 4) {
            0 => Data::Bytes(&bytes[data_at..end]),
            _ => Data::Fill(bytes[data_at], len),
        };
        ops.push(match half(bytes, 0) {
            1 => Op::Create(path, ino),
            2 => Op::Write(ino, offset, data),
            3 => Op::Truncate(ino, len),
            kind @ (4 | 5) => Op::Sync(path, ino, kind == 5),
            6 => Op::Rename(path, PathBuf::from(text(HEAD + path_len, data_at))),
            7 => Op::Unlink(path),
            8 => Op::Mkdir(path),
            9 => Op::Mark(text(data_at, end)),
            10 => Op::SyncRange,
            kind => {
                panic!("the trace holds a call of kind {kind} on {}, which is not modelled", path.display())
            }
        });
        bytes = &bytes[end..];
    }
    ops
}
