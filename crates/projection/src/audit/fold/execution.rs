//! What happened to a call, in a line.

use std::borrow::Cow;

use proto_events::{Actor, ApprovalRequired, ExecutionEvent as E, ResultStatus, Reviewers, Suspended};

use super::{because, quoted};

pub(super) fn summary(event: &E) -> Cow<'static, str> {
    let function = &event.call().function;
    match event {
        E::Initiated(initiated) => match initiated.origin {
            proto_events::Origin::Proposed => format!("proposed to call `{function}`").into(),
            proto_events::Origin::Recorded(_) => {
                format!("handed in a call of `{function}` after the fact").into()
            }
        },
        E::Allowed(_) => "allowed".into(),
        E::Blocked(blocked) => because(format!("blocked ({})", blocked.code), Some(&blocked.reason)),
        E::NoOp(_) => "nothing to do".into(),
        E::ConfirmationRequired(required) => {
            format!("confirmation by {} required until {}", required.requester, required.expires_at).into()
        }
        E::Confirmed(_) => "confirmed".into(),
        E::Declined(declined) => because("declined", declined.reason.as_deref()),
        E::ConfirmationExpired(expired) => format!("nobody confirmed until {}", expired.deadline).into(),
        E::ApprovalRequired(required) => asked(required),
        E::ApprovalAccepted(accepted) => {
            let place = in_place_of(accepted.on_behalf_of.as_ref());
            let glass = accepted.break_glass.as_deref();
            let glass =
                glass.map_or_else(String::new, |why| format!(" by breaking the glass ({})", quoted(why)));
            because(format!("approved{place}{glass}"), accepted.comment.as_deref())
        }
        E::ApprovalVoted(voted) => {
            let place = in_place_of(voted.on_behalf_of.as_ref());
            let what = format!("approved{place} as one of several; the stage still misses {}", voted.missing);
            because(what, voted.comment.as_deref())
        }
        E::ApprovalDenied(denied) => {
            because(format!("denied{}", in_place_of(denied.on_behalf_of.as_ref())), Some(&denied.reason))
        }
        E::ApprovalAborted(aborted) => {
            let place = in_place_of(aborted.on_behalf_of.as_ref());
            let revised =
                aborted.revised_as.map(|id| format!(", in favour of attempt {id} with other arguments"));
            let revised = revised.unwrap_or_default();
            because(format!("aborted with feedback{place}{revised}"), Some(&aborted.feedback))
        }
        E::ApprovalEscalated(escalated) => {
            let reviewers = quoted(&escalated.reviewers.in_words());
            format!("nobody resolved the approval until {}: {reviewers} asked as well", escalated.due).into()
        }
        E::ApprovalReminded(reminded) => {
            format!("reviewers reminded, {} times so far", reminded.count).into()
        }
        E::Commented(commented) => because("commented", Some(&commented.text)),
        E::Redecided(redecided) => {
            let outcome = redecided.decision.outcome.as_str();
            format!("decided on again ({}): {outcome}", redecided.cause).into()
        }
        E::PermitWithdrawn(withdrawn) => format!("permit withdrawn ({})", withdrawn.cause).into(),
        E::Suspended(suspended) => {
            let Suspended { freeze_id, since, .. } = suspended;
            format!("suspended by freeze {freeze_id}: its deadline stands still since {since}").into()
        }
        E::Resumed(resumed) => format!("resumed: its deadline is now {}", resumed.deadline).into(),
        E::ApprovalExpired(expired) => {
            format!("nobody resolved the approval until {}", expired.deadline).into()
        }
        E::Permitted(permitted) => format!("permitted to run once until {}", permitted.expires_at).into(),
        E::PermitExpired(expired) => format!("the permit was not used until {}", expired.deadline).into(),
        E::InProgress(started) => format!("started; has to report until {}", started.lease_expires_at).into(),
        E::Progressed(progressed) => {
            let percent = progressed.percent.map_or_else(String::new, |percent| format!(" ({percent} %)"));
            because(format!("reported progress{percent}"), progressed.message.as_deref())
        }
        E::Succeeded(_) => "succeeded".into(),
        E::Failed(finished) => ended("failed", finished),
        E::TimedOut(finished) => ended("timed out", finished),
        E::Skipped(finished) => ended("skipped", finished),
        E::Cancelled(finished) => ended("cancelled", finished),
        E::ResultUnknown(unknown) => {
            format!("did not report until {}: result unknown", unknown.lease_expired_at).into()
        }
        E::Settled(settled) => because(settled_as(settled.status), Some(&settled.evidence)),
        E::Reattempted(reattempted) => {
            format!("proposed again, {} times so far; answered from the record", reattempted.count).into()
        }
    }
}

fn people(quorum: u32) -> String {
    if quorum == 1 { "one reviewer".to_owned() } else { format!("{quorum} reviewers") }
}

fn settled_as(status: ResultStatus) -> String {
    format!("settled as {}", status.as_str())
}

fn ended(how: &'static str, finished: &proto_events::Finished) -> Cow<'static, str> {
    let error = finished.error.as_ref().map(|error| error.message.as_str());
    because(how, finished.reason.as_deref().or(error))
}

fn asked(required: &ApprovalRequired) -> Cow<'static, str> {
    let of = match &required.reviewers {
        Reviewers::AnyApprover => String::new(),
        named @ Reviewers::Named { .. } => format!(" of {}", quoted(&named.in_words())),
    };
    let stage = if required.stage == 0 {
        String::new()
    } else {
        format!(" (stage {})", required.stage.saturating_add(1))
    };
    format!("approval by {}{of} required until {}{stage}", people(required.quorum), required.expires_at)
        .into()
}

fn in_place_of(actor: Option<&Actor>) -> String {
    actor.map_or_else(String::new, |actor| format!(" in the place of {}", quoted(&actor.to_string())))
}
