//! One endpoint: from its place in the log on, one notification after the other.

use std::{sync::Arc, time::Duration};

use proto_events::{GlobalPosition, LeafHash, Message, RecordedEvent, TenantId, Timestamp};
use tokio::{
    sync::{Semaphore, watch},
    time::{Instant, sleep, timeout},
};
use vidimus_engine::{
    Deliveries, Delivery, Engine, EngineError, Failing, Failure, Park, Webhook, WebhookSecret,
};
use vidimus_log::{ReadError, Subscription};

use crate::{
    Settings,
    backoff::pause,
    checkpoint::{CheckpointFile, Place},
    notification::message,
    said::Said,
    sender::{Answer, Refusal, Sender},
};

/// Most events that are read at once.
const BATCH: usize = 256;
/// How long events gather before they are read, where there were none.
const GATHER_FOR: Duration = Duration::from_millis(20);
/// How often it is written while there is nothing to deliver: what is passed over in between is read again after a crash.
const COMMIT_PASSED: Duration = Duration::from_secs(30);
/// How long to wait after the log or the file could not be used for a reason that may pass.
const RETRY: Duration = Duration::from_secs(1);
/// The longest reason that is kept, in characters.
const MAX_REASON_CHARS: usize = 500;

/// What all endpoints share.
pub(crate) struct Shared {
    pub(crate) engine: Arc<Engine>,
    pub(crate) settings: Settings,
    pub(crate) sender: Sender,
    pub(crate) deliveries: Deliveries,
    /// One permit for each attempt that may be made at the same time.
    pub(crate) attempts: Semaphore,
    /// One for each endpoint that may read what is far behind the tail at the same time.
    pub(crate) reads: Semaphore,
}

/// It ends here: parked, deleted meanwhile, or the log was closed.
struct Ended;

/// One endpoint at work.
pub(crate) struct Endpoint {
    shared: Arc<Shared>,
    tenant: TenantId,
    webhook: Webhook,
    secret: WebhookSecret,
    /// As [`Shared::attempts`], of the tenant.
    attempts: Arc<Semaphore>,
    file: CheckpointFile,
    /// Where it stands.
    at: Delivery,
    /// Of the event that it stands at.
    leaf_hash: Option<LeafHash>,
    /// What of that is not in the file yet.
    delivered: bool,
    committed_position: GlobalPosition,
    committed_at: Instant,
    /// What is wrong with its file, if it was said.
    file_trouble: Said,
    /// What is wrong with the log, if it was said.
    log_trouble: Said,
    /// Whether what fails is to read the log.
    fails_by_log: bool,
}

impl Endpoint {
    pub(crate) fn new(
        shared: Arc<Shared>,
        tenant: TenantId,
        webhook: Webhook,
        attempts: Arc<Semaphore>,
        file: CheckpointFile,
    ) -> Result<Self, EngineError> {
        let Place { delivery: at, leaf_hash } = Place::beginning(&webhook);
        let committed_position = at.position;
        let secret = shared.engine.derive_webhook_secret(&tenant, webhook.webhook_id)?;
        Ok(Self {
            shared,
            tenant,
            webhook,
            secret,
            attempts,
            file,
            at,
            leaf_hash,
            delivered: false,
            committed_position,
            committed_at: Instant::now(),
            file_trouble: Said::default(),
            log_trouble: Said::default(),
            fails_by_log: false,
        })
    }

    /// Delivers until it is told to stop, or parks.
    pub(crate) async fn run(mut self, mut stop: watch::Receiver<bool>) {
        tokio::select! {
            biased;
            // An error says that the sender is gone, which is a stop too.
            _ = stop.wait_for(|stop| *stop) => {}
            _ = self.follow() => {}
        }
        self.commit().await;
    }

    /// Finds out where it stands. While that cannot be read nothing is delivered: it would all be delivered again.
    async fn find_place(&mut self) -> Result<(), Ended> {
        let place = loop {
            match self.file.read(&self.webhook).await {
                Ok(place) => break place,
                Err(error) => {
                    if self.file_trouble.is_new(&error) {
                        tracing::warn!(webhook_id = %self.webhook.webhook_id, %error, "a webhook has to wait: cannot read where it stands");
                    }
                    let reason = "the server cannot read where the webhook stands".to_owned();
                    self.at.last_failure = Some(Failure { at: self.shared.engine.now(), reason });
                    self.show();
                    sleep(RETRY).await;
                }
            }
        };
        self.file_trouble.is_over();
        self.stand_at(place);
        let is_of_this_log = loop {
            match self.is_of_this_log().await {
                Ok(is_of_this_log) => break is_of_this_log,
                Err(error) => self.log_failed(&error).await?,
            }
        };
        self.log_reads().await;
        if !is_of_this_log {
            tracing::warn!(
                webhook_id = %self.webhook.webhook_id, position = %self.at.position,
                "where a webhook stands is of another log: deliveries begin where the webhook does"
            );
            let mut beginning = Place::beginning(&self.webhook);
            beginning.delivery.position = beginning.delivery.position.min(self.shared.engine.tail());
            self.stand_at(beginning);
        }
        self.show();
        Ok(())
    }

