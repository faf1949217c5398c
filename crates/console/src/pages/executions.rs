//! Tool Executions: the table.

mod row;

use askama::Template;
use axum::{Router, response::Response, routing::get};
use vidimus_api_types::{ApprovalStatus, Execution, ExecutionStatus, Page, RiskLevel};

use self::row::Row;
use super::Visitor;
use crate::{
    Console,
    fields::{Fields, Query},
    frame::{Broken, Frame, Notice, Tab, page_with},
};

pub(super) fn routes() -> Router<Console> {
    Router::new().route("/console/executions", get(list))
}

/// Rows of a page, unless the address asks for another number.
const ROWS: &str = "50";

/// The filters that are chosen from a list: parameter, label, values.
fn choices() -> [(&'static str, &'static str, Vec<&'static str>); 3] {
    [
        ("status", "Status", ExecutionStatus::ALL.iter().map(|status| status.as_str()).collect()),
        (
            "approval_status",
            "Approval status",
            ApprovalStatus::ALL.iter().map(|status| status.as_str()).collect(),
        ),
        ("risk", "Risk", RiskLevel::ALL.iter().map(|risk| risk.as_str()).collect()),
    ]
}

/// The filters that are typed in: parameter, label, what it looks like.
const TEXTS: [(&str, &str, &str); 13] = [
    ("agent", "Agent", ""),
    ("conversation", "Conversation", ""),
    ("function", "Function", "connection.function"),
    ("requester", "Requester", ""),
    ("resolved_by", "Resolved by", ""),
    ("stage", "Stage", "awaiting_approval"),
    ("outcome", "Outcome", "blocked"),
    ("code", "Reason code", "no_permit"),
    ("rule", "Rule", ""),
    ("unsettled", "To be settled", "true"),
    ("from", "Created from", "2026-01-15T00:00:00Z"),
    ("to", "Created before", "2026-01-16T00:00:00Z"),
    ("as_of", "As of", "position, or 2026-01-16T00:00:00Z"),
];

/// Filters that other pages link to.
const LINKED: [(&str, &str); 8] = [
    ("search", "Search"),
    ("audit_outcome", "Audit outcome"),
    ("layer", "Layer"),
    ("policy_set", "Policy set"),
    ("tool_type", "Tool type"),
    ("suspended", "Suspended"),
    ("visible_tools", "Visible tools"),
    ("grant", "Grant"),
];

struct Choice {
    name: &'static str,
    label: &'static str,
    values: Vec<(&'static str, bool)>,
}

#[derive(Template)]
#[template(path = "executions.html")]
struct Executions<'a> {
    frame: Frame,
    asked: &'a Fields,
    choices: Vec<Choice>,
    texts: Vec<(&'static str, &'static str, &'a str, &'static str)>,
    more_is_open: bool,
    /// What is in force without a field of its own: the form keeps it.
    kept: Vec<(&'static str, &'a str)>,
    /// The filters in force, with the query without each.
    chips: Vec<(String, String)>,
    rows: Vec<Row>,
    caption: String,
    position: String,
    is_first: bool,
    /// Nothing was looked for: a filter is no good.
    is_refused: bool,
    next: Option<String>,
}

async fn list(visitor: Visitor, Query(asked): Query) -> Result<Response, Broken> {
    let mut query = asked.filled(&[]);
    if asked.get("limit").is_none() {
        query.push(("limit", ROWS));
    }
    let page: Result<Page<Execution>, _> = visitor.ask().get("/v1/executions", &query).await;
    let frame = visitor.frame("Tool Executions", Tab::Executions);
    // A filter that is no good is mended in the form that it was typed into.
    let (status, frame, page) = match page {
        Ok(page) => (axum::http::StatusCode::OK, frame, Some(page)),
        Err(refused)
            if matches!(
                refused.status,
                axum::http::StatusCode::CONFLICT | axum::http::StatusCode::UNPROCESSABLE_ENTITY
            ) =>
        {
            (refused.status, frame.with(Some(Notice::refused(&refused))), None)
        }
        Err(refused) => return Err(visitor.broken(refused)),
    };
    let choices = choices().into_iter().map(|(name, label, values)| Choice {
        name,
        label,
        values: values.into_iter().map(|value| (value, asked.get(name) == Some(value))).collect(),
    });
    let texts: Vec<_> = TEXTS
        .into_iter()
        .map(|(name, label, hint)| (name, label, asked.get(name).unwrap_or_default(), hint))
        .collect();
    let kept = LINKED.into_iter().map(|(name, _)| name).filter(|name| *name != "search").chain(["limit"]);
    let kept = kept.filter_map(|name| Some((name, asked.get(name)?)));
    let names = choices_and_texts();
    let chips = names.into_iter().filter_map(|(name, label)| {
        let value = asked.get(name)?;
        Some((format!("{label}: {value}"), asked.anew(name, None)))
    });
    let position = page.as_ref().map_or_else(String::new, |page| page.position.to_string());
    let frame = frame.with_past(&asked, &position);
    let row = |execution| Row::of(execution, frame.as_of());
    let rows: Vec<_> = page.iter().flat_map(|page| &page.items).map(row).collect();
    let is_first = asked.get("cursor").is_none();
    let next =
        page.as_ref().and_then(|page| page.next.as_deref()).map(|next| asked.with("cursor", Some(next)));
    let is_refused = page.is_none();
    page_with(
        status,
        &Executions {
            frame,
            choices: choices.collect(),
            more_is_open: texts.iter().any(|(_, _, value, _)| !value.is_empty()),
            texts,
            kept: kept.collect(),
            chips: chips.collect(),
            caption: format!("{} newest first, as of position {position}", rows.len()),
            rows,
            position,
            is_first,
            is_refused,
            next,
            asked: &asked,
        },
    )
}

fn choices_and_texts() -> Vec<(&'static str, &'static str)> {
    let chosen = choices().into_iter().map(|(name, label, _)| (name, label));
    chosen.chain(TEXTS.into_iter().map(|(name, label, _)| (name, label))).chain(LINKED).collect()
}
