//! Rows as cells. The last cell of every row is a check over the others: SQLite does not notice a flipped bit in a
//! text, this does, and what is damaged is never passed on as truth.

use std::borrow::Cow;

use proto_events::{Actor, ActorKind, Digest, GlobalPosition, StreamVersion, Timestamp};
use rusqlite::{CachedStatement, Connection, Row, types::ValueRef};
use uuid::Uuid;

use super::{SqlError, check::Check};

/// One value of a row.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Cell<'a> {
    Null,
    Int(i64),
    Text(Cow<'a, str>),
    Blob(&'a [u8]),
}

impl<'a> From<&'a str> for Cell<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl From<String> for Cell<'_> {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

impl<'a> From<&'a String> for Cell<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl<'a> From<&'a Uuid> for Cell<'a> {
    fn from(id: &'a Uuid) -> Self {
        Self::Blob(id.as_bytes())
    }
}

impl<'a> From<&'a Digest> for Cell<'a> {
    fn from(digest: &'a Digest) -> Self {
        Self::Blob(digest.as_bytes())
    }
}

impl From<Timestamp> for Cell<'_> {
    fn from(at: Timestamp) -> Self {
        Self::Int(at.as_micros())
    }
}

impl From<u64> for Cell<'_> {
    fn from(int: u64) -> Self {
        // The log's positions and counts stay far below.
        Self::Int(i64::try_from(int).unwrap_or(i64::MAX))
    }
}

impl From<u32> for Cell<'_> {
    fn from(int: u32) -> Self {
        Self::Int(int.into())
    }
}

impl From<bool> for Cell<'_> {
    fn from(flag: bool) -> Self {
        Self::Int(flag.into())
    }
}

impl<'a, T: Into<Cell<'a>>> From<Option<T>> for Cell<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl Cell<'_> {
    /// Makes it the value of a statement's parameter.
    pub(super) fn bind(&self, statement: &mut CachedStatement<'_>, index: usize) -> rusqlite::Result<()> {
        match self {
            Self::Null => statement.raw_bind_parameter(index, rusqlite::types::Null),
            Self::Int(int) => statement.raw_bind_parameter(index, int),
            Self::Text(text) => statement.raw_bind_parameter(index, &**text),
            Self::Blob(bytes) => statement.raw_bind_parameter(index, bytes),
        }
    }

    fn as_value(&self) -> ValueRef<'_> {
        match self {
            Self::Null => ValueRef::Null,
            Self::Int(int) => ValueRef::Integer(*int),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Blob(bytes) => ValueRef::Blob(bytes),
        }
    }
}

/// Feeds a value to a hash so that no two different rows feed the same bytes.
pub(super) fn feed(value: ValueRef<'_>, mut write: impl FnMut(&[u8])) {
    let mut sized = |tag: u8, bytes: &[u8]| {
        let mut head = [0; 9];
        head[0] = tag;
        head[1..].copy_from_slice(&(bytes.len() as u64).to_le_bytes());
        write(&head);
        write(bytes);
    };
    match value {
        ValueRef::Null => sized(0, &[]),
        ValueRef::Integer(int) => sized(1, &int.to_le_bytes()),
        ValueRef::Real(real) => sized(2, &real.to_bits().to_le_bytes()),
        ValueRef::Text(bytes) => sized(3, bytes),
        ValueRef::Blob(bytes) => sized(4, bytes),
    }
}

/// Runs `statement` with `cells` as ?1, ?2, … and their check as the parameter after the last.
pub(crate) fn write(statement: &mut CachedStatement<'_>, cells: &[Cell<'_>]) -> Result<(), SqlError> {
    for (index, cell) in cells.iter().enumerate() {
        cell.bind(statement, index + 1)?;
    }
    statement.raw_bind_parameter(
        cells.len() + 1,
        cells.iter().map(Cell::as_value).fold(Check::default(), Check::value).finish(),
    )?;
    statement.raw_execute()?;
    Ok(())
}

/// Runs `sql` as [`write`] does.
pub(crate) fn insert(txn: &Connection, sql: &str, cells: &[Cell<'_>]) -> Result<(), SqlError> {
    write(&mut txn.prepare_cached(sql)?, cells)
}

/// Reads a row from left to right.
pub(crate) struct Columns<'r> {
    row: &'r Row<'r>,
    next: usize,
}

fn damaged(what: &str) -> SqlError {
    SqlError::Damaged(format!("a row does not have its shape: {what}"))
}

impl<'r> Columns<'r> {
    /// The `count` columns from `first` on, of which the last is the check over the others.
    pub(crate) fn checked(row: &'r Row<'r>, first: usize, count: usize) -> Result<Self, SqlError> {
        let mut check = Check::default();
        for index in first..first + count - 1 {
            check = check.value(row.get_ref(index)?);
        }
        let stored = row.get_ref(first + count - 1)?.as_i64().map_err(|_| damaged("its check"))?;
        if stored != check.finish() {
            return Err(SqlError::Damaged("a row does not match its check".to_owned()));
        }
        Ok(Self { row, next: first })
    }

