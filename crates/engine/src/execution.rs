//! The commands on an execution that exists.

use proto_events::{
    Actor, ArgumentsDigest, GlobalPosition, Json, ResultStatus, StreamId, TenantId, Timestamp,
};
use uuid::Uuid;
use vidimus_domain::execution::{
    Action, Command, DeadlineKind, Rejection, Report, Reviewer, SeenCard, State, decide,
};
use vidimus_log::StreamWrite;

use crate::{
    Engine, EngineError, Principal, Role,
    engine::{Loaded, MAX_TRIES},
};

/// The answer to a command: where the execution stands now. It is durable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The execution.
    pub execution_id: Uuid,
    /// Where it stands.
    pub state: State,
    /// Position of the execution's last event: a view that has reached it shows this answer.
    pub position: GlobalPosition,
    /// Whether the command changed nothing, because it had taken effect before.
    pub already: bool,
}

/// How a running call ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// How; never [`ResultStatus::Unknown`].
    pub status: ResultStatus,
    /// What came of it.
    pub report: Report,
}

/// What a reviewer saw: the approval is about that.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// Digest of the arguments.
    pub arguments_digest: Option<ArgumentsDigest>,
    /// The stage of the approvals, from 0; without it the present one.
    pub stage: Option<u32>,
    /// The card.
    pub card: Option<SeenCard>,
}

impl From<Option<ArgumentsDigest>> for Seen {
    fn from(arguments_digest: Option<ArgumentsDigest>) -> Self {
        Self { arguments_digest, ..Self::default() }
    }
}