    fn stand_at(&mut self, place: Place) {
        (self.at, self.leaf_hash) = (place.delivery, place.leaf_hash);
        self.committed_position = self.at.position;
    }

    /// Whether the log has the event at which it stands: after a restore the file may be of what came after the backup.
    async fn is_of_this_log(&self) -> Result<bool, ReadError> {
        let Some(leaf_hash) = self.leaf_hash else {
            return Ok(self.at.position == self.webhook.after);
        };
        let before = GlobalPosition::new(self.at.position.get().saturating_sub(1));
        let found = self.shared.engine.log().read_all(before, 1).await?;
        Ok(found
            .first()
            .is_some_and(|recorded| (recorded.position, recorded.leaf_hash) == (self.at.position, leaf_hash)))
    }

    /// What comes next in the log, if there is more. Those that are far behind take turns, so that what they read does not
    /// crowd out what others read.
    async fn read(&self, subscription: &mut Subscription) -> Result<Option<Vec<RecordedEvent>>, ReadError> {
        let behind = self.shared.engine.tail().get().saturating_sub(subscription.position().get());
        // Closed by nobody, so that there is always a permit to come.
        let _turn = match behind > BATCH as u64 {
            true => Some(self.shared.reads.acquire().await),
            false => None,
        };
        subscription.next_available().await
    }

    async fn follow(&mut self) -> Result<(), Ended> {
        self.find_place().await?;
        let log = Arc::clone(self.shared.engine.log());
        let mut subscription = Subscription::new(Arc::clone(&log), self.at.position).with_batch(BATCH);
        loop {
            let read = self.read(&mut subscription).await;
            if read.is_ok() {
                self.log_reads().await;
            }
            match read {
                Ok(Some(batch)) => {
                    for recorded in &batch {
                        self.deliver(recorded).await?;
                    }
                    self.show();
                    self.commit_if_due().await;
                }
                Ok(None) => {
                    self.commit_if_due().await;
                    // What was delivered is written soon, whether or not more comes.
                    let moved = log.wait_past(subscription.position());
                    if let Ok(Err(error)) = timeout(self.commit_every(), moved).await {
                        self.log_failed(&error).await?;
                    }
                    sleep(GATHER_FOR).await;
                }
                Err(error) => self.log_failed(&error).await?,
            }
        }
    }

    /// The log cannot be read. What may pass is waited for; where it is damaged, the webhook stands before the damage, as
    /// one whose receiver does not answer.
    async fn log_failed(&mut self, error: &ReadError) -> Result<(), Ended> {
        if error.code() == "log_closed" {
            return Err(Ended);
        }
        if self.log_trouble.is_new(error) {
            tracing::warn!(webhook_id = %self.webhook.webhook_id, %error, "a webhook has to wait for the log");
        }
        if error.is_retryable() {
            sleep(RETRY).await;
            return Ok(());
        }
        self.fails_by_log = true;
        self.refused(self.at.position.next(), &Refusal::because("the log cannot be read here")).await
    }

    /// The log can be read; where it could not, the webhook stands no longer.
    async fn log_reads(&mut self) {
        self.log_trouble.is_over();
        if std::mem::take(&mut self.fails_by_log) {
            self.at.failing = None;
            self.show();
            self.commit().await;
        }
    }

    /// Delivers an event's notification, if it has one for this webhook; answers when it was taken.
    async fn deliver(&mut self, recorded: &RecordedEvent) -> Result<(), Ended> {
        let rendered = message(recorded, &self.tenant, &self.webhook.filter, &self.shared.settings.redaction);
        if matches!(rendered, Ok(None)) {
            self.pass(recorded);
            return Ok(());
        }
        let rendered = rendered.map_err(Refusal::because);
        if let Some(failing) = &self.at.failing {
            // From before a restart.
            let left = between(self.shared.engine.now(), failing.next_attempt_at);
            sleep(left.min(self.shared.settings.longest_pause)).await;
        }
        loop {
            let answer = match &rendered {
                Ok(Some(message)) => self.attempt(message).await,
                Ok(None) => Ok(()),
                Err(refusal) => Err(refusal.clone()),
            };
            match answer {
                Ok(()) => break,
                Err(refusal) => self.refused(recorded.position, &refusal).await?,
            }
        }
        self.pass(recorded);
        self.at.last_success_at = Some(self.shared.engine.now());
        self.delivered = true;
        self.shared.deliveries.count_delivered();
        self.show();
        self.commit_if_due().await;
        Ok(())
    }

    /// It is past the event. What was tried last was this one, or cannot be any more: the log could not be read there.
    fn pass(&mut self, recorded: &RecordedEvent) {
        (self.at.position, self.leaf_hash) = (recorded.position, Some(recorded.leaf_hash));
        if self.at.failing.as_ref().is_some_and(|failing| failing.position <= recorded.position) {
            self.at.failing = None;
        }
    }

