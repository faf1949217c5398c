//! `vidimus log`

mod governance;

use std::process::ExitCode;

use proto_events::{Event, ExecutionEvent, KeyEvent, RecordedEvent, RegistryEvent, WebhookEvent};
use uuid::Uuid;
use vidimus_log::EventLog as _;

use crate::{
    args::{Global, Log, NamedLog, Range},
    data::Data,
    error::{Failure, Kind},
    output::{Output, cut, grouped, instant, line_width},
    source::{Source, refuse_server},
};

pub(super) async fn run(global: &Global, command: Log, output: Output) -> Result<ExitCode, Failure> {
    match command {
        Log::Verify => {
            refuse_server(global, "log verify")?;
            return verify(global, output).await;
        }
        Log::Export(range) => {
            let source = Source::open(global, "log export").await?;
            source.each_event(&range, |event| output.json_line(event)).await?;
        }
        Log::Replay { execution, conversation, range } => {
            replay(global, execution, conversation, &range, output).await?;
        }
        Log::Checkpoint { from, key, log } => checkpoint(global, from, key, log, output).await?,
        Log::Stats => {
            refuse_server(global, "log stats")?;
            let stats = Data::open(global, "log stats").await?.log.stats()?;
            output.show(&stats, |stats| {
                format!(
                    "events         {}\nstreams        {}\nbytes on disk  {}\nroot           {}",
                    grouped(stats.events),
                    grouped(stats.streams),
                    grouped(stats.bytes_on_disk),
                    stats.root
                )
            })?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn checkpoint(
    global: &Global,
    from: Option<u64>,
    key: bool,
    log: NamedLog,
    output: Output,
) -> Result<(), Failure> {
    let source = Source::open_named(global, "log checkpoint", log).await?;
    if let Some(from) = from {
        // A proof is for programs, whatever else is for people.
        return output.json_line(&source.consistency(from).await?);
    }
    let checkpoint = source.checkpoint().await?;
    if key && !output.is_json() {
        return output.line(&checkpoint.key);
    }
    output.show(&checkpoint, |checkpoint| checkpoint.note.trim_end().to_owned())
}

async fn verify(global: &Global, output: Output) -> Result<ExitCode, Failure> {
    // A log that is damaged may not open; it is examined all the same.
    let report = match Data::open(global, "log verify").await {
        Ok(data) => data.log.verify().await?,
        Err(failure) if failure.kind == Kind::Damaged => Data::examine(global).await?,
        Err(failure) => return Err(failure),
    };
    output.show(&report, |report| {
        let mut text = format!(
            "{} events in {} streams and {} blocks, tail {}\nroot {}",
            grouped(report.events),
            grouped(report.streams),
            grouped(report.blocks),
            report.tail,
            report.root
        );
        for finding in &report.findings {
            text += &format!("\n{} at {}: {}", finding.code, finding.position, finding.what);
        }
        match report.findings_total {
            0 => text += "\nclean",
            1 => text += "\n1 finding: restore the data directory from a backup",
            total => text += &format!("\n{total} findings: restore the data directory from a backup"),
        }
        text
    })?;
    Ok(if report.is_clean() { ExitCode::SUCCESS } else { Kind::Damaged.exit_code() })
}

async fn replay(
    global: &Global,
    execution: Option<Uuid>,
    conversation: Option<String>,
    range: &Range,
    output: Output,
) -> Result<(), Failure> {
    let source = Source::open(global, "log replay").await?;
    // A server shows one tenant: its key's.
    let tenant = matches!(source, Source::Data(_)).then(|| global.tenant());
    let (width, mut shown) = (line_width(), false);
    let visit = |recorded: &RecordedEvent| {
        if tenant.as_ref().is_some_and(|tenant| recorded.tenant != *tenant)
            || execution.is_some_and(|id| recorded.stream.execution_id() != Some(id))
        {
            return Ok(());
        }
        let event = &recorded.event;
        let typed = Event::decode(&event.event_type, event.schema_version, &event.payload)
            .map_err(|error| Failure::new(Kind::Damaged, "unreadable_event", error))?;
        let of_conversation = |wanted: &String| match &typed {
            Event::Execution(event) => event.call().conversation == *wanted,
            Event::Registry(RegistryEvent::ConversationRegistered(event)) => event.conversation == *wanted,
            _ => false,
        };
        if !conversation.as_ref().is_none_or(of_conversation) {
            return Ok(());
        }
        shown = true;
        if output.is_json() {
            output.json_line(recorded)
        } else {
            output.line(&line(recorded, &typed, width))
        }
    };
    source.each_event(range, visit).await?;
    if shown { Ok(()) } else { output.line("no events match") }
}

fn line(recorded: &RecordedEvent, event: &Event, width: usize) -> String {
    let RecordedEvent { position, event: envelope, .. } = recorded;
    let what = match event {
        Event::Execution(execution) => {
            let call = execution.call();
            let more = match execution {
                ExecutionEvent::Initiated(initiated) => initiated.arguments.as_ref().map(ToString::to_string),
                ExecutionEvent::Succeeded(finished) => finished.result.as_ref().map(ToString::to_string),
                ExecutionEvent::Failed(finished) => {
                    finished.error.as_ref().map(|error| error.message.clone())
                }
                ExecutionEvent::Skipped(finished) => finished
                    .error
                    .as_ref()
                    .map(|error| error.message.clone())
                    .or_else(|| finished.reason.clone()),
                ExecutionEvent::Blocked(blocked) => Some(blocked.reason.clone()),
                ExecutionEvent::ApprovalDenied(denied) => Some(denied.reason.clone()),
                ExecutionEvent::ApprovalAborted(aborted) => Some(aborted.feedback.clone()),
                _ => None,
            };
            format!("{}  {}  {}", call.conversation, call.function, more.unwrap_or_default())
        }
        Event::Function(proto_events::FunctionEvent::AccessChanged(changed)) => {
            let from = changed.from.map_or("never set", proto_events::Access::as_str);
            format!("{}  {from} → {}", changed.function, changed.to)
        }
        Event::Attempt(proto_events::AttemptEvent::Opened(opened)) => {
            format!("{}  {}", opened.execution_id, opened.function)
        }
        Event::Key(KeyEvent::Created(created)) => {
            let roles: Vec<_> = created.roles.iter().map(|role| role.as_str()).collect();
            format!("{}  {}  {}", created.key_id, created.actor, roles.join(","))
        }
        Event::Key(KeyEvent::Revoked(revoked)) => {
            format!("{}  {}", revoked.key_id, revoked.reason.as_deref().unwrap_or_default())
        }
        Event::Webhook(WebhookEvent::Created(created)) => {
            format!("{}  {}", created.webhook_id, created.url)
        }
        Event::Webhook(WebhookEvent::Deleted(deleted)) => {
            format!("{}  {}", deleted.webhook_id, deleted.reason.as_deref().unwrap_or_default())
        }
        Event::Webhook(WebhookEvent::Parked(parked)) => {
            format!("{}  at {}: {}", parked.webhook_id, parked.position, parked.reason)
        }
        Event::Webhook(WebhookEvent::Replayed(replayed)) => {
            format!("{}  after {}", replayed.webhook_id, replayed.after)
        }
        Event::Registry(RegistryEvent::AgentRegistered(registered)) => {
            format!("{}  {}", registered.agent, registered.name.as_deref().unwrap_or_default())
        }
        Event::Registry(RegistryEvent::ConversationRegistered(registered)) => {
            format!("{}  {}", registered.conversation, registered.agent)
        }
        event => governance::what(event),
    };
    let at = instant(envelope.recorded_at);
    let text = format!(
        "{position:>6}  {at}  {:<10}  {:<13}  {what}",
        envelope.event_type,
        envelope.actor.to_string()
    );
    cut(text.replace(['\n', '\t'], " ").trim_end(), width.saturating_sub(1))
}