impl Engine {
    /// Where an execution stands; `None` if the tenant has no such execution.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub async fn execution(
        &self,
        tenant: &TenantId,
        execution_id: Uuid,
    ) -> Result<Option<Answer>, EngineError> {
        let loaded = self.load_execution(tenant, execution_id).await?;
        let position = loaded.position();
        let exists = !loaded.state.is_initial();
        Ok(exists.then(|| Answer { execution_id, state: loaded.state, position, already: true }))
    }

    /// Decides `action` on the execution as it is, and again when somebody else was first.
    pub(crate) async fn transact(
        &self,
        principal: &Principal,
        execution_id: Uuid,
        action: Action,
    ) -> Result<Answer, EngineError> {
        self.transact_seeing(principal, execution_id, action, None).await
    }

    /// The same, of a principal that saw this card.
    pub(crate) async fn transact_seeing(
        &self,
        principal: &Principal,
        execution_id: Uuid,
        action: Action,
        card: Option<SeenCard>,
    ) -> Result<Answer, EngineError> {
        let (by, at) = (principal.actor.clone(), self.clock.now());
        let mut command = Command { by, at, frozen: None, card, action };
        let correlation_id = self.correlation_id(principal);
        for _ in 0..MAX_TRIES {
            let (loaded, decided_at) = self.load_decided(&principal.tenant, execution_id).await?;
            let Some(execution) = loaded.state.execution() else {
                return Err(Rejection::NotFound.into());
            };
            command.at = self.clock.now();
            let guards = self.look_up(principal, execution, decided_at, &mut command).await?;
            if let Some(answer) =
                self.attempt(principal, execution_id, loaded, &command, guards, correlation_id).await?
            {
                return Ok(answer);
            }
        }
        Err(EngineError::Contention { tries: MAX_TRIES })
    }

    /// Decides once; `None` where somebody else was first.
    pub(crate) async fn attempt(
        &self,
        principal: &Principal,
        execution_id: Uuid,
        loaded: Loaded<State>,
        command: &Command,
        guards: Vec<StreamWrite>,
        correlation_id: Uuid,
    ) -> Result<Option<Answer>, EngineError> {
        let events = decide(&loaded.state, command)?;
        if events.is_empty() {
            let position = loaded.position();
            return Ok(Some(Answer { execution_id, state: loaded.state, position, already: true }));
        }
        let stream = StreamId::execution(execution_id);
        let expected = loaded.expected();
        let write = self.execution_write(principal, command, stream, expected, &events, correlation_id)?;
        let mut writes = vec![write];
        writes.extend(guards);
        let appended = self.append(&principal.tenant, writes).await?;
        Ok(appended.map(|appended| Answer {
            execution_id,
            state: loaded.state.then(command, &events),
            // The execution's events are the append's first.
            position: GlobalPosition::new(appended.first.get() + events.len() as u64 - 1),
            already: false,
        }))
    }

    /// The requesting user confirms. `seen`: digest of the arguments that the user saw.
    ///
    /// # Errors
    /// The domain's rejections; the log's errors.
    pub async fn confirm(
        &self,
        principal: &Principal,
        execution_id: Uuid,
        seen: impl Into<Seen>,
    ) -> Result<Answer, EngineError> {
        let Seen { arguments_digest, card, .. } = seen.into();
        let action = Action::Confirm {
            arguments_digest,
            permit_id: self.ids.fresh(),
            permit_ttl: self.settings.permit_ttl,
            approval_ttl: self.settings.approval_ttl,
        };
        self.transact_seeing(principal, execution_id, action, card).await
    }

    /// The requesting user declines. `card`: what the user saw.
    ///
    /// # Errors
    /// The domain's rejections; the log's errors.
    pub async fn decline(
        &self,
        principal: &Principal,
        execution_id: Uuid,
        reason: Option<String>,
        card: Option<SeenCard>,
    ) -> Result<Answer, EngineError> {
        self.transact_seeing(principal, execution_id, Action::Decline { reason }, card).await
    }

    /// A reviewer approves. `seen`: the arguments, and the stage, that the reviewer saw. `break_glass`: why the reviewers that
    /// were asked for are passed over in an emergency; takes the role `admin`.
    ///
    /// # Errors
    /// The domain's rejections; the log's errors.
    pub async fn approve(
        &self,
        principal: &Principal,
        execution_id: Uuid,
        seen: impl Into<Seen>,
        comment: Option<String>,
        break_glass: Option<String>,
    ) -> Result<Answer, EngineError> {
        let mut seen = seen.into();
        let card = seen.card.take();
        let action = self.approval(seen, comment, break_glass);
        self.transact_seeing(principal, execution_id, action, card).await
    }

    /// The action of an approval; who the reviewer is, is looked up before it is decided.
    pub(crate) fn approval(
        &self,
        seen: Seen,
        comment: Option<String>,
        break_glass: Option<String>,
    ) -> Action {
        Action::Approve {
            comment,
            arguments_digest: seen.arguments_digest,
            stage: seen.stage,
            reviewer: Reviewer::default(),
            break_glass,
            permit_id: self.ids.fresh(),
            permit_ttl: self.settings.permit_ttl,
            approval_ttl: self.settings.approval_ttl,
        }
    }

    /// A reviewer denies. `card`: what the reviewer saw.
    ///
    /// # Errors
    /// The domain's rejections; the log's errors.
    pub async fn deny(
        &self,
        principal: &Principal,
        execution_id: Uuid,
        reason: String,
        card: Option<SeenCard>,
    ) -> Result<Answer, EngineError> {
        let action = Action::Deny { reason, reviewer: Reviewer::default() };
        self.transact_seeing(principal, execution_id, action, card).await
    }

    /// A reviewer aborts, with feedback to the agent. `card`: what the reviewer saw.
    ///
    /// # Errors
    /// The domain's rejections; the log's errors.
    pub async fn abort(
        &self,
        principal: &Principal,
        execution_id: Uuid,
        feedback: String,
        card: Option<SeenCard>,
    ) -> Result<Answer, EngineError> {
        let action = Action::Abort { feedback, reviewer: Reviewer::default(), revised_as: None };
        self.transact_seeing(principal, execution_id, action, card).await
    }

    /// Starts the call and uses up its permit. `running`: digest of the arguments that are about to run.
    ///
    /// # Errors
    /// The domain's rejections; the log's errors.
    pub async fn start(
        &self,
        principal: &Principal,
        execution_id: Uuid,
        permit_id: Uuid,
        running: Option<ArgumentsDigest>,
    ) -> Result<Answer, EngineError> {
        let action = Action::Start {
            permit_id,
            arguments_digest: running,
            lease: self.settings.lease,
            policy_set: None,
        };
        self.transact(principal, execution_id, action).await
    }

    /// The running call is alive; its lease is renewed.
    ///
    /// # Errors
    /// The domain's rejections; the log's errors.
    pub async fn progress(
        &self,
        principal: &Principal,
        execution_id: Uuid,
        message: Option<String>,
        percent: Option<u8>,
    ) -> Result<Answer, EngineError> {
        let action = Action::Progress { message, percent, lease: self.settings.lease };
        self.transact(principal, execution_id, action).await
    }

    /// The running call ended. A status of `unknown` is what the lease is for and is refused by the domain.
    ///
    /// # Errors
    /// The domain's rejections; the log's errors.
    pub async fn complete(
        &self,
        principal: &Principal,
        execution_id: Uuid,
        completion: Completion,
    ) -> Result<Answer, EngineError> {
        let Completion { status, report } = completion;
        let action = match status {
            ResultStatus::Succeeded => Action::Succeed(report),
            ResultStatus::Failed => Action::Fail(report),
            ResultStatus::TimedOut => Action::TimeOut(report),
            ResultStatus::Skipped => Action::Skip(report),
            ResultStatus::Cancelled => Action::Cancel { reason: report.reason },
            ResultStatus::Unknown => Action::MarkUnknown,
        };
        self.transact(principal, execution_id, action).await
    }

    /// Calls the call off: its requester before it started, its executor after.
    ///
    /// # Errors
    /// The domain's rejections; the log's errors.
    pub async fn cancel(
        &self,
        principal: &Principal,
        execution_id: Uuid,
        reason: Option<String>,
    ) -> Result<Answer, EngineError> {
        self.transact(principal, execution_id, Action::Cancel { reason }).await
    }

    /// Settles an unknown result by evidence.
    ///
    /// # Errors
    /// The domain's rejections; the log's errors.
    pub async fn settle(
        &self,
        principal: &Principal,
        execution_id: Uuid,
        status: ResultStatus,
        evidence: String,
        result: Option<Json>,
    ) -> Result<Answer, EngineError> {
        let eligible = principal.is(Role::Approver) || principal.is(Role::Admin);
        self.transact(principal, execution_id, Action::Settle { status, evidence, result, eligible }).await
    }

    /// Comments on a call that waits for people.
    ///
    /// # Errors
    /// The domain's rejections; the log's errors.
    pub async fn comment(
        &self,
        principal: &Principal,
        execution_id: Uuid,
        text: String,
    ) -> Result<Answer, EngineError> {
        let eligible = principal.is(Role::Approver) || principal.is(Role::Admin);
        self.transact(principal, execution_id, Action::Comment { text, eligible }).await
    }

    /// Does what a deadline that has come asks for.
    ///
    /// # Errors
    /// The domain's rejections (`not_due` where somebody was faster); the log's errors.
    pub async fn deadline_passed(
        &self,
        tenant: &TenantId,
        execution_id: Uuid,
        kind: DeadlineKind,
    ) -> Result<Answer, EngineError> {
        let system = Principal::system(tenant.clone(), "deadlines");
        self.transact(&system, execution_id, kind.action()).await
    }

    /// Now, as the engine sees it.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// On whose behalf a proposal is: the named requester, else the principal itself.
    pub(crate) fn requester(principal: &Principal, named: Option<Actor>) -> Actor {
        named.unwrap_or_else(|| principal.actor.clone())
    }
}
