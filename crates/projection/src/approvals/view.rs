//! Events to changes of the approval queue.

use std::collections::HashMap;

use proto_events::{Event, TenantId};
use rusqlite::Connection;
use uuid::Uuid;

use super::{
    PendingApproval,
    fold::{self, Change},
    table,
};
use crate::{
    DecodedEvent,
    sql::{Schema, SqlError, insert},
    view::SqlView,
};

/// The approval queue.
#[derive(Default)]
pub(crate) struct ApprovalsView;

impl SqlView for ApprovalsView {
    fn schema(&self) -> &'static Schema {
        &table::SCHEMA
    }

    fn apply(&mut self, txn: &Connection, events: &[&DecodedEvent]) -> Result<i64, SqlError> {
        // What is asked and resolved within one transaction never reaches the table.
        let mut asked: HashMap<(&TenantId, Uuid), Box<PendingApproval>> = HashMap::new();
        let mut delete = txn.prepare_cached(table::DELETE)?;
        let mut rows = 0;
        for decoded in events {
            let recorded = &decoded.recorded;
            let Event::Execution(event) = &decoded.event else { continue };
            let Some(id) = recorded.stream.execution_id() else { continue };
            match fold::change(recorded, id, event) {
                Some(Change::Add(approval)) => {
                    asked.insert((&recorded.tenant, id), approval);
                }
                Some(Change::Remove) if asked.remove(&(&recorded.tenant, id)).is_none() => {
                    let deleted = delete.execute((id.as_bytes(), recorded.tenant.as_str()))?;
                    rows -= i64::try_from(deleted).unwrap_or(i64::MAX);
                }
                Some(Change::Remove) | None => {}
            }
        }
        let mut asked: Vec<_> = asked.into_values().collect();
        asked.sort_unstable_by_key(|approval| approval.position);
        for approval in asked {
            insert(txn, table::INSERT, &table::cells(&approval)?)?;
            rows += 1;
        }
        Ok(rows)
    }

    fn forget(&mut self) {}
}
