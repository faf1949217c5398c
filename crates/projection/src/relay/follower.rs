//! One feed: open the stream, look where it is, publish what comes after, and again from the beginning after each error.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::watch,
    time::{Instant, sleep, sleep_until},
};
use vidimus_bus::{Bus, OpenError, PublishError, Publisher, Standing};
use vidimus_log::{EventLog, ReadError};

use super::{
    RelayTrouble,
    board::Board,
    checkpoint::Known,
    place::Place,
    source::{Batch, Source},
    walk::{Passed, look},
};

/// The pause after a first failure; doubled with each further one.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// The longest pause between two attempts.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// How long to wait where only a person can change something on the stream as a whole.
const OTHER_HISTORY_PAUSE: Duration = Duration::from_secs(30);
/// How long a feed without news believes that its stream is as it left it: it may have been deleted.
const BELIEVED: Duration = Duration::from_secs(30);
/// How often the checkpoint is written at most.
const SAVE_EVERY: Duration = Duration::from_millis(500);

/// Why a feed does not move on for now.
pub(super) enum Stop {
    /// It is to stop.
    Shutdown,
    /// The stream is to be looked at again; nothing is known to be wrong.
    LookAgain,
    /// The log cannot be read now, or any more.
    Log(ReadError),
    /// Something that may be better later.
    Trouble(RelayTrouble),
}

impl From<ReadError> for Stop {
    fn from(error: ReadError) -> Self {
        Self::Log(error)
    }
}

impl From<OpenError> for Stop {
    fn from(error: OpenError) -> Self {
        Self::Trouble(error.into())
    }
}

impl From<PublishError> for Stop {
    fn from(error: PublishError) -> Self {
        match error.code() {
            // That is no trouble: the stream says what is so.
            "nats_fenced" => Self::LookAgain,
            _ => Self::Trouble(error.into()),
        }
    }
}

pub(super) struct Follower {
    bus: Bus,
    log: Arc<dyn EventLog>,
    board: Arc<Board>,
    known: Option<Known>,
    /// Up to this sequence messages of somebody else are counted.
    counted: u64,
    /// Messages of somebody else that were looked at since the stream was opened last.
    passed: Passed,
    saved: Instant,
    unsaved: bool,
    /// Attempts since it moved on last.
    failures: u32,
}

impl Follower {
    pub(super) fn new(bus: Bus, log: Arc<dyn EventLog>, board: Arc<Board>) -> Self {
        let known = Known::read(&board.file);
        let counted = known.as_ref().map_or(0, |known| known.sequence);
        let passed = Passed::default();
        Self { bus, log, board, known, counted, passed, saved: Instant::now(), unsaved: false, failures: 0 }
    }

    pub(super) async fn run(mut self, mut stopped: watch::Receiver<bool>) -> Result<(), ReadError> {
        loop {
            let Err(stop) = self.follow(&mut stopped).await;
            let pause = match stop {
                Stop::Shutdown => {
                    self.save().await;
                    return Ok(());
                }
                Stop::Log(error) if !error.is_retryable() => return Err(error),
                Stop::Log(error) => self.failed(error.into()),
                Stop::Trouble(trouble) => self.failed(trouble),
                Stop::LookAgain => {
                    self.failures += 1;
                    if self.failures == 1 { Duration::ZERO } else { self.pause() }
                }
            };
            tokio::select! {
                biased;
                () = are(&mut stopped, |stopped| *stopped) => {}
                () = sleep(pause) => {}
            }
        }
    }

    fn failed(&mut self, trouble: RelayTrouble) -> Duration {
        self.failures += 1;
        let code = trouble.code;
        self.board.trouble(trouble);
        if code == "relay_other_history" { OTHER_HISTORY_PAUSE } else { self.pause() }
    }

    fn pause(&self) -> Duration {
        let doubled = self.failures.saturating_sub(1).min(10);
        FIRST_PAUSE.saturating_mul(1 << doubled).min(LONGEST_PAUSE)
    }

