//! The one writer: takes what waits, numbers it, commits it as blocks, syncs once, then answers everybody.

use std::{path::PathBuf, sync::Arc, sync::atomic::Ordering};

use proto_events::{Digest, GlobalPosition};
use tokio::sync::{mpsc, oneshot};

use crate::{
    Append, AppendError, Appended, Broken, Frontier, Unavailable,
    block::{Block, Encoder},
    sequence::{Records, Sequencer},
    sled_log::{
        Shared,
        open::{self, Followed},
        store::StoreError,
        tail_file::TailFile,
    },
};

/// Records that a block holds before the next begins, in bytes: large enough to compress well, small enough that
/// reading one event is cheap and that sled keeps it inline.
const BLOCK_BYTES: usize = 64 * 1024;
/// Records that one commit holds, in bytes; what is over waits for the next.
const COMMIT_BYTES: usize = 4 * 1024 * 1024;

/// An append that waits for its answer.
pub(super) struct Waiting {
    pub(super) append: Append,
    pub(super) bytes: usize,
    pub(super) answer: oneshot::Sender<Result<Appended, AppendError>>,
}

type Answer = (oneshot::Sender<Result<Appended, AppendError>>, Result<Appended, AppendError>);

pub(super) struct Writer {
    shared: Arc<Shared>,
    encoder: Encoder,
    frontier: Frontier,
    last_block: Digest,
    tail_file: TailFile,
    directory: PathBuf,
    reserved_bytes: u64,
    /// sled saw an error of the operating system and has to be opened again before it takes anything.
    must_reopen: bool,
}

/// One commit that is being put together.
struct Commit {
    blocks: Vec<(Block, Vec<u8>)>,
    frontier: Frontier,
    last_block: Digest,
}

impl Writer {
    pub(super) fn new(
        shared: Arc<Shared>,
        frontier: Frontier,
        last_block: Digest,
        tail_file: TailFile,
        directory: PathBuf,
        reserved_bytes: u64,
    ) -> Self {
        Self {
            shared,
            encoder: Encoder::new(),
            frontier,
            last_block,
            tail_file,
            directory,
            reserved_bytes,
            must_reopen: false,
        }
    }

    pub(super) fn run(mut self, mut queue: mpsc::Receiver<Waiting>) {
        let mut group = Vec::new();
        while let Some(first) = queue.blocking_recv() {
            let mut bytes = first.bytes;
            group.push(first);
            while bytes < COMMIT_BYTES
                && let Ok(next) = queue.try_recv()
            {
                bytes += next.bytes;
                group.push(next);
            }
            self.shared.queued_bytes.fetch_sub(bytes, Ordering::Relaxed);
            self.commit(&mut group, bytes);
        }
        // A clean close: the remembered tail becomes durable too.
        if let Err(error) = self.tail_file.sync() {
            tracing::warn!(%error, "the remembered tail could not be made durable");
        }
        let _ = self.shared.broken.set(Broken::Closed);
    }

    fn commit(&mut self, group: &mut Vec<Waiting>, bytes: usize) {
        if let Err(error) = self.make_ready(bytes) {
            for waiting in group.drain(..) {
                let _ = waiting.answer.send(Err(error.clone()));
            }
            return;
        }
        let shared = Arc::clone(&self.shared);
        let tail = GlobalPosition::new(self.frontier.size());
        let mut sequencer = Sequencer::new(&shared.heads, tail);
        let (commit, answers) = self.encode(group, &mut sequencer);
        if !commit.blocks.is_empty()
            && let Err(error) = self.store(&commit)
        {
            let error = self.failed(error);
            for (answer, outcome) in answers {
                // A conflict may rest on an append of the same group, which did not happen.
                let refused = matches!(outcome, Err(AppendError::Refused(_)));
                let _ = answer.send(if refused { outcome } else { Err(error.clone()) });
            }
            return;
        }
        sequencer.publish();
        self.advance(commit);
        for (answer, outcome) in answers {
            // The caller may have gone away; the append stands.
            let _ = answer.send(outcome);
        }
    }

