//! Many calls in flight, every one answered when it is durable.

use std::{
    collections::{HashSet, hash_map::DefaultHasher},
    future::{Future, poll_fn},
    hash::{Hash as _, Hasher as _},
    path::Path,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::Poll,
};

use proto_events::{ConversationEvent, Event, StreamId, StreamVersion};
use tokio::{
    runtime::Handle,
    sync::{OwnedSemaphorePermit, Semaphore, mpsc},
    task::{JoinSet, coop::unconstrained},
};
use vidimus_domain::execution::Rejection;
use vidimus_engine::{Answer, Engine, EngineError, FinishedCall, Principal};

use super::{SkippedLine, Summary, progress, unreadable};
use crate::{
    args::{Global, OnBadLine},
    data::{Data, operator},
    error::Failure,
    import::{BadLine, Conversation, Line, Lines, Recorded, parse},
};

/// Calls that wait for their answer at the same time; they share commits.
const IN_FLIGHT: usize = 512;
/// Lines that are read ahead.
const READ_AHEAD: usize = 1024;
/// Bytes of lines that are read ahead or in flight. It bounds the memory, and keeps below what the log lets wait.
const BYTES_AHEAD: u32 = 16 * 1024 * 1024;
/// Conversations whose words are remembered until they are certainly durable.
const MAX_SPOKEN: usize = 1_000_000;
/// Events of a conversation that are looked through at a time.
const PAGE: usize = 256;
/// Bad lines that the summary names; more are counted.
const NAMED_BAD_LINES: usize = 20;

/// What became of a line.
enum Outcome {
    Recorded,
    Already,
    Spoken,
    Bad(u64, String),
}

/// A line as it was read, and its part of [`BYTES_AHEAD`] for as long as it is held.
struct Read {
    number: u64,
    said: Result<Recorded, BadLine>,
    room: OwnedSemaphorePermit,
}

pub(super) struct Importer {
    engine: Arc<Engine>,
    principal: Arc<Principal>,
    on_bad_line: OnBadLine,
    in_flight: JoinSet<Result<Outcome, EngineError>>,
    summary: Summary,
    /// What was said by lines before, also where that is not durable yet: hashes of agent, conversation and words.
    spoken: HashSet<u64>,
    /// Where the skipped lines of this file begin.
    skipped_before: usize,
}

impl Importer {
    pub(super) fn new(data: &Data, global: &Global, on_bad_line: OnBadLine) -> Self {
        Self {
            engine: Arc::clone(&data.engine),
            principal: Arc::new(operator(global)),
            on_bad_line,
            in_flight: JoinSet::new(),
            summary: Summary::default(),
            spoken: HashSet::new(),
            skipped_before: 0,
        }
    }

    pub(super) fn into_summary(self) -> Summary {
        self.summary
    }

    /// Puts the calls of one file on record. Can be broken off; [`settle`](Self::settle) then waits for the rest.
    pub(super) async fn file(&mut self, file: &Path) -> Result<(), Failure> {
        let read = Arc::new(AtomicU64::new(0));
        let bar = progress(file);
        let (sender, mut lines) = mpsc::channel(READ_AHEAD);
        let (path, counted, runtime) = (file.to_owned(), Arc::clone(&read), Handle::current());
        let reader = tokio::task::spawn_blocking(move || read_calls(&path, counted, &sender, &runtime));
        while let Some(line) = lines.recv().await {
            match line.said {
                Ok(Recorded::Call(call)) => self.record(line.number, *call, line.room).await,
                Ok(Recorded::Conversation(told)) => self.speak(line.number, told, line.room).await?,
                Err(bad) => {
                    if self.on_bad_line == OnBadLine::Fail {
                        // One that came before it may still turn out to be bad.
                        self.settle(file, 0).await?;
                    }
                    self.bad(file, line.number, &bad)?;
                }
            }
            self.settle(file, IN_FLIGHT).await?;
            bar.set_position(read.load(Ordering::Relaxed));
        }
        self.settle(file, 0).await?;
        bar.finish_and_clear();
        reader
            .await
            .map_err(std::io::Error::other)
            .and_then(std::convert::identity)
            .map_err(|error| unreadable(file, &error))
    }

