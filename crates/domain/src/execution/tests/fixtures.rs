//! One call and the people around it: `agent:a1` proposes on behalf of `user:ann`, `user:bob` and `user:carol` review,
//! `agent:a1` runs it.

use std::time::Duration;

use proto_events::{
    Access, ActivityReport, Actor, ActorKind, ArgumentsDigest, CallRef, Decision, ExecutionEvent, Json,
    Outcome, ResultStatus, Timestamp,
};
use uuid::Uuid;

use crate::{
    access_policy::decision_from_access,
    arguments::Arguments,
    execution::{Action, Command, Propose, Record, Rejection, Report, Stage, State, decide},
};

pub(super) const MINUTE: Duration = Duration::from_secs(60);
pub(super) const PERMIT: Uuid = Uuid::from_u128(1);
pub(super) const OTHER_PERMIT: Uuid = Uuid::from_u128(2);
pub(super) const EXECUTION: Uuid = Uuid::from_u128(100);
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

pub(super) fn decision(outcome: Outcome, digest: ArgumentsDigest) -> Decision {
    let access = match outcome {
        Outcome::Blocked => Access::Disabled,
        Outcome::AwaitingApproval => Access::EnabledWithConfirmation,
        _ => Access::Enabled,
    };
    let mut decision = decision_from_access(&call().function, Some(access), None, digest);
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
        former_execution: None,
        context: Some(Json::from_text("{\"why\": \"asked\"}".to_owned()).unwrap()),
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
        activity: ActivityReport { tool_kind: Some("webhook".to_owned()), ..ActivityReport::default() },
        status,
        report: report("{\"sent\":true}"),
    }
}

pub(super) fn report(result: &str) -> Report {
    Report { result: Some(Json::from_text(result.to_owned()).unwrap()), ..Report::default() }
}

pub(super) fn confirm() -> Action {
    Action::Confirm { arguments_digest: None, permit_id: PERMIT, permit_ttl: MINUTE }
}

pub(super) fn approve(eligible: bool) -> Action {
    Action::Approve { comment: None, arguments_digest: None, eligible, permit_id: PERMIT, permit_ttl: MINUTE }
}

pub(super) fn deny() -> Action {
    Action::Deny { reason: "too expensive".to_owned(), eligible: true }
}

pub(super) fn abort() -> Action {
    Action::Abort { feedback: "ask for a discount first".to_owned(), eligible: true }
}

pub(super) fn start() -> Action {
    Action::Start { permit_id: PERMIT, arguments_digest: Some(usual_arguments().digest()), lease: MINUTE }
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
    Command { by: actor(by), at: at_second(second), action }
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
