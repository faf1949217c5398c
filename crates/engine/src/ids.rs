//! The one place that draws ids.

use std::sync::atomic::{AtomicU64, Ordering};

use uuid::Uuid;

/// Where the engine gets ids from.
pub trait Ids: Send + Sync + 'static {
    /// A fresh id.
    fn fresh(&self) -> Uuid;
}

/// UUIDs of version 7 (RFC 9562): unique, and close to each other in time means close to each other in order.
#[derive(Clone, Copy, Debug, Default)]
pub struct RandomIds;

impl Ids for RandomIds {
    #[expect(clippy::disallowed_methods, reason = "this is the place where ids are drawn")]
    fn fresh(&self) -> Uuid {
        Uuid::now_v7()
    }
}

/// 1, 2, 3 …: for tests that name ids.
#[derive(Debug, Default)]
pub struct SequentialIds(AtomicU64);

impl Ids for SequentialIds {
    fn fresh(&self) -> Uuid {
        Uuid::from_u128(u128::from(self.0.fetch_add(1, Ordering::SeqCst)) + 1)
    }
}
