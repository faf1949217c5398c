//! What happens on a command.
//!
//! *Deciding twice is deciding once*: a command that took effect, given again word for word by the same principal, is
//! answered with no events (an approval that names no stage: while its stage is open). Somebody else's, or other words, are told how it stands. A new decision that asks people
//! again opens the call again: what was said before it does not count, and can be said again.

mod case;
mod comment;
mod confirm;
mod due;
mod freeze;
mod propose;
mod record;
mod redecide;
mod review;
mod run;
mod standing;

use std::time::Duration;

use proto_events::{Actor, ArgumentsDigest, Card, ExecutionEvent, Reattempted, ResultStatus, Timestamp};
use uuid::Uuid;

use super::{Action, Command, DeadlineKind, Execution, FrozenBy, Rejection, SeenCard, State, Ttls};
use crate::{agent::acts_for, field};
use case::Case;
use standing::{already_started, resolved, standing};

type Decided = Result<Vec<ExecutionEvent>, Rejection>;

/// What happens when `command` is given in `state`; nothing where it is already so.
///
/// # Errors
/// When the command is refused; see [`Rejection`].
pub fn decide(state: &State, command: &Command) -> Decided {
    let Command { by, at, frozen, card, action } = command;
    field::actor("by", by)?;
    match action {
        Action::Propose(proposal) => return propose::propose(state, by, *at, proposal),
        Action::Record(report) => return record::record(state, report),
        _ => {}
    }
    let execution = state.execution().ok_or(Rejection::NotFound)?;
    if execution.stage.is_transitional() {
        return Err(standing(execution));
    }
    let given = Given { execution, by, at: *at, frozen: frozen.as_ref(), card: card.as_ref() };
    given.unless_frozen(action, given.decide(action)?)
}

/// Refuses an agent that proposes or runs a call as another: what an agent may do, and its grants, are its own.
fn only_for(by: &Actor, agent: &str) -> Result<(), Rejection> {
    if acts_for(by, agent) {
        return Ok(());
    }
    Err(Rejection::NotTheAgent { actor: by.clone(), agent: agent.to_owned() })
}

/// An execution, and who wants something of it when.
#[derive(Clone, Copy)]
struct Given<'a> {
    execution: &'a Execution,
    by: &'a Actor,
    at: Timestamp,
    frozen: Option<&'a FrozenBy>,
    card: Option<&'a SeenCard>,
}

