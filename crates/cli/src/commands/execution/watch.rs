//! `vidimus execution watch`

use std::process::ExitCode;

use proto_events::{Actor, GlobalPosition, NotificationType};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;
use vidimus_api_types::{EventQuery, ExecutionStatus, Notification, NotificationQuery, PageQuery};
use vidimus_client::Notified;

use crate::{
    args::{Global, Watch},
    error::{Failure, INTERRUPTED, Kind},
    output::{Output, cut, line_width},
    source::Server,
};

/// A notification and its position as JSON.
#[derive(Serialize)]
struct Line<'a> {
    position: GlobalPosition,
    notification: &'a Notification,
}

pub(super) async fn run(global: &Global, args: Watch, output: Output) -> Result<ExitCode, Failure> {
    let Some(server) = Server::named(global)? else {
        let message = "`vidimus execution watch` follows a running server: name it with `--server`";
        return Err(Failure::usage("server_missing", message));
    };
    let after = match args.id {
        Some(id) => Some(before(&server, id).await?),
        None => args.after,
    };
    let query = NotificationQuery {
        after,
        notification_type: None,
        execution_id: args.id,
        agent: args.agent,
        conversation: args.conversation,
        function: args.function,
    };
    let mut facts = Facts::default();
    let mut notifications = server.client().notifications(query, None);
    let (mut stop, width) = (std::pin::pin!(tokio::signal::ctrl_c()), line_width());
    loop {
        let notified = tokio::select! {
            biased;
            // What has no end of its own ends so; one execution was not followed to its end.
            _ = &mut stop => {
                return Ok(args.id.map_or(ExitCode::SUCCESS, |_| ExitCode::from(INTERRUPTED)));
            }
            notified = notifications.next() => server.answered(notified)?,
        };
        if output.is_json() {
            output.json_line(&Line { position: notified.position, notification: &notified.notification })?;
        } else {
            let fact = facts.of(&server, notified.position).await;
            output.line(&line(&notified, fact.as_ref(), width))?;
        }
        if let Some(id) = args.id
            && can_be_the_end(notified.notification.kind)
        {
            let execution = server.answered(server.client().execution(id).await)?;
            if execution.stage.is_terminal() {
                let is_success = execution.status == ExecutionStatus::Success;
                return Ok(if is_success { ExitCode::SUCCESS } else { Kind::Refused.exit_code() });
            }
        }
    }
}

/// The position before the execution's first event.
async fn before(server: &Server, id: Uuid) -> Result<GlobalPosition, Failure> {
    let query = PageQuery { limit: Some(1), ..PageQuery::default() };
    let page = server.answered(server.client().execution_events(id, &query).await)?;
    let first = page.items.first().map_or(0, |event| event.position.get());
    Ok(GlobalPosition::new(first.saturating_sub(1)))
}

/// Whether an execution can be over with this.
const fn can_be_the_end(kind: NotificationType) -> bool {
    use NotificationType as N;
    !matches!(
        kind,
        N::Initiated
            | N::InProgress
            | N::ApprovalRequired
            | N::ApprovalAccepted
            | N::ConfirmationRequired
            | N::Confirmed
            | N::ApprovalVoted
            | N::ApprovalEscalated
            | N::ApprovalReminded
            | N::Redecided
            | N::Suspended
            | N::Resumed
            | N::Unknown
    )
}

/// What a notification does not say of its event: which function, and who.
struct Fact {
    function: String,
    by: Actor,
}

/// The facts of events, as far as the key may read them.
#[derive(Default)]
struct Facts {
    /// The key is neither an auditor's nor an administrator's: there is no use in asking again.
    closed: bool,
}

impl Facts {
    /// None where it cannot be told; the notification is told all the same.
    async fn of(&mut self, server: &Server, position: GlobalPosition) -> Option<Fact> {
        if self.closed {
            return None;
        }
        let after = GlobalPosition::new(position.get().checked_sub(1)?);
        let query = EventQuery { after: Some(after), limit: Some(1) };
        let page = match server.client().events(&query).await {
            Ok(page) => page,
            Err(error) => {
                self.closed = error.code() == "missing_role";
                return None;
            }
        };
        let recorded = page.items.into_iter().find(|event| event.position == position)?;
        let payload: Value = serde_json::from_slice(&recorded.event.payload).ok()?;
        let function = payload.pointer("/call/function")?.as_str()?.to_owned();
        Some(Fact { function, by: recorded.event.actor })
    }
}

/// When, which agent, what it is about, how it stands, who.
fn line(notified: &Notified, fact: Option<&Fact>, width: usize) -> String {
    let Notified { position, notification } = notified;
    let message = &notification.event_message;
    let (at, content) = (&message.timestamp, &message.content);
    let agent = message.agent.as_deref().unwrap_or("–");
    let request = message.tool_execution_approval_request.as_ref();
    let function = fact.map(|fact| &*fact.function).or_else(|| Some(request?.function.as_str()));
    let function = function.map(|function| format!("  {}", cut(function, 60))).unwrap_or_default();
    let mut text = format!("{position:>6}  {at}Z  {}  {agent}{function}  {content}", notification.thread_id);
    if let Some(fact) = fact {
        text += &format!("  by {}", fact.by);
    }
    if let Some(request) = request {
        text += &format!(": {} {}", request.execution_id, request.arguments);
    }
    cut(text.replace(['\n', '\t'], " ").trim_end(), width.saturating_sub(1))
}
