//! Events to changes of the execution table.

use std::collections::{BTreeMap, HashMap};

use proto_events::{Event, ExecutionEvent as E, Initiated, TenantId};
use rusqlite::Connection;
use uuid::Uuid;

use super::{
    ExecutionRow, fold,
    payload::{self, Decided, Ended},
    query, table,
};
use crate::{
    DecodedEvent,
    facet::Facet,
    search::Words,
    sql::{Schema, SqlError, write},
    view::SqlView,
};

/// Most executions that are kept in memory between transactions.
const MAX_OPEN: usize = 50_000;

type Key = (TenantId, Uuid);

/// What becomes of an execution in one transaction.
struct Change<'b> {
    key: Key,
    /// It came on record in this transaction.
    initiated: Option<&'b Initiated>,
    decided: Option<Decided<'b>>,
    ended: Option<Ended<'b>>,
}

/// The execution table. Rows that may change again stay in memory, so that the next event need not read them.
#[derive(Default)]
pub(crate) struct ExecutionsView {
    open: HashMap<Key, Box<ExecutionRow>>,
    words: Words,
}

impl SqlView for ExecutionsView {
    fn schema(&self) -> &'static Schema {
        &table::SCHEMA
    }

    fn apply(&mut self, txn: &Connection, events: &[&DecodedEvent]) -> Result<i64, SqlError> {
        // In the order of the rows: the tables and the word index grow at their end.
        let mut changes: BTreeMap<i64, Change<'_>> = BTreeMap::new();
        for decoded in events {
            let Event::Execution(event) = &decoded.event else { continue };
            self.change(txn, decoded, event, &mut changes)?;
        }
        let added = self.write(txn, &changes)?;
        for change in changes.values() {
            if self.open.get(&change.key).is_some_and(|row| row.stage.is_terminal()) {
                self.open.remove(&change.key);
            }
        }
        if self.open.len() > MAX_OPEN {
            self.open.clear();
        }
        Ok(added)
    }

    fn forget(&mut self) {
        self.open.clear();
    }
}

fn position(row: &ExecutionRow) -> i64 {
    i64::try_from(row.position.get()).unwrap_or(i64::MAX)
}

impl ExecutionsView {
    /// Folds `event` into its row in memory and notes what is to be written.
    fn change<'b>(
        &mut self,
        txn: &Connection,
        decoded: &'b DecodedEvent,
        event: &'b E,
        changes: &mut BTreeMap<i64, Change<'b>>,
    ) -> Result<(), SqlError> {
        let recorded = &decoded.recorded;
        let Some(id) = recorded.stream.execution_id() else {
            tracing::warn!(position = %recorded.position, "an execution's event outside an execution's stream");
            return Ok(());
        };
        let key = (recorded.tenant.clone(), id);
        if let E::Initiated(initiated) = event {
            let row = fold::begin(recorded, initiated);
            let change = Change { key: key.clone(), initiated: Some(initiated), decided: None, ended: None };
            changes.insert(position(&row), change);
            self.open.insert(key, Box::new(row));
            return Ok(());
        }
        if !self.open.contains_key(&key)
            && let Some(row) = query::row_by_id(txn, &key.0, key.1)?
        {
            self.open.insert(key.clone(), Box::new(row));
        }
        let Some(row) = self.open.get_mut(&key) else {
            tracing::warn!(position = %recorded.position, "an event of an execution that never began");
            return Ok(());
        };
        if !fold::evolve(row, recorded, event) {
            tracing::warn!(position = %recorded.position, stage = %row.stage, "an event that cannot happen there");
            return Ok(());
        }
        let change = changes.entry(position(row)).or_insert_with(|| Change {
            key,
            initiated: None,
            decided: None,
            ended: None,
        });
        match event {
            E::Allowed(event) | E::NoOp(event) => change.decided = Some((&event.decision).into()),
            E::ConfirmationRequired(event) => change.decided = Some((&event.decision).into()),
            E::ApprovalRequired(event) => change.decided = Some((&event.decision).into()),
            E::Blocked(event) => {
                change.decided = Some(Decided {
                    decision: &event.decision,
                    missing_requirement: event.missing_requirement.as_ref(),
                    next_owner: event.next_owner.as_ref(),
                });
            }
            E::Succeeded(event)
            | E::Failed(event)
            | E::TimedOut(event)
            | E::Skipped(event)
            | E::Cancelled(event) => change.ended = Some(event.into()),
            E::Settled(event) => change.ended = Some(event.into()),
            _ => {}
        }
        Ok(())
    }

    /// Writes every changed row once; answers how many are new.
    fn write(&mut self, txn: &Connection, changes: &BTreeMap<i64, Change<'_>>) -> Result<i64, SqlError> {
        let mut insert = txn.prepare_cached(table::INSERT)?;
        let mut update = txn.prepare_cached(table::UPDATE)?;
        let mut added = 0;
        for (&position, change) in changes {
            let Some(row) = self.open.get(&change.key) else { continue };
            match (change.initiated, change.decided) {
                (Some(initiated), decided) => {
                    added += 1;
                    write(&mut insert, &table::cells(row))?;
                    payload::write_input(txn, position, initiated, decided)?;
                }
                (None, decided) => {
                    write(&mut update, &table::cells(row))?;
                    if let Some(decided) = decided {
                        payload::write_decision(txn, position, decided)?;
                    }
                }
            }
            if let Some(ended) = change.ended {
                payload::write_result(txn, position, ended)?;
            }
            index(&mut self.words, txn, position, row, change)?;
        }
        Ok(added)
    }
}

/// Puts the execution's words into the index, in the place of what is there; if there are any new ones.
fn index(
    words: &mut Words,
    txn: &Connection,
    position: i64,
    row: &ExecutionRow,
    change: &Change<'_>,
) -> Result<(), SqlError> {
    let has_more = change.ended.is_some_and(|ended| ended.result.is_some() || ended.error.is_some());
    if change.initiated.is_none() && !has_more {
        return Ok(());
    }
    words.clear();
    let tenant = &row.tenant;
    words.facet(Facet::Tenant, tenant, &[]);
    words.facet(Facet::Agent, tenant, row.agent.as_bytes());
    words.facet(Facet::Conversation, tenant, row.conversation.as_bytes());
    words.facet(Facet::Function, tenant, row.function.as_str().as_bytes());
    words.text(row.function.as_str());
    words.text(&row.conversation);
    words.text(&row.agent);
    match change.initiated {
        Some(initiated) => {
            if let Some(arguments) = &initiated.arguments {
                words.json(arguments.as_str());
            }
        }
        None => {
            if let Some(arguments) = payload::arguments(txn, position)? {
                words.json(&arguments);
            }
            txn.prepare_cached("DELETE FROM words WHERE rowid = ?1")?.execute([position])?;
        }
    }
    if let Some(ended) = change.ended {
        if let Some(result) = ended.result {
            words.json(result.as_str());
        }
        if let Some(error) = ended.error {
            words.text(&error.message);
            words.text(error.code.as_deref().unwrap_or_default());
        }
    }
    let mut insert = txn.prepare_cached("INSERT INTO words (rowid, word) VALUES (?1, ?2)")?;
    insert.execute((position, words.as_str()))?;
    Ok(())
}
