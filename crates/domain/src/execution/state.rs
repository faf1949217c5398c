//! What is so: all that deciding and answering need of an execution's history.

use std::collections::BTreeMap;

use proto_events::{
    Actor, ActorKind, ArgumentsDigest, Blocked, CallRef, Card, Decision, ExecutionEvent, Finished, Initiated,
    Json, Requirement, ResultStatus, Settled, Timestamp,
};
use uuid::Uuid;

use super::{Approval, ApprovalStatus, Command, ExecutionStatus, Stage, evolve};

mod deadline;
mod review;

pub use deadline::{DeadlineKind, deadline};
pub(super) use deadline::{escalation_due, open_deadline, reminder_due};
pub(super) use review::Seat;

/// An event of an execution and what its envelope says about it: who caused it, and when it was decided.
#[derive(Clone, Copy, Debug)]
pub struct Happened<'a> {
    /// The envelope's `actor`.
    pub by: &'a Actor,
    /// The envelope's `recorded_at`.
    pub at: Timestamp,
    /// The event.
    pub event: &'a ExecutionEvent,
}

/// The state of one execution's stream; by default that of a stream without events.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State(pub(super) Option<Box<Execution>>);

/// An execution that exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Execution {
    /// Where it stands.
    pub stage: Stage,
    /// How it began: the call, its arguments, on whose behalf.
    pub initiated: Initiated,
    /// Who proposed it or handed it in.
    pub initiated_by: Actor,
    /// When.
    pub initiated_at: Timestamp,
    /// The decision; none where it was handed in after the fact.
    pub decision: Option<Decision>,
    /// The grant that the call used when it was decided on first. A use is never given back: decided on again, the call may
    /// stand on it once more, also where a decision in between did without.
    pub grant: Option<Uuid>,
    /// What the decision asks of people; empty where it asks nothing.
    pub requirement: Requirement,
    /// Members of the arguments that the catalogue calls sensitive, by name.
    pub sensitive: Vec<String>,
    /// Why it is blocked, if it is.
    pub blocked: Option<Blocked>,
    /// Whether humans agreed, where they were asked.
    pub approval_status: ApprovalStatus,
    /// From when on it is too late to confirm or to approve; kept after it was resolved.
    pub human_deadline: Option<Timestamp>,
    /// When the open deadline (to confirm, to approve, to start) was set.
    pub deadline_set_at: Option<Timestamp>,
    /// How far the approval is; kept after it was resolved.
    pub approval: Option<Approval>,
    /// How it was confirmed or declined, or that nobody did, where a confirmation was asked for.
    pub confirmation: Option<Resolution>,
    /// How the confirmation or the approval, whichever came last, was resolved.
    pub resolution: Option<Resolution>,
    /// The freeze that holds the deadline.
    pub suspended: Option<Suspension>,
    /// The permit; kept after it was used, not after it was withdrawn.
    pub permit: Option<Permit>,
    /// Who started it, once it started.
    pub executor: Option<Actor>,
    /// When it started.
    pub started_at: Option<Timestamp>,
    /// By when the running call has to report.
    pub lease_expires_at: Option<Timestamp>,
    /// How many progress reports are on record.
    pub progress_count: u32,
    /// What was reported about its end.
    pub finished: Option<Finished>,
    /// What was settled.
    pub settled: Option<Settled>,
    /// Who brought it to a terminal stage.
    pub ended_by: Option<Actor>,
    /// When.
    pub ended_at: Option<Timestamp>,
    /// How often the same attempt was proposed again, as far as it is on record.
    pub reattempts: u64,
    /// How many comments are on record.
    pub comments: u32,
    /// What everybody who commented said last.
    pub last_comments: BTreeMap<Actor, String>,
    /// How often it was decided on again.
    pub redecisions: u32,
}

/// A freeze that holds a deadline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suspension {
    /// The freeze.
    pub freeze_id: Uuid,
    /// From when on the deadline stands still.
    pub since: Timestamp,
}

/// How a confirmation or an approval was resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolution {
    /// How.
    pub verdict: Verdict,
    /// Who resolved it.
    pub by: Actor,
    /// When.
    pub at: Timestamp,
    /// The reason, comment or feedback.
    pub text: Option<String>,
    /// In whose place.
    pub on_behalf_of: Option<Actor>,
    /// Why the reviewers that were asked for were passed over, where they were.
    pub break_glass: Option<String>,
    /// The new attempt with the arguments that the reviewer edited.
    pub revised_as: Option<Uuid>,
    /// The card that whoever resolved it saw.
    pub card: Option<Card>,
}

