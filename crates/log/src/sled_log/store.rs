//! The only module that names sled: blocks by their first position, durable when [`Store::sync`] has answered.
//!
//! sled 0.34.7 promises less than it seems to, so four things are ours:
//!
//! * `flush` ends in `sync_file_range`, which is no durability barrier. After it we `fdatasync` sled's file on a handle
//!   of our own, before anything is answered.
//! * A value or tree node over a quarter of a segment goes to `blobs/`, which nobody syncs. With segments of 8 MiB and
//!   values of at most 64 KiB a leaf (at most 17 entries) stays inline; a file in `blobs/` is an error.
//! * Files and directories that sled creates are synced once, before the first answer.
//! * On damaged files sled panics more often than it returns an error, so every call is caught.

use std::{
    fs::File,
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::{PoisonError, RwLock},
    time::Duration,
};

use proto_events::GlobalPosition;

/// sled's segment. Fixed for ever: it is written into the directory.
const SEGMENT_BYTES: usize = 8 * 1024 * 1024;
/// Largest value; a longer block is stored in parts.
pub(super) const PART_BYTES: usize = 64 * 1024;
/// Most parts of a block.
const MAX_PARTS: usize = u16::MAX as usize;

/// Why the store did not do it.
#[derive(Debug, thiserror::Error)]
pub(super) enum StoreError {
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("{0}")]
    Damaged(String),
}

impl StoreError {
    pub(super) fn is_full(&self) -> bool {
        matches!(self, Self::Io(error)
            if matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded))
    }
}

impl From<sled::Error> for StoreError {
    fn from(error: sled::Error) -> Self {
        match error {
            sled::Error::Io(error) => Self::Io(error),
            error => Self::Damaged(error.to_string()),
        }
    }
}

/// Runs `call` into sled; a panic in it becomes an error.
fn caught<T>(call: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
    catch_unwind(AssertUnwindSafe(call)).unwrap_or_else(|panic| {
        let text = panic
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| panic.downcast_ref::<&str>().copied())
            .unwrap_or("no reason given");
        Err(StoreError::Damaged(format!("the storage engine gave up: {text}")))
    })
}

/// Blocks on sled.
pub(super) struct Store {
    directory: PathBuf,
    cache_bytes: u64,
    /// `None` while it is being opened again, and after it was closed.
    db: RwLock<Option<Open>>,
}

struct Open {
    db: sled::Db,
    /// sled's file on a handle of our own, to sync it.
    file: File,
}

impl Store {
    pub(super) fn open(directory: &Path, cache_bytes: u64) -> Result<Self, StoreError> {
        let open = open_or_set_snapshots_aside(directory, cache_bytes)?;
        Ok(Self { directory: directory.to_owned(), cache_bytes, db: RwLock::new(Some(open)) })
    }

    /// Closes and opens it again: what sled does not do after an error of the operating system.
    pub(super) fn reopen(&self) -> Result<(), StoreError> {
        let mut db = self.db.write().unwrap_or_else(PoisonError::into_inner);
        drop_caught(db.take());
        *db = Some(open_or_set_snapshots_aside(&self.directory, self.cache_bytes)?);
        Ok(())
    }

    pub(super) fn close(&self) {
        drop_caught(self.db.write().unwrap_or_else(PoisonError::into_inner).take());
    }

    fn with<T>(&self, call: impl FnOnce(&Open) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let db = self.db.read().unwrap_or_else(PoisonError::into_inner);
        // Closed by a reopening that found no room, or for good, which whoever asks knows from elsewhere.
        let closed = || io::Error::new(io::ErrorKind::StorageFull, "the store is closed until there is room");
        let open = db.as_ref().ok_or_else(closed)?;
        caught(|| call(open))
    }

