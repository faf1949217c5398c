//! What of an execution can be large, in tables of its own: what went in, and what came out.

use proto_events::{CallError, Decision, Finished, Initiated, Json, Origin, Settled, Timing};
use rusqlite::{Connection, OptionalExtension};

use crate::sql::{Cell, SqlError, insert};

/// A decision and, where it blocks, what to do about it.
#[derive(Clone, Copy)]
pub(super) struct Decided<'b> {
    pub(super) decision: &'b Decision,
    pub(super) missing_requirement: Option<&'b String>,
    pub(super) next_owner: Option<&'b String>,
}

impl<'b> From<&'b Decision> for Decided<'b> {
    fn from(decision: &'b Decision) -> Self {
        Self { decision, missing_requirement: None, next_owner: None }
    }
}

/// What came out.
#[derive(Clone, Copy)]
pub(super) struct Ended<'b> {
    pub(super) result: Option<&'b Json>,
    pub(super) error: Option<&'b CallError>,
    timing: Option<&'b Timing>,
}

impl<'b> From<&'b Finished> for Ended<'b> {
    fn from(finished: &'b Finished) -> Self {
        let (result, error) = (finished.result.as_ref(), finished.error.as_ref());
        Self { result, error, timing: finished.timing.as_ref() }
    }
}

impl<'b> From<&'b Settled> for Ended<'b> {
    fn from(settled: &'b Settled) -> Self {
        Self { result: settled.result.as_ref(), error: None, timing: None }
    }
}

const INSERT_INPUT: &str = "INSERT OR REPLACE INTO inputs VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
const INSERT_RESULT: &str = "INSERT OR REPLACE INTO results VALUES (?1, ?2, ?3, ?4, ?5)";

/// A value as JSON text.
fn json<T: serde::Serialize>(value: Option<&T>) -> Result<Cell<'static>, SqlError> {
    let text = value.map(serde_json::to_string).transpose();
    Ok(text.map_err(|error| SqlError::Other(error.to_string()))?.into())
}

fn input(
    txn: &Connection,
    position: i64,
    [arguments, context, activity]: [Cell<'_>; 3],
    decided: Option<Decided<'_>>,
) -> Result<(), SqlError> {
    let cells = [
        Cell::Int(position),
        arguments,
        context,
        activity,
        json(decided.map(|decided| decided.decision))?,
        decided.and_then(|decided| decided.missing_requirement).into(),
        decided.and_then(|decided| decided.next_owner).into(),
    ];
    insert(txn, INSERT_INPUT, &cells)
}

/// What went into an execution that just came on record.
pub(super) fn write_input(
    txn: &Connection,
    position: i64,
    initiated: &Initiated,
    decided: Option<Decided<'_>>,
) -> Result<(), SqlError> {
    let activity = match &initiated.origin {
        Origin::Proposed => None,
        Origin::Recorded(report) => Some(report),
    };
    let arguments = initiated.arguments.as_ref().map(Json::as_str);
    let context = initiated.context.as_ref().map(Json::as_str);
    input(txn, position, [arguments.into(), context.into(), json(activity)?], decided)
}

/// The decision on an execution that came on record in an earlier transaction. Both are of one append, so that this only
/// happens where a batch ended between them.
pub(super) fn write_decision(txn: &Connection, position: i64, decided: Decided<'_>) -> Result<(), SqlError> {
    const SQL: &str = "SELECT arguments, context, activity FROM inputs WHERE position = ?1";
    let mut statement = txn.prepare_cached(SQL)?;
    let texts: Option<[Option<String>; 3]> =
        statement.query_row([position], |row| Ok([row.get(0)?, row.get(1)?, row.get(2)?])).optional()?;
    let texts = texts.ok_or_else(|| SqlError::Damaged("an execution has no input".to_owned()))?;
    input(txn, position, texts.map(Cell::from), Some(decided))
}

/// What came out, if anything.
pub(super) fn write_result(txn: &Connection, position: i64, ended: Ended<'_>) -> Result<(), SqlError> {
    if ended.result.is_none() && ended.error.is_none() && ended.timing.is_none() {
        return Ok(());
    }
    let result = ended.result.map(Json::as_str);
    insert(txn, INSERT_RESULT, &[Cell::Int(position), result.into(), json(ended.error)?, json(ended.timing)?])
}

/// The arguments of an execution that came on record in an earlier transaction.
pub(super) fn arguments(txn: &Connection, position: i64) -> Result<Option<String>, SqlError> {
    let mut statement = txn.prepare_cached("SELECT arguments FROM inputs WHERE position = ?1")?;
    let found = statement.query_row([position], |row| row.get(0)).optional()?;
    Ok(found.flatten())
}
