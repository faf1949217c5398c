//! The one writer: takes what waits, numbers it, makes blocks of it, and hands it on to be committed.
//!
//! ```text
//! queue ─▶ writer: number, hash, compress ─▶ committer: store, sync, publish, answer
//! ```
//!
//! While one group is on its way to the disk, the next is numbered on top of it. At most one commit is in the
//! committer's hands and one in the writer's. A writer that has nothing else to do commits by itself: a thread that has
//! to be woken costs more than it saves then.

use std::{
    path::PathBuf,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    time::Duration,
};

use proto_events::{Digest, GlobalPosition};
use tokio::sync::mpsc;

use crate::{
    Append, AppendError, Broken, Frontier, StreamHead, Unavailable,
    block::{Block, Encoder},
    heads::ByKey,
    sequence::{Records, Sequencer},
    sled_log::{
        Shared,
        committer::{Answer, Commit, Committer},
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
    pub(super) answer: Answer,
}

pub(super) struct Writer {
    shared: Arc<Shared>,
    encoder: Encoder,
    /// The tree, the last block and the new heads of what was numbered last, durable or not yet.
    frontier: Frontier,
    last_block: Digest,
    ahead: Arc<ByKey<StreamHead>>,
    committer: Arc<Mutex<Committer>>,
    /// How many commits were handed on and are not done.
    handed_on: Arc<AtomicUsize>,
    failed: Arc<AtomicBool>,
    directory: PathBuf,
    reserved_bytes: u64,
}

fn locked(committer: &Mutex<Committer>) -> MutexGuard<'_, Committer> {
    committer.lock().unwrap_or_else(PoisonError::into_inner)
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
        let failed = Arc::new(AtomicBool::new(false));
        let committer = Committer::new(
            Arc::clone(&shared),
            frontier.clone(),
            last_block,
            tail_file,
            directory.clone(),
            Arc::clone(&failed),
        );
        Self {
            shared,
            encoder: Encoder::new(),
            frontier,
            last_block,
            ahead: Arc::default(),
            committer: Arc::new(Mutex::new(committer)),
            handed_on: Arc::default(),
            failed,
            directory,
            reserved_bytes,
        }
    }

    pub(super) fn run(mut self, mut queue: mpsc::Receiver<Waiting>) {
        let (hand_on, commits) = sync_channel(0);
        let (committer, handed_on) = (Arc::clone(&self.committer), Arc::clone(&self.handed_on));
        let behind = std::thread::Builder::new()
            .name("vidimus-commit".to_owned())
            .spawn(move || commit_all(&commits, &committer, &handed_on));
        // Without a second thread the writer commits everything by itself.
        let hand_on = behind.is_ok().then_some(hand_on);
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
            if let Err(error) = self.make_ready(bytes) {
                for waiting in group.drain(..) {
                    let _ = waiting.answer.send(Err(error.clone()));
                }
                continue;
            }
            let commit = self.encode(&mut group);
            self.pass_on(commit, hand_on.as_ref(), !queue.is_empty());
        }
        drop(hand_on);
        if let Ok(behind) = behind
            && behind.join().is_err()
        {
            tracing::error!("the log's committer ended in a panic");
        }
        locked(&self.committer).close();
        let _ = self.shared.broken.set(Broken::Closed);
    }

    /// Commits; or has it committed, where more is waiting to be numbered meanwhile.
    fn pass_on(&self, commit: Commit, hand_on: Option<&SyncSender<Commit>>, more_waits: bool) {
        match hand_on {
            Some(hand_on) if more_waits || self.handed_on.load(Ordering::Acquire) > 0 => {
                self.handed_on.fetch_add(1, Ordering::AcqRel);
                if let Err(unsent) = hand_on.send(commit) {
                    self.handed_on.fetch_sub(1, Ordering::AcqRel);
                    for (answer, _) in unsent.0.answers {
                        let _ = answer.send(Err(Broken::Closed.into()));
                    }
                }
            }
            _ => locked(&self.committer).commit(commit),
        }
    }

    /// Whether a group of this many bytes can be taken on.
    fn make_ready(&mut self, bytes: usize) -> Result<(), AppendError> {
        if let Some(broken) = self.shared.broken.get() {
            return Err(broken.clone().into());
        }
        let room = fs4::available_space(&self.directory).unwrap_or(u64::MAX);
        // sled writes a value a few times over before it settles.
        if room < self.reserved_bytes.saturating_add(4 * bytes as u64) {
            return Err(Unavailable::StorageFull.into());
        }
        if self.failed.load(Ordering::Acquire) {
            // What was handed on is answered first: it was numbered on top of the failure.
            while self.handed_on.load(Ordering::Acquire) > 0 {
                std::thread::sleep(Duration::from_millis(1));
            }
            let mut committer = locked(&self.committer);
            committer.recover()?;
            self.frontier = committer.frontier.clone();
            self.last_block = committer.last_block;
            self.ahead = Arc::default();
        }
        Ok(())
    }

    /// Numbers the group and makes its blocks. An append never spans two blocks.
    fn encode(&mut self, group: &mut Vec<Waiting>) -> Commit {
        let (shared, ahead) = (Arc::clone(&self.shared), Arc::clone(&self.ahead));
        let tail = GlobalPosition::new(self.frontier.size());
        let mut sequencer = Sequencer::new(&shared.heads, tail).on_top_of(&ahead);
        let base = self.last_block;
        let mut blocks = Vec::new();
        let mut answers = Vec::with_capacity(group.len());
        let mut left = group.iter().map(|waiting| waiting.bytes).sum::<usize>();
        let mut records = Records::with_capacity(left.min(BLOCK_BYTES));
        for Waiting { append, bytes, answer } in group.drain(..) {
            if !records.bytes.is_empty() && records.bytes.len() + bytes > BLOCK_BYTES {
                let full = std::mem::replace(&mut records, Records::with_capacity(left.min(BLOCK_BYTES)));
                blocks.push(self.block(full));
            }
            left -= bytes;
            let outcome = match sequencer.number(&append, &mut records) {
                Ok(Ok(appended)) => Ok(appended),
                Ok(Err(conflict)) => Err(conflict.into()),
                Err(refusal) => Err(refusal.into()),
            };
            answers.push((answer, outcome));
        }
        if !records.bytes.is_empty() {
            blocks.push(self.block(records));
        }
        self.ahead = Arc::new(sequencer.into_heads());
        Commit {
            base,
            blocks,
            frontier: self.frontier.clone(),
            last_block: self.last_block,
            heads: Arc::clone(&self.ahead),
            answers,
        }
    }

    /// The block of `records`, which follows what was numbered before.
    fn block(&mut self, records: Records) -> (Block, Vec<u8>) {
        let Records { bytes, leaves } = records;
        let first = GlobalPosition::new(self.frontier.size()).next();
        for leaf in &leaves {
            self.frontier.push(*leaf);
        }
        let (block, stored) =
            self.encoder.encode(first, &leaves, bytes, self.last_block, self.frontier.clone());
        self.last_block = block.digest;
        (block, stored)
    }
}

/// Commits what is handed on, in order, until the writer ends.
fn commit_all(commits: &Receiver<Commit>, committer: &Mutex<Committer>, handed_on: &AtomicUsize) {
    while let Ok(commit) = commits.recv() {
        let _done = Done(handed_on);
        locked(committer).commit(commit);
    }
}

/// Says that a commit is done, also where it ended in a panic: nobody waits for it for ever.
struct Done<'a>(&'a AtomicUsize);

impl Drop for Done<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}
