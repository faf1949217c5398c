//! All endpoints: which there are is on the log, and each has a task.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use proto_events::{DecodeError, Event, GlobalPosition, RecordedEvent, StreamId, TenantId};
use tokio::{
    sync::{Semaphore, watch},
    task::{self, JoinError, JoinSet},
    time::{sleep, timeout},
};
use uuid::Uuid;
use vidimus_domain::webhook::{Happened, State, evolve};
use vidimus_engine::{Deliveries, Engine, EngineError, Webhook};
use vidimus_log::Subscription;

use crate::{
    DelivererError, Settings,
    checkpoint::{CheckpointFile, delivery_on_disk, file_name, make_usable, tidy},
    endpoint::{Endpoint, Shared},
    said::Said,
    sender::Sender,
};

/// How long events gather before they are read: a webhook is created now and then, and to be woken for every append would
/// cost more than reading it.
const GATHER_FOR: Duration = Duration::from_millis(20);
/// How long to wait after the log or the directory could not be used for a reason that may pass.
const RETRY_AFTER: Duration = Duration::from_secs(1);
/// How long a webhook rests whose task ended in a panic.
const REST: Duration = Duration::from_secs(5);
/// Most endpoints that read what is far behind the tail at the same time.
const MAX_READS: usize = 2;

type Key = (TenantId, Uuid);

/// Delivers what all webhooks of a log are to get.
pub struct Deliverer {
    shared: Arc<Shared>,
    directory: PathBuf,
    subscription: Subscription,
    /// The webhooks of every tenant that has, or had, any.
    tenants: BTreeMap<TenantId, State>,
    /// Which of them were changed since they were looked at.
    changed: BTreeSet<Key>,
    limits: HashMap<TenantId, Arc<Semaphore>>,
    running: HashMap<Key, Running>,
    tasks: JoinSet<Key>,
    /// What is wrong, if it was said.
    trouble: Said,
}

/// A task at work for a webhook.
struct Running {
    /// The run that it delivers.
    replays: u32,
    stop: watch::Sender<bool>,
    task: task::Id,
}

impl Deliverer {
    /// A deliverer of the engine's log that keeps in `directory` how far each webhook is. The engine needs its key pepper.
    /// Nothing is read or posted before it [`run`](Self::run)s.
    ///
    /// # Errors
    /// `webhook_client_unusable`.
    pub fn new(
        engine: Arc<Engine>,
        directory: impl Into<PathBuf>,
        settings: Settings,
    ) -> Result<Self, DelivererError> {
        let subscription = Subscription::new(Arc::clone(engine.log()), GlobalPosition::START);
        let (sender, deliveries) = (Sender::new(&settings)?, Deliveries::default());
        deliveries.check_with(sender.check());
        let shared = Shared {
            sender,
            deliveries,
            reads: Semaphore::new(MAX_READS),
            attempts: Semaphore::new(settings.max_attempts.clamp(1, Semaphore::MAX_PERMITS)),
            engine,
            settings,
        };
        Ok(Self {
            shared: Arc::new(shared),
            directory: directory.into(),
            subscription,
            tenants: BTreeMap::new(),
            changed: BTreeSet::new(),
            limits: HashMap::new(),
            running: HashMap::new(),
            tasks: JoinSet::new(),
            trouble: Said::default(),
        })
    }

    /// How the deliveries stand, also while it runs.
    pub fn status(&self) -> Deliveries {
        self.shared.deliveries.clone()
    }

    /// Delivers until `stop` turns true or its sender is gone. An attempt that is on its way then is given up, and made again
    /// by the next run on the same directory. While that cannot be used nothing is delivered: it would be delivered again and
    /// again.
    ///
    /// # Errors
    /// A failure that will not pass, for example an event of a newer program, or a log that is damaged.
    pub async fn run(mut self, mut stop: watch::Receiver<bool>) -> Result<(), DelivererError> {
        let ended = tokio::select! {
            biased;
            // An error says that the sender is gone, which is a stop too.
            _ = stop.wait_for(|stop| *stop) => Ok(()),
            failed = self.work() => failed,
        };
        for running in self.running.values() {
            running.stop.send_replace(true);
        }
        while let Some(joined) = self.tasks.join_next().await {
            if let Err(error) = joined {
                panicked(&error);
            }
        }
        ended
    }

