//! Events to changes of the approval queue.

use std::collections::{BTreeMap, btree_map::Entry};

use proto_events::{Event, TenantId};
use rusqlite::Connection;
use uuid::Uuid;

use super::{
    fold::{self, Effect, Open},
    query, reviewing, table,
};
use crate::{
    DecodedEvent,
    sql::{Schema, SqlError, insert},
    view::SqlView,
};

/// The approval queue.
#[derive(Default)]
pub(crate) struct ApprovalsView;

/// What becomes of a call in one transaction.
struct Change {
    /// Whether the tables had it before.
    is_stored: bool,
    /// `None`: nobody will be asked for it any more.
    open: Option<Open>,
}

impl SqlView for ApprovalsView {
    fn schema(&self) -> &'static Schema {
        &table::SCHEMA
    }

    fn apply(&mut self, txn: &Connection, events: &[&DecodedEvent]) -> Result<i64, SqlError> {
        // What begins and ends within one transaction never reaches the tables.
        let mut changes: BTreeMap<(&TenantId, Uuid), Change> = BTreeMap::new();
        for decoded in events {
            let recorded = &decoded.recorded;
            let Event::Execution(event) = &decoded.event else { continue };
            let Some(id) = recorded.stream.execution_id() else { continue };
            let key = (&recorded.tenant, id);
            match (fold::effect(event), event) {
                (Effect::Begins, proto_events::ExecutionEvent::Initiated(initiated)) => {
                    if let Some(open) = fold::begin(recorded, initiated) {
                        changes.insert(key, Change { is_stored: false, open: Some(open) });
                    }
                }
                (Effect::Begins | Effect::None, _) => {}
                (Effect::Ends, _) => match changes.get(&key) {
                    Some(Change { is_stored: false, .. }) => drop(changes.remove(&key)),
                    _ => drop(changes.insert(key, Change { is_stored: true, open: None })),
                },
                (Effect::Changes, _) => {
                    let change = match changes.entry(key) {
                        Entry::Occupied(entry) => entry.into_mut(),
                        Entry::Vacant(entry) => {
                            let open = query::open(txn, &recorded.tenant, id)?;
                            entry.insert(Change { is_stored: true, open })
                        }
                    };
                    match &mut change.open {
                        Some(open) => fold::evolve(open, recorded, id, event),
                        None => tracing::warn!(
                            position = %recorded.position,
                            "an event of an execution for which nobody can be asked"
                        ),
                    }
                }
            }
        }
        write(txn, changes)
    }

    fn forget(&mut self) {}
}

/// Writes what changed; answers how many more (or fewer) wait.
fn write(txn: &Connection, changes: BTreeMap<(&TenantId, Uuid), Change>) -> Result<i64, SqlError> {
    let mut rows = 0;
    for ((tenant, id), Change { is_stored, open }) in changes {
        let key = (id.as_bytes(), tenant.as_str());
        if is_stored {
            txn.prepare_cached(table::DELETE_MARKS)?.execute(key)?;
            let deleted = txn.prepare_cached(table::DELETE)?.execute(key)?;
            rows -= i64::try_from(deleted).unwrap_or(i64::MAX);
        }
        let Some(Open { call, asked }) = open else {
            txn.prepare_cached(table::DELETE_CALL)?.execute(key)?;
            continue;
        };
        insert(txn, table::INSERT_CALL, &table::call_cells(tenant.as_str(), &id, &call))?;
        let Some(asked) = asked else { continue };
        insert(txn, table::INSERT, &table::cells(&asked)?)?;
        let position = i64::try_from(asked.position.get()).unwrap_or(i64::MAX);
        let mut mark = txn.prepare_cached(table::INSERT_MARK)?;
        for text in reviewing::marks(&asked) {
            mark.execute((position, text))?;
        }
        rows += 1;
    }
    Ok(rows)
}
