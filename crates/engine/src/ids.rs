//! The one place that draws ids and secrets.

use std::sync::atomic::{AtomicU64, Ordering};

use uuid::Uuid;

/// Where the engine gets ids from.
pub trait Ids: Send + Sync + 'static {
    /// A fresh id.
    fn fresh(&self) -> Uuid;

    /// A fresh secret of 256 bits.
    fn secret(&self) -> [u8; 32];
}

/// UUIDs of version 7 (RFC 9562): unique, and close to each other in time means close to each other in order.
#[derive(Clone, Copy, Debug, Default)]
pub struct RandomIds;

impl Ids for RandomIds {
    #[expect(clippy::disallowed_methods, reason = "this is the place where ids are drawn")]
    fn fresh(&self) -> Uuid {
        Uuid::now_v7()
    }

    #[expect(
        clippy::panic,
        reason = "a secret that can be guessed is worse than none, and `fresh` does the same where the system has no randomness"
    )]
    fn secret(&self) -> [u8; 32] {
        let mut secret = [0; 32];
        match getrandom::fill(&mut secret) {
            Ok(()) => secret,
            Err(error) => panic!("the operating system gives no random bytes: {error}"),
        }
    }
}

/// 1, 2, 3 …: for tests that name ids. Secrets count too, and are no secrets.
#[derive(Debug, Default)]
pub struct SequentialIds(AtomicU64);

impl Ids for SequentialIds {
    fn fresh(&self) -> Uuid {
        Uuid::from_u128(u128::from(self.0.fetch_add(1, Ordering::SeqCst)) + 1)
    }

    fn secret(&self) -> [u8; 32] {
        let mut secret = [0xa5; 32];
        secret[24..].copy_from_slice(&(self.0.fetch_add(1, Ordering::SeqCst) + 1).to_be_bytes());
        secret
    }
}
