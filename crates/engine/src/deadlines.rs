//! What time does: expiries and lost leases, derived from the log, so that they survive a restart.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
    time::Duration,
};

use proto_events::{Event, ExecutionEvent, GlobalPosition, RecordedEvent, StreamId, TenantId, Timestamp};
use tokio::{sync::watch, task::JoinSet};
use uuid::Uuid;
use vidimus_domain::execution::{DeadlineKind, Rejection};
use vidimus_log::Subscription;

use crate::{Engine, EngineError, engine::decode};

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

/// What an event does to its execution's deadline.
enum Change {
    Keep,
    Clear,
    Set(Timestamp, DeadlineKind),
}

fn change(event: &ExecutionEvent) -> Change {
    use ExecutionEvent as E;
    match event {
        E::Initiated(_) | E::Allowed(_) | E::Reattempted(_) => Change::Keep,
        E::ConfirmationRequired(required) => Change::Set(required.expires_at, DeadlineKind::Confirmation),
        E::ApprovalRequired(required) => Change::Set(required.expires_at, DeadlineKind::Approval),
        E::Permitted(permit) => Change::Set(permit.expires_at, DeadlineKind::Permit),
        E::InProgress(started) => Change::Set(started.lease_expires_at, DeadlineKind::Lease),
        E::Progressed(progressed) => Change::Set(progressed.lease_expires_at, DeadlineKind::Lease),
        E::Blocked(_)
        | E::NoOp(_)
        | E::Confirmed(_)
        | E::Declined(_)
        | E::ConfirmationExpired(_)
        | E::ApprovalAccepted(_)
        | E::ApprovalDenied(_)
        | E::ApprovalAborted(_)
        | E::ApprovalExpired(_)
        | E::PermitExpired(_)
        | E::Succeeded(_)
        | E::Failed(_)
        | E::TimedOut(_)
        | E::Skipped(_)
        | E::Cancelled(_)
        | E::ResultUnknown(_)
        | E::Settled(_) => Change::Clear,
    }
}

/// Follows the log and keeps the open deadlines in order. One open execution takes about 200 bytes.
pub struct DeadlineKeeper {
    engine: Arc<Engine>,
    subscription: Subscription,
    open: BTreeSet<Due>,
    by_execution: HashMap<(TenantId, Uuid), (Timestamp, DeadlineKind)>,
}

impl DeadlineKeeper {
    /// A keeper that has seen nothing yet; it reads the log from its start.
    pub fn new(engine: Arc<Engine>) -> Self {
        let subscription = Subscription::new(Arc::clone(engine.log()), GlobalPosition::START);
        Self { engine, subscription, open: BTreeSet::new(), by_execution: HashMap::new() }
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
    fn set(&mut self, tenant: &TenantId, execution_id: Uuid, next: Option<(Timestamp, DeadlineKind)>) {
        let key = (tenant.clone(), execution_id);
        let due = |(deadline, kind)| Due { deadline, tenant: tenant.clone(), execution_id, kind };
        if let Some(open) = self.by_execution.remove(&key) {
            self.open.remove(&due(open));
        }
        if let Some(next) = next {
            self.open.insert(due(next));
            self.by_execution.insert(key, next);
        }
    }

    fn apply(&mut self, recorded: &RecordedEvent) -> Result<(), EngineError> {
        if recorded.stream.category() != StreamId::EXECUTION {
            return Ok(());
        }
        let Some(execution_id) = recorded.stream.execution_id() else { return Ok(()) };
        let Event::Execution(event) = decode(recorded)? else { return Ok(()) };
        match change(&event) {
            Change::Keep => {}
            Change::Clear => self.set(&recorded.tenant, execution_id, None),
            Change::Set(deadline, kind) => self.set(&recorded.tenant, execution_id, Some((deadline, kind))),
        }
        Ok(())
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

    /// Catches up, then does what every deadline asks for that has come. How many took effect. Dropping the future loses
    /// nothing: what was not done stays due.
    ///
    /// # Errors
    /// A failure that is not a decided no; what was not done stays due.
    pub async fn settle_due(&mut self) -> Result<usize, EngineError> {
        self.catch_up().await?;
        let mut effects = 0;
        loop {
            let now = self.engine.now();
            let due = self.open.iter().take_while(|due| due.deadline <= now).take(AT_ONCE).cloned();
            let due: Vec<_> = due.collect();
            if due.is_empty() {
                return Ok(effects);
            }
            effects += self.settle(due).await?;
        }
    }

    async fn settle(&mut self, due: Vec<Due>) -> Result<usize, EngineError> {
        let mut tasks = JoinSet::new();
        for due in due {
            let engine = Arc::clone(&self.engine);
            tasks.spawn(async move {
                let answer = engine.deadline_passed(&due.tenant, due.execution_id, due.kind).await;
                (due, answer)
            });
        }
        let (mut effects, mut answered, mut failure) = (0, Vec::new(), None);
        while let Some(joined) = tasks.join_next().await {
            let (due, answer) = match joined.map_err(tokio::task::JoinError::try_into_panic) {
                Ok(done) => done,
                Err(Ok(panic)) => std::panic::resume_unwind(panic),
                // The runtime is going down.
                Err(Err(_)) => continue,
            };
            match answer {
                Ok(answer) => {
                    effects += usize::from(!answer.already);
                    answered.push((due, answer.state.deadline()));
                }
                // Somebody was faster.
                Err(EngineError::Execution(rejection)) => {
                    tracing::debug!(execution = %due.execution_id, code = rejection.code(), "deadline overtaken");
                    let next = match rejection {
                        Rejection::NotDue { kind, deadline } => Some((deadline, kind)),
                        _ => None,
                    };
                    answered.push((due, next));
                }
                Err(error) => failure = failure.or(Some(error)),
            }
        }
        self.catch_up().await?;
        for (due, next) in answered {
            // The events that explain the answer have been read now. A deadline that none of them touched is none that
            // the decider knows; asking for it again and again would change nothing.
            if self.open.contains(&due) {
                tracing::warn!(execution = %due.execution_id, kind = %due.kind, "no such deadline; dropped");
                self.set(&due.tenant, due.execution_id, next);
            }
        }
        failure.map_or(Ok(effects), Err)
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
