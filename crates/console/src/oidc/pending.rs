//! Sign-ins that were begun and wait for the provider's answer: for ten minutes, in memory.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use openidconnect::{Nonce, PkceCodeVerifier};
use tokio::time::Instant;

use crate::sessions::hash;

/// How long somebody may take at the provider; the cookie lasts as long.
const LASTS: Duration = Duration::from_secs(600);
/// Most of them at a time; one more ends the oldest. One is a few kilobytes at most.
const MOST: usize = 10_000;

/// What a sign-in began with.
pub(crate) struct Begun {
    /// What shows that whoever has the code began it (RFC 7636).
    pub(super) verifier: PkceCodeVerifier,
    /// What the ID token has to name.
    pub(super) nonce: Nonce,
    /// Where they wanted to go.
    pub(crate) back: String,
    /// The session that the browser had, which a new one ends.
    pub(crate) before: Option<String>,
}

/// They, by the hash of their `state`.
#[derive(Default)]
pub(crate) struct Pending(Mutex<HashMap<[u8; 32], (Begun, Instant)>>);

impl Pending {
    fn held(&self) -> MutexGuard<'_, HashMap<[u8; 32], (Begun, Instant)>> {
        // Each change of the map is whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn hold(&self, state: &str, begun: Begun) {
        let now = Instant::now();
        let mut held = self.held();
        held.retain(|_, (_, at)| now - *at < LASTS);
        if held.len() >= MOST
            && let Some(oldest) = held.iter().min_by_key(|(_, (_, at))| *at).map(|(key, _)| *key)
        {
            held.remove(&oldest);
        }
        held.insert(hash(state), (begun, now));
    }

    /// The one of this `state`, which is over with that.
    pub(crate) fn take(&self, state: &str) -> Option<Begun> {
        let (begun, at) = self.held().remove(&hash(state))?;
        (Instant::now() - at < LASTS).then_some(begun)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begun(back: &str) -> Begun {
        let (verifier, nonce) = (PkceCodeVerifier::new("v".to_owned()), Nonce::new("n".to_owned()));
        Begun { verifier, nonce, back: back.to_owned(), before: None }
    }

    fn back(pending: &Pending, state: &str) -> Option<String> {
        pending.take(state).map(|begun| begun.back)
    }

    #[tokio::test(start_paused = true)]
    async fn a_sign_in_is_answered_once_and_within_ten_minutes() {
        let pending = Pending::default();
        for state in ["one", "two", "three"] {
            pending.hold(state, begun(state));
        }
        assert_eq!(back(&pending, "four"), None);
        assert_eq!(back(&pending, "one").as_deref(), Some("one"));
        assert_eq!(back(&pending, "one"), None);
        tokio::time::advance(LASTS - Duration::from_secs(1)).await;
        assert_eq!(back(&pending, "two").as_deref(), Some("two"));
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(back(&pending, "three"), None);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_over_is_forgotten_and_too_many_end_the_oldest() {
        let pending = Pending::default();
        pending.hold("over", begun(""));
        tokio::time::advance(LASTS).await;
        for number in 0..=MOST {
            pending.hold(&number.to_string(), begun(""));
            tokio::time::advance(Duration::from_millis(1)).await;
        }
        assert_eq!(pending.held().len(), MOST);
        assert_eq!(back(&pending, "0"), None);
        assert!(back(&pending, "1").is_some() && back(&pending, &MOST.to_string()).is_some());
    }
}