    async fn record(&mut self, number: u64, call: FinishedCall, room: OwnedSemaphorePermit) {
        let (engine, principal) = (Arc::clone(&self.engine), Arc::clone(&self.principal));
        let mut recording = Box::pin(async move {
            let answer = engine.record(&principal, call).await;
            drop(room);
            match answer {
                Ok(Answer { already: true, .. }) => Ok(Outcome::Already),
                Ok(_) => Ok(Outcome::Recorded),
                // The line is well-formed, but the call breaks a rule: it is a bad line too.
                Err(EngineError::Execution(rejection)) => Ok(Outcome::Bad(number, reason(&rejection))),
                Err(error) => Err(error),
            }
        });
        // It gets to the log's queue here, in the order of the lines; only its answer is waited for elsewhere.
        let polled = once(recording.as_mut()).await;
        self.wait_for(polled, recording);
    }

    /// Puts the user's words on record, before the calls that follow; once, however often they are imported.
    async fn speak(
        &mut self,
        number: u64,
        told: Conversation,
        room: OwnedSemaphorePermit,
    ) -> Result<(), Failure> {
        let Conversation { agent, conversation, words: Some(words) } = told else { return Ok(()) };
        if self.spoken.len() >= MAX_SPOKEN {
            self.spoken.clear();
        }
        let mut hasher = DefaultHasher::new();
        (&agent, &conversation, &words).hash(&mut hasher);
        if !self.spoken.insert(hasher.finish()) || self.was_said(&agent, &conversation, &words).await? {
            self.summary.spoken_already += 1;
            return Ok(());
        }
        let (engine, principal) = (Arc::clone(&self.engine), Arc::clone(&self.principal));
        let mut speaking = Box::pin(async move {
            let answer = engine.speak(&principal, agent, conversation, words).await;
            drop(room);
            match answer {
                Ok(_) => Ok(Outcome::Spoken),
                Err(EngineError::Conversation(rejection)) => Ok(Outcome::Bad(number, rejection.to_string())),
                Err(EngineError::Registry(rejection)) => Ok(Outcome::Bad(number, rejection.to_string())),
                Err(error) => Err(error),
            }
        });
        let polled = once(speaking.as_mut()).await;
        self.wait_for(polled, speaking);
        Ok(())
    }