    async fn work(&mut self) -> Result<(), DelivererError> {
        self.read_the_log().await?;
        // What is not there any more is tidied away with the directory.
        self.changed.clear();
        for (tenant, state) in &self.tenants {
            self.changed.extend(state.webhooks.keys().map(|webhook_id| (tenant.clone(), *webhook_id)));
        }
        self.prepare_directory().await;
        loop {
            for key in std::mem::take(&mut self.changed) {
                self.reconcile(key)?;
            }
            let log = Arc::clone(self.shared.engine.log());
            let joined = tokio::select! {
                Some(joined) = self.tasks.join_next(), if !self.tasks.is_empty() => Some(joined),
                moved = log.wait_past(self.subscription.position()) => {
                    if let Err(error) = moved {
                        self.wait_out(error.into()).await?;
                    }
                    sleep(GATHER_FOR).await;
                    None
                }
            };
            // What ended may have ended by an event, which is read before anything is started for it again.
            self.read_the_log().await?;
            match joined {
                Some(Ok(key)) => {
                    self.running.remove(&key);
                    self.changed.insert(key);
                }
                Some(Err(error)) => self.rest(&error),
                None => {}
            }
        }
    }

    async fn read_the_log(&mut self) -> Result<(), DelivererError> {
        while let Err(error) = self.catch_up().await {
            self.wait_out(error).await?;
        }
        self.trouble.is_over();
        Ok(())
    }

    async fn wait_out(&mut self, error: DelivererError) -> Result<(), DelivererError> {
        if !error.is_retryable() {
            return Err(error);
        }
        if self.trouble.is_new(&error) {
            tracing::warn!(%error, "webhooks have to wait");
        }
        sleep(RETRY_AFTER).await;
        Ok(())
    }

    /// Waits until the directory can be used, removes from it what is of no webhook any more, and says how those stand that
    /// are parked.
    async fn prepare_directory(&mut self) {
        loop {
            let directory = self.directory.clone();
            let made = task::spawn_blocking(move || make_usable(&directory)).await;
            let Err(error) = made.map_err(std::io::Error::other).flatten() else { break };
            if self.trouble.is_new(&error) {
                let directory = self.directory.display();
                tracing::warn!(%directory, %error, "webhooks have to wait: cannot use the directory of their state; check its permissions and the disk");
            }
            sleep(RETRY_AFTER).await;
        }
        if self.trouble.is_over() {
            tracing::info!("webhooks go on: the directory of their state can be used");
        }
        let (directory, shared) = (self.directory.clone(), Arc::clone(&self.shared));
        let (mut names, mut parked) = (HashSet::new(), Vec::new());
        for (tenant, state) in &self.tenants {
            for webhook in state.webhooks.values() {
                names.insert(file_name(tenant, webhook.webhook_id));
                parked.extend(webhook.parked.is_some().then(|| (tenant.clone(), webhook.clone())));
            }
        }
        let prepare = move || {
            tidy(&directory, |name| names.contains(name));
            for (tenant, webhook) in parked {
                let stands = delivery_on_disk(&directory, &tenant, &webhook);
                shared.deliveries.set(&tenant, webhook.webhook_id, Some(stands));
            }
        };
        // An error says that the runtime is going down.
        let _ = task::spawn_blocking(prepare).await;
    }

