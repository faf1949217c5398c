//! What events do to the open calls that a keeper follows.

use std::time::Duration;

use proto_events::{
    ApprovalRequired, CallRef, CatalogueEvent, Event, ExecutionEvent, FreezeEvent, FreezeScope,
    FunctionEvent, FunctionName, PolicyEvent, ReviewerEvent, Timestamp,
};
use vidimus_domain::execution::DeadlineKind;

/// A call that waits, has a permit or runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Open {
    pub(super) agent: String,
    pub(super) function: FunctionName,
    /// The next deadline; none while a freeze holds it.
    pub(super) next: Option<(Timestamp, DeadlineKind)>,
    /// What the last deadline was for that an event set.
    pub(super) kind: DeadlineKind,
    /// A deadline that came and was refused: not asked for a second time.
    pub(super) refused: Option<(Timestamp, DeadlineKind)>,
}

impl Open {
    fn at(call: &CallRef, deadline: Timestamp, kind: DeadlineKind) -> After {
        let (agent, function) = (call.agent.clone(), call.function.clone());
        After::Open(Self { agent, function, next: Some((deadline, kind)), kind, refused: None })
    }

    /// Whether it has not started: only then it is decided on again, or held.
    pub(super) fn waits(&self) -> bool {
        self.kind != DeadlineKind::Lease
    }
}

/// What is so after an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum After {
    /// What was.
    Keep,
    /// Nothing is left to wait for.
    Closed,
    /// The call is open like this.
    Open(Open),
}

/// The first thing that time does to an approval: remind, escalate or expire. What comes after it is what the decider
/// answers then.
fn first(required: &ApprovalRequired, asked_at: Timestamp) -> (Timestamp, DeadlineKind) {
    let requirement = required.decision.requirement.as_ref();
    let after = |seconds: u64| asked_at.plus(Duration::from_secs(seconds));
    let escalation = requirement
        .and_then(|requirement| {
            requirement.escalations.iter().map(|escalation| escalation.after_seconds).min()
        })
        .map(|seconds| (after(seconds), DeadlineKind::Escalation));
    let reminder = requirement
        .and_then(|requirement| requirement.remind_after_seconds)
        .map(|seconds| (after(seconds), DeadlineKind::Reminder));
    let expiry = (required.expires_at, DeadlineKind::Approval);
    [escalation, reminder].into_iter().flatten().chain([expiry]).min().unwrap_or(expiry)
}

pub(super) fn after(open: Option<&Open>, at: Timestamp, event: &ExecutionEvent) -> After {
    use ExecutionEvent as E;
    match event {
        E::Initiated(_)
        | E::Allowed(_)
        | E::Reattempted(_)
        // What they lead to is in the same append.
        | E::Confirmed(_)
        | E::ApprovalAccepted(_)
        | E::ApprovalVoted(_)
        | E::ApprovalEscalated(_)
        | E::ApprovalReminded(_)
        | E::Commented(_)
        | E::Redecided(_)
        | E::PermitWithdrawn(_) => match (event, open) {
            // It goes on as it was; that it was decided on is for the keeper to know.
            (E::Redecided(_), Some(open)) => After::Open(open.clone()),
            _ => After::Keep,
        },
        E::ConfirmationRequired(required) => {
            Open::at(&required.call, required.expires_at, DeadlineKind::Confirmation)
        }
        E::ApprovalRequired(required) => {
            let (deadline, kind) = first(required, at);
            Open::at(&required.call, deadline, kind)
        }
        E::Permitted(permit) => Open::at(&permit.call, permit.expires_at, DeadlineKind::Permit),
        E::InProgress(started) => Open::at(&started.call, started.lease_expires_at, DeadlineKind::Lease),
        E::Progressed(progressed) => {
            Open::at(&progressed.call, progressed.lease_expires_at, DeadlineKind::Lease)
        }
        E::Suspended(_) => match open {
            Some(open) => After::Open(Open { next: None, ..open.clone() }),
            None => After::Keep,
        },
        // Which deadline comes first now is for the decider to say: the keeper asks.
        E::Resumed(_) => match open {
            Some(open) => After::Open(Open { next: None, ..open.clone() }),
            None => After::Keep,
        },
        E::Blocked(_)
        | E::NoOp(_)
        | E::Declined(_)
        | E::ConfirmationExpired(_)
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
        | E::Settled(_) => After::Closed,
    }
}

/// Whose calls a change is about.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Scope {
    Tenant,
    Agent(String),
    Function(FunctionName),
    Connection(String),
}

/// A change that open calls rest on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Changed {
    scope: Scope,
    /// Why calls are decided on again; `None`: they are held, or go on.
    pub(super) cause: Option<&'static str>,
}

impl Changed {
    pub(super) fn is_about(&self, open: &Open) -> bool {
        match &self.scope {
            Scope::Tenant => true,
            Scope::Agent(agent) => *agent == open.agent,
            Scope::Function(function) => *function == open.function,
            Scope::Connection(connection) => *connection == open.function.connection(),
        }
    }
}

/// What an administrator's event changes for open calls.
pub(super) fn changed_by(event: &Event) -> Option<Changed> {
    let again = |scope, cause| Some(Changed { scope, cause: Some(cause) });
    let of = |function: &FunctionName, cause| again(Scope::Function(function.clone()), cause);
    match event {
        Event::Policy(PolicyEvent::Activated(_)) => again(Scope::Tenant, "policy_set_activated"),
        // Rules read the groups of the requester.
        Event::Reviewer(ReviewerEvent::GroupChanged(_)) => again(Scope::Tenant, "group_changed"),
        Event::Function(FunctionEvent::AccessChanged(changed)) => {
            of(&changed.function, "function_access_changed")
        }
        Event::Function(FunctionEvent::Described(described)) => of(&described.function, "function_described"),
        Event::Function(FunctionEvent::Withdrawn(withdrawn)) => of(&withdrawn.function, "function_withdrawn"),
        Event::Catalogue(CatalogueEvent::AgentScopesChanged(changed)) => {
            again(Scope::Agent(changed.agent.clone()), "agent_scopes_changed")
        }
        Event::Catalogue(CatalogueEvent::ConnectionDescribed(described)) => {
            again(Scope::Connection(described.connection.clone()), "connection_described")
        }
        Event::Freeze(FreezeEvent::Frozen(frozen)) => {
            let scope = match &frozen.scope {
                FreezeScope::Tenant => Scope::Tenant,
                FreezeScope::Agent { agent } => Scope::Agent(agent.clone()),
                FreezeScope::Function { function } => Scope::Function(function.clone()),
            };
            Some(Changed { scope, cause: None })
        }
        // Which calls it covered is in its beginning: every held call looks whether it still is.
        Event::Freeze(FreezeEvent::Unfrozen(_)) => Some(Changed { scope: Scope::Tenant, cause: None }),
        _ => None,
    }
}