    /// Whether the user said that in the conversation, as far as it is durable.
    async fn was_said(&self, agent: &str, conversation: &str, words: &str) -> Result<bool, Failure> {
        let (log, tenant) = (self.engine.log(), &self.principal.tenant);
        let stream = StreamId::conversation(agent, conversation);
        let mut next = StreamVersion::FIRST;
        // Of a conversation that is new, nothing is read.
        while log.stream_head(tenant, &stream).await?.is_some_and(|head| head.version >= next) {
            let events = log.read_stream(tenant, &stream, next, PAGE).await?;
            let Some(last) = events.last() else { break };
            next = last.version.next();
            let said = events.iter().any(|recorded| {
                let event = &recorded.event;
                let event = Event::decode(&event.event_type, event.schema_version, &event.payload);
                matches!(event, Ok(Event::Conversation(ConversationEvent::UserSpoke(spoke))) if spoke.text == words)
            });
            if said {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn wait_for(
        &mut self,
        polled: Poll<Result<Outcome, EngineError>>,
        rest: Pin<Box<impl Future<Output = Result<Outcome, EngineError>> + Send + 'static>>,
    ) {
        match polled {
            Poll::Ready(outcome) => {
                self.in_flight.spawn(std::future::ready(outcome));
            }
            Poll::Pending => {
                self.in_flight.spawn(rest);
            }
        }
    }

    /// Waits until at most `left` calls are in flight. Where several went wrong, the rest is waited for all the same
    /// and the first bad line is told.
    pub(super) async fn settle(&mut self, file: &Path, mut left: usize) -> Result<(), Failure> {
        let mut worst: Option<(u64, Failure)> = None;
        while self.in_flight.len() > left
            && let Some(done) = self.in_flight.join_next().await
        {
            let (number, failure) = match done.map_err(std::io::Error::other) {
                Ok(Ok(Outcome::Recorded)) => {
                    self.summary.recorded += 1;
                    self.summary.calls += 1;
                    continue;
                }
                Ok(Ok(Outcome::Already)) => {
                    self.summary.already += 1;
                    self.summary.calls += 1;
                    continue;
                }
                Ok(Ok(Outcome::Spoken)) => {
                    self.summary.spoken += 1;
                    continue;
                }
                Ok(Ok(Outcome::Bad(number, reason))) => match self.bad(file, number, &reason) {
                    Ok(()) => continue,
                    Err(failure) => (number, failure),
                },
                Ok(Err(error)) => (0, error.into()),
                Err(error) => (0, error.into()),
            };
            left = 0;
            if worst.as_ref().is_none_or(|(worst, _)| number < *worst) {
                worst = Some((number, failure));
            }
        }
        worst.map_or(Ok(()), |(_, failure)| Err(failure))
    }

    fn bad(&mut self, file: &Path, line: u64, reason: &impl ToString) -> Result<(), Failure> {
        let (file, reason) = (file.to_owned(), reason.to_string());
        if self.on_bad_line == OnBadLine::Fail {
            let message = format!(
                "`{}` line {line}: {reason}. What came before is on record; mend the line and import again, or leave bad lines out with `--on-bad-line skip`",
                file.display()
            );
            return Err(Failure::refused("bad_line", message));
        }
        self.summary.skipped += 1;
        if self.summary.skipped_lines.len() < NAMED_BAD_LINES {
            self.summary.skipped_lines.push(SkippedLine { file, line, reason });
        }
        Ok(())
    }

    /// Answers come in any order; the bad lines of a file are named in theirs.
    pub(super) fn end_of_file(&mut self) {
        if let Some(of_this_file) = self.summary.skipped_lines.get_mut(self.skipped_before..) {
            of_this_file.sort_by_key(|skipped| skipped.line);
        }
        self.skipped_before = self.summary.skipped_lines.len();
    }
}

/// Polls once, whatever the task's budget says: a call that waits for nothing must not be overtaken.
async fn once<F: Future>(mut future: Pin<&mut F>) -> Poll<F::Output> {
    unconstrained(poll_fn(|context| Poll::Ready(future.as_mut().poll(context)))).await
}

/// The domain's words are for those who send commands.
fn reason(rejection: &Rejection) -> String {
    match rejection {
        Rejection::IdTaken { execution_id } => format!(
            "execution `{execution_id}` has the same source, suite, conversation, seq, tool and arguments, but is another call (agent, turn, result, error or executed): give one of them another `seq`"
        ),
        rejection => rejection.to_string(),
    }
}

/// Reads and parses on a thread of its own; blank lines are passed over.
fn read_calls(
    path: &Path,
    read: Arc<AtomicU64>,
    lines: &mpsc::Sender<Read>,
    runtime: &Handle,
) -> std::io::Result<()> {
    let room = Arc::new(Semaphore::new(BYTES_AHEAD as usize));
    for (number, line) in (1..).zip(Lines::open(path, read)?) {
        let line = line?;
        let bytes = match &line {
            Line::Whole(bytes) if bytes.trim_ascii().is_empty() => continue,
            Line::Whole(bytes) => u32::try_from(bytes.len()).unwrap_or(BYTES_AHEAD).min(BYTES_AHEAD),
            Line::TooLong => 1,
        };
        let room = runtime.block_on(Arc::clone(&room).acquire_many_owned(bytes));
        let room = room.map_err(std::io::Error::other)?;
        let said = match line {
            // Some programs put a byte order mark before a text.
            Line::Whole(bytes) if number == 1 => parse(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes)),
            Line::Whole(bytes) => parse(&bytes),
            Line::TooLong => Err(BadLine::TooLong),
        };
        if lines.blocking_send(Read { number, said, room }).is_err() {
            break;
        }
    }
    Ok(())
}
