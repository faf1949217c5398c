//! The place of one view in its directory: its file, its writer, its readers, and what is known about it.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use proto_events::GlobalPosition;
use rusqlite::Connection;
use tokio::sync::{Mutex, Notify, OwnedMutexGuard, RwLock, Semaphore, watch};
use vidimus_log::EventLog;

use super::{View, Writer};
use crate::{
    Checkpoint, DecodedEvent, OpenError, ProjectionError, QueryError,
    consumer::Standing,
    sql::{self, Opened, Pool, SqlError},
};

/// Queries of one view that run at the same time; more wait.
const CONCURRENT_QUERIES: usize = 4;
/// Queries that wait; one more is *overloaded*.
const WAITING_QUERIES: usize = 256;

/// One view in its directory.
pub(crate) struct Slot {
    pub(crate) view: View,
    path: PathBuf,
    /// `None`: it has to be built. Whoever builds or applies holds the lock meanwhile.
    pub(crate) writer: Arc<Mutex<Option<Writer>>>,
    /// `None`: there is nothing to read yet. Held for reading as long as a query runs: the file is only replaced when
    /// nobody has it open, as SQLite's files beside it go by its name.
    readers: Arc<RwLock<Option<Pool>>>,
    turns: Arc<Semaphore>,
    waiting: AtomicUsize,
    damaged: Arc<AtomicBool>,
    /// Told when the view turns out to be damaged.
    pub(crate) damage: Notify,
    pub(crate) checkpoint: watch::Sender<Option<Checkpoint>>,
    /// Told when somebody waits for a position that the view has not reached.
    pub(crate) wanted: Notify,
}

/// Counts a query that waits or runs, for as long as it does.
struct Turn<'a>(&'a AtomicUsize);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Whether the checkpoint is one of this log.
async fn is_of(log: &dyn EventLog, checkpoint: Checkpoint) -> Result<bool, OpenError> {
    let Some(before) = checkpoint.position.get().checked_sub(1) else { return Ok(true) };
    if checkpoint.position > log.tail() {
        return Ok(false);
    }
    let found = log.read_all(GlobalPosition::new(before), 1).await?;
    Ok(found.first().is_some_and(|recorded| Some(recorded.leaf_hash) == checkpoint.leaf_hash))
}

fn path(view: View, directory: &Path) -> PathBuf {
    directory.join(format!("{view}.sqlite"))
}

/// The view's file in `directory`, as it is.
pub(crate) async fn opened(view: View, directory: &Path) -> Result<Opened, OpenError> {
    let path = path(view, directory);
    let opened = blocking(move || sql::open(&path, view.projection().schema())).await;
    opened.map_err(|error| OpenError::Io { directory: directory.to_owned(), reason: error.to_string() })
}

