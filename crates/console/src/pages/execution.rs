//! One execution: what was asked for, what was decided and why, what happened.

mod proof;
pub(super) mod shown;

use askama::Template;
use axum::{Router, extract::Path, http::StatusCode, response::Response, routing::get};
use serde_json::Value;
use vidimus_api_types::{Execution, Explanation, OriginKind, Page};

use self::{
    proof::Proof,
    shown::{Fact, Finding, Rule, Shown, Step, comments, decision_facts, facts, findings, rules, steps},
};
use super::Visitor;
use crate::{
    Console, exact,
    fields::{self, Query},
    frame::{Broken, Frame, Tab, page},
    words,
};

pub(super) fn routes() -> Router<Console> {
    Router::new()
        .route("/console/executions/{id}", get(detail))
        .route("/console/executions/{id}/proof.json", get(proof::file))
}

/// Events of the timeline on a page; longer ones go on behind a link.
const STEPS: &str = "200";

#[derive(Template)]
#[template(path = "execution.html")]
struct Detail {
    frame: Frame,
    id: String,
    status: &'static str,
    status_class: &'static str,
    approval: &'static str,
    approval_class: &'static str,
    /// Who has to do what next.
    next: Option<String>,
    reason: Option<String>,
    facts: Vec<Fact>,
    decision: Vec<Fact>,
    findings: Vec<Finding>,
    rules: Vec<Rule>,
    arguments: Option<String>,
    redacted_arguments: Vec<String>,
    context: Option<String>,
    result: Option<String>,
    redacted_result: Vec<String>,
    result_is_text: bool,
    error: Option<String>,
    is_recorded: bool,
    steps: Vec<Step>,
    more_steps: Option<String>,
    /// What people said.
    comments: Vec<Step>,
    queue_link: bool,
    proof: Proof,
}

async fn detail(visitor: Visitor, Path(id): Path<String>, Query(query): Query) -> Result<Response, Broken> {
    let ask = visitor.ask();
    let path = format!("/v1/executions/{}", fields::part(&id));
    let then: Vec<_> = query.then().into_iter().collect();
    let execution: Execution = ask.get(&path, &then).await.map_err(|refused| visitor.broken(refused))?;
    let mut events = vec![("limit", STEPS)];
    events.extend(query.get("cursor").map(|cursor| ("cursor", cursor)));
    events.extend(&then);
    let events: Page<Value> =
        ask.get(&format!("{path}/events"), &events).await.map_err(|refused| visitor.broken(refused))?;
    // Nothing was decided of what was handed in after the fact; and what was decided later was not yet.
    let explanation = match ask.get::<Explanation>(&format!("{path}/explanation"), &[]).await {
        Ok(explanation) => Some(explanation),
        Err(refused) if refused.status == StatusCode::NOT_FOUND => None,
        Err(refused) => return Err(visitor.broken(refused)),
    };
    let explanation =
        explanation.filter(|explanation| then.is_empty() || explanation.position <= events.position);
    let (function, tool) = words::function(&execution.function);
    let title = if tool.is_empty() { function.to_owned() } else { format!("{function} ({tool})") };
    let waits = execution.approval_status == vidimus_api_types::ApprovalStatus::Pending;
    let steps = steps(&events.items);
    let proof = if then.is_empty() {
        proof::of(&visitor, &path, &steps, query.get("cursor"), STEPS).await
    } else {
        // A checkpoint is of the log as it is, and so is what is proved against it.
        Proof::Absent("The log is proved as it is now: leave the past to see the proof.".to_owned())
    };
    page(&Detail {
        queue_link: waits && then.is_empty(),
        proof,
        frame: visitor.frame(title, Tab::Executions).with_past(&query, events.position),
        id: execution.execution_id.to_string(),
        status: execution.status.as_str(),
        status_class: words::status_class(execution.status),
        approval: execution.approval_status.as_str(),
        approval_class: words::approval_class(execution.approval_status),
        next: shown::next(&execution),
        reason: execution.reason.clone(),
        facts: facts(&execution, &then),
        decision: decision_facts(&execution, explanation.as_ref()),
        findings: explanation.as_ref().map(findings).unwrap_or_default(),
        rules: explanation.as_ref().map(rules).unwrap_or_default(),
        arguments: execution.arguments.as_ref().map(words::pretty),
        redacted_arguments: execution.redacted_arguments.clone(),
        context: execution.context.as_ref().map(words::pretty),
        result: execution.result.as_ref().map(words::lines),
        redacted_result: execution.redacted_result.clone(),
        result_is_text: execution.result.as_ref().is_some_and(|result| result.as_str().starts_with('"')),
        error: execution
            .error
            .as_ref()
            .and_then(|error| serde_json::to_string(error).ok())
            .map(|error| exact::spread(&error)),
        is_recorded: execution.origin == OriginKind::Recorded,
        comments: comments(&steps),
        steps,
        more_steps: events.next.map(|next| query.with("cursor", Some(&next))),
    })
}
