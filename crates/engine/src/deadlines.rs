//! What time does, and what changes of policy, access and freezes do to calls that are open: expiries, escalations,
//! reminders, lost leases, decisions made again. All of it is derived from the log, so that it survives a restart.

mod open;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
    time::Duration,
};

use proto_events::{Event, ExecutionEvent, GlobalPosition, RecordedEvent, StreamId, TenantId, Timestamp};
use tokio::{sync::watch, task::JoinSet};
use uuid::Uuid;
use vidimus_domain::execution::{DeadlineKind, Rejection};
use vidimus_log::Subscription;

use crate::{Engine, EngineError, engine::decode};
use open::{After, Changed, Open, after, changed_by};

/// The longest sleep between two looks at the clock, so that a clock that was set does not hide a deadline for long.
const LONGEST_SLEEP: Duration = Duration::from_secs(30);
/// Most deadlines that are settled at the same time: the log makes what comes together durable together.
const AT_ONCE: usize = 64;
/// How long events gather before they are read: deadlines are seconds away, and to be woken for every append would cost
/// more than reading it.
const GATHER_FOR: Duration = Duration::from_millis(20);
/// How long to wait after a command failed for a reason that may pass.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// A deadline that has come.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Due {
    /// When it was.
    pub deadline: Timestamp,
    /// Whose.
    pub tenant: TenantId,
    /// Of which execution.
    pub execution_id: Uuid,
    /// What for.
    pub kind: DeadlineKind,
}

/// Something that is to be done now.
#[derive(Clone, Debug)]
enum Task {
    /// A deadline has come.
    Due(Due),
    /// What a decision rested on has changed.
    Again(TenantId, Uuid, &'static str),
    /// A freeze began or ended.
    Still(TenantId, Uuid),
}

/// Follows the log and does what time and administrators' changes ask of calls that are open. One open execution takes about
/// 400 bytes.
pub struct DeadlineKeeper {
    engine: Arc<Engine>,
    subscription: Subscription,
    open: BTreeSet<Due>,
    by_execution: HashMap<TenantId, HashMap<Uuid, Open>>,
    /// To be decided on again, and why.
    again: BTreeMap<(TenantId, Uuid), &'static str>,
    /// To be held, or let go on.
    still: BTreeSet<(TenantId, Uuid)>,
}

impl DeadlineKeeper {
    /// A keeper that has seen nothing yet; it reads the log from its start.
    pub fn new(engine: Arc<Engine>) -> Self {
        let subscription = Subscription::new(Arc::clone(engine.log()), GlobalPosition::START);
        Self {
            engine,
            subscription,
            open: BTreeSet::new(),
            by_execution: HashMap::new(),
            again: BTreeMap::new(),
            still: BTreeSet::new(),
        }
    }

    /// How many deadlines are open.
    pub fn open(&self) -> usize {
        self.open.len()
    }

    /// The next deadline.
    pub fn next(&self) -> Option<Timestamp> {
        self.open.first().map(|due| due.deadline)
    }

    /// From now on the execution has this deadline, or none.
    fn set(&mut self, tenant: &TenantId, execution_id: Uuid, next: Option<Open>) {
        let due = |open: &Open| {
            let (deadline, kind) = open.next?;
            Some(Due { deadline, tenant: tenant.clone(), execution_id, kind })
        };
        let all = self.by_execution.entry(tenant.clone()).or_default();
        let former = match &next {
            Some(next) => all.insert(execution_id, next.clone()),
            None => all.remove(&execution_id),
        };
        if let Some(former) = former.as_ref().and_then(due) {
            self.open.remove(&former);
        }
        match next {
            Some(next) => self.open.extend(due(&next)),
            None => {
                let key = (tenant.clone(), execution_id);
                self.again.remove(&key);
                self.still.remove(&key);
            }
        }
    }

    fn apply(&mut self, recorded: &RecordedEvent) -> Result<(), EngineError> {
        let tenant = &recorded.tenant;
        if recorded.stream.category() != StreamId::EXECUTION {
            if let Some(changed) = changed_by(&decode(recorded)?) {
                self.mark(tenant, &changed);
            }
            return Ok(());
        }
        let Some(execution_id) = recorded.stream.execution_id() else { return Ok(()) };
        let Event::Execution(event) = decode(recorded)? else { return Ok(()) };
        let former = self.by_execution.get(tenant).and_then(|all| all.get(&execution_id));
        let next = match after(former, recorded.event.recorded_at, &event) {
            After::Keep => return Ok(()),
            After::Closed => None,
            After::Open(next) => Some(next),
        };
        // What is decided on again, or held, has been.
        let key = (tenant.clone(), execution_id);
        match event {
            ExecutionEvent::Redecided(_) => drop(self.again.remove(&key)),
            ExecutionEvent::Suspended(_) => drop(self.still.remove(&key)),
            // It has a deadline again, and the decider knows which.
            ExecutionEvent::Resumed(_) if next.is_some() => drop(self.still.insert(key)),
            _ => {}
        }
        self.set(tenant, execution_id, next);
        Ok(())
    }

