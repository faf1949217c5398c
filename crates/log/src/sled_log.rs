//! The log in a directory, on sled.
//!
//! ```text
//! DIR/lock                 held by the one process that has it open
//! DIR/tail                 the remembered tail (sled_log/tail_file.rs)
//! DIR/sled/                blocks by first position (sled_log/store.rs)
//! ```
//!
//! One writer thread numbers, one commits; everybody reads. `docs/reference/log-format.md` has the bytes.

mod committer;
mod open;
mod reader;
mod recent;
mod store;
mod subtrees;
mod tail_file;
mod writer;

use std::{
    path::Path,
    sync::{
        Arc, Mutex, OnceLock, PoisonError, RwLock,
        atomic::{AtomicUsize, Ordering},
    },
    thread::JoinHandle,
};

use async_trait::async_trait;
use proto_events::{Digest, GlobalPosition, RecordedEvent, StreamId, StreamVersion, TenantId};
use tokio::sync::{
    mpsc::{self, error::TrySendError},
    oneshot, watch,
};

use crate::{
    Append, AppendError, Appended, Broken, EventLog, Limits, OpenError, ProofError, ReadError, StreamHead,
    Subtree, TreeHead, Unavailable, VerifyReport, heads::Heads, sequence::admitted_bytes,
};
use {reader::Reader, recent::Recent, store::Store, writer::Waiting};

/// How a log is opened.
#[derive(Clone, Debug)]
pub struct SledLogOptions {
    /// What it may take.
    pub limits: Limits,
    /// sled's page cache, in bytes.
    pub cache_bytes: u64,
    /// How much of the log's end is kept in memory for live readers, in bytes.
    pub recent_bytes: usize,
    /// Appends are refused with `storage_full` while the file system has less room than this, in bytes: sled does not
    /// take a full disk well, so it never gets to see one.
    pub reserved_bytes: u64,
    /// What another process is told that finds the directory in use, for example `process 4711 (vidimus import)`.
    pub holder: String,
}

impl Default for SledLogOptions {
    fn default() -> Self {
        Self {
            limits: Limits::DEFAULT,
            cache_bytes: 32 * 1024 * 1024,
            recent_bytes: 16 * 1024 * 1024,
            reserved_bytes: 24 * 1024 * 1024,
            holder: format!("process {}", std::process::id()),
        }
    }
}

/// What readers and the writer share.
struct Shared {
    limits: Limits,
    store: Store,
    heads: Heads,
    recent: Recent,
    tail: watch::Sender<TreeHead>,
    /// Why the log does not work any more, once it does not.
    broken: OnceLock<Broken>,
    queued_bytes: AtomicUsize,
}

impl Shared {
    fn tail(&self) -> GlobalPosition {
        GlobalPosition::new(self.tail.borrow().size)
    }
}

/// A log in a directory, on sled. Dropping it closes it.
pub struct SledLog {
    shared: Arc<Shared>,
    reader: Reader,
    queue: RwLock<Option<mpsc::Sender<Waiting>>>,
    writer: Mutex<Option<JoinHandle<()>>>,
    closed: watch::Sender<bool>,
    /// Held as long as the log is open.
    lock: Mutex<Option<std::fs::File>>,
}

/// Figures about a log.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct LogStats {
    /// How many events it has.
    pub events: u64,
    /// How many streams.
    pub streams: u64,
    /// Bytes of its files.
    pub bytes_on_disk: u64,
    /// Merkle root (RFC 6962) over all events.
    pub root: Digest,
}

impl SledLog {
    /// Opens the log in `directory`, which is created if it is not there. Reads every block once and checks its digests.
    ///
    /// # Errors
    /// When another process has it open, when the operating system says no, when it is damaged (see
    /// [`SledLog::examine`] for all that is wrong with it).
    pub fn open(directory: &Path, options: SledLogOptions) -> Result<Self, OpenError> {
        let opened = open::open(directory, &options)?;
        let shared = Arc::new(Shared {
            limits: options.limits,
            store: opened.store,
            heads: opened.heads,
            recent: Recent::new(options.recent_bytes),
            tail: watch::channel(opened.frontier.head()).0,
            broken: OnceLock::new(),
            queued_bytes: AtomicUsize::new(0),
        });
        let (queue, waiting) = mpsc::channel(options.limits.queued_appends.max(1));
        let writer = writer::Writer::new(
            Arc::clone(&shared),
            opened.frontier,
            opened.last_block,
            opened.tail_file,
            directory.to_owned(),
            options.reserved_bytes,
        );
        let writer = std::thread::Builder::new()
            .name("vidimus-log".to_owned())
            .spawn(move || writer.run(waiting))
            .map_err(|source| OpenError::Io { directory: directory.to_owned(), source })?;
        Ok(Self {
            reader: Reader::new(Arc::clone(&shared)),
            shared,
            queue: RwLock::new(Some(queue)),
            writer: Mutex::new(Some(writer)),
            closed: watch::channel(false).0,
            lock: Mutex::new(Some(opened.lock)),
        })
    }

