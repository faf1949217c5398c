//! A notification as the bytes of a server-sent event, and which of them a subscriber wants.

use bytes::{BufMut as _, Bytes, BytesMut};
use proto_events::{
    Event, ExecutionEvent, FunctionName, GlobalPosition, Notification, NotificationType, RecordedEvent,
    Redaction, TenantId,
};
use uuid::Uuid;
use vidimus_api_types::NotificationQuery;
use vidimus_projection::FeedError;

/// Which notifications.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    pub(crate) notification_type: Option<NotificationType>,
    pub(crate) execution_id: Option<Uuid>,
    pub(crate) agent: Option<String>,
    pub(crate) conversation: Option<String>,
    pub(crate) function: Option<FunctionName>,
}

impl From<NotificationQuery> for Filter {
    fn from(query: NotificationQuery) -> Self {
        let NotificationQuery { after: _, notification_type, execution_id, agent, conversation, function } =
            query;
        Self { notification_type, execution_id, agent, conversation, function }
    }
}

fn wants<T: PartialEq + ?Sized>(wanted: Option<&T>, has: &T) -> bool {
    wanted.is_none_or(|wanted| wanted == has)
}

impl Filter {
    pub(crate) fn wants(&self, rendered: &Rendered) -> bool {
        wants(self.notification_type.as_ref(), &rendered.notification_type)
            && wants(self.execution_id.as_ref(), &rendered.execution_id)
            && wants(self.agent.as_deref(), &*rendered.agent)
            && wants(self.conversation.as_deref(), &*rendered.conversation)
            && wants(self.function.as_ref(), &rendered.function)
    }
}

/// A notification, rendered once for all who want it, with what they choose by.
#[derive(Clone, Debug)]
pub(crate) struct Rendered {
    pub(crate) position: GlobalPosition,
    pub(crate) tenant: TenantId,
    execution_id: Uuid,
    notification_type: NotificationType,
    agent: String,
    conversation: String,
    function: FunctionName,
    /// `id: …`, `data: …`, an empty line.
    pub(crate) bytes: Bytes,
}

impl Rendered {
    /// About how much memory it takes.
    pub(crate) fn size(&self) -> usize {
        size_of::<Self>() + self.bytes.len() + self.agent.len() + self.conversation.len()
    }

    /// The notification of a recorded event, if it has one.
    ///
    /// # Errors
    /// When the event is not one that this program can read.
    pub(crate) fn of(recorded: &RecordedEvent, redaction: &Redaction) -> Result<Option<Self>, FeedError> {
        let Some(execution_id) = recorded.stream.execution_id() else { return Ok(None) };
        let new = &recorded.event;
        let event = Event::decode(&new.event_type, new.schema_version, &new.payload)
            .map_err(|reason| FeedError::Undecodable { position: recorded.position, reason })?;
        let Some(notification) = Notification::of(recorded, &event, redaction) else { return Ok(None) };
        let Event::Execution(event) = event else { return Ok(None) };
        Ok(Some(Self::render(recorded, execution_id, &event, &notification)))
    }

    fn render(
        recorded: &RecordedEvent,
        execution_id: Uuid,
        event: &ExecutionEvent,
        notification: &Notification,
    ) -> Self {
        let mut bytes = BytesMut::with_capacity(512);
        bytes.extend_from_slice(format!("id: {}\ndata: ", recorded.position).as_bytes());
        let mut writer = bytes.writer();
        // JSON has no line breaks outside strings, and none that is not escaped inside; writing to memory does not fail,
        // nor does a notification have a map whose keys are not strings.
        if let Err(error) = serde_json::to_writer(&mut writer, notification) {
            tracing::error!(%error, position = %recorded.position, "a notification could not be written as JSON");
        }
        let mut bytes = writer.into_inner();
        bytes.extend_from_slice(b"\n\n");
        let call = event.call();
        Self {
            position: recorded.position,
            tenant: recorded.tenant.clone(),
            execution_id,
            notification_type: notification.kind,
            agent: call.agent.clone(),
            conversation: call.conversation.clone(),
            function: call.function.clone(),
            bytes: bytes.freeze(),
        }
    }
}
