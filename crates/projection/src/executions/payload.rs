//! What of an execution can be large, in tables of its own: what went in, and what came out.

use proto_events::{
    CallError, Decision, ExecutionEvent as E, Finished, Initiated, Json, Origin, Settled, Timing,
};
use rusqlite::{Connection, OptionalExtension};

use super::cells::names;
use crate::{
    redact::{Shown, shown},
    sql::{Cell, SqlError, insert},
};

/// What went in.
pub(super) struct Input<'b> {
    pub(super) initiated: &'b Initiated,
    /// As they are shown.
    pub(super) arguments: Option<Shown<'b>>,
}

impl<'b> Input<'b> {
    pub(super) fn of(initiated: &'b Initiated) -> Self {
        let arguments = initiated.arguments.as_ref();
        Self { initiated, arguments: arguments.map(|arguments| shown(arguments, &initiated.sensitive)) }
    }
}

/// What came out.
pub(super) struct Ended<'b> {
    /// As it is shown.
    pub(super) result: Option<Shown<'b>>,
    pub(super) error: Option<&'b CallError>,
    pub(super) timing: Option<&'b Timing>,
}

impl<'b> Ended<'b> {
    /// What came out with `event`, if it ended the call.
    pub(super) fn of(event: &'b E, sensitive: &[String]) -> Option<Self> {
        match event {
            E::Succeeded(finished)
            | E::Failed(finished)
            | E::TimedOut(finished)
            | E::Skipped(finished)
            | E::Cancelled(finished) => Some(Self::finished(finished, sensitive)),
            E::Settled(settled) => Some(Self::settled(settled, sensitive)),
            _ => None,
        }
    }

    fn finished(finished: &'b Finished, sensitive: &[String]) -> Self {
        let result = finished.result.as_ref().map(|result| shown(result, sensitive));
        Self { result, error: finished.error.as_ref(), timing: finished.timing.as_ref() }
    }

    fn settled(settled: &'b Settled, sensitive: &[String]) -> Self {
        let result = settled.result.as_ref().map(|result| shown(result, sensitive));
        Self { result, error: None, timing: None }
    }
}

const INSERT_INPUT: &str = "INSERT OR REPLACE INTO inputs VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
const INSERT_RESULT: &str = "INSERT OR REPLACE INTO results VALUES (?1, ?2, ?3, ?4, ?5, ?6)";

/// A value as JSON text.
fn json<T: serde::Serialize>(value: Option<&T>) -> Result<Cell<'static>, SqlError> {
    let text = value.map(serde_json::to_string).transpose();
    Ok(text.map_err(|error| SqlError::Other(error.to_string()))?.into())
}

/// The text of what is shown, and what is left out of it.
fn texts<'s>(shown: Option<&'s Shown<'_>>) -> [Cell<'s>; 2] {
    let redacted = shown.map_or(&[][..], |shown| &shown.redacted);
    [shown.map(|shown| shown.json.as_str()).into(), names(redacted)]
}

fn input(
    txn: &Connection,
    position: i64,
    [arguments, redacted, context, activity]: [Cell<'_>; 4],
    decision: Option<&Decision>,
) -> Result<(), SqlError> {
    let cells = [Cell::Int(position), arguments, redacted, context, activity, json(decision)?];
    insert(txn, INSERT_INPUT, &cells)
}

/// What went into an execution that just came on record.
pub(super) fn write_input(
    txn: &Connection,
    position: i64,
    Input { initiated, arguments }: &Input<'_>,
    decision: Option<&Decision>,
) -> Result<(), SqlError> {
    let activity = match &initiated.origin {
        Origin::Proposed => None,
        Origin::Recorded(report) => Some(report),
    };
    let context = initiated.context.as_ref().map(Json::as_str);
    let [arguments, redacted] = texts(arguments.as_ref());
    input(txn, position, [arguments, redacted, context.into(), json(activity)?], decision)
}

/// The decision on an execution that came on record in an earlier transaction: a new one, or one that a batch ended before.
pub(super) fn write_decision(txn: &Connection, position: i64, decision: &Decision) -> Result<(), SqlError> {
    const SQL: &str = "SELECT arguments, redacted, context, activity FROM inputs WHERE position = ?1";
    let mut statement = txn.prepare_cached(SQL)?;
    let read = |row: &rusqlite::Row<'_>| Ok([row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?]);
    let texts: Option<[Option<String>; 4]> = statement.query_row([position], read).optional()?;
    let texts = texts.ok_or_else(|| SqlError::Damaged("an execution has no input".to_owned()))?;
    input(txn, position, texts.map(Cell::from), Some(decision))
}

/// What came out, if anything.
pub(super) fn write_result(txn: &Connection, position: i64, ended: &Ended<'_>) -> Result<(), SqlError> {
    if ended.result.is_none() && ended.error.is_none() && ended.timing.is_none() {
        return Ok(());
    }
    let [result, redacted] = texts(ended.result.as_ref());
    let cells = [Cell::Int(position), result, redacted, json(ended.error)?, json(ended.timing)?];
    insert(txn, INSERT_RESULT, &cells)
}

/// Arguments and context of an execution that came on record in an earlier transaction.
pub(super) fn inputs(txn: &Connection, position: i64) -> Result<[Option<String>; 2], SqlError> {
    let mut statement = txn.prepare_cached("SELECT arguments, context FROM inputs WHERE position = ?1")?;
    let found = statement.query_row([position], |row| Ok([row.get(0)?, row.get(1)?])).optional()?;
    Ok(found.unwrap_or_default())
}
