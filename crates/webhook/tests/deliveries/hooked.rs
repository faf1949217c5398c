//! A log with a hook before every read that an endpoint makes.

use std::{
    future::{Future, ready},
    pin::Pin,
    sync::Arc,
};

use vidimus_log::{EventLog, Hooked, MemoryLog, ReadError};

/// How many events an endpoint asks for at once, and nobody else does.
pub(crate) const BATCH: usize = 256;

/// A log in memory; before an endpoint's read it runs the hook, whose error is the answer.
pub(crate) fn hooked<F>(hook: impl Fn() -> F + Send + Sync + 'static) -> Arc<dyn EventLog>
where
    F: Future<Output = Result<(), ReadError>> + Send + 'static,
{
    let log = Hooked::over(Arc::new(MemoryLog::default()));
    Arc::new(log.before_read(move |_, limit| -> Pin<Box<dyn Future<Output = _> + Send>> {
        if limit == BATCH { Box::pin(hook()) } else { Box::pin(ready(Ok(()))) }
    }))
}