    async fn attempt(&self, message: &Message) -> Result<(), Refusal> {
        let answer = self.answer(message).await?;
        answer.judged().await
    }

    /// Holds the permits for as long as the receiver takes to answer, and not for the body of the answer.
    async fn answer(&self, message: &Message) -> Result<Answer, Refusal> {
        // Closed by nobody, so that there is always a permit to come. The tenant's first: who waits for it holds nothing
        // that others wait for.
        let _of_tenant = self.attempts.acquire().await;
        let _of_all = self.shared.attempts.acquire().await;
        let now = self.shared.engine.now();
        self.shared.sender.post(&self.webhook.url, &self.secret, now, message).await
    }

    /// An attempt failed: waits until the next one is due, or parks.
    async fn refused(&mut self, position: GlobalPosition, refusal: &Refusal) -> Result<(), Ended> {
        let (engine, settings) = (&self.shared.engine, &self.shared.settings);
        let now = engine.now();
        let reason: String = refusal.reason.chars().take(MAX_REASON_CHARS).collect();
        let former = self.at.failing.as_ref().filter(|failing| failing.position == position);
        let (attempts, since) = former.map_or((0, now), |failing| (failing.attempts, failing.since));
        let attempts = attempts.saturating_add(1);
        // The low half of a fresh id is random.
        let (_, random) = engine.fresh_id().as_u64_pair();
        let chance = u32::try_from(random & u64::from(u32::MAX)).unwrap_or(0);
        // The last attempt is made when the time is over, not a pause before or after it.
        let left = settings.retry_for.saturating_sub(between(since, now));
        let pause = pause(settings, attempts, chance, refusal.retry_after).min(left);
        let next_attempt_at = now.plus(pause);
        self.at.failing = Some(Failing { position, attempts, since, next_attempt_at });
        self.at.last_failure = Some(Failure { at: now, reason: reason.clone() });
        self.shared.deliveries.count_failed_attempt();
        self.show();
        self.commit().await;
        tracing::info!(webhook_id = %self.webhook.webhook_id, %position, attempts, reason, "a webhook was not taken");
        if left.is_zero() || refusal.is_final {
            return self
                .park(Park { replays: self.webhook.replays, position, reason, attempts, since })
                .await;
        }
        sleep(pause).await;
        Ok(())
    }

    /// Puts on the log that it is given up; until that is done, nothing else is.
    async fn park(&self, park: Park) -> Result<(), Ended> {
        let Shared { engine, settings, deliveries, .. } = &*self.shared;
        loop {
            let webhook_id = self.webhook.webhook_id;
            match engine.park_webhook(&self.tenant, webhook_id, park.clone()).await {
                Ok(answer) => {
                    if !answer.already {
                        tracing::warn!(%webhook_id, attempts = park.attempts, "a webhook is parked");
                        deliveries.count_parked();
                    }
                    return Err(Ended);
                }
                // Deleted meanwhile.
                Err(EngineError::Webhook(_)) => return Err(Ended),
                Err(error) => {
                    tracing::warn!(%webhook_id, %error, "a webhook cannot be parked for now");
                    sleep(if error.is_retryable() { RETRY } else { settings.longest_pause }).await;
                }
            }
        }
    }

    /// Says where it stands.
    fn show(&self) {
        self.shared.deliveries.set(&self.tenant, self.webhook.webhook_id, Some(self.at.clone()));
    }

    fn commit_every(&self) -> Duration {
        if self.delivered { self.shared.settings.commit_every } else { COMMIT_PASSED }
    }

    async fn commit_if_due(&mut self) {
        if self.committed_at.elapsed() >= self.commit_every() {
            self.commit().await;
        }
    }

    /// Writes where it stands, if that is not written.
    async fn commit(&mut self) {
        if !self.delivered && self.at.failing.is_none() && self.committed_position == self.at.position {
            return;
        }
        let webhook_id = self.webhook.webhook_id;
        let place = Place { delivery: self.at.clone(), leaf_hash: self.leaf_hash };
        match self.file.write(place).await {
            Ok(()) => {
                (self.delivered, self.committed_position) = (false, self.at.position);
                if self.file_trouble.is_over() {
                    tracing::info!(%webhook_id, "where a webhook stands is written again");
                }
            }
            // Delivered is delivered; after a crash it would be once more.
            Err(error) if self.file_trouble.is_new(&error) => {
                tracing::warn!(%webhook_id, %error, "cannot write where a webhook stands");
            }
            Err(_) => {}
        }
        self.committed_at = Instant::now();
    }
}

/// How long it is from one time to a later one; nothing where a clock was set back.
fn between(from: Timestamp, to: Timestamp) -> Duration {
    Duration::from_micros(u64::try_from(to.as_micros().saturating_sub(from.as_micros())).unwrap_or(0))
}
