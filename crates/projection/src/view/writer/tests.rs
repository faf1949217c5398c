//! Rows and checkpoint commit together, or not at all.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use proto_events::{Digest, GlobalPosition};
use rusqlite::Connection;

use super::Writer;
use crate::{
    DecodedEvent, View,
    sql::{self, Opened, Schema, SqlError},
    testing::{decoded, full_history},
    view::SqlView,
};

/// A projection that does all its work and then fails, as long as it is told to.
struct Failing {
    inner: Box<dyn SqlView>,
    fails: Arc<AtomicBool>,
    panics: bool,
}

impl SqlView for Failing {
    fn schema(&self) -> &'static Schema {
        self.inner.schema()
    }

    fn apply(&mut self, txn: &Connection, events: &[&DecodedEvent]) -> Result<i64, SqlError> {
        let applied = self.inner.apply(txn, events)?;
        if self.fails.load(Ordering::SeqCst) {
            assert!(!self.panics, "the projection panics");
            return Err(SqlError::Full);
        }
        Ok(applied)
    }

    fn forget(&mut self) {
        self.inner.forget();
    }
}

fn writer(view: View, path: &std::path::Path, fails: &Arc<AtomicBool>, panics: bool) -> Writer {
    let inner = view.projection();
    let schema = inner.schema();
    if !path.exists() {
        sql::finish_bulk(sql::bulk(path, schema).unwrap(), path, schema).unwrap();
    }
    let Opened::Good(connection, standing) = sql::open(path, schema).unwrap() else { panic!("unusable") };
    Writer::new(connection, Box::new(Failing { inner, fails: Arc::clone(fails), panics }), standing)
}

fn state(view: View, path: &std::path::Path) -> (Digest, GlobalPosition, u64) {
    let connection = sql::connect_reader(path).unwrap();
    let standing = sql::checkpoint(&connection).unwrap();
    let digest = sql::digest(&connection, view.projection().schema()).unwrap();
    (digest, standing.checkpoint.position, standing.rows)
}

#[tokio::test]
async fn an_error_or_a_panic_inside_the_transaction_changes_nothing() {
    let history = full_history(91, 900).await;
    let events = decoded(&history.log).await;
    let batches: Vec<_> = events.chunks(100).map(|chunk| Arc::new(chunk.to_vec())).collect();
    for view in View::ALL {
        for panics in [false, true] {
            let directory = tempfile::tempdir().unwrap();
            let (path, plain) = (directory.path().join("a.sqlite"), directory.path().join("b.sqlite"));
            let fails = Arc::new(AtomicBool::new(false));
            let mut writer = writer(view, &path, &fails, panics);
            for batch in &batches {
                let before = state(view, &path);
                fails.store(true, Ordering::SeqCst);
                let attempt = std::panic::AssertUnwindSafe(|| writer.apply(&[Arc::clone(batch)]));
                let applied = std::panic::catch_unwind(attempt);
                assert!(if panics { applied.is_err() } else { matches!(applied, Ok(Err(SqlError::Full))) });
                assert_eq!(state(view, &path), before);
                assert_eq!(writer.standing().checkpoint.position, before.1);
                fails.store(false, Ordering::SeqCst);
                writer.apply(&[Arc::clone(batch)]).unwrap();
                assert_eq!(state(view, &path).1, batch.last().unwrap().recorded.position);
            }
            let mut straight = super::tests::writer(view, &plain, &fails, false);
            straight.apply(&batches).unwrap();
            assert_eq!(state(view, &path), state(view, &plain));
        }
    }
}

#[tokio::test]
async fn what_was_applied_before_is_passed_over_and_a_gap_is_refused() {
    let history = full_history(92, 300).await;
    let events = decoded(&history.log).await;
    let none = Arc::new(AtomicBool::new(false));
    for view in View::ALL {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.sqlite");
        let mut writer = writer(view, &path, &none, false);
        writer.apply(&[Arc::new(events[..200].to_vec())]).unwrap();
        let before = state(view, &path);
        writer.apply(&[Arc::new(events[..200].to_vec())]).unwrap();
        writer.apply(&[Arc::new(events[50..120].to_vec())]).unwrap();
        assert_eq!(state(view, &path), before);
        let gap = writer.apply(&[Arc::new(events[201..].to_vec())]).unwrap_err();
        assert_eq!(gap.to_string(), "event 202 came after event 200");
        writer.apply(&[Arc::new(events[100..].to_vec())]).unwrap();
        drop(writer);
        let whole = directory.path().join("b.sqlite");
        super::tests::writer(view, &whole, &none, false).apply(&[Arc::new(events.clone())]).unwrap();
        assert_eq!(state(view, &path), state(view, &whole));
    }
}
