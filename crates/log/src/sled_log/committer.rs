//! Commits: what was numbered becomes durable, then visible, then answered.

use std::{
    fs::File,
    io::Write as _,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use proto_events::{Digest, GlobalPosition};
use tokio::sync::oneshot;

use crate::{
    AppendError, Appended, Broken, Frontier, StreamHead, Unavailable,
    block::Block,
    heads::ByKey,
    sled_log::{
        Shared,
        open::{self, Followed},
        store::{PART_BYTES, StoreError},
        tail_file::TailFile,
    },
};

/// What opening the store after a full disk may write: sled wipes the rest of its segment, and writes a snapshot.
const REOPEN_BYTES: usize = 16 * 1024 * 1024;
/// Written and removed to see whether there is that much room.
const ROOM_FILE: &str = "room";

pub(super) type Answer = oneshot::Sender<Result<Appended, AppendError>>;

/// Appends that were numbered together, as blocks, with the answers that they get when they are durable.
pub(super) struct Commit {
    /// Digest of the block that the first one follows.
    pub(super) base: Digest,
    pub(super) blocks: Vec<(Block, Vec<u8>)>,
    /// The tree and the last block after this commit.
    pub(super) frontier: Frontier,
    pub(super) last_block: Digest,
    pub(super) heads: Arc<ByKey<StreamHead>>,
    pub(super) answers: Vec<(Answer, Result<Appended, AppendError>)>,
}

/// What is durable, and how more becomes so.
pub(super) struct Committer {
    shared: Arc<Shared>,
    pub(super) frontier: Frontier,
    pub(super) last_block: Digest,
    tail_file: TailFile,
    directory: PathBuf,
    /// sled saw an error of the operating system and has to be opened again before it takes anything.
    must_reopen: bool,
    /// A commit failed: what was numbered on top of it has to be numbered again.
    failed: Arc<AtomicBool>,
}

impl Committer {
    pub(super) fn new(
        shared: Arc<Shared>,
        frontier: Frontier,
        last_block: Digest,
        tail_file: TailFile,
        directory: PathBuf,
        failed: Arc<AtomicBool>,
    ) -> Self {
        // It is there only where a process died while it wrote it.
        let _ = std::fs::remove_file(directory.join(ROOM_FILE));
        Self { shared, frontier, last_block, tail_file, directory, must_reopen: false, failed }
    }

    /// Makes a commit durable and visible and answers its appends; or answers why not.
    pub(super) fn commit(&mut self, commit: Commit) {
        let Commit { base, blocks, frontier, last_block, heads, answers } = commit;
        let stored = if base == self.last_block {
            self.store(&blocks).map_err(|error| self.failure(error))
        } else {
            // The commit before it failed while this one was being numbered.
            let reason = "an append before this one could not be stored".to_owned();
            Err(Broken::Storage { reason }.into())
        };
        if let Err(error) = stored {
            self.failed.store(true, Ordering::Release);
            for (answer, outcome) in answers {
                // A conflict may rest on an append that did not happen.
                let refused = matches!(outcome, Err(AppendError::Refused(_)));
                let _ = answer.send(if refused { outcome } else { Err(error.clone()) });
            }
            return;
        }
        self.shared.heads.publish(&heads);
        self.advance(blocks, frontier, last_block);
        for (answer, outcome) in answers {
            // The caller may have gone away; the append stands.
            let _ = answer.send(outcome);
        }
    }

    fn store(&self, blocks: &[(Block, Vec<u8>)]) -> Result<(), StoreError> {
        if blocks.is_empty() {
            return Ok(());
        }
        for (block, stored) in blocks {
            self.shared.store.put(block.first, stored)?;
        }
        self.shared.store.sync()?;
        // What spilled is not durable, and must not be answered as if it were.
        if blocks.iter().any(|(_, stored)| stored.len() > PART_BYTES) {
            self.shared.store.check_nothing_spilled()?;
        }
        Ok(())
    }

    /// What is durable becomes visible: heads first (by the caller), then blocks, then the tail.
    fn advance(&mut self, blocks: Vec<(Block, Vec<u8>)>, frontier: Frontier, last_block: Digest) {
        if blocks.is_empty() {
            return;
        }
        self.shared.recent.extend(blocks.into_iter().map(|(block, _)| Arc::new(block)).collect());
        self.frontier = frontier;
        self.last_block = last_block;
        let head = self.frontier.head();
        if let Err(error) = self.tail_file.write(head) {
            // It only lags then; a later write catches up.
            tracing::warn!(%error, "the remembered tail could not be written");
        }
        self.shared.tail.send_replace(head);
    }

    fn break_with(&self, broken: Broken) -> AppendError {
        tracing::error!(error = %broken, "the log stops taking appends");
        self.shared.broken.get_or_init(|| broken).clone().into()
    }

    /// After a failed commit: whether more can be taken, and on top of what.
    pub(super) fn recover(&mut self) -> Result<(), AppendError> {
        if self.must_reopen {
            self.try_room()?;
            self.reopen()?;
        }
        self.failed.store(false, Ordering::Release);
        Ok(())
    }

    /// A clean close: the remembered tail becomes durable too.
    pub(super) fn close(&self) {
        if let Err(error) = self.tail_file.sync() {
            tracing::warn!(%error, "the remembered tail could not be made durable");
        }
    }

    /// Whether there is the room that opening the store again takes. While it is closed nobody can read, so it is not
    /// closed on a guess: what the file system says is available may be more than a quota lets us have.
    fn try_room(&self) -> Result<(), AppendError> {
        let path = self.directory.join(ROOM_FILE);
        let written = File::create(&path).and_then(|mut file| {
            let chunk = vec![0xff; 1024 * 1024];
            for _ in 0..REOPEN_BYTES / chunk.len() {
                file.write_all(&chunk)?;
            }
            file.sync_data()
        });
        let _ = std::fs::remove_file(path);
        written.map_err(|error| {
            let error = StoreError::from(error);
            if error.is_full() {
                Unavailable::StorageFull.into()
            } else {
                Broken::Storage { reason: error.to_string() }.into()
            }
        })
    }

    /// What the appends of a commit are told that could not be stored.
    fn failure(&mut self, error: StoreError) -> AppendError {
        let reason = error.to_string();
        if error.is_full() {
            self.must_reopen = true;
            tracing::warn!(%reason, "the disk is full; the log reopens when there is room");
            // Whether it happened shows when the store was opened again.
            return Broken::Storage { reason }.into();
        }
        match error {
            StoreError::Io(_) => self.break_with(Broken::Storage { reason }),
            StoreError::Damaged(_) => {
                let position = GlobalPosition::new(self.frontier.size()).next();
                self.break_with(Broken::Corrupt { position, reason })
            }
        }
    }

    /// Opens the store again after a full disk, and takes over what of the failed commit turns out to be there.
    fn reopen(&mut self) -> Result<(), AppendError> {
        if let Err(error) = self.shared.store.reopen() {
            if error.is_full() {
                return Err(Unavailable::StorageFull.into());
            }
            return Err(self.break_with(Broken::Storage { reason: error.to_string() }));
        }
        let tail = GlobalPosition::new(self.frontier.size());
        let before = self.frontier.head();
        let at = Followed { frontier: self.frontier.clone(), last_block: self.last_block };
        let mut found = Vec::new();
        let followed = self.shared.store.sync().and_then(|()| {
            if !self.still_ends_with(tail)? {
                return Ok(Err(Broken::Corrupt {
                    position: tail,
                    reason: "the event was answered as durable and is missing".to_owned(),
                }));
            }
            open::follow(&self.shared.store, at, &self.shared.heads, Some(before), |block| found.push(block))
        });
        match followed {
            Ok(Ok(followed)) => {
                self.must_reopen = false;
                let blocks = found.into_iter().map(|block| (block, Vec::new())).collect();
                self.advance(blocks, followed.frontier, followed.last_block);
                Ok(())
            }
            Ok(Err(broken)) => Err(self.break_with(broken)),
            Err(error) if error.is_full() => Err(Unavailable::StorageFull.into()),
            Err(error) => Err(self.break_with(Broken::Storage { reason: error.to_string() })),
        }
    }

    /// Whether the block that ends at the tail is there and is the one that was answered.
    fn still_ends_with(&self, tail: GlobalPosition) -> Result<bool, StoreError> {
        if tail == GlobalPosition::START {
            return Ok(true);
        }
        let found = self.shared.store.block_at_or_before(tail)?;
        let block = found.and_then(|(_, stored)| Block::decode(&stored).ok());
        Ok(block.is_some_and(|block| block.digest == self.last_block))
    }
}
