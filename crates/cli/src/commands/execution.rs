//! `vidimus execution`

mod watch;

use std::process::ExitCode;

use proto_events::Json;
use uuid::Uuid;
use vidimus_api_types::{ApprovalStatus, Execution, ExecutionQuery, ExecutionStatus, Stage};

use super::{more, or_dash};
use crate::{
    args::{self, ExecutionList, Global},
    error::Failure,
    output::{Output, cut, instant},
    source::Source,
};

pub(super) async fn run(
    global: &Global,
    command: args::Execution,
    output: Output,
) -> Result<ExitCode, Failure> {
    match command {
        args::Execution::List(list_args) => list(global, *list_args, output).await?,
        args::Execution::Show { id } => show(global, id, output).await?,
        args::Execution::Watch(watch_args) => return watch::run(global, watch_args, output).await,
    }
    Ok(ExitCode::SUCCESS)
}

async fn list(global: &Global, args: ExecutionList, output: Output) -> Result<(), Failure> {
    let query = ExecutionQuery {
        agent: args.calls.agent,
        conversation: args.calls.conversation,
        function: args.calls.function,
        status: args.status,
        stage: args.state,
        approval_status: args.approval_status,
        resolved_by: args.resolved_by,
        from: args.calls.from,
        to: args.calls.to,
        search: args.search,
        limit: Some(args.page.limit),
        cursor: args.page.cursor,
        min_position: None,
    };
    let page = Source::open(global, "execution list").await?.executions(&query).await?;
    output.show(&page, |page| {
        if page.items.is_empty() {
            return "no executions match".to_owned() + &more(page);
        }
        let header = [
            "Execution",
            "Agent",
            "Conversation",
            "Action",
            "Status",
            "Approval",
            "Resolved at",
            "Resolved by",
        ];
        let spare = ["Resolved by", "Approval", "Resolved at", "Conversation", "Agent"];
        Output::table_to_fit(&header, page.items.iter().map(row), &spare) + &more(page)
    })
}

fn row(row: &Execution) -> Vec<String> {
    vec![
        row.execution_id.to_string(),
        cut(&row.agent, 40),
        cut(&row.conversation, 40),
        cut(row.function.as_str(), 60),
        status(row),
        approval(row).to_owned(),
        or_dash(row.resolved_at.map(instant)),
        or_dash(row.resolved_by.as_ref()),
    ]
}

/// The status, with the state where that says more.
fn status(row: &Execution) -> String {
    match (row.status, row.stage) {
        (ExecutionStatus::Success, Stage::Succeeded) | (ExecutionStatus::Failed, Stage::Failed) => {
            row.status.to_string()
        }
        (status, stage) => format!("{status} ({stage})"),
    }
}

/// The approval status, shorter where there was none: most rows of the table have that.
fn approval(row: &Execution) -> &'static str {
    match row.approval_status {
        ApprovalStatus::NotRequired => "not required",
        status => status.as_str(),
    }
}

async fn show(global: &Global, id: Uuid, output: Output) -> Result<(), Failure> {
    let execution = Source::open(global, "execution show").await?.execution(id).await?;
    output.show(&execution, people)
}

fn people(execution: &Execution) -> String {
    let mut lines: Vec<(&str, String)> = vec![
        ("execution", execution.execution_id.to_string()),
        ("agent", execution.agent.clone()),
        ("conversation", execution.conversation.clone()),
        ("request", or_dash(execution.request_id.as_ref())),
        ("action", execution.function.to_string()),
        ("status", status(execution)),
        ("approval", execution.approval_status.to_string()),
        ("requester", execution.requester.to_string()),
        ("created at", execution.created_at.to_string()),
        ("resolved at", or_dash(execution.resolved_at)),
        ("resolved by", or_dash(execution.resolved_by.as_ref())),
        ("position", execution.position.to_string()),
        ("arguments", or_not_available(execution.arguments.as_ref())),
        ("digest", or_dash(execution.arguments_digest)),
        ("result", or_not_available(execution.result.as_ref())),
    ];
    // The reason of a call that failed is its error, cut.
    let error = execution.error.as_ref().map(|error| error.message.as_str());
    let waits_for = execution.waits_for.as_ref().map(|next| match &next.by {
        Some(by) => format!("{} by {by}", next.kind),
        None => next.kind.to_string(),
    });
    let optional = [
        ("decision", execution.outcome.map(|outcome| outcome.as_str().to_owned())),
        (
            "reason",
            execution.reason.clone().filter(|reason| error.is_none_or(|error| !error.starts_with(reason))),
        ),
        ("missing", execution.missing_requirement.clone()),
        ("next owner", execution.next_owner.clone()),
        ("waits for", waits_for),
        ("deadline", execution.approval_deadline.map(|at| at.to_string())),
        ("permit", execution.permit.as_ref().map(|permit| permit.permit_id.to_string())),
        ("error", error.map(str::to_owned)),
        ("former", execution.former_execution.map(|id| id.to_string())),
    ];
    lines.extend(optional.into_iter().filter_map(|(name, value)| Some((name, value?))));
    let width = lines.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    // A text of several lines stays in its column, so that none of them can pass for another field.
    let indent = format!("\n{:width$}  ", "");
    let line = |(name, value): &(&str, String)| format!("{name:width$}  {}", value.replace('\n', &indent));
    lines.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn or_not_available(json: Option<&Json>) -> String {
    json.map_or_else(|| "not available".to_owned(), ToString::to_string)
}
