//! One call and the people around it: `agent:a1` proposes on behalf of `user:ann`, `user:bob` and `user:carol` review,
//! `agent:a1` runs it.

use std::time::Duration;

use proto_events::{
    Access, ActivityReport, Actor, ActorKind, ApprovalNeed, ApprovalStage, ArgumentsDigest, CallRef,
    Decision, ExecutionEvent, FreezeScope, Json, Layer, LayerFinding, Outcome, Requirement, ResultStatus,
    Reviewers, Timestamp,
};
use uuid::Uuid;

use crate::{
    arguments::Arguments,
    execution::{
        Action, Command, FrozenBy, Propose, Record, Rejection, Report, Reviewer, Stage, StandsInFor, State,
        Ttls, decide,
    },
};

pub(super) const MINUTE: Duration = Duration::from_secs(60);
pub(super) const PERMIT: Uuid = Uuid::from_u128(1);
pub(super) const OTHER_PERMIT: Uuid = Uuid::from_u128(2);
pub(super) const EXECUTION: Uuid = Uuid::from_u128(100);
pub(super) const FREEZE: Uuid = Uuid::from_u128(300);
pub(super) const RECORDED: Uuid = Uuid::from_u128(200);

pub(super) fn start_of_time() -> Timestamp {
    "2026-01-15T10:00:00Z".parse().unwrap()
}

pub(super) fn actor(text: &str) -> Actor {
    let (kind, id) = text.split_once(':').unwrap();
    let kind = match kind {
        "agent" => ActorKind::Agent,
        "user" => ActorKind::User,
        "service" => ActorKind::Service,
        "system" => ActorKind::System,
        other => panic!("no such kind of actor: {other}"),
    };
    Actor::new(kind, id)
}

pub(super) fn call() -> CallRef {
    CallRef {
        agent: "a1".to_owned(),
        conversation: "thread-7".to_owned(),
        request_id: Some("req-1".to_owned()),
        function: "crm.send_offer".parse().unwrap(),
    }
}

pub(super) fn arguments(text: &str) -> Arguments {
    Arguments::parse(text.as_bytes()).unwrap()
}