    /// A task ended in a panic, which is a bug, and of that webhook only: it rests, and is started again.
    fn rest(&mut self, error: &JoinError) {
        panicked(error);
        let Some((key, running)) = self.running.iter_mut().find(|(_, running)| running.task == error.id())
        else {
            return;
        };
        let (key, mut stopped) = (key.clone(), running.stop.subscribe());
        let resting = self.tasks.spawn(async move {
            // An error says that it was not stopped meanwhile.
            let _ = timeout(REST, stopped.wait_for(|stop| *stop)).await;
            key
        });
        running.task = resting.id();
    }

    /// Reads what is new in the log. Dropping the future loses nothing.
    async fn catch_up(&mut self) -> Result<(), DelivererError> {
        while let Some(batch) = self.subscription.next_available().await? {
            for recorded in &batch {
                if recorded.stream.category() == StreamId::WEBHOOK {
                    let webhook_id = self
                        .apply(recorded)
                        .map_err(|error| EngineError::Event { position: recorded.position, error })?;
                    self.changed.extend(webhook_id.map(|webhook_id| (recorded.tenant.clone(), webhook_id)));
                }
            }
        }
        Ok(())
    }

    fn apply(&mut self, recorded: &RecordedEvent) -> Result<Option<Uuid>, DecodeError> {
        let new = &recorded.event;
        let event = Event::decode(&new.event_type, new.schema_version, &new.payload)?;
        let Event::Webhook(event) = event else { return Ok(None) };
        let state = self.tenants.entry(recorded.tenant.clone()).or_default();
        let happened = Happened { by: &new.actor, at: new.recorded_at, event: &event };
        *state = evolve(std::mem::take(state), happened);
        Ok(Some(event.webhook_id()))
    }

    /// Lets a webhook have the task that it is to have: one of its latest run, and none where it is parked or deleted.
    fn reconcile(&mut self, key: Key) -> Result<(), DelivererError> {
        let (tenant, webhook_id) = &key;
        let webhook = self.tenants.get(tenant).and_then(|state| state.webhooks.get(webhook_id));
        let wanted = webhook.filter(|webhook| webhook.parked.is_none());
        if let Some(running) = self.running.get(&key) {
            if wanted.is_none_or(|wanted| wanted.replays != running.replays) {
                // Once it has ended, this is asked again.
                running.stop.send_replace(true);
            }
            return Ok(());
        }
        if let Some(wanted) = wanted {
            let webhook = wanted.clone();
            return self.start(key, webhook);
        }
        if webhook.is_some() {
            self.shared.deliveries.set_parked(tenant, *webhook_id);
        } else {
            self.shared.deliveries.set(tenant, *webhook_id, None);
            let path = self.directory.join(file_name(tenant, *webhook_id));
            // What is left behind is removed at the next start.
            task::spawn_blocking(move || drop(std::fs::remove_file(path)));
        }
        Ok(())
    }

    fn start(&mut self, key: Key, webhook: Webhook) -> Result<(), DelivererError> {
        let (tenant, webhook_id) = &key;
        let most = self.shared.settings.max_attempts_per_tenant.clamp(1, Semaphore::MAX_PERMITS);
        let limit = self.limits.entry(tenant.clone()).or_insert_with(|| Arc::new(Semaphore::new(most)));
        let file = CheckpointFile::new(&self.directory, tenant, *webhook_id);
        let replays = webhook.replays;
        let (shared, limit) = (Arc::clone(&self.shared), Arc::clone(limit));
        let endpoint = Endpoint::new(shared, tenant.clone(), webhook, limit, file)?;
        let (stop, stopped) = watch::channel(false);
        let running = key.clone();
        let task = self.tasks.spawn(async move {
            endpoint.run(stopped).await;
            key
        });
        self.running.insert(running, Running { replays, stop, task: task.id() });
        Ok(())
    }
}

/// Says it aloud: a bug that nobody notices would be a webhook that stands still.
fn panicked(error: &JoinError) {
    // If not, the runtime is going down.
    if error.is_panic() {
        tracing::error!(%error, "the deliveries of a webhook ended in a panic: report this as a bug, with the log of the server");
    }
}