    /// Stores a block. It is not durable before [`Store::sync`].
    pub(super) fn put(&self, first: GlobalPosition, block: &[u8]) -> Result<(), StoreError> {
        let key = first.get().to_be_bytes();
        self.with(|open| {
            if block.len() <= PART_BYTES {
                open.db.insert(key, block)?;
                return Ok(());
            }
            let mut batch = sled::Batch::default();
            for (part, bytes) in block.chunks(PART_BYTES).enumerate() {
                batch.insert(part_key(key, part)?, bytes);
            }
            open.db.apply_batch(batch)?;
            Ok(())
        })
    }

    /// Makes everything that was put durable.
    pub(super) fn sync(&self) -> Result<(), StoreError> {
        self.with(|open| {
            open.db.flush()?;
            open.file.sync_data()?;
            Ok(())
        })
    }

    /// The block that begins at `position` or, where none does, the last one that begins before it.
    pub(super) fn block_at_or_before(
        &self,
        position: GlobalPosition,
    ) -> Result<Option<(GlobalPosition, Vec<u8>)>, StoreError> {
        self.with(|open| {
            let end = part_key(position.get().to_be_bytes(), MAX_PARTS)?;
            let Some(entry) = open.db.range(..=end.clone()).next_back() else { return Ok(None) };
            let (key, value) = entry?;
            let first = first_of(&key)?;
            if key.len() == 8 && value.len() < PART_BYTES {
                return Ok(Some((first, value.to_vec())));
            }
            let mut block = Vec::new();
            for entry in open.db.range(first.get().to_be_bytes().to_vec()..=end) {
                let (key, value) = entry?;
                if first_of(&key)? != first {
                    break;
                }
                block.extend_from_slice(&value);
            }
            Ok(Some((first, block)))
        })
    }

    /// Hands `visit` every block that begins at `from` or later, in order, until it says stop (`false`).
    pub(super) fn scan(
        &self,
        from: GlobalPosition,
        mut visit: impl FnMut(GlobalPosition, &[u8]) -> bool,
    ) -> Result<(), StoreError> {
        self.with(|open| {
            // The parts of a block follow each other, so a block is whole when the next one begins.
            let mut whole: Option<(GlobalPosition, Vec<u8>)> = None;
            for entry in open.db.range(from.get().to_be_bytes()..) {
                let (key, value) = entry?;
                let first = first_of(&key)?;
                match &mut whole {
                    Some((current, block)) if *current == first => block.extend_from_slice(&value),
                    _ => {
                        if let Some((current, block)) = whole.take()
                            && !visit(current, &block)
                        {
                            return Ok(());
                        }
                        if key.len() == 8 && value.len() < PART_BYTES {
                            if !visit(first, &value) {
                                return Ok(());
                            }
                        } else {
                            whole = Some((first, value.to_vec()));
                        }
                    }
                }
            }
            if let Some((first, block)) = whole {
                visit(first, &block);
            }
            Ok(())
        })
    }