pub(super) fn usual_arguments() -> Arguments {
    arguments(r#"{"amount": 120, "to": "Zoë"}"#)
}

pub(super) fn other_digest() -> ArgumentsDigest {
    arguments(r#"{"amount": 999, "to": "Zoë"}"#).digest()
}

/// The decision that access alone leads to.
pub(super) fn decision_by_access(access: Option<Access>, digest: ArgumentsDigest) -> Decision {
    let function = call().function;
    let (outcome, code, reason) = match access {
        None => (Outcome::Blocked, "function_unknown", format!("function `{function}` is not known here")),
        Some(Access::Disabled) => {
            (Outcome::Blocked, "function_disabled", format!("function `{function}` is disabled"))
        }
        Some(Access::EnabledWithConfirmation) => {
            (Outcome::AwaitingApproval, "function_needs_approval", format!("`{function}` has to be approved"))
        }
        Some(Access::Enabled) => {
            (Outcome::Allowed, "function_enabled", format!("function `{function}` is enabled"))
        }
    };
    let mut finding = LayerFinding::new(Layer::FunctionAccess, outcome, code, reason);
    if outcome == Outcome::Blocked {
        finding.missing_requirement = Some("an administrator enables the function".to_owned());
        finding.next_owner = Some("admin".to_owned());
    }
    Decision::new(outcome, digest, vec![finding])
}

pub(super) fn decision(outcome: Outcome, digest: ArgumentsDigest) -> Decision {
    let access = match outcome {
        Outcome::Blocked => Access::Disabled,
        Outcome::AwaitingApproval => Access::EnabledWithConfirmation,
        _ => Access::Enabled,
    };
    let mut decision = decision_by_access(Some(access), digest);
    decision.outcome = outcome;
    decision.policy_set = Some("set-1".to_owned());
    decision
}

pub(super) fn proposal(outcome: Outcome) -> Propose {
    let arguments = usual_arguments();
    Propose {
        execution_id: EXECUTION,
        call: call(),
        decision: decision(outcome, arguments.digest()),
        arguments,
        requester: actor("user:ann"),
        idempotency_key: Some("key-1".to_owned()),
        asked_by: Vec::new(),
        former_execution: None,
        context: Some(Json::from_text("{\"why\": \"asked\"}".to_owned()).unwrap()),
        sensitive: vec!["to".to_owned()],
        permit_id: PERMIT,
        confirmation_ttl: MINUTE,
        approval_ttl: MINUTE,
        permit_ttl: MINUTE,
    }
}

pub(super) fn record(status: ResultStatus) -> Record {
    Record {
        execution_id: RECORDED,
        call: call(),
        arguments: Some(usual_arguments()),
        requester: actor("user:ann"),
        idempotency_key: None,
        context: None,
        sensitive: vec!["to".to_owned()],
        activity: ActivityReport { tool_kind: Some("webhook".to_owned()), ..ActivityReport::default() },
        status,
        report: report("{\"sent\":true}"),
    }
}

pub(super) fn report(result: &str) -> Report {
    Report { result: Some(Json::from_text(result.to_owned()).unwrap()), ..Report::default() }
}

pub(super) fn confirm() -> Action {
    Action::Confirm { arguments_digest: None, permit_id: PERMIT, permit_ttl: MINUTE, approval_ttl: MINUTE }
}

/// An approver in these groups.
pub(super) fn reviewer(groups: &[&str]) -> Reviewer {
    let groups = groups.iter().map(|group| (*group).to_owned()).collect();
    Reviewer { approver: true, groups, ..Reviewer::default() }
}

/// An approver in no group, or nobody who may review.
pub(super) fn eligible(eligible: bool) -> Reviewer {
    Reviewer { approver: eligible, ..Reviewer::default() }
}

/// An approver in no group who stands in for somebody in these groups.
pub(super) fn delegate(of: &str, groups: &[&str]) -> Reviewer {
    let other = StandsInFor { actor: actor(of), groups: reviewer(groups).groups };
    Reviewer { stands_in_for: vec![other], ..reviewer(&[]) }
}

pub(super) fn approve_as(reviewer: Reviewer, comment: Option<&str>) -> Action {
    Action::Approve {
        comment: comment.map(str::to_owned),
        arguments_digest: None,
        stage: None,
        reviewer,
        break_glass: None,
        permit_id: PERMIT,
        permit_ttl: MINUTE,
        approval_ttl: MINUTE,
    }
}

pub(super) fn approve(is_eligible: bool) -> Action {
    approve_as(eligible(is_eligible), None)
}

pub(super) fn break_glass(admin: bool, reason: &str) -> Action {
    Action::Approve {
        comment: None,
        arguments_digest: None,
        stage: None,
        reviewer: Reviewer { admin, ..Reviewer::default() },
        break_glass: Some(reason.to_owned()),
        permit_id: PERMIT,
        permit_ttl: MINUTE,
        approval_ttl: MINUTE,
    }
}

pub(super) fn deny() -> Action {
    Action::Deny { reason: "too expensive".to_owned(), reviewer: eligible(true) }
}

pub(super) fn abort() -> Action {
    let feedback = "ask for a discount first".to_owned();
    Action::Abort { feedback, reviewer: eligible(true), revised_as: None }
}

pub(super) fn start() -> Action {
    start_under(PERMIT, Some(usual_arguments().digest()))
}

pub(super) fn start_under(permit_id: Uuid, arguments_digest: Option<ArgumentsDigest>) -> Action {
    Action::Start { permit_id, arguments_digest, lease: MINUTE, policy_set: Some("set-1".to_owned()) }
}

/// A new decision under policy set `set-2`; a permit gets the id [`OTHER_PERMIT`].
pub(super) fn redecide(outcome: Outcome) -> Action {
    let mut decision = decision(outcome, usual_arguments().digest());
    decision.policy_set = Some("set-2".to_owned());
    redecide_as(decision)
}

pub(super) fn redecide_as(decision: Decision) -> Action {
    Action::Redecide {
        decision,
        cause: "policy_set_activated".to_owned(),
        sensitive: Vec::new(),
        permit_id: OTHER_PERMIT,
        ttls: Ttls { confirmation: MINUTE, approval: MINUTE, permit: MINUTE },
    }
}

pub(super) fn comment(text: &str, eligible: bool) -> Action {
    Action::Comment { text: text.to_owned(), eligible }
}

/// A freeze of the tenant since that second.
pub(super) fn frozen_since(second: u64) -> FrozenBy {
    FrozenBy {
        freeze_id: FREEZE,
        scope: FreezeScope::Tenant,
        reason: "incident".to_owned(),
        since: at_second(second),
    }
}

pub(super) fn suspend(second: u64) -> Action {
    Action::Suspend { freeze_id: FREEZE, since: at_second(second) }
}

/// The same command while a freeze of second 5 covers the call.
pub(super) fn while_frozen(command: Command) -> Command {
    Command { frozen: Some(frozen_since(5)), ..command }
}

pub(super) fn progress() -> Action {
    Action::Progress { message: Some("half way".to_owned()), percent: Some(50), lease: MINUTE }
}

pub(super) fn settle(status: ResultStatus) -> Action {
    Action::Settle { status, evidence: "the CRM shows it".to_owned(), result: None, eligible: true }
}

pub(super) fn at_second(second: u64) -> Timestamp {
    start_of_time().plus(Duration::from_secs(second))
}

pub(super) fn command(by: &str, second: u64, action: Action) -> Command {
    Command { by: actor(by), at: at_second(second), frozen: None, card: None, action }
}

pub(super) type Answer = Result<Vec<ExecutionEvent>, Rejection>;

/// Event types, `nothing`, or `no: ` and the code.
pub(super) fn words(answer: &Answer) -> String {
    match answer {
        Ok(events) if events.is_empty() => "nothing".to_owned(),
        Ok(events) => {
            let types: Vec<&str> = events.iter().map(|event| event.event_type().0).collect();
            types.join(", ")
        }
        Err(rejection) => format!("no: {}", rejection.code()),
    }
}

/// Decides `command` and applies what it leads to; panics where it is refused.
pub(super) fn then(state: State, command: &Command) -> State {
    let events = decide(&state, command).unwrap_or_else(|no| panic!("{}: {no}", command.action.as_str()));
    state.then(command, &events)
}

fn after(commands: impl IntoIterator<Item = Command>) -> State {
    commands.into_iter().fold(State::initial(), |state, command| then(state, &command))
}

fn proposed(outcome: Outcome) -> State {
    after([command("agent:a1", 0, Action::Propose(proposal(outcome)))])
}

fn cut(outcome: Outcome, events: usize) -> State {
    let command = command("agent:a1", 0, Action::Propose(proposal(outcome)));
    let decided = decide(&State::initial(), &command).unwrap();
    State::initial().then(&command, &decided[..events])
}

fn reopened() -> State {
    let state = proposed(Outcome::Allowed);
    let command = command("system:policy", 1, redecide(Outcome::Blocked));
    let decided = decide(&state, &command).unwrap();
    state.then(&command, &decided[..2])
}

fn running() -> State {
    then(proposed(Outcome::Allowed), &command("agent:a1", 1, start()))
}

fn unknown() -> State {
    then(running(), &command("system:timer", 61, Action::MarkUnknown))
}

/// The usual way into every stage, in the first two seconds (or, where something has to run out, at second 60 or 61).
pub(super) fn state_in(stage: Option<Stage>) -> State {
    let Some(stage) = stage else { return State::initial() };
    let awaiting_confirmation = || proposed(Outcome::ConfirmationRequired);
    let awaiting_approval = || proposed(Outcome::AwaitingApproval);
    let state = match stage {
        Stage::Initiated => cut(Outcome::Allowed, 1),
        Stage::Cleared => cut(Outcome::Allowed, 2),
        Stage::Reopened => reopened(),
        Stage::AwaitingConfirmation => awaiting_confirmation(),
        Stage::AwaitingApproval => awaiting_approval(),
        Stage::Permitted => proposed(Outcome::Allowed),
        Stage::InProgress => running(),
        Stage::Unknown => unknown(),
        Stage::Blocked => proposed(Outcome::Blocked),
        Stage::NoOp => proposed(Outcome::NoOp),
        Stage::Declined => {
            then(awaiting_confirmation(), &command("user:ann", 1, Action::Decline { reason: None }))
        }
        Stage::ConfirmationExpired => {
            then(awaiting_confirmation(), &command("system:timer", 60, Action::Expire))
        }
        Stage::Denied => then(awaiting_approval(), &command("user:bob", 1, deny())),
        Stage::Aborted => then(awaiting_approval(), &command("user:bob", 1, abort())),
        Stage::ApprovalExpired => then(awaiting_approval(), &command("system:timer", 60, Action::Expire)),
        Stage::PermitExpired => {
            then(proposed(Outcome::Allowed), &command("system:timer", 60, Action::Expire))
        }
        Stage::Succeeded => then(running(), &command("agent:a1", 2, Action::Succeed(report("1")))),
        Stage::Failed => then(running(), &command("agent:a1", 2, Action::Fail(report("1")))),
        Stage::TimedOut => then(running(), &command("agent:a1", 2, Action::TimeOut(report("1")))),
        Stage::Skipped => then(running(), &command("agent:a1", 2, Action::Skip(report("1")))),
        Stage::Cancelled => {
            then(proposed(Outcome::Allowed), &command("user:ann", 1, Action::Cancel { reason: None }))
        }
        Stage::Settled => then(unknown(), &command("user:ops", 70, settle(ResultStatus::Succeeded))),
    };
    assert_eq!(state.stage(), Some(stage));
    state
}

/// Every stage, and that of a stream without events.
pub(super) fn all_stages() -> impl Iterator<Item = Option<Stage>> {
    std::iter::once(None).chain(Stage::ALL.iter().copied().map(Some))
}

/// So many people of these: groups by name, people as `kind:id`, anybody where none are named.
pub(super) fn need(reviewers: &[&str], quorum: u32) -> ApprovalNeed {
    let (people, groups): (Vec<&str>, Vec<&str>) = reviewers.iter().partition(|name| name.contains(':'));
    let named = Reviewers::Named {
        groups: groups.into_iter().map(str::to_owned).collect(),
        people: people.into_iter().map(actor).collect(),
    };
    let reviewers = if reviewers.is_empty() { Reviewers::AnyApprover } else { named };
    ApprovalNeed { rule: "spending".to_owned(), reviewers, quorum }
}

/// Approvals in stages, and nothing else.
pub(super) fn requirement(stages: Vec<Vec<ApprovalNeed>>) -> Requirement {
    let stages = stages.into_iter().map(|needs| ApprovalStage { needs }).collect();
    Requirement { stages, ..Requirement::default() }
}

/// A proposal that this is required of.
pub(super) fn requiring(requirement: Requirement) -> Propose {
    let outcome =
        if requirement.stages.is_empty() { Outcome::ConfirmationRequired } else { Outcome::AwaitingApproval };
    let mut proposal = proposal(outcome);
    proposal.decision.requirement = Some(requirement);
    proposal
}

/// The state after such a proposal.
pub(super) fn asking(requirement: Requirement) -> State {
    then(State::initial(), &command("agent:a1", 0, Action::Propose(requiring(requirement))))
}
