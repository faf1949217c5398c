//! Conversations on several threads, answered in their order.
//!
//! Conversation n goes to thread n modulo their number, and is answered from there: the order is that of the file, and what
//! waits is bounded, by number and by bytes, whichever thread is slow.

use std::{
    io::{self, Write},
    sync::{
        Condvar, Mutex, PoisonError,
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread,
};

use proto_events::Outcome;
use serde::Serialize;

use super::{Job, Known, TraceError, decide};

/// Conversations that wait for each thread.
const WAITING: usize = 64;

/// Bytes of conversations that were handed on and are not answered yet. One alone may have more.
const MAX_BYTES: usize = 256 * 1024 * 1024;

/// Room for what waits.
pub(super) struct Room {
    /// Bytes that are taken; nothing once nobody answers any more.
    taken: Mutex<Option<usize>>,
    changed: Condvar,
    bytes: usize,
}

impl Room {
    pub(super) const fn new(bytes: usize) -> Self {
        Self { taken: Mutex::new(Some(0)), changed: Condvar::new(), bytes }
    }

    /// Waits until there is room; false where nobody will make any.
    fn take(&self, bytes: usize) -> bool {
        let taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let is_full =
            |taken: &mut Option<usize>| taken.is_some_and(|taken| taken > 0 && taken + bytes > self.bytes);
        let mut taken = self.changed.wait_while(taken, is_full).unwrap_or_else(PoisonError::into_inner);
        *taken = taken.map(|taken| taken + bytes);
        taken.is_some()
    }

    fn give_back(&self, bytes: usize) {
        self.change(|taken| taken.map(|taken| taken.saturating_sub(bytes)));
    }

    fn change(&self, change: impl FnOnce(Option<usize>) -> Option<usize>) {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        *taken = change(*taken);
        self.changed.notify_all();
    }
}

/// Closes the room however its holder ends: nobody waits for answers that nobody writes.
struct Closes<'a>(&'a Room);

impl Drop for Closes<'_> {
    fn drop(&mut self) {
        self.0.change(|_| None);
    }
}

/// How often each outcome was decided.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Counts {
    pub(crate) conversations: u64,
    pub(crate) calls: u64,
    pub(crate) allow: u64,
    pub(crate) confirm: u64,
    pub(crate) approve: u64,
    pub(crate) block: u64,
}

impl Counts {
    pub(super) const fn add(&mut self, outcome: Outcome) {
        self.calls += 1;
        *match outcome {
            Outcome::NoOp | Outcome::Allowed => &mut self.allow,
            Outcome::ConfirmationRequired => &mut self.confirm,
            Outcome::AwaitingApproval => &mut self.approve,
            Outcome::Blocked => &mut self.block,
        } += 1;
    }

    const fn merge(&mut self, other: Self) {
        self.conversations += other.conversations;
        self.calls += other.calls;
        self.allow += other.allow;
        self.confirm += other.confirm;
        self.approve += other.approve;
        self.block += other.block;
    }
}

/// Why it ended early.
#[derive(Debug)]
pub(crate) enum Ended {
    /// At a line of the trace.
    Trace(TraceError),
    /// The answers cannot be written.
    Write(io::Error),
}

/// The lines, what they count, and the bytes that they give back.
type Answered = Result<(Vec<u8>, Counts, usize), TraceError>;

/// Decides every conversation that `jobs` hands on, on `threads` threads; writes the answers to `out`. `jobs` gets a function
/// that takes a conversation, and ends early where that says so.
///
/// # Errors
/// At the first line that is no call; where the answers cannot be written; what `jobs` says.
pub(crate) fn run<E>(
    known: &Known,
    threads: usize,
    out: &mut (dyn Write + Send),
    jobs: impl FnOnce(&mut dyn FnMut(Job) -> bool) -> Result<(), E>,
) -> Result<(Counts, Result<(), E>), Ended> {
    run_in(&Room::new(MAX_BYTES), known, threads, out, jobs)
}

pub(super) fn run_in<E>(
    room: &Room,
    known: &Known,
    threads: usize,
    out: &mut (dyn Write + Send),
    jobs: impl FnOnce(&mut dyn FnMut(Job) -> bool) -> Result<(), E>,
) -> Result<(Counts, Result<(), E>), Ended> {
    let threads = threads.clamp(1, 64);
    thread::scope(|scope| {
        let (mut senders, mut receivers) = (Vec::new(), Vec::new());
        for _ in 0..threads {
            let (sender, taken) = sync_channel::<Job>(WAITING);
            let (answer, answers) = sync_channel::<Answered>(WAITING);
            scope.spawn(move || work(known, &taken, &answer));
            senders.push(sender);
            receivers.push(answers);
        }
        let writer = scope.spawn(move || write(room, receivers, out));
        let mut next = (0..threads).cycle();
        let mut hand_on = |job: Job| {
            let sender = next.next().and_then(|thread| senders.get(thread));
            // Nobody takes it where an answer before was an error: that is told by the writer.
            room.take(job.bytes()) && sender.is_some_and(|sender| sender.send(job).is_ok())
        };
        let told = jobs(&mut hand_on);
        drop(senders);
        match writer.join() {
            Ok(Ok(counts)) => Ok((counts, told)),
            Ok(Err(ended)) => Err(ended),
            Err(_) => Err(Ended::Write(io::Error::other("the thread that writes the answers ended"))),
        }
    })
}

fn work(known: &Known, jobs: &Receiver<Job>, answers: &SyncSender<Answered>) {
    for job in jobs {
        let mut counts = Counts { conversations: 1, ..Counts::default() };
        let answer = decide(known, &job, &mut counts).map(|lines| (lines, counts, job.bytes()));
        drop(job);
        if answers.send(answer).is_err() {
            return;
        }
    }
}

fn write(room: &Room, receivers: Vec<Receiver<Answered>>, out: &mut dyn Write) -> Result<Counts, Ended> {
    let _closes = Closes(room);
    let mut counts = Counts::default();
    for receiver in receivers.iter().cycle() {
        // The first thread without an answer is past the last conversation.
        let Ok(answer) = receiver.recv() else { break };
        let (lines, of_one, bytes) = answer.map_err(Ended::Trace)?;
        out.write_all(&lines).map_err(Ended::Write)?;
        room.give_back(bytes);
        counts.merge(of_one);
    }
    out.flush().map_err(Ended::Write)?;
    Ok(counts)
}
