//! `vidimus approval`

mod batch;
mod review;

use std::process::ExitCode;

use proto_events::ArgumentsDigest;
use uuid::Uuid;
use vidimus_api_types::{
    Abort, ApprovalProgress, ApprovalQuery, Approve, Confirm, Decline, Deny, Execution, PendingApproval,
    Stage,
};

use super::more;
use crate::{
    args::{Approval, Global},
    error::Failure,
    output::{Output, cut, instant},
    source::Source,
};

pub(super) async fn run(global: &Global, command: Approval, output: Output) -> Result<ExitCode, Failure> {
    match command {
        Approval::Review(args) => return review::run(global, args, output).await,
        Approval::List { reviewer, mine, agent, function, page } => {
            let query = ApprovalQuery {
                resolvable_by: reviewer,
                mine: mine.then_some(true),
                agent,
                function,
                limit: Some(page.limit),
                cursor: page.cursor,
                as_of: page.as_of,
                ..ApprovalQuery::default()
            };
            list(global, &query, output).await?;
        }
        Approval::Approve { id, comment, digest, stage, break_glass } => {
            let source = Source::open(global, "approval approve").await?;
            // People count from 1, the API from 0.
            let named = stage.map(|stage| stage.saturating_sub(1));
            let (arguments_digest, stage) = match digest {
                Some(digest) => (Some(digest), named),
                None => {
                    let (digest, shown) = show(&source, id, output).await?;
                    (digest, named.or(shown))
                }
            };
            let body = Approve { arguments_digest, stage, comment, break_glass, card: None };
            let approved = source.approve(id, body).await?;
            told(&approved, "approved", output)?;
        }
        Approval::Confirm { id, digest } => {
            let source = Source::open(global, "approval confirm").await?;
            let arguments_digest = match digest {
                Some(digest) => Some(digest),
                None => show(&source, id, output).await?.0,
            };
            let confirmed = source.confirm(id, Confirm { arguments_digest, card: None }).await?;
            told(&confirmed, "confirmed", output)?;
        }
        Approval::Decline { id, reason } => {
            let source = Source::open(global, "approval decline").await?;
            told(&source.decline(id, Decline { reason, card: None }).await?, "declined", output)?;
        }
        Approval::Batch(args) => batch::run(global, args, output).await?,
        Approval::Deny { id, reason } => {
            let body = Deny { reason, card: None };
            told(&Source::open(global, "approval deny").await?.deny(id, body).await?, "denied", output)?;
        }
        Approval::Abort { id, feedback } => {
            let body = Abort { feedback, card: None };
            told(&Source::open(global, "approval abort").await?.abort(id, body).await?, "aborted", output)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn list(global: &Global, query: &ApprovalQuery, output: Output) -> Result<(), Failure> {
    let page = Source::open(global, "approval list").await?.approvals(query).await?;
    output.show(&page, |page| {
        if page.items.is_empty() {
            return "nothing waits for an approval or a confirmation".to_owned() + &more(page);
        }
        let header =
            ["Execution", "Asks for", "Missing", "Action", "Agent", "Requester", "Deadline", "Arguments"];
        Output::table_to_fit(
            &header,
            page.items.iter().map(row),
            &["Requester", "Agent", "Missing", "Arguments", "Deadline"],
        ) + &more(page)
    })
}

fn row(pending: &PendingApproval) -> Vec<String> {
    vec![
        pending.execution_id.to_string(),
        pending.kind.to_string(),
        missing(pending),
        cut(pending.function.as_str(), 60),
        cut(&pending.agent, 40),
        pending.requester.to_string(),
        instant(pending.deadline),
        cut(pending.arguments.as_str(), 100),
    ]
}

/// How many more have to accept, and in which stage.
fn missing(pending: &PendingApproval) -> String {
    let stage = (pending.stages > 1).then(|| format!(", stage {} of {}", pending.stage + 1, pending.stages));
    let frozen = if pending.suspended { ", frozen" } else { "" };
    format!("{}{}{frozen}", pending.missing, stage.unwrap_or_default())
}

/// Which stage of several it is at, for people.
fn stage(approval: &ApprovalProgress) -> Option<String> {
    (approval.stages > 1).then(|| format!("{} of {}", u64::from(approval.stage) + 1, approval.stages))
}

/// Shows what is about to be approved; answers the digest and the stage of exactly that.
async fn show(
    source: &Source,
    id: Uuid,
    output: Output,
) -> Result<(Option<ArgumentsDigest>, Option<u32>), Failure> {
    let execution = source.execution(id).await?;
    // On one line each: a line break is an escape in JSON, and names have none.
    let Execution { function, requester, agent, arguments, arguments_digest, approval, .. } = execution;
    output.line(&format!("{function} by {agent} for {requester}"))?;
    if let Some(arguments) = arguments {
        output.line(&format!("arguments  {arguments}"))?;
    }
    if let Some(digest) = arguments_digest {
        output.line(&format!("digest     {digest}"))?;
    }
    if let Some(stage) = approval.as_ref().and_then(stage) {
        output.line(&format!("stage      {stage}"))?;
    }
    Ok((arguments_digest, approval.map(|approval| approval.stage)))
}

/// What happened.
fn told(execution: &Execution, what: &str, output: Output) -> Result<(), Failure> {
    output.show(execution, |execution| {
        let before = if execution.already == Some(true) { "was already" } else { "is" };
        let by = execution.resolved_by.as_ref().map(|by| format!(" by {by}")).unwrap_or_default();
        let waits = execution.stage == Stage::AwaitingApproval;
        let next = match (&execution.permit, &execution.approval) {
            (_, Some(approval)) if waits => format!("; {} more have to", approval.missing),
            (Some(permit), _) if matches!(what, "approved" | "confirmed") => {
                format!("; it may run once, until {}", instant(permit.expires_at))
            }
            _ => String::new(),
        };
        format!("{} {before} {what}{by}{next} (position {})", execution.execution_id, execution.position)
    })
}
