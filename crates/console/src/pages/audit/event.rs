//! One recorded event in full.

use askama::Template;
use axum::{http::StatusCode, response::Response};
use vidimus_api_types::{AuditEntry, Json, Page, RecordedEvent, Timestamp};

use super::row;
use crate::{
    ask::Refused,
    fields::query,
    frame::{Broken, Frame, Tab, page},
    pages::{
        Visitor,
        execution::shown::{Fact, Shown, id, text},
    },
    words,
};

#[derive(Template)]
#[template(path = "event.html")]
struct Event {
    frame: Frame,
    summary: Option<String>,
    facts: Vec<Fact>,
    payload: String,
    /// The tenant's next event.
    next: Option<String>,
    /// Whether there is none; the API looks at a part of the log at a time, and then it is not known.
    is_last: bool,
    /// The query for what was recorded around it.
    around: String,
}

pub(super) async fn show(visitor: &Visitor, at: &str) -> Result<Response, Broken> {
    let Some(before) = at.parse::<u64>().ok().and_then(|at| at.checked_sub(1)) else {
        let at = at.chars().take(80).collect::<String>();
        let detail = format!("`{at}` is no position of the log: use the number of an event, from 1 on");
        return Err(visitor.broken(Refused::new(StatusCode::BAD_REQUEST, "position_malformed", detail)));
    };
    let ask = visitor.ask();
    // The log of a tenant has gaps where the others' events are: what comes first after them may be a later one.
    let query = [("after", &*before.to_string()), ("limit", "2")];
    let events: Page<RecordedEvent> =
        ask.get("/v1/events", &query).await.map_err(|refused| visitor.broken(refused))?;
    let more = events.next.is_some();
    let mut events = events.items.into_iter();
    let first = events.next();
    let Some(event) = first.filter(|event| event.position.get() == before + 1) else {
        let detail = format!("no event of your tenant is at position `{at}`: find it in the audit log");
        return Err(visitor.broken(Refused::new(StatusCode::NOT_FOUND, "event_not_found", detail)));
    };
    let entry = entry(visitor, &event).await;
    let text_of = String::from_utf8_lossy(&event.event.payload).into_owned();
    let payload = Json::from_text(text_of.clone()).map_or(text_of, |json| words::pretty(&json));
    let next = events.next().map(|next| next.position.to_string());
    page(&Event {
        frame: visitor.frame(format!("Event at position {}", event.position), Tab::Audit),
        summary: entry.as_ref().map(|entry| entry.summary.clone()),
        facts: facts(&event, entry.as_ref()),
        payload,
        is_last: next.is_none() && !more,
        next,
        around: window(event.event.recorded_at, 60_000_000, 60_000_000),
    })
}

/// The event in the words of the audit trail, which finds it by its time.
async fn entry(visitor: &Visitor, event: &RecordedEvent) -> Option<AuditEntry> {
    let (from, to) = span(event.event.recorded_at, 0, 1);
    let (from, to) = (from.to_string(), to.to_string());
    let query = [("from", &*from), ("to", &to), ("type", &event.event.event_type), ("limit", "1000")];
    let page: Page<AuditEntry> = visitor.ask().get("/v1/audit", &query).await.ok()?;
    page.items.into_iter().find(|entry| entry.position == event.position)
}

fn span(at: Timestamp, before: i64, after: i64) -> (Timestamp, Timestamp) {
    let at = at.as_micros();
    (Timestamp::from_micros(at.saturating_sub(before)), Timestamp::from_micros(at.saturating_add(after)))
}

fn window(at: Timestamp, before: i64, after: i64) -> String {
    let (from, to) = span(at, before, after);
    query(&[("from", &from.to_string()), ("to", &to.to_string())])
}

fn facts(recorded: &RecordedEvent, entry: Option<&AuditEntry>) -> Vec<Fact> {
    let event = &recorded.event;
    let mut facts = vec![
        text("Type", format!("{} (shape {})", event.event_type, event.schema_version)),
        Fact { name: "Recorded at", value: Shown::At(event.recorded_at.into()) },
        text("Actor", words::actor(&event.actor)),
    ];
    if let Some(entry) = entry {
        facts.push(text("Category", entry.category.as_str()));
        let value = match row::about(entry) {
            (about, Some(address)) => Shown::Link(about, address),
            (about, None) => Shown::Text(about),
        };
        facts.push(Fact { name: "About", value });
    }
    facts.push(id("Position", recorded.position));
    facts.push(id("Stream", &recorded.stream));
    facts.push(text("Version in the stream", recorded.version.to_string()));
    facts.push(match recorded.previous {
        Some(former) => {
            let address = format!("/console/audit?at={former}");
            Fact {
                name: "Before it in the stream",
                value: Shown::Link(format!("position {former}"), address),
            }
        }
        None => text("Before it in the stream", "nothing: it is the first"),
    });
    facts.push(id("Leaf hash", recorded.leaf_hash));
    facts.push(id("Event id", event.event_id));
    facts.push(id("Correlation id", event.correlation_id));
    facts.extend(event.causation_id.map(|cause| id("Caused by", cause)));
    facts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_shown_as_text_whatever_it_says() {
        let event = serde_json::json!({
            "position": 12, "event_id": "00000000-0000-4000-8000-000000000001", "tenant": "acme",
            "stream": "keys-all", "version": 3, "previous_position": 7, "type": "key_created",
            "schema_version": 1, "recorded_at": "2026-01-15T10:30:00Z",
            "actor": {"kind": "agent", "id": "<img src=x>"},
            "correlation_id": "00000000-0000-4000-8000-000000000002", "causation_id": null,
            "leaf_hash": "11".repeat(32), "data": {"text": "</pre><script>alert(1)</script>"},
        });
        let event: RecordedEvent = serde_json::from_str(&event.to_string()).unwrap();
        let page = Event {
            frame: Frame::new("Event", Tab::Audit, None),
            summary: Some("said <b>this</b>".to_owned()),
            facts: facts(&event, None),
            payload: String::from_utf8(event.event.payload.to_vec()).unwrap(),
            next: Some("15".to_owned()),
            is_last: false,
            around: window(event.event.recorded_at, 60_000_000, 60_000_000),
        };
        let html = page.render().unwrap();
        for hostile in ["<script>alert", "<img", "<b>"] {
            assert!(!html.contains(hostile), "{hostile}");
        }
        assert!(html.contains("href=\"/console/audit?at=7\"") && html.contains("href=\"?at=15\""));
        assert!(html.contains("from=2026-01-15T10%3A29%3A00Z&#38;to=2026-01-15T10%3A31%3A00Z"));
    }
}
