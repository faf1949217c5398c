//! `vidimus execution`

mod watch;

use std::{path::Path, process::ExitCode};

use proto_events::Json;
use uuid::Uuid;
use vidimus_api_types::{
    AddComment, ApprovalProgress, ApprovalStatus, AsOf, Cancel, CatalogueEntry, Execution, ExecutionQuery,
    ExecutionStatus, ProofQuery, Revise, Revised, Settle, Stage, Vote,
};
use vidimus_domain::arguments::{MAX_ARGUMENTS_BYTES, MAX_PAYLOAD_BYTES};

use super::{explanation, more, or_dash};
use crate::{
    args::{self, ExecutionList, Global},
    error::Failure,
    files,
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
        args::Execution::Show { id, as_of } => show(global, id, as_of, output).await?,
        args::Execution::Explain { id } => {
            let explained = Source::open(global, "execution explain").await?.explanation(id).await?;
            output.show(&explained, explanation::people)?;
        }
        args::Execution::Proof { id, limit, cursor, log } => {
            let source = Source::open_named(global, "execution proof", log).await?;
            let query = ProofQuery { limit: Some(limit), cursor };
            // A proof is for programs, whatever else is for people.
            output.json_line(&source.execution_proof(id, &query).await?)?;
        }
        args::Execution::Comment { id, text } => {
            let source = Source::open(global, "execution comment").await?;
            output.show(&source.comment(id, AddComment { text }).await?, |execution| {
                format!(
                    "the comment on {} is on record (position {})",
                    execution.execution_id, execution.position
                )
            })?;
        }
        args::Execution::Revise { id, arguments, feedback } => {
            let arguments = json(&arguments, "arguments_not_json", MAX_ARGUMENTS_BYTES)?;
            let source = Source::open(global, "execution revise").await?;
            let revised = source.revise(id, Revise { arguments, feedback, card: None }).await?;
            output.show(&revised, |revised| {
                let Revised { former, new } = revised;
                format!(
                    "{} is aborted; {} is instead of it, with the arguments {}: {}",
                    former.execution_id,
                    new.execution_id,
                    or_dash(new.arguments_digest),
                    status(new)
                )
            })?;
        }
        args::Execution::Cancel { id, reason } => {
            let source = Source::open(global, "execution cancel").await?;
            output.show(&source.cancel(id, Cancel { reason }).await?, |execution| {
                ended(execution, "cancelled")
            })?;
        }
        args::Execution::Settle { id, status, evidence, result } => {
            let read = |file: &Path| json(file, "payload_not_json", MAX_PAYLOAD_BYTES);
            let result = result.as_deref().map(read).transpose()?;
            let source = Source::open(global, "execution settle").await?;
            let settled = source.settle(id, Settle { status, evidence, result }).await?;
            output
                .show(&settled, |execution| ended(execution, &format!("settled as {}", status.as_str())))?;
        }
        args::Execution::Watch(watch_args) => return watch::run(global, watch_args, output).await,
    }
    Ok(ExitCode::SUCCESS)
}

/// What a command brought to its end.
fn ended(execution: &Execution, how: &str) -> String {
    let before = if execution.already == Some(true) { "was already" } else { "is" };
    format!("{} {before} {how} (position {})", execution.execution_id, execution.position)
}

/// The arguments or the result in a file.
fn json(file: &Path, code: &'static str, max_bytes: usize) -> Result<Json, Failure> {
    let name = file.display();
    let bytes = files::read(file, max_bytes)?;
    // Whatever is wrong with them is said by what takes them, but for what is no JSON.
    let text = String::from_utf8(bytes).map_err(|error| error.to_string());
    let json = text.and_then(|text| Json::from_text(text).map_err(|error| error.to_string()));
    json.map_err(|error| Failure::refused(code, format!("`{name}` is no JSON: {error}")))
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
        outcome: args.outcome,
        audit_outcome: args.audit_outcome,
        layer: args.layer,
        code: args.code,
        rule: args.rule,
        policy_set: args.policy_set,
        tool_type: args.tool_type,
        risk: args.risk,
        unsettled: args.unsettled.then_some(true),
        suspended: args.suspended.then_some(true),
        requester: args.requester,
        visible_tools: args.visible_tools,
        grant: args.grant,
        final_record: args.final_record,
        from: args.calls.from,
        to: args.calls.to,
        search: args.search,
        limit: Some(args.page.limit),
        cursor: args.page.cursor,
        as_of: args.page.as_of,
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

async fn show(global: &Global, id: Uuid, as_of: Option<AsOf>, output: Output) -> Result<(), Failure> {
    let source = Source::open(global, "execution show").await?;
    let execution = match as_of {
        Some(as_of) => source.execution_as_of(id, as_of).await?,
        None => source.execution(id).await?,
    };
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
    let deciding = execution.deciding.as_ref();
    let deciding = deciding.map(|deciding| format!("{} ({})", deciding.layer.as_str(), deciding.code));
    let (catalogue, resolution) = (execution.catalogue.as_ref(), execution.resolution.as_ref());
    let frozen = execution.suspended.then(|| match execution.freeze {
        Some(freeze) => format!("by {freeze}: its deadline stands still"),
        None => "yes: its deadline stands still".to_owned(),
    });
    let optional = [
        ("decision", execution.outcome.map(|outcome| outcome.as_str().to_owned())),
        (
            "reason",
            execution.reason.clone().filter(|reason| error.is_none_or(|error| !error.starts_with(reason))),
        ),
        ("decided by", deciding),
        ("purpose", catalogue.and_then(|entry| entry.purpose.clone())),
        ("tool", catalogue.map(tool)),
        ("policy set", execution.policy_set.clone()),
        ("rules", (!execution.matched_rules.is_empty()).then(|| execution.matched_rules.join(", "))),
        ("tools seen", execution.visible_tools.map(|digest| digest.to_string())),
        ("grant", execution.grant.map(|id| id.to_string())),
        ("frozen", frozen),
        ("confirmed by", execution.confirmed_by.as_ref().map(ToString::to_string)),
        ("accepted", execution.approval.as_ref().map(accepted)),
        ("break glass", resolution.and_then(|resolution| resolution.break_glass.clone())),
        (
            "in place of",
            resolution.and_then(|resolution| Some(resolution.on_behalf_of.as_ref()?.to_string())),
        ),
        ("revised as", resolution.and_then(|resolution| Some(resolution.revised_as?.to_string()))),
        ("final record", execution.final_record.clone()),
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

/// What kind of tool it was.
fn tool(entry: &CatalogueEntry) -> String {
    format!("{}, risk {}", or_dash(entry.tool_type), or_dash(entry.risk))
}

/// Who accepted, and how many more have to.
fn accepted(approval: &ApprovalProgress) -> String {
    let vote = |vote: &Vote| match &vote.on_behalf_of {
        Some(other) => format!("{} in the place of {other}", vote.by),
        None => vote.by.to_string(),
    };
    let votes: Vec<_> = approval.votes.iter().map(vote).collect();
    let by = if votes.is_empty() { "nobody yet".to_owned() } else { votes.join(", ") };
    let ApprovalProgress { stage, stages, missing, .. } = approval;
    format!("{by}; {missing} missing in stage {} of {stages}", stage.saturating_add(1))
}

fn or_not_available(json: Option<&Json>) -> String {
    json.map_or_else(|| "not available".to_owned(), ToString::to_string)
}
