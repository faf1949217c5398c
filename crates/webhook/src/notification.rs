//! Which events a webhook gets, and as what.

use proto_events::{
    CallRef, DecodeError, Event, Message, Notification, RecordedEvent, Redaction, StreamId, TenantId,
    WebhookFilter,
};

/// Why an event has no rendering here. The endpoint stands until it has: to pass it over would be to lose it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RenderError {
    #[error("the event cannot be read by this version of the server: {0}")]
    Undecodable(#[from] DecodeError),
    #[error("the notification cannot be written as JSON: {0}; report this as a bug")]
    Unwritable(#[from] serde_json::Error),
}

fn wants<T: PartialEq + ?Sized>(wanted: Option<&T>, has: &T) -> bool {
    wanted.is_none_or(|wanted| wanted == has)
}

fn wants_call(filter: &WebhookFilter, call: &CallRef) -> bool {
    wants(filter.agent.as_deref(), &*call.agent)
        && wants(filter.conversation.as_deref(), &*call.conversation)
        && wants(filter.function.as_ref(), &call.function)
}

/// The notification of a recorded event, as the bus carries it, if it has one and the webhook wants it.
pub(crate) fn message(
    recorded: &RecordedEvent,
    tenant: &TenantId,
    filter: &WebhookFilter,
    redaction: &Redaction,
) -> Result<Option<Message>, RenderError> {
    if recorded.tenant != *tenant || recorded.stream.category() != StreamId::EXECUTION {
        return Ok(None);
    }
    let new = &recorded.event;
    let event = Event::decode(&new.event_type, new.schema_version, &new.payload)?;
    let Event::Execution(execution) = &event else { return Ok(None) };
    if !wants_call(filter, execution.call()) {
        return Ok(None);
    }
    if !filter.types.is_empty() {
        let kind = Notification::of(recorded, &event, redaction).map(|notification| notification.kind);
        if !kind.is_some_and(|kind| filter.types.contains(&kind)) {
            return Ok(None);
        }
    }
    Ok(Message::notification(recorded, &event, redaction)?)
}