    /// Everything is there: the copy of sled's file that was made before its snapshots were set aside may go.
    pub(super) fn discard_copy(&self) -> io::Result<()> {
        match std::fs::remove_file(aside(&self.directory).join("db")) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// An error if sled put something where nobody syncs it.
    pub(super) fn check_nothing_spilled(&self) -> Result<(), StoreError> {
        let blobs = self.directory.join("blobs");
        match std::fs::read_dir(&blobs) {
            Ok(mut entries) => match entries.next() {
                None => Ok(()),
                Some(_) => Err(StoreError::Damaged(format!(
                    "`{}` is not empty: the storage engine put data where it is not made durable",
                    blobs.display()
                ))),
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Bytes of all files of the store.
    pub(super) fn bytes_on_disk(&self) -> io::Result<u64> {
        std::fs::read_dir(&self.directory)?
            .map(|entry| entry?.metadata())
            .filter(|metadata| metadata.as_ref().map_or(true, std::fs::Metadata::is_file))
            .map(|metadata| metadata.map(|metadata| std::os::unix::fs::MetadataExt::blocks(&metadata) * 512))
            .sum()
    }
}

fn part_key(first: [u8; 8], part: usize) -> Result<Vec<u8>, StoreError> {
    let part =
        u16::try_from(part).map_err(|_| StoreError::Damaged("a block has too many parts".to_owned()))?;
    let mut key = first.to_vec();
    if part > 0 {
        key.extend(part.to_be_bytes());
    }
    Ok(key)
}

fn first_of(key: &[u8]) -> Result<GlobalPosition, StoreError> {
    key.first_chunk::<8>()
        .filter(|_| matches!(key.len(), 8 | 10))
        .map(|first| GlobalPosition::new(u64::from_be_bytes(*first)))
        .ok_or_else(|| StoreError::Damaged(format!("a key of {} bytes is not ours", key.len())))
}

/// sled flushes when it is dropped, which can panic where the files are damaged.
fn drop_caught(open: Option<Open>) {
    if let Err(error) = caught(|| {
        drop(open);
        Ok(())
    }) {
        tracing::warn!(%error, "the storage engine did not close cleanly");
    }
}

fn open_or_set_snapshots_aside(directory: &Path, cache_bytes: u64) -> Result<Open, StoreError> {
    match open(directory, cache_bytes) {
        // A snapshot only saves a scan; a damaged one keeps sled from opening.
        Err(StoreError::Damaged(reason)) if set_snapshots_aside(directory)? => {
            tracing::warn!(%reason, "opening without the storage engine's snapshot, which may be damaged");
            open(directory, cache_bytes)
        }
        opened => opened,
    }
}

fn open(directory: &Path, cache_bytes: u64) -> Result<Open, StoreError> {
    let parent = directory.parent().map(Path::to_owned).unwrap_or_default();
    std::fs::create_dir_all(directory)?;
    let db = open_sled(directory, cache_bytes)?;
    let file = File::options().read(true).write(true).open(directory.join("db"))?;
    for name in ["db", "conf"] {
        File::open(directory.join(name))?.sync_all()?;
    }
    for folder in [directory.join("blobs"), directory.to_owned(), parent] {
        File::open(folder)?.sync_all()?;
    }
    Ok(Open { db, file })
}

/// A database that was dropped lets go of its file a moment later, on a thread of sled's own. Nobody but this process
/// can hold it (the log's own lock is ours), so it is waited for.
fn open_sled(directory: &Path, cache_bytes: u64) -> Result<sled::Db, StoreError> {
    const PAUSE: Duration = Duration::from_millis(10);
    let mut pauses = 500;
    loop {
        let opened = caught(|| {
            Ok(sled::Config::new()
                .path(directory)
                .segment_size(SEGMENT_BYTES)
                .cache_capacity(cache_bytes)
                .flush_every_ms(None)
                .open()?)
        });
        match opened {
            Err(StoreError::Io(error))
                if pauses > 0 && error.to_string().contains("could not acquire lock") =>
            {
                pauses -= 1;
                std::thread::sleep(PAUSE);
            }
            opened => return opened,
        }
    }
}

/// Moves sled's snapshots into a folder beside them; `false` if there were none. sled's file is copied there first:
/// without a snapshot sled reads it from its beginning and *wipes* everything behind the first thing it cannot read.
fn set_snapshots_aside(directory: &Path) -> io::Result<bool> {
    let mut snapshots = Vec::new();
    for entry in std::fs::read_dir(directory)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with("snap.") {
            snapshots.push(entry);
        }
    }
    if snapshots.is_empty() {
        return Ok(false);
    }
    let aside = aside(directory);
    std::fs::create_dir_all(&aside)?;
    let copy = aside.join("db");
    if !copy.exists() {
        // Under another name first: a copy that is there is whole.
        let half = aside.join("db.copying");
        std::fs::copy(directory.join("db"), &half)?;
        File::open(&half)?.sync_all()?;
        std::fs::rename(half, copy)?;
    }
    for entry in snapshots {
        std::fs::rename(entry.path(), aside.join(entry.file_name()))?;
    }
    Ok(true)
}

fn aside(directory: &Path) -> PathBuf {
    directory.with_file_name("snapshots-set-aside")
}
