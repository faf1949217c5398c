//! The ways to be told no.

use proto_events::{Actor, ArgumentsDigest, ResultStatus, Timestamp};
use uuid::Uuid;

use super::{DeadlineKind, FrozenBy, MAX_COMMENTS, MAX_PROGRESS_EVENTS, MAX_REDECISIONS, Stage};
use crate::field::InvalidField;

mod codes;
mod words;

use words::scope;

/// Why a command is refused. Nothing changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// A field of the command breaks its limits.
    #[error(transparent)]
    Field(#[from] InvalidField),
    /// There is no such execution.
    #[error("there is no such execution: propose the call first, or check the id")]
    NotFound,
    /// The id belongs to an execution of another call.
    #[error(
        "execution `{execution_id}` is another call: use a new idempotency key, or repeat agent, conversation, requester, function and arguments exactly"
    )]
    IdTaken {
        /// The id.
        execution_id: Uuid,
    },
    /// The decision that came with the proposal was made on other arguments.
    #[error("the decision was made on arguments `{decided_on}`, the call has `{proposed}`: decide again")]
    DecisionMismatch {
        /// The digest that was decided on.
        decided_on: ArgumentsDigest,
        /// The digest of the arguments.
        proposed: ArgumentsDigest,
    },
    /// The history stops between two events that are always appended together.
    #[error("the history of this execution is incomplete (`{stage}`): run `vidimus log verify`")]
    Incomplete {
        /// Where it stops.
        stage: Stage,
    },

    /// The call waits for its requester.
    #[error("`{requester}` has to confirm the call first: wait for it")]
    AwaitingConfirmation {
        /// Who has to confirm.
        requester: Actor,
    },
    /// The call waits for a reviewer.
    #[error("a reviewer has to approve the call first: wait for it")]
    AwaitingApproval,
    /// Nobody asked for a confirmation.
    #[error("this call needs no confirmation: start it under its permit, or read its status")]
    NoConfirmationAsked,
    /// Nobody asked for an approval.
    #[error("this call needs no approval: start it under its permit, or read its status")]
    NoApprovalAsked,
    /// Only the requester confirms and declines.
    #[error("only the requester `{requester}` may confirm or decline this call: ask them")]
    NotTheRequester {
        /// Who may.
        requester: Actor,
    },
    /// A confirmation is a person's or a service's, never an agent's.
    #[error(
        "an agent cannot confirm: propose the call again with the user on whose behalf it is as its requester"
    )]
    AgentCannotConfirm,
    /// Nobody reviews their own call.
    #[error("`{actor}` asked for this call and cannot review it: have another reviewer decide")]
    RequesterCannotReview {
        /// Who tried.
        actor: Actor,
    },
    /// A review is a person's or a service's, never an agent's, in nobody's place and in no emergency.
    #[error(
        "`{actor}` is an agent, and no agent reviews a call: have a person decide who is a reviewer of it"
    )]
    AgentCannotReview {
        /// Who tried, or in whose place.
        actor: Actor,
    },
    /// The principal may not review this call.
    #[error("`{actor}` is not a reviewer of this call: have one of its reviewers decide")]
    NotAReviewer {
        /// Who tried.
        actor: Actor,
    },
    /// The principal, or in whose place it reviews, has accepted in this stage.
    #[error(
        "already accepted in this stage by `{by}` at {at}: a person counts once; wait for the other reviewers"
    )]
    AlreadyVoted {
        /// Who accepted.
        by: Actor,
        /// When.
        at: Timestamp,
    },
    /// Those that the principal counts among have accepted; others have not.
    #[error("enough of those that `{actor}` counts among have accepted: others have to, {missing} more")]
    VoteNotNeeded {
        /// Who tried.
        actor: Actor,
        /// How many acceptances the stage misses.
        missing: u32,
    },
    /// The command is about another stage of the approval.
    #[error("the approval is at stage {current}, not {given}: look at it again")]
    StageMismatch {
        /// The stage in the command.
        given: u32,
        /// The stage that it is at.
        current: u32,
    },
    /// The principal may not pass over the reviewers.
    #[error(
        "`{actor}` may not break the glass: have an administrator do it who did not ask for the call, or a reviewer decide"
    )]
    BreakGlassNotAllowed {
        /// Who tried.
        actor: Actor,
    },
    /// A freeze covers the call.
    #[error(
        "frozen since {} ({}; freeze `{}`): {}; wait until an administrator ends the freeze",
        .0.since, scope(&.0.scope), .0.freeze_id, .0.reason
    )]
    Frozen(Box<FrozenBy>),
    /// A freeze held the deadline, and the call was not resumed yet.
    #[error("the deadline stands still since {since}: nothing is due before the call is resumed")]
    StandsStill {
        /// Since when.
        since: Timestamp,
    },
    /// Only Vidimus itself suspends and resumes calls.
    #[error("`{actor}` may not suspend or resume a call: freeze or unfreeze its agent, function or tenant")]
    SystemOnly {
        /// Who tried.
        actor: Actor,
    },
    /// Nobody is to be added or reminded.
    #[error("no reviewers are to be added or reminded here (`{stage}`): drop the timer")]
    NothingToEscalate {
        /// Where the execution stands.
        stage: Stage,
    },
    /// It runs or is over, so a new decision changes nothing.
    #[error("a new decision changes nothing here (`{stage}`): propose a new call to have it decided on")]
    NothingToRedecide {
        /// Where the execution stands.
        stage: Stage,
    },
    /// It was decided on too often.
    #[error("{MAX_REDECISIONS} new decisions are on record: cancel the call and propose it again")]
    TooManyRedecisions,
    /// Only the asking side and reviewers comment.
    #[error("`{actor}` may not comment on this call: ask its requester or one of its reviewers to")]
    CannotComment {
        /// Who tried.
        actor: Actor,
    },
    /// Comments are for calls that wait for people.
    #[error("the call waits for nobody (`{stage}`): comment on it while it does")]
    NotWaiting {
        /// Where the execution stands.
        stage: Stage,
    },
    /// Enough was said.
    #[error("{MAX_COMMENTS} comments are on record: confirm, approve, deny or abort the call")]
    TooManyComments,
    /// The command names other arguments than the call's.
    #[error(
        "the call has arguments `{bound}`, not `{given}`: look at it again, or propose the other arguments"
    )]
    ArgumentsMismatch {
        /// The digest in the command.
        given: ArgumentsDigest,
        /// The digest of the call.
        bound: ArgumentsDigest,
    },
    /// The card is not the one that the principal saw.
    #[error("the card changed since it was shown: {change}; load it again")]
    CardChanged {
        /// What is another, in words.
        change: String,
    },
    /// The deadline has passed, whether its event is on record yet or not.
    #[error("too late: the {kind} ran out at {deadline}; propose the call again")]
    TooLate {
        /// What ran out.
        kind: DeadlineKind,
        /// When.
        deadline: Timestamp,
    },
    /// The deadline has not passed yet.
    #[error("not yet: the {kind} runs until {deadline}; try again then")]
    NotDue {
        /// What still runs.
        kind: DeadlineKind,
        /// Until when.
        deadline: Timestamp,
    },
    /// Nothing is open that could expire.
    #[error("nothing can expire here (`{stage}`): drop the timer")]
    NothingToExpire {
        /// Where the execution stands.
        stage: Stage,
    },

    /// Policy blocked the call.
    #[error("the call is blocked (`{code}`): {reason}")]
    Blocked {
        /// The code in the decision.
        code: String,
        /// The reason in the decision.
        reason: String,
    },
    /// It was decided that there is nothing to do.
    #[error("there is nothing to do for this call: go on without it")]
    NothingToDo,
    /// The requester confirmed.
    #[error("already confirmed by `{by}` at {at}: there is nothing left to confirm or decline")]
    AlreadyConfirmed {
        /// Who.
        by: Actor,
        /// When.
        at: Timestamp,
    },
    /// The requester declined.
    #[error("already declined by `{by}` at {at}: propose a new call if it is still wanted")]
    AlreadyDeclined {
        /// Who.
        by: Actor,
        /// When.
        at: Timestamp,
    },
    /// A reviewer accepted.
    #[error("already accepted by `{by}` at {at}: there is nothing left to review")]
    AlreadyAccepted {
        /// Who.
        by: Actor,
        /// When.
        at: Timestamp,
    },
    /// A reviewer denied.
    #[error("already denied by `{by}` at {at}: propose a new call if it is still wanted")]
    AlreadyDenied {
        /// Who.
        by: Actor,
        /// When.
        at: Timestamp,
    },
    /// A reviewer aborted.
    #[error("already aborted by `{by}` at {at}: follow the feedback")]
    AlreadyAborted {
        /// Who.
        by: Actor,
        /// When.
        at: Timestamp,
    },
    /// A confirmation, an approval or a permit ran out.
    #[error("already expired: the {kind} ran out by {at}; propose the call again")]
    AlreadyExpired {
        /// What ran out.
        kind: DeadlineKind,
        /// When that was recorded.
        at: Timestamp,
    },

    /// The permit is another one.
    #[error("permit `{given}` is not this call's permit: use the one from its `permitted` event")]
    PermitMismatch {
        /// The permit in the command.
        given: Uuid,
    },
    /// The permit was given under another policy set than the one in force.
    #[error(
        "the permit was given under another policy set: the call is being decided on again; read its status"
    )]
    PermitStale,
    /// The call has not started.
    #[error("the call has not started: start it under its permit first")]
    NotStarted,
    /// The permit is used up.
    #[error("already started by `{by}` at {at}: a permit is used once")]
    AlreadyStarted {
        /// Who started it.
        by: Actor,
        /// When.
        at: Timestamp,
    },
    /// A call of an agent is not for another agent to propose or run.
    #[error(
        "`{actor}` is not agent `{agent}`: have that agent propose and run its calls, or a service that does so for it"
    )]
    NotTheAgent {
        /// Who tried.
        actor: Actor,
        /// Whose call it is.
        agent: String,
    },
    /// Only who started the call reports on it.
    #[error("only its executor `{executor}` may report on this call")]
    NotTheExecutor {
        /// Who started it.
        executor: Actor,
    },
    /// Only the asking side calls it off before it started, only its executor after.
    #[error("`{actor}` may not cancel this call: ask its requester, or its executor once it runs")]
    NotYoursToCancel {
        /// Who tried.
        actor: Actor,
    },
    /// There are as many progress reports as an execution keeps.
    #[error(
        "{MAX_PROGRESS_EVENTS} progress reports are on record, which is all there may be: report the end"
    )]
    TooMuchProgress,

    /// It started and went silent.
    #[error("the result of this call is unknown since its lease ran out: have it settled by evidence")]
    ResultUnknown,
    /// Only what is unknown can be settled.
    #[error("there is nothing to settle (`{stage}`): read its status")]
    NothingToSettle {
        /// Where the execution stands.
        stage: Stage,
    },
    /// Evidence that shows nothing settles nothing.
    #[error("`unknown` settles nothing: say how the call ended, or leave it unknown")]
    SettledAsUnknown,
    /// The principal may not settle.
    #[error("`{actor}` may not settle calls: have an operator do it")]
    CannotSettle {
        /// Who tried.
        actor: Actor,
    },
    /// It ended.
    #[error("the call already ended as `{}`: read its result", status.as_str())]
    AlreadyFinished {
        /// How.
        status: ResultStatus,
    },
    /// The executor reported the same end with another result.
    #[error("another result is on record for this call (`{}`): a result is reported once", status.as_str())]
    ResultDiffers {
        /// How it ended.
        status: ResultStatus,
    },
    /// It was called off.
    #[error("already cancelled by `{by}` at {at}: propose a new call if it is still wanted")]
    AlreadyCancelled {
        /// Who.
        by: Actor,
        /// When.
        at: Timestamp,
    },
    /// It was unknown and has been settled.
    #[error("already settled by `{by}` at {at} as `{}`: read the evidence", status.as_str())]
    AlreadySettled {
        /// Who.
        by: Actor,
        /// When.
        at: Timestamp,
        /// How it ended.
        status: ResultStatus,
    },
}