    fn value(&mut self) -> Result<ValueRef<'r>, SqlError> {
        let value = self.row.get_ref(self.next)?;
        self.next += 1;
        Ok(value)
    }

    pub(crate) fn opt_int(&mut self) -> Result<Option<i64>, SqlError> {
        self.value()?.as_i64_or_null().map_err(|_| damaged("a number"))
    }

    pub(crate) fn int(&mut self) -> Result<i64, SqlError> {
        self.opt_int()?.ok_or_else(|| damaged("a number is missing"))
    }

    pub(crate) fn count(&mut self) -> Result<u64, SqlError> {
        u64::try_from(self.int()?).map_err(|_| damaged("a negative number"))
    }

    pub(crate) fn opt_count(&mut self) -> Result<Option<u64>, SqlError> {
        self.opt_int()?.map(u64::try_from).transpose().map_err(|_| damaged("a negative number"))
    }

    pub(crate) fn opt_small(&mut self) -> Result<Option<u32>, SqlError> {
        let small = self.opt_int()?.map(u32::try_from).transpose();
        small.map_err(|_| damaged("a number is out of range"))
    }

    pub(crate) fn small(&mut self) -> Result<u32, SqlError> {
        self.opt_small()?.ok_or_else(|| damaged("a number is missing"))
    }

    pub(crate) fn flag(&mut self) -> Result<bool, SqlError> {
        match self.int()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(damaged("a flag is out of range")),
        }
    }

    pub(crate) fn position(&mut self) -> Result<GlobalPosition, SqlError> {
        self.count().map(GlobalPosition::new)
    }

    pub(crate) fn version(&mut self) -> Result<StreamVersion, SqlError> {
        self.count().map(StreamVersion::new)
    }

    pub(crate) fn opt_str(&mut self) -> Result<Option<&'r str>, SqlError> {
        self.value()?.as_str_or_null().map_err(|_| damaged("a text"))
    }

    pub(crate) fn str(&mut self) -> Result<&'r str, SqlError> {
        self.opt_str()?.ok_or_else(|| damaged("a text is missing"))
    }

    pub(crate) fn string(&mut self) -> Result<String, SqlError> {
        self.str().map(str::to_owned)
    }

    pub(crate) fn opt_string(&mut self) -> Result<Option<String>, SqlError> {
        Ok(self.opt_str()?.map(str::to_owned))
    }

    pub(crate) fn opt_parse<T: std::str::FromStr>(&mut self) -> Result<Option<T>, SqlError> {
        self.opt_str()?.map(str::parse).transpose().map_err(|_| damaged("a name"))
    }

    pub(crate) fn parse<T: std::str::FromStr>(&mut self) -> Result<T, SqlError> {
        self.opt_parse()?.ok_or_else(|| damaged("a name is missing"))
    }

    /// A value by its stable name.
    pub(crate) fn opt_named<T: Copy>(
        &mut self,
        all: &[T],
        name: impl Fn(T) -> &'static str,
    ) -> Result<Option<T>, SqlError> {
        let Some(text) = self.opt_str()? else { return Ok(None) };
        let found = all.iter().copied().find(|value| name(*value) == text);
        found.map(Some).ok_or_else(|| damaged("a name"))
    }

    pub(crate) fn opt_id(&mut self) -> Result<Option<Uuid>, SqlError> {
        let bytes = self.value()?.as_blob_or_null().map_err(|_| damaged("an id"))?;
        bytes.map(Uuid::from_slice).transpose().map_err(|_| damaged("an id"))
    }

    pub(crate) fn id(&mut self) -> Result<Uuid, SqlError> {
        self.opt_id()?.ok_or_else(|| damaged("an id is missing"))
    }

    pub(crate) fn opt_digest(&mut self) -> Result<Option<Digest>, SqlError> {
        let bytes = self.value()?.as_blob_or_null().map_err(|_| damaged("a digest"))?;
        let bytes = bytes.map(<[u8; 32]>::try_from).transpose().map_err(|_| damaged("a digest"))?;
        Ok(bytes.map(Digest::new))
    }

    pub(crate) fn opt_time(&mut self) -> Result<Option<Timestamp>, SqlError> {
        Ok(self.opt_int()?.map(Timestamp::from_micros))
    }

    pub(crate) fn time(&mut self) -> Result<Timestamp, SqlError> {
        Ok(Timestamp::from_micros(self.int()?))
    }

    /// Two columns: kind and id.
    pub(crate) fn opt_actor(&mut self) -> Result<Option<Actor>, SqlError> {
        const KINDS: [ActorKind; 4] =
            [ActorKind::Agent, ActorKind::User, ActorKind::Service, ActorKind::System];
        let kind = self.opt_named(&KINDS, ActorKind::as_str)?;
        let id = self.opt_str()?;
        Ok(kind.zip(id).map(|(kind, id)| Actor::new(kind, id)))
    }

    pub(crate) fn actor(&mut self) -> Result<Actor, SqlError> {
        self.opt_actor()?.ok_or_else(|| damaged("an actor is missing"))
    }

    /// JSON text, read as a `T`.
    pub(crate) fn opt_json<T: serde::de::DeserializeOwned>(&mut self) -> Result<Option<T>, SqlError> {
        let json = self.opt_str()?.map(serde_json::from_str).transpose();
        json.map_err(|error| damaged(&error.to_string()))
    }
}
