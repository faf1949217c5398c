//! What happens on a command.

use proto_events::{
    ActorKind, GlobalPosition, NotificationType, WebhookCreated, WebhookDeleted, WebhookEvent, WebhookFilter,
    WebhookParked, WebhookReplayed,
};
use uuid::Uuid;

use super::{Action, Command, Create, Park, Rejection, State, address};
use crate::{
    execution::MAX_TEXT_CHARS,
    field::{self, InvalidField},
};

/// Most webhooks that a tenant has at a time.
pub const MAX_WEBHOOKS: usize = 100;

/// What happens when `command` is given in `state`; nothing where it is already so.
///
/// # Errors
/// When the command is refused; see [`Rejection`].
pub fn decide(state: &State, command: &Command) -> Result<Vec<WebhookEvent>, Rejection> {
    field::actor("by", &command.by)?;
    // Whoever says where notifications go reads them all: an agent would send what others do wherever it likes.
    if command.by.kind == ActorKind::Agent {
        return Err(Rejection::AgentCannotManageWebhooks { actor: command.by.clone() });
    }
    let webhook_id = command.webhook_id;
    match &command.action {
        Action::Create(create) => created(state, webhook_id, create),
        Action::Delete { reason } => deleted(state, webhook_id, reason.as_deref()),
        Action::Park(park) => parked(state, webhook_id, park),
        Action::Replay { after, tail } => replayed(state, webhook_id, *after, *tail),
    }
}

fn created(state: &State, webhook_id: Uuid, create: &Create) -> Result<Vec<WebhookEvent>, Rejection> {
    address(&create.url)?;
    if let Some(label) = &create.label {
        field::name("label", label)?;
    }
    if let Some(agent) = &create.filter.agent {
        field::name("filter.agent", agent)?;
    }
    if let Some(conversation) = &create.filter.conversation {
        field::name("filter.conversation", conversation)?;
    }
    let types = types(&create.filter)?;
    let starts_after = within(create.after.unwrap_or(create.tail), create.tail)?;
    if state.webhooks.contains_key(&webhook_id) || state.deleted.contains(&webhook_id) {
        return Err(Rejection::Exists { webhook_id });
    }
    if state.webhooks.len() >= MAX_WEBHOOKS {
        return Err(Rejection::TooMany { max: MAX_WEBHOOKS });
    }
    Ok(vec![WebhookEvent::Created(WebhookCreated {
        webhook_id,
        url: create.url.clone(),
        label: create.label.clone(),
        filter: WebhookFilter { types, ..create.filter.clone() },
        starts_after,
    })])
}

/// The types of a filter, each once, in the order in which they are declared.
fn types(filter: &WebhookFilter) -> Result<Vec<NotificationType>, InvalidField> {
    if filter.types.len() > NotificationType::ALL.len() {
        return Err(InvalidField::Invalid {
            field: "filter.types",
            problem: "has more types than there are",
        });
    }
    Ok(NotificationType::ALL.into_iter().filter(|kind| filter.types.contains(kind)).collect())
}

/// `position`, where the log has come that far.
fn within(position: GlobalPosition, tail: GlobalPosition) -> Result<GlobalPosition, Rejection> {
    if position > tail { Err(Rejection::PositionUnknown { position, tail }) } else { Ok(position) }
}

fn deleted(state: &State, webhook_id: Uuid, reason: Option<&str>) -> Result<Vec<WebhookEvent>, Rejection> {
    field::optional("reason", reason, MAX_TEXT_CHARS)?;
    if state.deleted.contains(&webhook_id) {
        return Ok(Vec::new());
    }
    if !state.webhooks.contains_key(&webhook_id) {
        return Err(Rejection::NotFound);
    }
    Ok(vec![WebhookEvent::Deleted(WebhookDeleted { webhook_id, reason: reason.map(str::to_owned) })])
}

fn parked(state: &State, webhook_id: Uuid, park: &Park) -> Result<Vec<WebhookEvent>, Rejection> {
    let Some(webhook) = state.webhooks.get(&webhook_id) else { return Err(Rejection::NotFound) };
    // Somebody replayed it while the last attempt was made: what is tried now is another run.
    if webhook.parked.is_some() || webhook.replays != park.replays {
        return Ok(Vec::new());
    }
    field::text("reason", &park.reason, MAX_TEXT_CHARS)?;
    Ok(vec![WebhookEvent::Parked(WebhookParked {
        webhook_id,
        position: park.position,
        reason: park.reason.clone(),
        attempts: park.attempts,
        since: park.since,
    })])
}

fn replayed(
    state: &State,
    webhook_id: Uuid,
    after: Option<GlobalPosition>,
    tail: GlobalPosition,
) -> Result<Vec<WebhookEvent>, Rejection> {
    let Some(webhook) = state.webhooks.get(&webhook_id) else { return Err(Rejection::NotFound) };
    let after = match (after, &webhook.parked) {
        (Some(after), _) => within(after, tail)?,
        (None, Some(parking)) => parking.delivered(),
        (None, None) => return Ok(Vec::new()),
    };
    Ok(vec![WebhookEvent::Replayed(WebhookReplayed { webhook_id, after })])
}
