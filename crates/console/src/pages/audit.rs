//! The audit log: everything that was recorded, in a line each, and one event in full.

mod event;
mod row;

use askama::Template;
use axum::{Router, http::StatusCode, response::Response, routing::get};
use vidimus_api_types::{AuditCategory, AuditEntry, Page};

use self::row::Row;
use super::Visitor;
use crate::{
    Console,
    fields::{Fields, Query},
    frame::{Broken, Frame, Notice, Tab, page_with},
};

pub(super) fn routes() -> Router<Console> {
    Router::new().route("/console/audit", get(show))
}

/// Rows of a page, unless the address asks for another number.
const ROWS: &str = "50";

/// The filters that are typed in: parameter, label, what it looks like.
const TEXTS: [(&str, &str, &str); 9] = [
    ("actor", "Actor", ""),
    ("type", "Event type", "approval_denied"),
    ("agent", "Agent", ""),
    ("conversation", "Conversation", ""),
    ("function", "Function", "connection.function"),
    ("execution_id", "Execution", "its id"),
    ("from", "From", "2026-01-15T00:00:00Z"),
    ("to", "Before", "2026-01-16T00:00:00Z"),
    ("as_of", "As of", "a position, or an instant"),
];

/// The kinds of actors.
const KINDS: [&str; 4] = ["agent", "user", "service", "system"];

/// What each category is called above the table.
const fn preset(category: AuditCategory) -> &'static str {
    match category {
        AuditCategory::Execution => "Only executions",
        AuditCategory::Administrative => "Only administrative",
        AuditCategory::Conversation => "Only conversations",
        AuditCategory::Shadow => "Only shadow policy",
    }
}

#[derive(Template)]
#[template(path = "audit.html")]
struct Audit<'a> {
    frame: Frame,
    asked: &'a Fields,
    /// What the table can be narrowed to with one link: query, name, whether it is.
    presets: Vec<(String, &'static str, bool)>,
    kinds: Vec<(&'static str, bool)>,
    texts: Vec<(&'static str, &'static str, &'a str, &'static str)>,
    more_is_open: bool,
    /// The filters in force, with the query without each.
    chips: Vec<(String, String)>,
    rows: Vec<Row>,
    caption: String,
    oldest_first: bool,
    is_first: bool,
    /// Nothing was looked for: a filter is no good.
    is_refused: bool,
    next: Option<String>,
}

async fn show(visitor: Visitor, Query(asked): Query) -> Result<Response, Broken> {
    match asked.get("at") {
        Some(at) => event::show(&visitor, at).await,
        None => list(&visitor, &asked).await,
    }
}

async fn list(visitor: &Visitor, asked: &Fields) -> Result<Response, Broken> {
    let mut query = asked.filled(&[]);
    if asked.get("limit").is_none() {
        query.push(("limit", ROWS));
    }
    let page: Result<Page<AuditEntry>, _> = visitor.ask().get("/v1/audit", &query).await;
    let frame = visitor.frame("Audit log", Tab::Audit);
    // A filter that is no good is mended in the form that it was typed into; whoever may not read this sees no form.
    let is_mended =
        |status: StatusCode| matches!(status, StatusCode::CONFLICT | StatusCode::UNPROCESSABLE_ENTITY);
    let (status, frame, page) = match page {
        Ok(page) => (StatusCode::OK, frame, Some(page)),
        Err(refused) if is_mended(refused.status) => {
            (refused.status, frame.with(Some(Notice::refused(&refused))), None)
        }
        Err(refused) => return Err(visitor.broken(refused)),
    };
    let texts: Vec<_> = TEXTS
        .into_iter()
        .map(|(name, label, hint)| (name, label, asked.get(name).unwrap_or_default(), hint))
        .collect();
    let then: Vec<_> = asked.then().into_iter().collect();
    let rows: Vec<_> = page.iter().flat_map(|page| &page.items).map(|entry| Row::of(entry, &then)).collect();
    let oldest_first = asked.get("oldest_first") == Some("true");
    let order = if oldest_first { "oldest" } else { "newest" };
    let next = page.as_ref().and_then(|page| page.next.as_deref());
    let position = page.as_ref().map_or_else(String::new, |page| page.position.to_string());
    page_with(
        status,
        &Audit {
            frame: frame.with_past(asked, &position),
            presets: presets(asked),
            kinds: KINDS.into_iter().map(|kind| (kind, asked.get("actor_kind") == Some(kind))).collect(),
            more_is_open: texts.iter().any(|(_, _, value, _)| !value.is_empty()),
            texts,
            chips: chips(asked),
            caption: format!("{} {order} first, as of position {position}", rows.len()),
            rows,
            oldest_first,
            is_first: asked.get("cursor").is_none(),
            is_refused: status != StatusCode::OK,
            next: next.map(|next| asked.with("cursor", Some(next))),
            asked,
        },
    )
}

fn presets(asked: &Fields) -> Vec<(String, &'static str, bool)> {
    let now = asked.get("category");
    let everything = (asked.anew("category", None), "Everything", now.is_none());
    let only = AuditCategory::ALL.iter().map(|category| {
        let name = category.as_str();
        (asked.anew("category", Some(name)), preset(*category), now == Some(name))
    });
    std::iter::once(everything).chain(only).collect()
}

fn chips(asked: &Fields) -> Vec<(String, String)> {
    let names = [("category", "Category"), ("actor_kind", "Kind of actor")]
        .into_iter()
        .chain(TEXTS.into_iter().map(|(name, label, _)| (name, label)));
    names
        .filter_map(|(name, label)| {
            let value = asked.get(name)?;
            Some((format!("{label}: {value}"), asked.anew(name, None)))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presets_keep_the_other_filters_and_begin_at_the_first_page() {
        let asked = Fields::parse(b"actor=ana&category=administrative&cursor=00ff");
        let presets = presets(&asked);
        assert_eq!(presets[0], ("actor=ana".to_owned(), "Everything", false));
        assert_eq!(presets[1], ("actor=ana&category=execution".to_owned(), "Only executions", false));
        assert_eq!(presets[2], ("actor=ana&category=administrative".to_owned(), "Only administrative", true));
        let expected = [("Category: administrative", "actor=ana"), ("Actor: ana", "category=administrative")];
        assert_eq!(chips(&asked), expected.map(|(label, query)| (label.to_owned(), query.to_owned())));
    }
}
