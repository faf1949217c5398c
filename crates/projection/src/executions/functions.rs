//! What the catalogue says of the functions as of the last event: rows take it over when they begin.

use std::{collections::HashMap, sync::Arc};

use proto_events::{FunctionEvent, FunctionName, RiskLevel, TenantId, ToolType};
use rusqlite::Connection;

use super::fold::Described;
use crate::sql::{Cell, Columns, SqlError, insert};

/// Most functions that are kept in memory.
const MAX_KNOWN: usize = 10_000;

const INSERT: &str = "INSERT OR REPLACE INTO functions VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
const DELETE: &str = "DELETE FROM functions WHERE tenant = ?1 AND function = ?2";
const FIND: &str = "SELECT * FROM functions WHERE tenant = ?1 AND function = ?2";

/// The functions; those that were asked for stay in memory, also that there is no description.
#[derive(Default)]
pub(super) struct Functions {
    known: HashMap<(TenantId, FunctionName), Option<Arc<Described>>>,
}

impl Functions {
    /// Forgets what is in memory.
    pub(super) fn forget(&mut self) {
        self.known.clear();
    }

    /// Changes what is said of a function, as `event` asks.
    pub(super) fn apply(
        &mut self,
        txn: &Connection,
        tenant: &TenantId,
        event: &FunctionEvent,
    ) -> Result<(), SqlError> {
        match event {
            FunctionEvent::AccessChanged(_) => {}
            FunctionEvent::Described(event) => {
                let described = Described::of(&event.description);
                let cells: [Cell<'_>; 5] = [
                    tenant.as_str().into(),
                    event.function.as_str().into(),
                    (&described.purpose).into(),
                    described.tool_type.as_str().into(),
                    described.risk.as_str().into(),
                ];
                insert(txn, INSERT, &cells)?;
                self.keep((tenant.clone(), event.function.clone()), Some(Arc::new(described)));
            }
            FunctionEvent::Withdrawn(event) => {
                txn.prepare_cached(DELETE)?.execute((tenant.as_str(), event.function.as_str()))?;
                self.keep((tenant.clone(), event.function.clone()), None);
            }
        }
        Ok(())
    }

    /// What is said of a function now.
    pub(super) fn find(
        &mut self,
        txn: &Connection,
        tenant: &TenantId,
        function: &FunctionName,
    ) -> Result<Option<Arc<Described>>, SqlError> {
        let key = (tenant.clone(), function.clone());
        if let Some(known) = self.known.get(&key) {
            return Ok(known.clone());
        }
        let found = read(txn, tenant, function)?.map(Arc::new);
        self.keep(key, found.clone());
        Ok(found)
    }

    fn keep(&mut self, key: (TenantId, FunctionName), described: Option<Arc<Described>>) {
        if self.known.len() >= MAX_KNOWN {
            self.known.clear();
        }
        self.known.insert(key, described);
    }
}

fn read(txn: &Connection, tenant: &TenantId, function: &FunctionName) -> Result<Option<Described>, SqlError> {
    let mut statement = txn.prepare_cached(FIND)?;
    let mut rows = statement.query((tenant.as_str(), function.as_str()))?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let mut c = Columns::checked(row, 0, 6)?;
    c.str()?;
    c.str()?;
    Ok(Some(Described {
        purpose: c.string()?,
        tool_type: c.parse::<ToolType>()?,
        risk: c.parse::<RiskLevel>()?,
    }))
}