    async fn follow(
        &mut self,
        stopped: &mut watch::Receiver<bool>,
    ) -> Result<std::convert::Infallible, Stop> {
        let mut publisher = tokio::select! {
            biased;
            () = are(stopped, |stopped| *stopped) => return Err(Stop::Shutdown),
            publisher = self.open() => publisher?,
        };
        let position = self.known.as_ref().map(|known| known.position).unwrap_or_default();
        let mut source = Source::new(Arc::clone(&self.board), Arc::clone(&self.log), position);
        let mut standing = self.bus.standing();
        loop {
            let Some(mut batch) = source.next_available().await? else {
                self.moves();
                self.wait(&source, &mut standing, stopped).await?;
                continue;
            };
            loop {
                // The next batch is read and rendered while this one is on its way.
                let (published, ahead) =
                    tokio::join!(publisher.publish(&batch.messages), source.next_available());
                self.take(&publisher, &batch, published)?;
                self.save_if_due().await;
                if *stopped.borrow() {
                    return Err(Stop::Shutdown);
                }
                let Some(next) = ahead? else { break };
                batch = next;
            }
        }
    }

    /// Opens the stream and looks where it is.
    async fn open(&mut self) -> Result<Publisher, Stop> {
        let publisher = Publisher::open(&self.bus, &self.board.spec).await?;
        let created = publisher.created();
        if self.known.as_ref().is_some_and(|known| known.created != created) {
            self.counted = 0;
        }
        let looked = look(&*self.log, &publisher, self.known.clone(), self.counted, &mut self.passed).await?;
        self.passed = Passed::default();
        self.counted = publisher.last();
        self.board.foreign(looked.foreign);
        let Place { sequence, message, position, leaf_hash } = looked.place;
        let known = Known { created, sequence, message, position, leaf_hash };
        self.unsaved |= self.known.as_ref() != Some(&known);
        self.known = Some(known);
        self.board.reached(position);
        Ok(publisher)
    }

    /// Waits for news; meanwhile the checkpoint is written, and it shows whether NATS is still there.
    async fn wait(
        &mut self,
        source: &Source,
        standing: &mut watch::Receiver<Standing>,
        stopped: &mut watch::Receiver<bool>,
    ) -> Result<(), Stop> {
        let until = Instant::now() + BELIEVED;
        loop {
            tokio::select! {
                biased;
                () = are(stopped, |stopped| *stopped) => return Err(Stop::Shutdown),
                news = self.log.wait_past(source.position()) => return Ok(news.map(drop)?),
                () = are(standing, |standing| *standing != Standing::Connected) => return Err(Stop::LookAgain),
                () = sleep_until(self.saved + SAVE_EVERY), if self.unsaved => self.save().await,
                () = sleep_until(until) => return Err(Stop::LookAgain),
            }
        }
    }

    /// What became of a batch.
    fn take(
        &mut self,
        publisher: &Publisher,
        batch: &Batch,
        published: Result<(), PublishError>,
    ) -> Result<(), Stop> {
        if let Err(error) = published {
            self.board.published(error.published);
            if error.published > 0 {
                self.failures = 0;
            }
            return Err(error.into());
        }
        self.board.published(batch.messages.len());
        if let Some(known) = &mut self.known {
            if let Some(last) = batch.last {
                (known.sequence, known.message) = (publisher.last(), last);
                self.counted = known.sequence;
            }
            (known.position, known.leaf_hash) = (batch.reached.position, batch.reached.leaf_hash);
        }
        self.unsaved = true;
        self.board.reached(batch.reached.position);
        self.moves();
        Ok(())
    }

    fn moves(&mut self) {
        self.failures = 0;
        self.board.moves();
    }

    async fn save_if_due(&mut self) {
        if self.unsaved && self.saved.elapsed() >= SAVE_EVERY {
            self.save().await;
        }
    }

    async fn save(&mut self) {
        let Some(known) = self.known.clone().filter(|_| self.unsaved) else { return };
        self.saved = Instant::now();
        self.unsaved = false;
        let board = Arc::clone(&self.board);
        let written = tokio::task::spawn_blocking(move || known.write(&board.file)).await;
        if let Ok(Err(error)) = written {
            let file = self.board.file.display();
            tracing::warn!(%file, %error, "the relay's checkpoint cannot be written; nothing is lost");
        }
    }
}

/// Waits until it is so; for ever, where it cannot become so any more.
async fn are<T>(receiver: &mut watch::Receiver<T>, so: impl FnMut(&T) -> bool) {
    if receiver.wait_for(so).await.is_err() {
        std::future::pending().await
    }
}
