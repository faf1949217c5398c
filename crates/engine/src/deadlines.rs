//! What time does: expiries and lost leases, derived from the log, so that they survive a restart.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
    time::Duration,
};

use proto_events::{Event, ExecutionEvent, GlobalPosition, RecordedEvent, StreamId, TenantId, Timestamp};
use tokio::sync::watch;
use uuid::Uuid;
use vidimus_domain::execution::DeadlineKind;
use vidimus_log::{EventLog, Subscription};

use crate::{Engine, EngineError, engine::decode};

/// The longest sleep between two looks at the clock, so that a clock that was set does not hide a deadline for long.
const LONGEST_SLEEP: Duration = Duration::from_secs(30);
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

    fn apply(&mut self, recorded: &RecordedEvent) -> Result<(), EngineError> {
        if recorded.stream.category() != StreamId::EXECUTION {
            return Ok(());
        }
        let Some(execution_id) = recorded.stream.execution_id() else { return Ok(()) };
        let Event::Execution(event) = decode(recorded)? else { return Ok(()) };
        let change = change(&event);
        if matches!(change, Change::Keep) {
            return Ok(());
        }
        let key = (recorded.tenant.clone(), execution_id);
        let due = |deadline, kind| Due { deadline, tenant: key.0.clone(), execution_id, kind };
        if let Some((deadline, kind)) = self.by_execution.remove(&key) {
            self.open.remove(&due(deadline, kind));
        }
        if let Change::Set(deadline, kind) = change {
            self.open.insert(due(deadline, kind));
            self.by_execution.insert(key, (deadline, kind));
        }
        Ok(())
    }

    /// Reads what is new in the log.
    ///
    /// # Errors
    /// When the log cannot be read, or holds an event of a newer program.
    pub async fn catch_up(&mut self) -> Result<(), EngineError> {
        while let Some(batch) = self.subscription.next_available().await? {
            for recorded in &batch {
                self.apply(recorded)?;
            }
        }
        Ok(())
    }

    /// Catches up, then does what every deadline asks for that has come. How many took effect.
    ///
    /// # Errors
    /// The first failure that is not a decided no; what was not done stays due.
    pub async fn settle_due(&mut self) -> Result<usize, EngineError> {
        self.catch_up().await?;
        let now = self.engine.now();
        let due: Vec<_> = self.open.iter().take_while(|due| due.deadline <= now).cloned().collect();
        let mut effects = 0;
        for due in due {
            match self.engine.deadline_passed(&due.tenant, due.execution_id, due.kind).await {
                Ok(answer) => effects += usize::from(!answer.already),
                // Somebody was faster; the event that says so is on its way here.
                Err(EngineError::Execution(rejection)) => {
                    tracing::debug!(execution = %due.execution_id, code = rejection.code(), "deadline overtaken");
                }
                Err(error) => return Err(error),
            }
        }
        self.catch_up().await?;
        Ok(effects)
    }

    fn sleep_time(&self) -> Duration {
        let now = self.engine.now();
        let until = self.next().map_or(i64::MAX, |next| next.as_micros().saturating_sub(now.as_micros()));
        Duration::from_micros(u64::try_from(until).unwrap_or(0)).min(LONGEST_SLEEP)
    }

    /// Keeps the deadlines until `stop` turns true or its sender is gone.
    ///
    /// # Errors
    /// A failure that will not pass, for example an event of a newer program.
    pub async fn run(mut self, mut stop: watch::Receiver<bool>) -> Result<(), EngineError> {
        let log: Arc<dyn EventLog> = Arc::clone(self.engine.log());
        loop {
            let pause = match self.settle_due().await {
                Ok(_) => self.sleep_time(),
                Err(error) if error.is_retryable() => {
                    tracing::warn!(%error, "deadlines have to wait");
                    RETRY_AFTER
                }
                Err(error) => return Err(error),
            };
            tokio::select! {
                _ = stop.wait_for(|stop| *stop) => return Ok(()),
                () = tokio::time::sleep(pause) => {}
                moved = log.wait_past(self.subscription.position()) => { moved?; }
            }
        }
    }
}
