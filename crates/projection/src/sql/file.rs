//! A view's file: its identity, its checkpoint, how it is opened, and how it is built in one go.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use proto_events::{Digest, GlobalPosition, Timestamp};
use rusqlite::{Connection, OpenFlags, OptionalExtension};
use sha2::{Digest as _, Sha256};

use super::{Cell, Columns, SqlError, cell::feed, insert};
use crate::{Checkpoint, consumer::Standing};

/// What a view's file holds.
pub(crate) struct Schema {
    /// Version of all that follows and of how it is filled; any change is a new version, and the view is rebuilt.
    pub(crate) version: i32,
    /// The tables, without the indexes.
    pub(crate) tables: &'static str,
    /// The indexes that only queries need: made at the end when a view is built in one go.
    pub(crate) indexes: &'static str,
    /// Run before and after a view is built in one go.
    pub(crate) bulk: (&'static str, &'static str),
    /// Queries that together give all rows, each in a fixed order: what two equal views have in common.
    pub(crate) contents: &'static [&'static str],
}

/// `VIDV`: in the file's header, so that no other program's database is taken for a view.
const APPLICATION_ID: i32 = 0x5649_4456;

const CHECKPOINT_TABLE: &str = "
    CREATE TABLE checkpoint (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        position INTEGER NOT NULL,
        leaf_hash BLOB,
        -- How many rows the view has, the latest time in the log so far, and by how much one was ever behind it.
        rows INTEGER NOT NULL,
        latest_at INTEGER NOT NULL,
        skew INTEGER NOT NULL,
        row_check INTEGER NOT NULL
    ) STRICT;
    -- The latest time in the log as of some positions; it never goes back.
    CREATE TABLE times (
        position INTEGER PRIMARY KEY,
        latest_at INTEGER NOT NULL,
        row_check INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX times_by_time ON times (latest_at, position);";

/// The rows of [`CHECKPOINT_TABLE`]'s `times`, in order.
const TIMES: &str = "SELECT position, latest_at FROM times ORDER BY position";

fn sidecar(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// Deletes a view's file and what SQLite keeps beside it.
pub(crate) fn delete(path: &Path) -> io::Result<()> {
    for suffix in ["", "-wal", "-shm", "-journal"] {
        match fs::remove_file(sidecar(path, suffix)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

/// Bytes of a view's file and what SQLite keeps beside it.
pub(crate) fn size(path: &Path) -> u64 {
    let bytes = |suffix| fs::metadata(sidecar(path, suffix)).map_or(0, |metadata| metadata.len());
    bytes("") + bytes("-wal")
}

fn create(connection: &Connection, schema: &Schema) -> Result<(), SqlError> {
    connection.execute_batch(CHECKPOINT_TABLE)?;
    connection.execute_batch(schema.tables)?;
    connection.pragma_update(None, "application_id", APPLICATION_ID)?;
    connection.pragma_update(None, "user_version", schema.version)?;
    save_checkpoint(connection, &Standing::default())
}

/// An empty view that is filled in one go: nothing is safe until [`finish_bulk`], and nobody else looks.
pub(crate) fn bulk(path: &Path, schema: &Schema) -> Result<Connection, SqlError> {
    delete(path).map_err(|error| SqlError::Other(error.to_string()))?;
    let connection = Connection::open(path)?;
    connection.set_prepared_statement_cache_capacity(64);
    connection.execute_batch(
        "PRAGMA page_size = 8192; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;
         PRAGMA locking_mode = EXCLUSIVE; PRAGMA cache_size = -65536; PRAGMA temp_store = FILE; PRAGMA mmap_size = 1099511627776;",
    )?;
    create(&connection, schema)?;
    connection.execute_batch(schema.bulk.0)?;
    Ok(connection)
}

/// Makes the indexes, makes it all durable, and closes the file.
pub(crate) fn finish_bulk(connection: Connection, path: &Path, schema: &Schema) -> Result<(), SqlError> {
    connection.execute_batch("PRAGMA threads = 2;")?;
    connection.execute_batch(schema.indexes)?;
    connection.execute_batch(schema.bulk.1)?;
    // The file's header says how it is to be opened. The mode can only change when no lock is kept.
    connection.execute_batch(
        "PRAGMA locking_mode = NORMAL; SELECT count(*) FROM checkpoint; PRAGMA journal_mode = WAL;",
    )?;
    connection.close().map_err(|(_, error)| error)?;
    fs::File::open(path).and_then(|file| file.sync_all()).map_err(|error| SqlError::Other(error.to_string()))
}

/// What became of opening a view's file.
pub(crate) enum Opened {
    /// It is there, and is what it should be.
    Good(Connection, Standing),
    /// It is not there.
    Missing,
    /// It cannot be used, for this reason.
    Unusable(String),
}

/// Opens a view's file for writing, if it is one of this schema.
pub(crate) fn open(path: &Path, schema: &Schema) -> Result<Opened, SqlError> {
    if !path.try_exists().map_err(|error| SqlError::Other(error.to_string()))? {
        return Ok(Opened::Missing);
    }
    match try_open(path, schema) {
        Ok(Ok((connection, standing))) => Ok(Opened::Good(connection, standing)),
        Ok(Err(reason)) | Err(SqlError::Damaged(reason)) => Ok(Opened::Unusable(reason)),
        Err(error) => Err(error),
    }
}

fn try_open(path: &Path, schema: &Schema) -> Result<Result<(Connection, Standing), String>, SqlError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.set_prepared_statement_cache_capacity(64);
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    let pragma = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i32>(0));
    let (application, version) = (pragma("application_id")?, pragma("user_version")?);
    if application != APPLICATION_ID {
        return Ok(Err("it is no view".to_owned()));
    }
    if version != schema.version {
        return Ok(Err(format!("it has schema version {version}, this program has {}", schema.version)));
    }
    // SQLite itself finds a file that whole pages were cut from, and takes the missing end of a page for zeros.
    let bytes = fs::metadata(path).map_err(|error| SqlError::Other(error.to_string()))?.len();
    if bytes % u64::try_from(pragma("page_size")?.max(1)).unwrap_or(1) != 0 {
        return Ok(Err(format!("it was cut: {bytes} bytes are not whole pages")));
    }
    connection.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -16384;
         PRAGMA journal_size_limit = 67108864; PRAGMA cell_size_check = ON;",
    )?;
    for contents in schema.contents {
        connection.prepare(contents)?.query([])?.next()?;
    }
    let standing = checkpoint(&connection)?;
    Ok(Ok((connection, standing)))
}

/// The checkpoint, and what else is known of all events up to it.
pub(crate) fn checkpoint(connection: &Connection) -> Result<Standing, SqlError> {
    const SQL: &str =
        "SELECT position, leaf_hash, rows, latest_at, skew, row_check FROM checkpoint WHERE id = 1";
    let mut statement = connection.prepare_cached(SQL)?;
    let mut rows = statement.query([])?;
    let row = rows.next()?.ok_or_else(|| SqlError::Damaged("it has no checkpoint".to_owned()))?;
    let mut columns = Columns::checked(row, 0, 6)?;
    Ok(Standing {
        checkpoint: Checkpoint {
            position: GlobalPosition::new(columns.count()?),
            leaf_hash: columns.opt_digest()?,
        },
        rows: columns.count()?,
        latest_at: columns.time()?,
        skew: columns.count()?,
    })
}

/// Writes the checkpoint; in the transaction of what it stands for.
pub(crate) fn save_checkpoint(txn: &Connection, standing: &Standing) -> Result<(), SqlError> {
    const SQL: &str =
        "INSERT OR REPLACE INTO checkpoint (id, position, leaf_hash, rows, latest_at, skew, row_check)
        VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6)";
    let cells: [Cell<'_>; 5] = [
        standing.checkpoint.position.get().into(),
        standing.checkpoint.leaf_hash.as_ref().into(),
        standing.rows.into(),
        Timestamp::into(standing.latest_at),
        standing.skew.into(),
    ];
    insert(txn, SQL, &cells)
}

/// Puts the latest time as of `position` on record.
pub(crate) fn save_time(
    txn: &Connection,
    position: GlobalPosition,
    latest_at: Timestamp,
) -> Result<(), SqlError> {
    const SQL: &str = "INSERT OR REPLACE INTO times (position, latest_at, row_check) VALUES (?1, ?2, ?3)";
    insert(txn, SQL, &[position.get().into(), latest_at.into()])
}

/// The positions, first and last, between which every row of a time from `from` on and before `to` is.
///
/// Every position up to a recorded one whose latest time is before `from` is before `from` itself. A row's own time is
/// at most `skew` before the latest time at its position, so that from the first recorded position on whose latest
/// time is at or after `to + skew`, every row is at or after `to`.
pub(crate) fn positions_of(
    connection: &Connection,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
) -> Result<(i64, i64), SqlError> {
    const BEFORE: &str = "SELECT position, latest_at, row_check FROM times WHERE latest_at < ?1 ORDER BY latest_at DESC, position DESC LIMIT 1";
    const AFTER: &str = "SELECT position, latest_at, row_check FROM times WHERE latest_at >= ?1 ORDER BY latest_at, position LIMIT 1";
    let find = |sql: &str, at: i64| -> Result<Option<i64>, SqlError> {
        let mut statement = connection.prepare_cached(sql)?;
        let mut rows = statement.query([at])?;
        let Some(row) = rows.next()? else { return Ok(None) };
        Columns::checked(row, 0, 3)?.int().map(Some)
    };
    let first = match from {
        Some(from) => find(BEFORE, from.as_micros())?.map_or(1, |position| position + 1),
        None => 1,
    };
    let last = match to {
        Some(to) => {
            let skew = i64::try_from(checkpoint(connection)?.skew).unwrap_or(i64::MAX);
            find(AFTER, to.as_micros().saturating_add(skew))?.map_or(i64::MAX, |position| position - 1)
        }
        None => i64::MAX,
    };
    Ok((first, last))
}

/// The last position with a time on record that nothing up to it is after `at`; the start where there is none.
pub(crate) fn position_before(connection: &Connection, at: Timestamp) -> Result<GlobalPosition, SqlError> {
    const SQL: &str = "SELECT position, latest_at, row_check FROM times WHERE latest_at <= ?1 ORDER BY latest_at DESC, position DESC LIMIT 1";
    let mut statement = connection.prepare_cached(SQL)?;
    let mut rows = statement.query([at.as_micros()])?;
    let Some(row) = rows.next()? else { return Ok(GlobalPosition::START) };
    Columns::checked(row, 0, 3)?.count().map(GlobalPosition::new)
}

/// Digest over all rows in order, and SQLite's own look at the file.
pub(crate) fn digest(connection: &Connection, schema: &Schema) -> Result<Digest, SqlError> {
    let problem: Option<String> = connection
        .query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))
        .optional()?
        .filter(|verdict| verdict != "ok");
    if let Some(problem) = problem {
        return Err(SqlError::Damaged(problem));
    }
    let mut hash = Sha256::new();
    for contents in schema.contents.iter().copied().chain([TIMES]) {
        let mut statement = connection.prepare(contents)?;
        let columns = statement.column_count();
        let mut rows = statement.query([])?;
        hash.update(contents);
        while let Some(row) = rows.next()? {
            for column in 0..columns {
                feed(row.get_ref(column)?, |bytes| hash.update(bytes));
            }
        }
    }
    Ok(Digest::new(hash.finalize().into()))
}
