//! What became of a call that somebody looked at or decided on, in a sentence.

use vidimus_api_types::{Execution, Stage, Verdict};

use crate::words::{self, When};

/// How it stands with a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Happened {
    pub(super) id: String,
    pub(super) function: String,
    /// What happened, up to the time.
    pub(super) said: String,
    pub(super) at: Option<When>,
    /// What was said with it.
    pub(super) words: Option<String>,
    /// The status now.
    pub(super) status: &'static str,
    pub(super) status_class: &'static str,
    /// The new attempt that took its place.
    pub(super) revised_as: Option<String>,
}

pub(super) fn happened(execution: &Execution) -> Happened {
    let resolution = execution.resolution.as_ref();
    let waits = matches!(execution.stage, Stage::AwaitingApproval | Stage::AwaitingConfirmation);
    let at = if waits { None } else { execution.resolved_at.or(execution.finished_at) };
    let words = resolution.and_then(|resolution| resolution.comment.clone());
    Happened {
        id: execution.execution_id.to_string(),
        function: execution.function.to_string(),
        said: said(execution),
        at: at.map(When::from),
        words: if waits { None } else { words.or_else(|| execution.reason.clone()) },
        status: execution.status.as_str(),
        status_class: words::status_class(execution.status),
        revised_as: resolution.and_then(|resolution| resolution.revised_as).map(|id| id.to_string()),
    }
}

fn said(execution: &Execution) -> String {
    match execution.stage {
        Stage::AwaitingConfirmation => {
            return format!("still waits: {} has to confirm it", words::actor(&execution.requester));
        }
        Stage::AwaitingApproval => return still_waits(execution),
        Stage::Initiated | Stage::Cleared | Stage::Reopened => return "is being decided on again".to_owned(),
        _ => {}
    }
    let by = execution.resolved_by.as_ref().map(words::actor);
    let by = |did: &str| match &by {
        Some(by) => format!("was {did} by {by}"),
        None => format!("was {did}"),
    };
    let resolution = execution.resolution.as_ref();
    let mut said = match resolution.map(|resolution| resolution.verdict) {
        // Called off or blocked after people had agreed, or while they were asked.
        _ if execution.stage == Stage::Cancelled => "was called off".to_owned(),
        _ if execution.stage == Stage::Blocked => "was decided on again, and is blocked now".to_owned(),
        Some(Verdict::Confirmed) => by("confirmed"),
        Some(Verdict::Declined) => by("declined"),
        Some(Verdict::Approved) => by("approved"),
        Some(Verdict::Denied) => by("denied"),
        Some(Verdict::Aborted) => by("aborted"),
        Some(Verdict::Revised) => format!("{}, and edited into a new attempt", by("aborted")),
        Some(Verdict::ConfirmationExpired) => "was not confirmed in time".to_owned(),
        Some(Verdict::ApprovalExpired) => "was not decided on in time".to_owned(),
        None => "waits for nobody any more".to_owned(),
    };
    if let Some(behalf) = resolution.and_then(|resolution| resolution.on_behalf_of.as_ref()) {
        said.push_str(&format!(" in place of {}", words::actor(behalf)));
    }
    if resolution.is_some_and(|resolution| resolution.break_glass.is_some()) {
        said.push_str(" in an emergency (break-glass)");
    }
    said
}

fn still_waits(execution: &Execution) -> String {
    let held = if execution.suspended { "is suspended by a freeze and " } else { "" };
    let Some(progress) = &execution.approval else { return format!("{held}still waits for its reviewers") };
    let stage = match progress.stages {
        0 | 1 => String::new(),
        stages => format!(" in stage {} of {stages}", progress.stage.saturating_add(1)),
    };
    let missing = match progress.missing {
        1 => "one more has to approve".to_owned(),
        missing => format!("{missing} more have to approve"),
    };
    format!("{held}still waits{stage}: {} approved so far, {missing}", progress.accepted)
}