impl Slot {
    /// Opens the view's file in `directory`; one that cannot be used any more is deleted.
    pub(crate) async fn open(view: View, directory: &Path, log: &dyn EventLog) -> Result<Self, OpenError> {
        let io = |reason: String| OpenError::Io { directory: directory.to_owned(), reason };
        let slot = Self {
            view,
            path: path(view, directory),
            writer: Arc::default(),
            readers: Arc::default(),
            turns: Arc::new(Semaphore::new(CONCURRENT_QUERIES)),
            waiting: AtomicUsize::new(0),
            damaged: Arc::default(),
            damage: Notify::new(),
            checkpoint: watch::channel(None).0,
            wanted: Notify::new(),
        };
        sql::delete(&slot.building_path()).map_err(|error| io(error.to_string()))?;
        let reason = match opened(view, directory).await? {
            Opened::Good(connection, standing) => {
                if is_of(log, standing.checkpoint).await? {
                    slot.install(connection, standing).await;
                    return Ok(slot);
                }
                "its checkpoint is not in this log".to_owned()
            }
            // What SQLite keeps beside a file that is gone must not meet the next one.
            Opened::Missing => String::new(),
            Opened::Unusable(reason) => reason,
        };
        if !reason.is_empty() {
            tracing::warn!(%view, reason, "the view cannot be used and is rebuilt");
        }
        sql::delete(&slot.path).map_err(|error| io(error.to_string()))?;
        Ok(slot)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Where the view is built before it takes its place.
    pub(crate) fn building_path(&self) -> PathBuf {
        self.path.with_extension("building")
    }

    /// Where the view is built to compare it.
    pub(crate) fn comparison_path(&self) -> PathBuf {
        self.path.with_extension("comparison")
    }

    async fn install(&self, connection: Connection, standing: Standing) {
        let writer = Writer::new(connection, self.view.projection(), standing);
        *Arc::clone(&self.writer).lock_owned().await = Some(writer);
        *self.readers.write().await = Some(Pool::new(self.path.clone()));
        self.checkpoint.send_replace(Some(standing.checkpoint));
    }

    /// Whether there is something to read, as far as that is known without reading it.
    pub(crate) fn is_available(&self) -> bool {
        let is_known = self.checkpoint.borrow().is_some() && !self.damaged.load(Ordering::Acquire);
        // Where it is just being replaced, queries wait for that.
        is_known && self.readers.try_read().map_or(true, |readers| readers.is_some())
    }

    /// Whether it has to be built before it can go on: it is damaged, or somebody deleted its file.
    pub(crate) fn has_to_be_built(&self, writer: Option<&Writer>) -> bool {
        writer.is_none() || self.damaged.load(Ordering::Acquire) || !self.path.exists()
    }

    pub(crate) fn mark_damaged(&self, reason: &str) {
        if !self.damaged.swap(true, Ordering::AcqRel) {
            tracing::warn!(view = %self.view, reason, "the view is damaged and will be rebuilt");
            self.damage.notify_one();
        }
    }

    /// Puts what was built at [`Slot::building_path`] in the view's place. Waits for the queries that run.
    pub(crate) async fn replace(
        &self,
        mut writer: OwnedMutexGuard<Option<Writer>>,
    ) -> Result<(), ProjectionError> {
        let mut readers = Arc::clone(&self.readers).write_owned().await;
        let (path, building, view) = (self.path.clone(), self.building_path(), self.view);
        let (checkpoint, damaged) = (self.checkpoint.clone(), Arc::clone(&self.damaged));
        // The guards go along, so that a caller who goes away leaves nothing half done.
        let replaced = blocking(move || {
            (*writer, *readers) = (None, None);
            let io = |error: std::io::Error| SqlError::Other(error.to_string());
            sql::delete(&path).map_err(io)?;
            std::fs::rename(&building, &path).map_err(io)?;
            // The name in the directory, too, is to survive a loss of power.
            if let Some(directory) = path.parent() {
                std::fs::File::open(directory).and_then(|directory| directory.sync_all()).map_err(io)?;
            }
            let (connection, standing) = match sql::open(&path, view.projection().schema())? {
                Opened::Good(connection, standing) => (connection, standing),
                Opened::Missing => {
                    return Err(SqlError::Damaged("it is gone as soon as it was built".to_owned()));
                }
                Opened::Unusable(reason) => return Err(SqlError::Damaged(reason)),
            };
            *writer = Some(Writer::new(connection, view.projection(), standing));
            *readers = Some(Pool::new(path));
            damaged.store(false, Ordering::Release);
            checkpoint.send_replace(Some(standing.checkpoint));
            Ok(())
        });
        replaced.await.map_err(|error| error.of_projection(view))
    }

    /// Applies events; the view is built.
    pub(crate) async fn apply(&self, events: Arc<Vec<DecodedEvent>>) -> Result<(), ProjectionError> {
        let mut guard = Arc::clone(&self.writer).lock_owned().await;
        let checkpoint = self.checkpoint.clone();
        // The guard goes along, so that a caller who goes away leaves nothing half done.
        let applied = blocking(move || {
            let writer = guard.as_mut().ok_or_else(|| SqlError::Damaged("it is not built yet".to_owned()))?;
            writer.apply(&[events])?;
            checkpoint.send_replace(Some(writer.standing().checkpoint));
            Ok(())
        });
        let applied = applied.await;
        if let Err(SqlError::Damaged(reason)) = &applied {
            self.mark_damaged(reason);
        }
        applied.map_err(|error| error.of_projection(self.view))
    }

    /// Reads with a connection from the pool, in one transaction.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, SqlError> + Send + 'static,
    ) -> Result<T, QueryError> {
        let view = self.view;
        let turn = Turn(&self.waiting);
        if self.waiting.fetch_add(1, Ordering::Relaxed) >= CONCURRENT_QUERIES + WAITING_QUERIES {
            return Err(QueryError::Overloaded { view });
        }
        let permit = Arc::clone(&self.turns).acquire_owned().await;
        let permit = permit.map_err(|_| QueryError::Overloaded { view })?;
        let readers = Arc::clone(&self.readers).read_owned().await;
        if self.damaged.load(Ordering::Acquire) {
            return Err(QueryError::Damaged { view, reason: "found by an earlier query".to_owned() });
        }
        let answer = blocking(move || {
            let _permit = permit;
            match readers.as_ref() {
                Some(pool) => pool.read(read),
                None => Err(SqlError::Query(QueryError::Rebuilding { view })),
            }
        });
        let answer = answer.await;
        drop(turn);
        if let Err(SqlError::Damaged(reason)) = &answer {
            self.mark_damaged(reason);
        }
        answer.map_err(|error| error.of_query(view))
    }
}

/// Runs what may block on a thread that may.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, SqlError> + Send + 'static,
) -> Result<T, SqlError> {
    let joined = tokio::task::spawn_blocking(work).await;
    joined.unwrap_or_else(|error| Err(SqlError::Other(error.to_string())))
}
