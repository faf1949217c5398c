//! The one who writes a view: rows and checkpoint in one transaction.

use std::sync::Arc;

use rusqlite::{Connection, TransactionBehavior};

use super::SqlView;
use crate::{
    DecodedEvent,
    consumer::Standing,
    sql::{SqlError, save_checkpoint, save_time},
};

/// The writing connection of one view.
pub(crate) struct Writer {
    connection: Connection,
    projection: Box<dyn SqlView>,
    standing: Standing,
    /// What is in the projection's memory was not committed: an error, or a panic, came in between.
    uncommitted: bool,
}

impl Writer {
    pub(crate) fn new(connection: Connection, projection: Box<dyn SqlView>, standing: Standing) -> Self {
        Self { connection, projection, standing, uncommitted: false }
    }

    pub(crate) fn standing(&self) -> Standing {
        self.standing
    }

    pub(crate) fn into_connection(self) -> Connection {
        self.connection
    }

    /// Applies what is after the checkpoint, all or none.
    pub(crate) fn apply(&mut self, batches: &[Arc<Vec<DecodedEvent>>]) -> Result<(), SqlError> {
        let checkpoint = self.standing.checkpoint.position;
        let events = batches.iter().flat_map(|batch| batch.iter());
        let events: Vec<_> = events.filter(|decoded| decoded.recorded.position > checkpoint).collect();
        let Some(first) = events.first() else { return Ok(()) };
        if first.recorded.position != checkpoint.next() {
            let reason = format!("event {} came after event {checkpoint}", first.recorded.position);
            return Err(SqlError::Other(reason));
        }
        if std::mem::replace(&mut self.uncommitted, true) {
            self.projection.forget();
        }
        self.standing = self.commit(&events)?;
        self.uncommitted = false;
        Ok(())
    }

    fn commit(&mut self, events: &[&DecodedEvent]) -> Result<Standing, SqlError> {
        let txn = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut standing = self.standing;
        for decoded in events {
            if let Some(latest_at) = standing.pass(&decoded.recorded) {
                save_time(&txn, decoded.recorded.position, latest_at)?;
            }
        }
        let added = self.projection.apply(&txn, events)?;
        standing.rows = standing.rows.saturating_add_signed(added);
        save_checkpoint(&txn, &standing)?;
        txn.commit()?;
        Ok(standing)
    }
}

#[cfg(test)]
mod tests;