    /// Marks the open calls that a change is about.
    fn mark(&mut self, tenant: &TenantId, changed: &Changed) {
        let Some(all) = self.by_execution.get(tenant) else { return };
        let about = all.iter().filter(|(_, open)| open.waits() && changed.is_about(open));
        for (execution_id, _) in about {
            let key = (tenant.clone(), *execution_id);
            match changed.cause {
                Some(cause) => drop(self.again.insert(key, cause)),
                None => drop(self.still.insert(key)),
            }
        }
    }

    /// Reads what is new in the log. Dropping the future loses nothing.
    ///
    /// # Errors
    /// When the log cannot be read, or holds an event of a newer program; asking again goes on from there.
    pub async fn catch_up(&mut self) -> Result<(), EngineError> {
        while let Some(batch) = self.subscription.next_available().await? {
            for recorded in &batch {
                if let Err(error) = self.apply(recorded) {
                    let before = GlobalPosition::new(recorded.position.get().saturating_sub(1));
                    self.subscription = Subscription::new(Arc::clone(self.engine.log()), before);
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    /// What is to be done now; what a freeze or a change asks for comes before what time does. Marks are taken: what
    /// changes while it is done marks anew.
    fn take_tasks(&mut self) -> Vec<Task> {
        let mut tasks = Vec::new();
        while let (true, Some((tenant, id))) = (tasks.len() < AT_ONCE, self.still.pop_first()) {
            tasks.push(Task::Still(tenant, id));
        }
        while let (true, Some(((tenant, id), cause))) = (tasks.len() < AT_ONCE, self.again.pop_first()) {
            tasks.push(Task::Again(tenant, id, cause));
        }
        let now = self.engine.now();
        let due = self.open.iter().take_while(|due| due.deadline <= now).cloned().map(Task::Due);
        tasks.extend(due.take(AT_ONCE - tasks.len()));
        tasks
    }

    /// Catches up, then does what every deadline asks for that has come, and what changes of policy, access and freezes ask
    /// for. How many took effect. Dropping the future loses nothing: what was not done stays due.
    ///
    /// # Errors
    /// A failure that is not a decided no; what was not done stays due.
    pub async fn settle_due(&mut self) -> Result<usize, EngineError> {
        self.catch_up().await?;
        let mut effects = 0;
        loop {
            let tasks = self.take_tasks();
            if tasks.is_empty() {
                return Ok(effects);
            }
            effects += self.settle(tasks).await?;
        }
    }

    async fn settle(&mut self, tasks: Vec<Task>) -> Result<usize, EngineError> {
        let mut running = JoinSet::new();
        for task in tasks {
            let engine = Arc::clone(&self.engine);
            running.spawn(async move {
                let answer = match &task {
                    Task::Due(due) => engine.deadline_passed(&due.tenant, due.execution_id, due.kind).await,
                    Task::Again(tenant, id, cause) => engine.redecide(tenant, *id, cause).await,
                    Task::Still(tenant, id) => engine.stand_still(tenant, *id).await,
                };
                (task, answer)
            });
        }
        let (mut effects, mut answered, mut refused, mut failure) = (0, Vec::new(), Vec::new(), None);
        while let Some(joined) = running.join_next().await {
            let (task, answer) = match joined.map_err(tokio::task::JoinError::try_into_panic) {
                Ok(done) => done,
                Err(Ok(panic)) => std::panic::resume_unwind(panic),
                // The runtime is going down.
                Err(Err(_)) => continue,
            };
            match answer {
                Ok(answer) => {
                    effects += usize::from(!answer.already);
                    answered.push((task, answer.state.deadline()));
                }
                // Somebody was faster, or it is held.
                Err(EngineError::Execution(rejection)) => {
                    tracing::debug!(?task, code = rejection.code(), "refused");
                    let next = match rejection {
                        Rejection::NotDue { kind, deadline } => Some((deadline, kind)),
                        _ => None,
                    };
                    refused.push((task, next));
                }
                Err(error) if concerns_the_log(&error) => {
                    self.put_back(task);
                    failure = failure.or(Some(error));
                }
                // One call's own: the others shall not wait for it. Its permit cannot be used meanwhile.
                Err(error) => {
                    tracing::error!(?task, %error, code = error.code(), "a call cannot be decided on");
                    refused.push((task, None));
                }
            }
        }
        // The events that explain the answers are read now.
        self.catch_up().await?;
        for (task, next) in answered {
            self.done(&task, next);
        }
        for (task, next) in refused {
            self.refused(&task, next);
        }
        failure.map_or(Ok(effects), Err)
    }

    fn put_back(&mut self, task: Task) {
        match task {
            Task::Still(tenant, id) => drop(self.still.insert((tenant, id))),
            Task::Again(tenant, id, cause) => drop(self.again.entry((tenant, id)).or_insert(cause)),
            Task::Due(_) => {}
        }
    }

    fn find(&self, tenant: &TenantId, execution_id: Uuid) -> Option<Open> {
        self.by_execution.get(tenant)?.get(&execution_id).cloned()
    }

    /// What was answered is done, whether or not an event came of it; the next deadline is what the decider says.
    fn done(&mut self, task: &Task, next: Option<(Timestamp, DeadlineKind)>) {
        let (tenant, id) = match task {
            // An event that came since has set another.
            Task::Due(due) if !self.open.contains(due) => return,
            Task::Due(due) => (&due.tenant, due.execution_id),
            Task::Again(tenant, id, _) | Task::Still(tenant, id) => (tenant, *id),
        };
        let Some(open) = self.find(tenant, id).filter(|open| matches!(task, Task::Due(_)) || open.waits())
        else {
            return;
        };
        // One that was refused is refused again: asking for it would never end.
        let next = next.filter(|next| open.refused != Some(*next));
        self.set(tenant, id, Some(Open { next, ..open }));
    }

    /// What was refused is not asked for again as it is; what the deadline is, the decider is asked.
    fn refused(&mut self, task: &Task, next: Option<(Timestamp, DeadlineKind)>) {
        let Task::Due(due) = task else { return };
        if !self.open.contains(due) {
            return;
        }
        let Some(open) = self.find(&due.tenant, due.execution_id) else { return };
        let refused = Some((due.deadline, due.kind));
        let asks = open.waits() && next.is_none();
        self.set(&due.tenant, due.execution_id, Some(Open { next, refused, ..open }));
        if asks {
            self.still.insert((due.tenant.clone(), due.execution_id));
        }
    }

    fn sleep_time(&self) -> Duration {
        let now = self.engine.now();
        let until = self.next().map_or(i64::MAX, |next| next.as_micros().saturating_sub(now.as_micros()));
        Duration::from_micros(u64::try_from(until).unwrap_or(0)).min(LONGEST_SLEEP)
    }

    /// Keeps the deadlines until `stop` turns true or its sender is gone, also in the middle of settling many.
    ///
    /// # Errors
    /// A failure that will not pass, for example an event of a newer program.
    pub async fn run(mut self, mut stop: watch::Receiver<bool>) -> Result<(), EngineError> {
        loop {
            let round = tokio::select! {
                biased;
                () = stopped(&mut stop) => return Ok(()),
                round = self.round() => round,
            };
            match round {
                Ok(()) => {}
                Err(error) if error.is_retryable() => {
                    tracing::warn!(%error, "deadlines have to wait");
                    tokio::select! {
                        () = stopped(&mut stop) => return Ok(()),
                        // Whatever the log does meanwhile: one that is overloaded is left alone for a while.
                        () = tokio::time::sleep(RETRY_AFTER) => {}
                    }
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Settles what is due, then waits until there may be more.
    async fn round(&mut self) -> Result<(), EngineError> {
        self.settle_due().await?;
        let pause = self.sleep_time();
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            moved = self.engine.log().wait_past(self.subscription.position()) => {
                moved?;
                tokio::time::sleep(GATHER_FOR.min(pause)).await;
            }
        }
        Ok(())
    }
}

async fn stopped(stop: &mut watch::Receiver<bool>) {
    // An error says that the sender is gone, which is a stop too.
    let _ = stop.wait_for(|stop| *stop).await;
}

/// Whether an error is about the log, and so about every call.
fn concerns_the_log(error: &EngineError) -> bool {
    error.is_retryable()
        || matches!(error, EngineError::Read(_) | EngineError::Event { .. } | EngineError::Append(_))
}