    /// Numbers the group and makes its blocks. An append never spans two blocks.
    fn encode(&mut self, group: &mut Vec<Waiting>, sequencer: &mut Sequencer<'_>) -> (Commit, Vec<Answer>) {
        let mut commit =
            Commit { blocks: Vec::new(), frontier: self.frontier.clone(), last_block: self.last_block };
        let mut answers = Vec::with_capacity(group.len());
        let mut records = Records::default();
        for Waiting { append, bytes, answer } in group.drain(..) {
            if !records.bytes.is_empty() && records.bytes.len() + bytes > BLOCK_BYTES {
                self.cut(&mut commit, &mut records);
            }
            let outcome = match sequencer.number(&append, &mut records) {
                Ok(Ok(appended)) => Ok(appended),
                Ok(Err(conflict)) => Err(conflict.into()),
                Err(refusal) => Err(refusal.into()),
            };
            answers.push((answer, outcome));
        }
        if !records.bytes.is_empty() {
            self.cut(&mut commit, &mut records);
        }
        (commit, answers)
    }

    /// Ends a block.
    fn cut(&mut self, commit: &mut Commit, records: &mut Records) {
        let Records { bytes, leaves } = std::mem::take(records);
        let first = GlobalPosition::new(commit.frontier.size()).next();
        for leaf in &leaves {
            commit.frontier.push(*leaf);
        }
        let (block, stored) =
            self.encoder.encode(first, &leaves, bytes, commit.last_block, commit.frontier.clone());
        commit.last_block = block.digest;
        commit.blocks.push((block, stored));
    }

    fn store(&self, commit: &Commit) -> Result<(), StoreError> {
        for (block, stored) in &commit.blocks {
            self.shared.store.put(block.first, stored)?;
        }
        self.shared.store.sync()
    }

    /// What is durable becomes visible: heads first (by the caller), then blocks, then the tail.
    fn advance(&mut self, commit: Commit) {
        if commit.blocks.is_empty() {
            return;
        }
        let spill_check = commit.blocks.iter().any(|(_, stored)| stored.len() > super::store::PART_BYTES);
        self.shared.recent.extend(commit.blocks.into_iter().map(|(block, _)| Arc::new(block)).collect());
        self.frontier = commit.frontier;
        self.last_block = commit.last_block;
        let head = self.frontier.head();
        if let Err(error) = self.tail_file.write(head) {
            // It only lags then; a later write catches up.
            tracing::warn!(%error, "the remembered tail could not be written");
        }
        self.shared.tail.send_replace(head);
        if spill_check && let Err(error) = self.shared.store.check_nothing_spilled() {
            self.break_with(Broken::Storage { reason: error.to_string() });
        }
    }

    fn break_with(&self, broken: Broken) -> AppendError {
        tracing::error!(error = %broken, "the log stops taking appends");
        self.shared.broken.get_or_init(|| broken).clone().into()
    }

    /// Whether a group of this many bytes can be taken on.
    fn make_ready(&mut self, bytes: usize) -> Result<(), AppendError> {
        if let Some(broken) = self.shared.broken.get() {
            return Err(broken.clone().into());
        }
        let room = fs4::available_space(&self.directory).unwrap_or(u64::MAX);
        // sled writes a value a few times over before it settles.
        if room < self.reserved_bytes + 4 * bytes as u64 {
            return Err(Unavailable::StorageFull.into());
        }
        if self.must_reopen {
            self.reopen()?;
        }
        Ok(())
    }

    /// What the appends of a commit are told that could not be stored.
    fn failed(&mut self, error: StoreError) -> AppendError {
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
                self.advance(Commit {
                    blocks,
                    frontier: followed.frontier,
                    last_block: followed.last_block,
                });
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
