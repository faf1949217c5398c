//! What an event is in the audit trail: a plain function.

mod execution;
mod governance;

use std::borrow::Cow;

use proto_events::{
    AttemptEvent, CallRef, ConversationEvent, Event, FunctionName, KeyEvent, RecordedEvent, RegistryEvent,
    Role, WebhookEvent, WebhookParked,
};
use uuid::Uuid;

use super::AuditCategory;

/// The longest text of a person in a summary, in characters; the whole is in the event.
const MAX_QUOTE_CHARS: usize = 200;

/// What an entry says beyond the event's envelope; it borrows, as there is one for every event that is.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Said<'e> {
    pub(super) category: AuditCategory,
    /// What it happened to, where the rest does not say so.
    pub(super) subject: Option<Cow<'e, str>>,
    pub(super) execution_id: Option<Uuid>,
    pub(super) agent: Option<&'e str>,
    pub(super) conversation: Option<&'e str>,
    pub(super) function: Option<&'e FunctionName>,
    pub(super) summary: Cow<'static, str>,
}

impl<'e> Said<'e> {
    /// Of nothing in particular yet.
    const fn new(category: AuditCategory, summary: Cow<'static, str>) -> Self {
        Self {
            category,
            subject: None,
            execution_id: None,
            agent: None,
            conversation: None,
            function: None,
            summary,
        }
    }

    /// A setting.
    pub(super) const fn setting(summary: Cow<'static, str>) -> Self {
        Self::new(AuditCategory::Administrative, summary)
    }

    /// A setting of what has this name.
    pub(super) fn setting_of(subject: impl Into<Cow<'e, str>>, summary: Cow<'static, str>) -> Self {
        Self { subject: Some(subject.into()), ..Self::setting(summary) }
    }

    /// Of a call, which is the execution of this id.
    pub(super) fn call(
        category: AuditCategory,
        id: Option<Uuid>,
        call: &'e CallRef,
        summary: Cow<'static, str>,
    ) -> Self {
        Self {
            execution_id: id,
            agent: Some(&call.agent),
            conversation: Some(&call.conversation),
            function: Some(&call.function),
            ..Self::new(category, summary)
        }
    }
}

/// What is to be said of one event; `None` where it says nothing of anybody's doing.
pub(super) fn said<'e>(recorded: &RecordedEvent, event: &'e Event) -> Option<Said<'e>> {
    Some(match event {
        Event::Execution(event) => {
            let id = recorded.stream.execution_id();
            Said::call(AuditCategory::Execution, id, event.call(), execution::summary(event))
        }
        Event::Attempt(AttemptEvent::Opened(opened)) => {
            let key = quoted(&opened.idempotency_key);
            let summary = format!("attempt opened under idempotency key {key}").into();
            Said {
                execution_id: Some(opened.execution_id),
                function: Some(&opened.function),
                ..Said::new(AuditCategory::Execution, summary)
            }
        }
        Event::Key(event) => Said::setting(key(event)),
        Event::Webhook(event) => Said::setting(webhook(event)),
        Event::Registry(RegistryEvent::AgentRegistered(registered)) => {
            let named =
                registered.name.as_deref().map(|name| format!("agent registered as {}", quoted(name)));
            let summary = named.map_or("agent registered".into(), Cow::Owned);
            Said { agent: Some(&registered.agent), ..Said::setting(summary) }
        }
        Event::Registry(RegistryEvent::ConversationRegistered(registered)) => Said {
            agent: Some(&registered.agent),
            conversation: Some(&registered.conversation),
            ..Said::setting("conversation registered".into())
        },
        Event::Function(event) => governance::function(event),
        Event::Catalogue(event) => return governance::catalogue(event),
        Event::Freeze(event) => governance::freeze(event),
        Event::Policy(event) => governance::policy(event),
        Event::Grant(event) => governance::grant(event),
        Event::Reviewer(event) => governance::reviewer(event),
        // That and by whom; the words are the user's.
        Event::Conversation(ConversationEvent::UserSpoke(spoke)) => Said {
            agent: Some(&spoke.agent),
            conversation: Some(&spoke.conversation),
            ..Said::new(AuditCategory::Conversation, "the user spoke".into())
        },
    })
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

pub(super) fn quoted(text: &str) -> String {
    let mut chars = text.chars();
    let cut: String = chars.by_ref().take(MAX_QUOTE_CHARS).flat_map(char::escape_debug).collect();
    let dots = if chars.next().is_some() { "…" } else { "" };
    format!("`{cut}{dots}`")
}

pub(super) fn because(what: impl Into<Cow<'static, str>>, reason: Option<&str>) -> Cow<'static, str> {
    let what = what.into();
    match reason {
        Some(reason) => format!("{what}: {}", quoted(reason)).into(),
        None => what,
    }
}
