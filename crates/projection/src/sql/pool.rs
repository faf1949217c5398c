//! Readers of one view's file: a few connections, and a bound on who waits for one.

use std::{
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use rusqlite::{Connection, OpenFlags};

use super::SqlError;

/// A connection that reads.
pub(crate) fn connect_reader(path: &Path) -> Result<Connection, SqlError> {
    // Not `READ_ONLY`: a reader may have to set up the write-ahead log's index.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.set_prepared_statement_cache_capacity(64);
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    connection.execute_batch(
        "PRAGMA query_only = ON; PRAGMA cache_size = -8192; PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY;",
    )?;
    Ok(connection)
}

/// Idle connections to one file.
pub(crate) struct Pool {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
}

impl Pool {
    /// A pool of readers of the file at `path`.
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path, idle: Mutex::default() }
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads with one connection, in one transaction: all statements see the same state. Blocks.
    pub(crate) fn read<T>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, SqlError>,
    ) -> Result<T, SqlError> {
        let idle = self.idle().pop();
        let connection = idle.map_or_else(|| connect_reader(&self.path), Ok)?;
        connection.execute_batch("BEGIN")?;
        let answer = read(&connection);
        connection.execute_batch("COMMIT")?;
        // One that met damage may remember it: only good ones are kept.
        if answer.is_ok() {
            self.idle().push(connection);
        }
        answer
    }
}
