//! How deliveries stand, as whoever delivers says: in memory, for people, never decided on.

use std::{
    collections::HashMap,
    fmt,
    sync::{
        Arc, OnceLock, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
};

use proto_events::{GlobalPosition, TenantId, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use vidimus_domain::webhook::{Rejection, Webhook};

/// How the deliveries of one webhook stand.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// In which run, as [`Webhook::replays`] counts them: after a replay an older place does not count.
    pub replays: u32,
    /// Everything up to here was delivered, or is not for this webhook.
    pub position: GlobalPosition,
    /// The delivery that does not get through, if there is one.
    pub failing: Option<Failing>,
    /// When something was delivered last.
    pub last_success_at: Option<Timestamp>,
    /// The last attempt that failed.
    pub last_failure: Option<Failure>,
}

impl Delivery {
    /// Where the webhook begins, or begins again.
    pub fn beginning(webhook: &Webhook) -> Self {
        Self { replays: webhook.replays, position: webhook.after, ..Self::default() }
    }

    /// The same in the webhook's latest run. Where it is of an older one, the webhook is where it begins again, and what was
    /// known of its receiver is still so.
    #[must_use]
    pub fn in_latest_run(self, webhook: &Webhook) -> Self {
        if self.replays == webhook.replays {
            return self;
        }
        let Self { last_success_at, last_failure, .. } = self;
        Self { last_success_at, last_failure, ..Self::beginning(webhook) }
    }
}

/// A delivery that does not get through.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failing {
    /// Position of its event.
    pub position: GlobalPosition,
    /// How often it was tried.
    pub attempts: u32,
    /// When it was tried first.
    pub since: Timestamp,
    /// When it is tried next.
    pub next_attempt_at: Timestamp,
}

/// An attempt that failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// When.
    pub at: Timestamp,
    /// Why, in words.
    pub reason: String,
}

/// What was done since the start, and what stands now, over all tenants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Notifications delivered.
    pub delivered: u64,
    /// Attempts that failed.
    pub failed_attempts: u64,
    /// Webhooks that were parked.
    pub parked: u64,
    /// Webhooks whose receiver does not take what it is sent, now.
    pub retrying_now: u64,
    /// Webhooks that are parked, now.
    pub parked_now: u64,
}

#[derive(Debug)]
struct Held {
    delivery: Delivery,
    is_parked: bool,
}

type Check = Box<dyn Fn(&str) -> Result<(), &'static str> + Send + Sync>;

#[derive(Default)]
struct Shared {
    by_webhook: RwLock<HashMap<(TenantId, Uuid), Held>>,
    delivered: AtomicU64,
    failed_attempts: AtomicU64,
    parked: AtomicU64,
    check: OnceLock<Check>,
}

/// How all deliveries stand. Cheap to clone; the clones are one.
#[derive(Clone, Default)]
pub struct Deliveries(Arc<Shared>);

impl fmt::Debug for Deliveries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Deliveries").field(&self.0.by_webhook).finish_non_exhaustive()
    }
}

impl Deliveries {
    /// With what whoever delivers says of an address without looking a name up; the first one stays.
    pub fn check_with(&self, check: impl Fn(&str) -> Result<(), &'static str> + Send + Sync + 'static) {
        let _ = self.0.check.set(Box::new(check));
    }

    /// Whether a webhook with this address could be delivered to, as far as that can be told now.
    ///
    /// # Errors
    /// `address_unusable`.
    pub fn check(&self, url: &str) -> Result<(), Rejection> {
        let checked = self.0.check.get().map_or(Ok(()), |check| check(url));
        checked.map_err(|problem| Rejection::AddressUnusable { problem })
    }

    /// How the deliveries of a webhook stand; `None` where nothing is delivered for it here.
    pub fn of(&self, tenant: &TenantId, webhook_id: Uuid) -> Option<Delivery> {
        let held = self.0.by_webhook.read().unwrap_or_else(PoisonError::into_inner);
        held.get(&(tenant.clone(), webhook_id)).map(|held| held.delivery.clone())
    }

    /// What was done since the start, and what stands now.
    pub fn totals(&self) -> Totals {
        let held = self.0.by_webhook.read().unwrap_or_else(PoisonError::into_inner);
        let (mut retrying_now, mut parked_now) = (0, 0);
        for held in held.values() {
            parked_now += u64::from(held.is_parked);
            retrying_now += u64::from(!held.is_parked && held.delivery.failing.is_some());
        }
        Totals {
            retrying_now,
            parked_now,
            delivered: self.0.delivered.load(Ordering::Relaxed),
            failed_attempts: self.0.failed_attempts.load(Ordering::Relaxed),
            parked: self.0.parked.load(Ordering::Relaxed),
        }
    }

    /// From now on the deliveries of the webhook stand like this, and are made; `None`: there is no such webhook any more.
    pub fn set(&self, tenant: &TenantId, webhook_id: Uuid, delivery: Option<Delivery>) {
        let mut held = self.0.by_webhook.write().unwrap_or_else(PoisonError::into_inner);
        let key = (tenant.clone(), webhook_id);
        match delivery {
            Some(delivery) => drop(held.insert(key, Held { delivery, is_parked: false })),
            None => drop(held.remove(&key)),
        }
    }

    /// The webhook is parked, until its deliveries stand anew.
    pub fn set_parked(&self, tenant: &TenantId, webhook_id: Uuid) {
        let mut held = self.0.by_webhook.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(held) = held.get_mut(&(tenant.clone(), webhook_id)) {
            held.is_parked = true;
        }
    }

    /// One more was delivered.
    pub fn count_delivered(&self) {
        self.0.delivered.fetch_add(1, Ordering::Relaxed);
    }

    /// One more attempt failed.
    pub fn count_failed_attempt(&self) {
        self.0.failed_attempts.fetch_add(1, Ordering::Relaxed);
    }

    /// One more webhook was parked.
    pub fn count_parked(&self) {
        self.0.parked.fetch_add(1, Ordering::Relaxed);
    }
}
