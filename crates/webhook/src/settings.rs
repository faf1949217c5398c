//! How deliveries are made.

use std::time::Duration;

use ipnet::IpNet;
use proto_events::Redaction;

/// How deliveries are made, and where to.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Networks that may be posted to although they are not public, for example `10.1.0.0/16`.
    pub allow_networks: Vec<IpNet>,
    /// Whether `http` will do; if not, only `https`.
    pub allow_http: bool,
    /// Certificates (DER) that are trusted besides those that the operating system trusts.
    pub trusted: Vec<Vec<u8>>,
    /// What notifications leave out of arguments.
    pub redaction: Redaction,
    /// How long one attempt may take, from the look-up of the name to the answer.
    pub attempt_timeout: Duration,
    /// How long a notification is tried, from its first attempt on, before the webhook is parked.
    pub retry_for: Duration,
    /// The pause after the first attempt that failed; each further one is twice as long.
    pub first_pause: Duration,
    /// The longest pause between two attempts, also where the receiver asks for a longer one.
    pub longest_pause: Duration,
    /// Most attempts at the same time.
    pub max_attempts: usize,
    /// Most of them of one tenant, so that no tenant's slow receivers hold up the others'.
    pub max_attempts_per_tenant: usize,
    /// How often it is written where a webhook stands while deliveries are made: what is delivered in between is delivered
    /// again after a crash.
    pub commit_every: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            allow_networks: Vec::new(),
            allow_http: false,
            trusted: Vec::new(),
            redaction: Redaction::default(),
            attempt_timeout: Duration::from_secs(10),
            retry_for: Duration::from_secs(24 * 3600),
            first_pause: Duration::from_secs(5),
            longest_pause: Duration::from_secs(15 * 60),
            max_attempts: 64,
            max_attempts_per_tenant: 16,
            commit_every: Duration::from_secs(1),
        }
    }
}
