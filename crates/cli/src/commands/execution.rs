//! `vidimus execution`

use proto_events::Json;
use uuid::Uuid;
use vidimus_projection::{
    ApprovalStatus, ExecutionDetail, ExecutionFilter, ExecutionRow, ExecutionStatus, Stage,
};

use super::{more, or_dash, page_json, page_request};
use crate::{
    args::{Execution, ExecutionList, Global},
    data::{Data, ask},
    error::Failure,
    output::{Output, cut, instant},
};

pub(super) async fn run(global: &Global, command: Execution, output: Output) -> Result<(), Failure> {
    match command {
        Execution::List(list_args) => list(global, *list_args, output).await,
        Execution::Show { id } => show(global, id, output).await,
    }
}

async fn list(global: &Global, args: ExecutionList, output: Output) -> Result<(), Failure> {
    let filter = ExecutionFilter {
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
    };
    let views = Data::open(global, "execution list").await?.current_views().await?;
    let request = page_request(args.page);
    let page = ask(&views, async |views| views.executions(&global.tenant, &filter, &request).await).await?;
    output.show(&page_json(&page), |_| {
        if page.items.is_empty() {
            return "no executions match".to_owned();
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
        Output::table_to_fit(&header, page.items.iter().map(row), &spare) + &more(page.next.as_ref())
    })
}

fn row(row: &ExecutionRow) -> Vec<String> {
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
fn status(row: &ExecutionRow) -> String {
    match (row.status, row.stage) {
        (ExecutionStatus::Success, Stage::Succeeded) | (ExecutionStatus::Failed, Stage::Failed) => {
            row.status.to_string()
        }
        (status, stage) => format!("{status} ({stage})"),
    }
}

/// The approval status, shorter where there was none: most rows of the table have that.
fn approval(row: &ExecutionRow) -> &'static str {
    match row.approval_status {
        ApprovalStatus::NotRequired => "not required",
        status => status.as_str(),
    }
}

async fn show(global: &Global, id: Uuid, output: Output) -> Result<(), Failure> {
    let views = Data::open(global, "execution show").await?.current_views().await?;
    let found = ask(&views, async |views| views.execution(&global.tenant, id).await).await?;
    let Some(detail) = found else {
        let message = format!(
            "tenant `{}` has no execution `{id}`: look for it with `vidimus execution list`",
            global.tenant
        );
        return Err(Failure::not_found("execution_not_found", message));
    };
    output.show(&detail, people)
}

fn people(detail: &ExecutionDetail) -> String {
    let ExecutionDetail { row, .. } = detail;
    let mut lines: Vec<(&str, String)> = vec![
        ("execution", row.execution_id.to_string()),
        ("agent", row.agent.clone()),
        ("conversation", row.conversation.clone()),
        ("request", or_dash(row.request_id.as_ref())),
        ("action", row.function.to_string()),
        ("status", status(row)),
        ("approval", row.approval_status.to_string()),
        ("requester", row.requester.to_string()),
        ("created at", row.created_at.to_string()),
        ("updated at", row.updated_at.to_string()),
        ("resolved at", or_dash(row.resolved_at)),
        ("resolved by", or_dash(row.resolved_by.as_ref())),
        ("position", format!("{} (last {})", row.position, row.last_position)),
        ("arguments", or_not_available(detail.arguments.as_ref())),
        ("digest", or_dash(row.arguments_digest)),
        ("result", or_not_available(detail.result.as_ref())),
    ];
    // The reason of a call that failed is its error, cut.
    let error = detail.error.as_ref().map(|error| error.message.as_str());
    let optional = [
        ("decision", row.outcome.map(|outcome| outcome.as_str().to_owned())),
        ("reason", row.reason.clone().filter(|reason| Some(reason.as_str()) != error)),
        ("missing", detail.missing_requirement.clone()),
        ("next owner", detail.next_owner.clone()),
        ("deadline", row.approval_deadline.map(|at| at.to_string())),
        ("permit", row.permit_id.map(|id| id.to_string())),
        ("error", error.map(str::to_owned)),
        ("former", row.former_execution.map(|id| id.to_string())),
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