/// The ways to resolve a confirmation or an approval.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// The requester confirmed.
    Confirmed,
    /// The requester declined.
    Declined,
    /// The requester did not confirm in time.
    ConfirmationExpired,
    /// A reviewer accepted.
    Accepted,
    /// A reviewer denied.
    Denied,
    /// A reviewer aborted.
    Aborted,
    /// Nobody resolved it in time.
    ApprovalExpired,
}

impl Verdict {
    /// Whether it is of an approval, and not of a confirmation.
    pub const fn is_of_approval(self) -> bool {
        matches!(self, Self::Accepted | Self::Denied | Self::Aborted | Self::ApprovalExpired)
    }
}

/// The leave to run once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permit {
    /// Its id.
    pub id: Uuid,
    /// The arguments that may run.
    pub arguments_digest: ArgumentsDigest,
    /// The policy set that it was given under.
    pub policy_set: Option<String>,
    /// From when on it is too late to start.
    pub expires_at: Timestamp,
}

impl State {
    /// The state of a stream without events.
    pub fn initial() -> Self {
        Self::default()
    }

    /// The state after all of `events`, oldest first.
    pub fn fold<'a>(events: impl IntoIterator<Item = Happened<'a>>) -> Self {
        events.into_iter().fold(Self::initial(), evolve)
    }

    /// The state after the events that `command` led to.
    #[must_use]
    pub fn then(self, command: &Command, events: &[ExecutionEvent]) -> Self {
        let happened = events.iter().map(|event| Happened { by: &command.by, at: command.at, event });
        happened.fold(self, evolve)
    }

    /// The execution, where it exists.
    pub fn execution(&self) -> Option<&Execution> {
        self.0.as_deref()
    }

    /// Whether nothing has happened yet.
    pub const fn is_initial(&self) -> bool {
        self.0.is_none()
    }

    /// Where the execution stands; `None` where nothing has happened yet.
    pub fn stage(&self) -> Option<Stage> {
        self.execution().map(|execution| execution.stage)
    }

    /// Its coarse status.
    pub fn status(&self) -> Option<ExecutionStatus> {
        self.execution().map(Execution::status)
    }

    /// Its approval status.
    pub fn approval_status(&self) -> Option<ApprovalStatus> {
        self.execution().map(|execution| execution.approval_status)
    }

    /// Its next deadline; the same as the function [`deadline`].
    pub fn deadline(&self) -> Option<(Timestamp, DeadlineKind)> {
        deadline(self)
    }
}

impl Execution {
    /// Its id.
    pub const fn id(&self) -> Uuid {
        self.initiated.execution_id
    }

    /// The call.
    pub const fn call(&self) -> &CallRef {
        &self.initiated.call
    }

    /// The canonical arguments; `None` where it was handed in without.
    pub const fn arguments(&self) -> Option<&Json> {
        self.initiated.arguments.as_ref()
    }

    /// The digest of the arguments.
    pub const fn arguments_digest(&self) -> Option<ArgumentsDigest> {
        self.initiated.arguments_digest
    }

    /// On whose behalf.
    pub const fn requester(&self) -> &Actor {
        &self.initiated.requester
    }

    /// Its coarse status.
    pub fn status(&self) -> ExecutionStatus {
        ExecutionStatus::of(self.stage, self.settled.as_ref().map(|settled| settled.status))
    }

    /// How the call ended, as far as anybody knows; `None` where it did not run or did not end.
    pub fn result_status(&self) -> Option<ResultStatus> {
        Some(match self.stage {
            Stage::Succeeded => ResultStatus::Succeeded,
            Stage::Failed => ResultStatus::Failed,
            Stage::TimedOut => ResultStatus::TimedOut,
            Stage::Skipped => ResultStatus::Skipped,
            Stage::Cancelled => ResultStatus::Cancelled,
            Stage::Unknown => ResultStatus::Unknown,
            Stage::Settled => self.settled.as_ref()?.status,
            _ => return None,
        })
    }

    /// What the tool returned, if that is known.
    pub fn result(&self) -> Option<&Json> {
        let settled = self.settled.as_ref().and_then(|settled| settled.result.as_ref());
        settled.or_else(|| self.finished.as_ref()?.result.as_ref())
    }

    /// Whether `actor` stands on the asking side: the requester, who proposed it or an attempt before it, or the agent that
    /// wants the call.
    pub fn is_asked_by(&self, actor: &Actor) -> bool {
        actor == self.requester()
            || actor == &self.initiated_by
            || self.initiated.asked_by.contains(actor)
            || self.is_agent(actor)
    }

    fn is_agent(&self, actor: &Actor) -> bool {
        actor.kind == ActorKind::Agent && *actor.id == *self.call().agent
    }
}
