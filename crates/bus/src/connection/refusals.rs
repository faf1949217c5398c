//! What the server refused. It says so by itself, to nobody in particular: who waits for an answer has to look here.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::{sync::watch, time::Instant};

/// Most refusals that are known; the oldest is forgotten. A batch that is refused is one refusal for each subject.
const MOST: usize = 64;

#[derive(Debug)]
pub(super) struct Refusals {
    /// Each once, with when it was said last.
    known: Mutex<Vec<(Instant, String)>>,
    /// Told of each.
    told: watch::Sender<()>,
    /// What the server says of a subscription that answers come to: it says so once, when it is made.
    inbox: String,
}

impl Refusals {
    pub(super) fn new(inbox_prefix: Option<&str>) -> Self {
        let inbox = format!("Subscription to \"{}", inbox_prefix.unwrap_or("_INBOX"));
        Self { known: Mutex::default(), told: watch::Sender::new(()), inbox }
    }

    fn known(&self) -> MutexGuard<'_, Vec<(Instant, String)>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn add(&self, reason: String) {
        let mut known = self.known();
        match known.iter().position(|(_, known)| *known == reason) {
            Some(index) => drop(known.remove(index)),
            None => {
                tracing::warn!(reason, "NATS refused something");
                if known.len() == MOST {
                    known.remove(0);
                }
            }
        }
        known.push((Instant::now(), reason));
        drop(known);
        self.told.send_replace(());
    }

    pub(super) fn clear(&self) {
        self.known().clear();
    }

    /// The last refusal since `instant` that `is` is true of.
    pub(super) fn since(&self, instant: Instant, is: impl Fn(&str) -> bool) -> Option<String> {
        let known = self.known();
        known.iter().rev().find(|(at, reason)| *at >= instant && is(reason)).map(|(_, reason)| reason.clone())
    }

    /// Waits until a publish to a subject is refused that `subject` is true of; or answers, if they are refused at all.
    pub(super) async fn next(&self, since: Instant, subject: impl Fn(&str) -> bool) -> String {
        let mut told = self.told.subscribe();
        loop {
            let refused = self.since(since, |reason| published(reason).is_some_and(&subject));
            let unanswered = || self.known().iter().find(|(_, known)| known.contains(&self.inbox)).cloned();
            if let Some(reason) = refused.or_else(|| unanswered().map(|(_, reason)| reason)) {
                return reason;
            }
            if told.changed().await.is_err() {
                return std::future::pending().await;
            }
        }
    }
}

/// The subject of a refused publish: `… Permissions Violation for Publish to "subject"`.
fn published(reason: &str) -> Option<&str> {
    let (_, subject) = reason.split_once("Publish to \"")?;
    subject.split('"').next()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn publish(subject: &str) -> String {
        format!("nats: Permissions Violation for Publish to \"{subject}\"")
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_is_told_of_a_refusal_of_its_own() {
        let refusals = Refusals::new(None);
        refusals.add(publish("mine"));
        tokio::time::advance(Duration::from_millis(1)).await;
        let next = refusals.next(Instant::now(), |subject| subject == "mine");
        tokio::pin!(next);
        refusals.add(publish("other"));
        assert!(tokio::time::timeout(Duration::from_secs(1), &mut next).await.is_err());
        refusals.add(publish("mine"));
        assert_eq!(next.await, publish("mine"));
        assert_eq!(refusals.since(Instant::now() + Duration::from_secs(1), |_| true), None);
    }

    #[tokio::test]
    async fn a_refused_inbox_counts_until_there_is_a_new_connection() {
        let refusals = Refusals::new(Some("_INBOX_mine"));
        let reason = "nats: Permissions Violation for Subscription to \"_INBOX_mine.x.*\"";
        refusals.add(reason.to_owned());
        let later = Instant::now() + Duration::from_secs(60);
        assert_eq!(refusals.next(later, |_| false).await, reason);
        refusals.clear();
        let next = refusals.next(later, |_| false);
        assert!(tokio::time::timeout(Duration::from_millis(20), next).await.is_err());
    }

    #[test]
    fn what_is_known_is_bounded() {
        let refusals = Refusals::new(None);
        let began = Instant::now();
        for subject in 0..1000 {
            refusals.add(publish(&subject.to_string()));
            refusals.add(publish("again"));
        }
        assert_eq!(refusals.known().len(), MOST);
        assert_eq!(refusals.since(began, |_| true), Some(publish("again")));
        assert_eq!(refusals.since(began, |reason| reason == publish("1")), None);
    }
}