    /// Reads the log in `directory` and reports everything that is wrong with it, also where [`SledLog::open`] refuses.
    /// Changes nothing but what the storage engine does by itself when it opens.
    ///
    /// # Errors
    /// When another process has it open, or when it cannot be read at all.
    pub fn examine(directory: &Path, options: &SledLogOptions) -> Result<VerifyReport, OpenError> {
        open::examine(directory, options)
    }

    /// Figures about the log.
    ///
    /// # Errors
    /// When its files cannot be looked at.
    pub fn stats(&self) -> std::io::Result<LogStats> {
        let head = self.tree_head();
        Ok(LogStats {
            events: head.size,
            streams: self.shared.heads.len() as u64,
            bytes_on_disk: self.shared.store.bytes_on_disk()?,
            root: head.root,
        })
    }

    /// Closes it: what waits is committed and answered, then the files are closed. Blocks until that is done. Further
    /// calls answer `log_closed`; waiting readers end.
    pub fn close(&self) {
        drop(self.queue.write().unwrap_or_else(PoisonError::into_inner).take());
        if let Some(writer) = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take()
            && writer.join().is_err()
        {
            tracing::error!("the log's writer ended in a panic");
        }
        self.closed.send_replace(true);
        self.shared.store.close();
        // Last of all: from here on somebody else may open it.
        drop(self.lock.lock().unwrap_or_else(PoisonError::into_inner).take());
    }

    fn check_open(&self) -> Result<(), Broken> {
        if *self.closed.borrow() { Err(Broken::Closed) } else { Ok(()) }
    }

    fn enqueue(&self, waiting: Waiting) -> Result<(), AppendError> {
        let limits = &self.shared.limits;
        let bytes = waiting.bytes;
        let queue = self.queue.read().unwrap_or_else(PoisonError::into_inner);
        let queue = queue.as_ref().ok_or(Broken::Closed)?;
        let queued = self.shared.queued_bytes.fetch_add(bytes, Ordering::Relaxed);
        // An append is let in while there is anything left, so that one of any admitted size passes an empty queue.
        let sent = if queued < limits.queued_bytes {
            queue.try_send(waiting)
        } else {
            Err(TrySendError::Full(waiting))
        };
        let Err(refused) = sent else { return Ok(()) };
        self.shared.queued_bytes.fetch_sub(bytes, Ordering::Relaxed);
        Err(match refused {
            TrySendError::Full(_) => {
                let waiting = queue.max_capacity() - queue.capacity();
                Unavailable::Overloaded { what: "appends", waiting }.into()
            }
            // It ended without being told to: trying again will not help.
            TrySendError::Closed(_) => {
                Broken::Storage { reason: "the log's writer has ended".to_owned() }.into()
            }
        })
    }
}

impl Drop for SledLog {
    fn drop(&mut self) {
        self.close();
    }
}

#[async_trait]
impl EventLog for SledLog {
    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        let bytes = admitted_bytes(&append, &self.shared.limits)?;
        if let Some(broken) = self.shared.broken.get() {
            return Err(broken.clone().into());
        }
        let (answer, answered) = oneshot::channel();
        self.enqueue(Waiting { append, bytes, answer })?;
        answered.await.map_err(|_| Broken::Closed)?
    }

    fn tail(&self) -> GlobalPosition {
        self.shared.tail()
    }

    fn tree_head(&self) -> TreeHead {
        *self.shared.tail.borrow()
    }

    async fn wait_past(&self, position: GlobalPosition) -> Result<GlobalPosition, ReadError> {
        self.check_open()?;
        let mut tail = self.shared.tail.subscribe();
        let mut closed = self.closed.subscribe();
        tokio::select! {
            biased;
            moved = tail.wait_for(|head| head.size > position.get()) => {
                Ok(GlobalPosition::new(moved.map_err(|_| Broken::Closed)?.size))
            }
            _ = closed.wait_for(|closed| *closed) => Err(Broken::Closed.into()),
        }
    }

    async fn stream_head(
        &self,
        tenant: &TenantId,
        stream: &StreamId,
    ) -> Result<Option<StreamHead>, ReadError> {
        self.check_open()?;
        Ok(self.reader.stream_head(tenant, stream))
    }

    async fn read_stream(
        &self,
        tenant: &TenantId,
        stream: &StreamId,
        from: StreamVersion,
        limit: usize,
    ) -> Result<Vec<RecordedEvent>, ReadError> {
        self.check_open()?;
        self.reader.stream(tenant, stream, from, limit).await
    }

    async fn read_all(&self, after: GlobalPosition, limit: usize) -> Result<Vec<RecordedEvent>, ReadError> {
        self.check_open()?;
        self.reader.forwards(after, limit).await
    }

    async fn read_all_backwards(
        &self,
        before: GlobalPosition,
        limit: usize,
    ) -> Result<Vec<RecordedEvent>, ReadError> {
        self.check_open()?;
        self.reader.backwards(before, limit).await
    }

    async fn subtree_roots(&self, subtrees: &[Subtree]) -> Result<Vec<Digest>, ProofError> {
        self.check_open()?;
        self.reader.subtree_roots(subtrees).await
    }

    async fn verify(&self) -> Result<VerifyReport, ReadError> {
        self.check_open()?;
        self.reader.verify().await
    }
}
