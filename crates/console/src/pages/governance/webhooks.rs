//! Webhooks: where notifications are posted, and how that goes.

use askama::Template;
use axum::{
    Router,
    extract::Path,
    response::Response,
    routing::{get, post},
};
use serde_json::{Value, json};
use vidimus_api_types::{Page, Webhook, WebhookFilter, WebhookStatus};

use super::{Around, Section, Visitor};
use crate::{
    Console,
    ask::Refused,
    fields::{Fields, Posted, Query, part},
    frame::{Broken, Frame, page_with, see},
    words::When,
};

pub(super) fn routes() -> Router<Console> {
    Router::new()
        .route("/console/governance/webhooks", get(list))
        .route("/console/governance/webhooks/{id}/replay", post(replay))
}

struct Row {
    id: String,
    status: &'static str,
    status_class: &'static str,
    url: String,
    label: Option<String>,
    filter: String,
    delivered: String,
    last_success: Option<When>,
    /// The notification that is not taken.
    failing: Option<Failing>,
    last_failure: Option<(String, When)>,
}

struct Failing {
    position: String,
    attempts: u32,
    since: When,
    next: Option<When>,
}

#[derive(Template)]
#[template(path = "governance/webhooks.html")]
struct Webhooks {
    frame: Frame,
    nav: super::Nav,
    is_admin: bool,
    rows: Vec<Row>,
}

async fn list(visitor: Visitor, Query(asked): Query) -> Result<Response, Broken> {
    show(&visitor, &asked, None).await
}

async fn replay(Path(id): Path<String>, posted: Posted) -> Result<Response, Broken> {
    let Posted { visitor, fields } = posted;
    let path = format!("/v1/webhooks/{}/replay", part(&id));
    match visitor.ask().post::<Webhook>(&path, &after(&fields)).await {
        Ok(webhook) => Ok(see(&format!("/console/governance/webhooks?done=webhook_replayed#{}", webhook.id))),
        Err(refused) => show(&visitor, &Fields::default(), Some(refused)).await,
    }
}

/// Where the form lets it go on, as the API takes it; what is no number the API refuses.
fn after(fields: &Fields) -> Value {
    match fields.get("after").map(|after| (after, after.trim().parse::<u64>())) {
        None => json!({}),
        Some((_, Ok(position))) => json!({"after": position}),
        Some((given, Err(_))) => json!({"after": given}),
    }
}

async fn show(visitor: &Visitor, asked: &Fields, refused: Option<Refused>) -> Result<Response, Broken> {
    let around = Around::new(visitor, Section::Webhooks, asked, refused.as_ref());
    let page: Page<Webhook> =
        visitor.ask().get("/v1/webhooks", &[]).await.map_err(|refused| visitor.broken(refused))?;
    let rows = page.items.iter().map(Row::of).collect();
    let Around { frame, nav, status, is_admin } = around;
    page_with(status, &Webhooks { frame, nav, is_admin, rows })
}

impl Row {
    fn of(webhook: &Webhook) -> Self {
        let (status, status_class) = status(webhook.status);
        Self {
            id: webhook.id.to_string(),
            status,
            status_class,
            url: webhook.url.clone(),
            label: webhook.label.clone(),
            filter: filter(&webhook.filter),
            delivered: match (webhook.delivered, webhook.lag) {
                (Some(position), Some(lag)) => format!("up to position {position}, {lag} events behind"),
                (Some(position), None) => format!("up to position {position}"),
                (None, _) => "not known: this server does not deliver".to_owned(),
            },
            last_success: webhook.last_success_at.map(When::from),
            failing: webhook.failing.as_ref().map(|failing| Failing {
                position: failing.position.to_string(),
                attempts: failing.attempts,
                since: failing.since.into(),
                next: failing.next_attempt_at.map(When::from),
            }),
            last_failure: webhook.last_failure.as_ref().map(|last| (last.reason.clone(), last.at.into())),
        }
    }
}

pub(super) const fn status(status: WebhookStatus) -> (&'static str, &'static str) {
    match status {
        WebhookStatus::Active => ("Active", "success"),
        WebhookStatus::Retrying => ("Retrying", "waiting"),
        WebhookStatus::Parked => ("Parked", "failed"),
    }
}

fn filter(filter: &WebhookFilter) -> String {
    let types: Vec<_> = filter
        .types
        .iter()
        .filter_map(|kind| serde_json::to_value(kind).ok()?.as_str().map(str::to_owned))
        .collect();
    let parts = [
        (!types.is_empty()).then(|| types.join(" or ")),
        filter.agent.as_ref().map(|agent| format!("agent {agent}")),
        filter.conversation.as_ref().map(|conversation| format!("conversation {conversation}")),
        filter.function.as_ref().map(|function| format!("function {function}")),
    ];
    let parts: Vec<_> = parts.into_iter().flatten().collect();
    if parts.is_empty() { "everything of the tenant".to_owned() } else { parts.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replay_goes_on_where_the_form_says() {
        let of = |form: &[u8]| after(&Fields::parse(form));
        assert_eq!(of(b"after="), json!({}));
        assert_eq!(of(b"after=+12+"), json!({"after": 12}));
        assert_eq!(of(b"after=-1"), json!({"after": "-1"}));
    }

    #[test]
    fn a_webhook_says_what_it_gets_and_what_it_does_not_take() {
        let webhook = json!({
            "id": "00000000-0000-4000-8000-000000000001", "status": "parked", "url": "https://a.example/",
            "label": null, "filter": {"agent": "ana", "function": "mail.send"}, "delivered": 7, "lag": 3,
            "failing": {"position": 9, "attempts": 12, "since": "2026-01-15T10:30:00Z", "next_attempt_at": null},
            "last_success_at": null, "last_failure": {"at": "2026-01-15T10:31:00Z", "reason": "answered 500"},
            "parked_at": "2026-01-15T10:31:00Z", "created_at": "2026-01-15T10:00:00Z",
            "created_by": {"kind": "user", "id": "eve"},
        });
        let row = Row::of(&serde_json::from_value(webhook).unwrap());
        assert_eq!((row.status, row.status_class), ("Parked", "failed"));
        assert_eq!(row.filter, "agent ana, function mail.send");
        assert_eq!(row.delivered, "up to position 7, 3 events behind");
        let failing = row.failing.unwrap();
        assert_eq!((failing.position.as_str(), failing.attempts), ("9", 12));
        assert!(failing.next.is_none());
        assert_eq!(row.last_failure.unwrap().0, "answered 500");
        assert_eq!(filter(&WebhookFilter::default()), "everything of the tenant");
    }
}
