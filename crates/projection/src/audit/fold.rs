//! What an event is in the audit trail: a plain function.

use std::borrow::Cow;

use proto_events::{
    AttemptEvent, Event, ExecutionEvent as E, FunctionEvent, FunctionName, KeyEvent, RecordedEvent,
    RegistryEvent, ResultStatus, Role, WebhookEvent, WebhookParked,
};
use uuid::Uuid;

use super::AuditCategory;

/// The longest text of a person in a summary, in characters; the whole is in the event.
const MAX_QUOTE_CHARS: usize = 200;

/// What an entry says beyond the event's envelope; it borrows, as there is one for every event that is.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Said<'e> {
    pub(super) category: AuditCategory,
    pub(super) execution_id: Option<Uuid>,
    pub(super) agent: Option<&'e str>,
    pub(super) conversation: Option<&'e str>,
    pub(super) function: Option<&'e FunctionName>,
    pub(super) summary: Cow<'static, str>,
}

/// What is to be said of one event.
pub(super) fn said<'e>(recorded: &RecordedEvent, event: &'e Event) -> Said<'e> {
    match event {
        Event::Execution(event) => {
            let call = event.call();
            Said {
                category: AuditCategory::Execution,
                execution_id: recorded.stream.execution_id(),
                agent: Some(&call.agent),
                conversation: Some(&call.conversation),
                function: Some(&call.function),
                summary: summary(event),
            }
        }
        Event::Attempt(AttemptEvent::Opened(opened)) => {
            let key = quoted(&opened.idempotency_key);
            Said {
                category: AuditCategory::Execution,
                execution_id: Some(opened.execution_id),
                agent: None,
                conversation: None,
                function: Some(&opened.function),
                summary: format!("attempt opened under idempotency key {key}").into(),
            }
        }
        Event::Function(FunctionEvent::AccessChanged(changed)) => {
            let from = changed.from.map_or_else(|| "unset".to_owned(), |from| format!("`{from}`"));
            let what = format!("access changed from {from} to `{}`", changed.to);
            Said {
                category: AuditCategory::Administrative,
                execution_id: None,
                agent: None,
                conversation: None,
                function: Some(&changed.function),
                summary: because(what, changed.reason.as_deref()),
            }
        }
        Event::Key(event) => administrative(None, None, key(event)),
        Event::Webhook(event) => administrative(None, None, webhook(event)),
        Event::Registry(RegistryEvent::AgentRegistered(registered)) => {
            let named =
                registered.name.as_deref().map(|name| format!("agent registered as {}", quoted(name)));
            administrative(Some(&registered.agent), None, named.map_or("agent registered".into(), Cow::Owned))
        }
        Event::Registry(RegistryEvent::ConversationRegistered(registered)) => administrative(
            Some(&registered.agent),
            Some(&registered.conversation),
            "conversation registered".into(),
        ),
    }
}

/// A setting that is of no function.
const fn administrative<'e>(
    agent: Option<&'e str>,
    conversation: Option<&'e str>,
    summary: Cow<'static, str>,
) -> Said<'e> {
    let category = AuditCategory::Administrative;
    Said { category, execution_id: None, agent, conversation, function: None, summary }
}

fn key(event: &KeyEvent) -> Cow<'static, str> {
    match event {
        KeyEvent::Created(created) => {
            let roles: Vec<_> =
                created.roles.iter().map(|role| format!("`{}`", Role::as_str(*role))).collect();
            let word = if roles.len() == 1 { "role" } else { "roles" };
            let actor = quoted(&created.actor.to_string());
            format!("key created for {actor} with {word} {}", roles.join(", ")).into()
        }
        KeyEvent::Revoked(revoked) => because("key revoked", revoked.reason.as_deref()),
    }
}

fn webhook(event: &WebhookEvent) -> Cow<'static, str> {
    let id = event.webhook_id();
    match event {
        WebhookEvent::Created(created) => format!("webhook {id} created for {}", quoted(&created.url)).into(),
        WebhookEvent::Deleted(deleted) => because(format!("webhook {id} deleted"), deleted.reason.as_deref()),
        WebhookEvent::Parked(parked) => {
            let WebhookParked { position, attempts, .. } = parked;
            let what = format!("webhook {id} parked at position {position} after {attempts} attempts");
            because(what, Some(&parked.reason))
        }
        WebhookEvent::Replayed(replayed) => {
            format!("webhook {id} set to what comes after position {}", replayed.after).into()
        }
    }
}

fn quoted(text: &str) -> String {
    let mut chars = text.chars();
    let cut: String = chars.by_ref().take(MAX_QUOTE_CHARS).flat_map(char::escape_debug).collect();
    let dots = if chars.next().is_some() { "…" } else { "" };
    format!("`{cut}{dots}`")
}

fn because(what: impl Into<Cow<'static, str>>, reason: Option<&str>) -> Cow<'static, str> {
    let what = what.into();
    match reason {
        Some(reason) => format!("{what}: {}", quoted(reason)).into(),
        None => what,
    }
}

fn summary(event: &E) -> Cow<'static, str> {
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
        E::ApprovalRequired(required) => {
            format!("approval by {} required until {}", people(required.quorum), required.expires_at).into()
        }
        E::ApprovalAccepted(accepted) => because("approved", accepted.comment.as_deref()),
        E::ApprovalDenied(denied) => because("denied", Some(&denied.reason)),
        E::ApprovalAborted(aborted) => because("aborted with feedback", Some(&aborted.feedback)),
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