impl Given<'_> {
    fn decide(&self, action: &Action) -> Decided {
        match action {
            // Answered before.
            Action::Propose(_) | Action::Record(_) => Ok(Vec::new()),

            Action::Confirm { arguments_digest, permit_id, permit_ttl, approval_ttl } => {
                let next =
                    Next { permit_id: *permit_id, permit_ttl: *permit_ttl, approval_ttl: *approval_ttl };
                self.confirm(*arguments_digest, next)
            }
            Action::Decline { reason } => self.decline(reason.as_ref()),
            Action::Approve {
                comment,
                arguments_digest,
                stage,
                reviewer,
                break_glass,
                permit_id,
                permit_ttl,
                approval_ttl,
            } => {
                let next =
                    Next { permit_id: *permit_id, permit_ttl: *permit_ttl, approval_ttl: *approval_ttl };
                let said = Said {
                    comment: comment.as_ref(),
                    stage: *stage,
                    break_glass: break_glass.as_ref(),
                    card: None,
                };
                self.approve(said, *arguments_digest, reviewer, next)
            }
            Action::Deny { reason, reviewer } => self.deny(reason, reviewer),
            Action::Abort { feedback, reviewer, revised_as } => self.abort(feedback, reviewer, *revised_as),
            Action::Comment { text, eligible } => self.comment(text, *eligible),
            Action::Expire => self.expire(),
            Action::Escalate => self.escalate(),
            Action::Remind => self.remind(),
            Action::Redecide { decision, cause, sensitive, permit_id, ttls } => {
                self.redecide(decision, cause, sensitive, *permit_id, *ttls)
            }
            Action::Suspend { freeze_id, since } => self.suspend(*freeze_id, *since),
            Action::Resume => self.resume(),

            Action::Start { permit_id, arguments_digest, lease, policy_set } => {
                self.start(*permit_id, *arguments_digest, *lease, policy_set.as_ref())
            }
            Action::Progress { message, percent, lease } => self.progress(message.as_ref(), *percent, *lease),
            Action::Succeed(report) => self.finish(ResultStatus::Succeeded, report),
            Action::Fail(report) => self.finish(ResultStatus::Failed, report),
            Action::TimeOut(report) => self.finish(ResultStatus::TimedOut, report),
            Action::Skip(report) => self.finish(ResultStatus::Skipped, report),
            Action::Cancel { reason } => self.cancel(reason.as_ref()),
            Action::MarkUnknown => self.mark_unknown(),
            Action::Settle { status, evidence, result, eligible } => {
                self.settle(*status, evidence, result.as_ref(), *eligible)
            }
            Action::Reattempt { seen } => Ok(self.reattempt(*seen)),
        }
    }

    /// Refuses where the open deadline has come, whether its event is on record yet or not.
    fn in_time(&self, kind: DeadlineKind, deadline: Option<Timestamp>) -> Result<(), Rejection> {
        match deadline {
            Some(deadline) if self.running_time() < deadline => Ok(()),
            // A deadline that is not on record counts as passed: time-outs fail closed.
            Some(deadline) => Err(Rejection::TooLate { kind, deadline }),
            None => Err(Rejection::TooLate { kind, deadline: self.at }),
        }
    }

    /// Refuses a command that names other arguments than the call's.
    fn about_these_arguments(&self, given: Option<ArgumentsDigest>) -> Result<(), Rejection> {
        match (given, self.execution.arguments_digest()) {
            (Some(given), Some(bound)) if given != bound => {
                Err(Rejection::ArgumentsMismatch { given, bound })
            }
            _ => Ok(()),
        }
    }

    /// The card that was seen, for the record; refuses where the card is another by now.
    fn about_this_card(&self) -> Result<Option<Card>, Rejection> {
        let Some(seen) = self.card else { return Ok(None) };
        let change = match self.execution.card(&seen.redaction) {
            Some(now) if now == seen.card => return Ok(Some(now)),
            Some(now) if now.digest == seen.card.digest => "what is left out of it is another".to_owned(),
            Some(_) => match self.execution.redecisions {
                0 => "it is at another stage, or of another call".to_owned(),
                times => {
                    format!("the call was decided on again ({times} times by now), or is at another stage")
                }
            },
            None => "nobody is asked any more".to_owned(),
        };
        Err(Rejection::CardChanged { change })
    }

    /// The call and the decision that is on record. Every proposal has arguments and a decision; without them there is
    /// nothing to agree to.
    fn case(&self) -> Result<Case<'_>, Rejection> {
        let execution = self.execution;
        let incomplete = || Rejection::Incomplete { stage: execution.stage };
        Ok(Case {
            execution_id: execution.id(),
            call: execution.call(),
            arguments: execution.arguments().ok_or_else(incomplete)?,
            arguments_digest: execution.arguments_digest().ok_or_else(incomplete)?,
            requester: execution.requester(),
            sensitive: &execution.sensitive,
            decision: execution.decision.as_ref().ok_or_else(incomplete)?,
            requirement: &execution.requirement,
            at: self.at,
        })
    }

    /// Counts retries; an event only where the count on record at least doubles, so that a storm leaves O(log n).
    fn reattempt(&self, seen: u64) -> Vec<ExecutionEvent> {
        let recorded = self.execution.reattempts;
        if seen == 0 || seen < recorded {
            return Vec::new();
        }
        let count = recorded.saturating_add(seen);
        vec![ExecutionEvent::Reattempted(Reattempted { call: self.execution.call().clone(), count })]
    }
}

/// What to use for what follows an agreement.
#[derive(Clone, Copy)]
struct Next {
    permit_id: Uuid,
    permit_ttl: Duration,
    approval_ttl: Duration,
}

impl Next {
    /// After a confirmation, nobody is asked for another.
    const fn ttls(self) -> Ttls {
        Ttls { confirmation: self.approval_ttl, approval: self.approval_ttl, permit: self.permit_ttl }
    }
}

/// What a reviewer says with an acceptance.
#[derive(Clone, Copy)]
struct Said<'a> {
    comment: Option<&'a String>,
    stage: Option<u32>,
    break_glass: Option<&'a String>,
    /// The card that the reviewer saw, once it is sure to be this one.
    card: Option<Card>,
}
