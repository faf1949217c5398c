//! The facade: the three views in one directory.

mod follow;
mod position_at;
mod queries;
mod stats;
#[cfg(test)]
mod tests;

use std::{path::Path, sync::Arc, time::Duration};

use proto_events::{Digest, GlobalPosition};
pub use stats::{ViewStats, ViewsStats};
use tokio::sync::OwnedMutexGuard;
use vidimus_log::EventLog;

use crate::{
    OpenError, ProjectionError, QueryError, View,
    sql::{self, Opened, SqlError},
    view::{self, Plan, Slot, Writer, blocking, build},
};

/// The three views. Cheap to clone; the clones are one. Their methods want a tokio runtime with a clock, and never block
/// it: SQL runs on threads that may block.
#[derive(Clone)]
pub struct Views {
    log: Arc<dyn EventLog>,
    slots: Arc<[Arc<Slot>; 3]>,
}

impl Views {
    /// Opens the views in `directory`, which is created if it is not there. What cannot be used any more (damaged, of
    /// another schema version, of another log, ahead of the log) is deleted here and rebuilt by the next
    /// [`catch_up`](Self::catch_up); what is there is not caught up by this either.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub async fn open(directory: &Path, log: Arc<dyn EventLog>) -> Result<Self, OpenError> {
        let io = |error: std::io::Error| OpenError::Io {
            directory: directory.to_owned(),
            reason: error.to_string(),
        };
        std::fs::create_dir_all(directory).map_err(io)?;
        let slot = async |view| Slot::open(view, directory, &*log).await.map(Arc::new);
        let slots = [slot(View::Executions).await?, slot(View::Approvals).await?, slot(View::Audit).await?];
        Ok(Self { log: Arc::clone(&log), slots: Arc::new(slots) })
    }

    /// The furthest position that the views in `directory` have, by their files; nothing there is changed. For those to whom
    /// a log that is shorter than its views is one that is not all there yet: [`open`](Self::open) would delete them.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub async fn position_in(directory: &Path) -> Result<GlobalPosition, OpenError> {
        let mut furthest = GlobalPosition::START;
        for view in View::ALL {
            if let Opened::Good(_, standing) = view::opened(view, directory).await? {
                furthest = furthest.max(standing.checkpoint.position);
            }
        }
        Ok(furthest)
    }

    fn slot(&self, view: View) -> &Arc<Slot> {
        let [executions, approvals, audit] = &*self.slots;
        match view {
            View::Executions => executions,
            View::Approvals => approvals,
            View::Audit => audit,
        }
    }

    /// Builds the views anew from the log, in parallel. Queries are answered from the old ones until the new ones are
    /// complete. Answers the position that they were built to.
    ///
    /// # Errors
    /// See [`ProjectionError`]; the old views stay.
    pub async fn rebuild(&self, views: &[View]) -> Result<GlobalPosition, ProjectionError> {
        let mut writers = Vec::with_capacity(views.len());
        for view in View::ALL.into_iter().filter(|view| views.contains(view)) {
            let slot = self.slot(view);
            writers.push((Arc::clone(slot), Arc::clone(&slot.writer).lock_owned().await));
        }
        self.build(writers).await
    }

    /// Builds the views whose writers these are, and puts them in place.
    async fn build(
        &self,
        writers: Vec<(Arc<Slot>, OwnedMutexGuard<Option<Writer>>)>,
    ) -> Result<GlobalPosition, ProjectionError> {
        let upto = self.log.tail();
        let plan = |slot: &Arc<Slot>| Plan { view: slot.view, path: slot.building_path(), upto };
        let plans: Vec<_> = writers.iter().map(|(slot, _)| plan(slot)).collect();
        build(&self.log, &plans).await?;
        for (slot, writer) in writers {
            slot.replace(writer).await?;
        }
        Ok(upto)
    }

    /// Compares the views with what the log says, row for row, by building them once more beside them; answers those
    /// that differ (none: all is well), which [`rebuild`](Self::rebuild) mends. Nothing is applied meanwhile.
    ///
    /// # Errors
    /// See [`ProjectionError`].
    pub async fn verify(&self) -> Result<Vec<View>, ProjectionError> {
        let (mut differing, mut plans, mut writers) = (Vec::new(), Vec::new(), Vec::new());
        for slot in self.slots.iter() {
            let writer = Arc::clone(&slot.writer).lock_owned().await;
            match &*writer {
                Some(writer) if !slot.has_to_be_built(Some(writer)) => {
                    let upto = writer.standing().checkpoint.position;
                    plans.push(Plan { view: slot.view, path: slot.comparison_path(), upto });
                }
                _ => differing.push(slot.view),
            }
            writers.push(writer);
        }
        build(&self.log, &plans).await?;
        for plan in plans {
            let Plan { view, path, .. } = plan;
            let schema = view.projection().schema();
            let expected = blocking(move || {
                let digest =
                    sql::connect_reader(&path).and_then(|connection| sql::digest(&connection, schema));
                sql::delete(&path).map_err(|error| SqlError::Other(error.to_string()))?;
                digest
            });
            let expected = expected.await.map_err(|error| error.of_projection(view))?;
            match self.digest(view).await {
                Ok(found) if found == expected => {}
                Ok(_) | Err(QueryError::Damaged { .. }) => differing.push(view),
                Err(error) => return Err(ProjectionError::Storage { view, reason: error.to_string() }),
            }
        }
        Ok(differing)
    }

    /// Digest over all rows of a view in order: equal where two views are equal row for row.
    ///
    /// # Errors
    /// See [`QueryError`].
    pub async fn digest(&self, view: View) -> Result<Digest, QueryError> {
        let schema = view.projection().schema();
        self.slot(view).read(move |connection| sql::digest(connection, schema)).await
    }

    /// Figures, with the lag.
    ///
    /// # Errors
    /// See [`QueryError`].
    pub async fn stats(&self) -> Result<ViewsStats, QueryError> {
        // First the tail: a view that moves on meanwhile has no lag, rather than a negative one.
        let tail = self.log.tail();
        let mut views = Vec::with_capacity(View::ALL.len());
        for slot in self.slots.iter() {
            let standing = match slot.read(sql::checkpoint).await {
                Ok(standing) => Some(standing),
                Err(QueryError::Rebuilding { .. } | QueryError::Damaged { .. }) => None,
                Err(error) => return Err(error),
            };
            let checkpoint = standing.map(|standing| standing.checkpoint).unwrap_or_default();
            views.push(ViewStats {
                view: slot.view,
                available: standing.is_some(),
                checkpoint,
                lag: tail.get().saturating_sub(checkpoint.position.get()),
                rows: standing.map_or(0, |standing| standing.rows),
                bytes_on_disk: sql::size(slot.path()),
            });
        }
        Ok(ViewsStats::of(views))
    }

    /// Whether a view answers queries; not while it has to be rebuilt and there is no old one. Unlike [`stats`](Self::stats)
    /// no query, so that nobody has to wait for it, nor anybody else because of it.
    pub fn is_available(&self, view: View) -> bool {
        self.slot(view).is_available()
    }

    /// Tail of the log minus checkpoint of a view, in events. No query either.
    pub fn lag(&self, view: View) -> u64 {
        // First the tail: a view that moves on meanwhile has no lag, rather than a negative one.
        let tail = self.log.tail();
        let at = self.slot(view).checkpoint.borrow().unwrap_or_default();
        tail.get().saturating_sub(at.position.get())
    }

    /// Waits until every view has reached `position`, at most `within`; for those who just wrote at that position.
    ///
    /// # Errors
    /// `position_not_reached` when it takes longer.
    pub async fn reached(&self, position: GlobalPosition, within: Duration) -> Result<(), QueryError> {
        let all = async {
            for slot in self.slots.iter() {
                let there = |at: &Option<crate::Checkpoint>| at.is_some_and(|at| at.position >= position);
                if !there(&slot.checkpoint.borrow()) {
                    slot.wanted.notify_one();
                }
                // The sender is the slot's own, so that it cannot be gone.
                let _ = slot.checkpoint.subscribe().wait_for(there).await;
            }
        };
        let waited = tokio::time::timeout(within, all).await;
        waited.map_err(|_| QueryError::NotReached { wanted: position, at: self.position() })
    }

    /// The position that every view has reached.
    pub fn position(&self) -> GlobalPosition {
        let at = |slot: &Arc<Slot>| slot.checkpoint.borrow().map_or(GlobalPosition::START, |at| at.position);
        self.slots.iter().map(at).min().unwrap_or_default()
    }
}
