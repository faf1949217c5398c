//! How the server is: what `/readyz` says, and how deliveries stand.

use askama::Template;
use axum::{Router, http::StatusCode, response::Response, routing::get};
use serde::Deserialize;
use vidimus_api_types::{Page, Role, Webhook, WebhookStatus};

use super::{Around, Section, Visitor, webhooks};
use crate::{
    Console,
    ask::{Ask, Refused},
    fields::Query,
    frame::{Broken, Frame, page_with},
};

pub(super) fn routes() -> Router<Console> {
    Router::new().route("/console/governance/health", get(show))
}

/// What `/readyz` says.
#[derive(Deserialize)]
struct Readiness {
    ready: bool,
    reasons: Vec<String>,
    position: u64,
    views: Vec<View>,
    relay: Vec<Feed>,
    commands_over_nats: Option<Commands>,
}

#[derive(Deserialize)]
struct View {
    view: String,
    lag: u64,
    available: bool,
}

#[derive(Deserialize)]
struct Feed {
    feed: String,
    stream: String,
    lag: u64,
    code: Option<String>,
    trouble: Option<String>,
}

#[derive(Deserialize)]
struct Commands {
    serving: bool,
    in_flight: u64,
    overloaded: u64,
    code: Option<String>,
    trouble: Option<String>,
}

/// A part of the server.
#[derive(Debug, PartialEq, Eq)]
struct Part {
    name: String,
    status: &'static str,
    status_class: &'static str,
    says: String,
}

#[derive(Template)]
#[template(path = "governance/health.html")]
struct Health {
    frame: Frame,
    nav: super::Nav,
    may_audit: bool,
    ready: bool,
    reasons: Vec<String>,
    position: u64,
    parts: Vec<Part>,
    /// How many webhooks stand how; for who may see them.
    webhooks: Option<Vec<(&'static str, &'static str, usize)>>,
    checkpoint: Result<Checkpoint, String>,
}

/// The log as it is, signed.
struct Checkpoint {
    note: String,
    key: String,
    /// What checks the note, once it is in a file.
    command: String,
}

/// What keeps the checkpoint away keeps nothing else of the page away.
async fn checkpoint(ask: &Ask<'_>) -> Result<Checkpoint, String> {
    let why = |refused: Refused| format!("{} ({})", refused.detail, refused.code);
    let key = ask.text("/v1/checkpoint/key").await.map_err(why)?.trim_end().to_owned();
    let note = ask.text("/v1/checkpoint").await.map_err(why)?;
    let command = format!("vidimus proof verify checkpoint.txt --key '{key}'");
    Ok(Checkpoint { note, key, command })
}

async fn show(visitor: Visitor, Query(asked): Query) -> Result<Response, Broken> {
    let ask = visitor.ask();
    // A server that is not ready says so with 503, and how it is all the same.
    let (_, ready): (_, Readiness) =
        ask.get_any("/readyz").await.map_err(|refused| visitor.broken(refused))?;
    let may_audit = visitor.may(&[Role::Auditor, Role::Admin]);
    let webhooks = if may_audit {
        let page: Page<Webhook> =
            ask.get("/v1/webhooks", &[]).await.map_err(|refused| visitor.broken(refused))?;
        Some(counted(&page.items))
    } else {
        None
    };
    let Around { frame, nav, .. } = Around::new(&visitor, Section::Health, &asked, None);
    let template = Health {
        frame,
        nav,
        may_audit,
        ready: ready.ready,
        position: ready.position,
        parts: parts(&ready),
        reasons: ready.reasons,
        webhooks,
        checkpoint: checkpoint(&ask).await,
    };
    page_with(StatusCode::OK, &template)
}

fn counted(webhooks: &[Webhook]) -> Vec<(&'static str, &'static str, usize)> {
    let count = |status: &WebhookStatus| {
        let (name, class) = webhooks::status(*status);
        let count = webhooks.iter().filter(|webhook| webhook.status == *status).count();
        (name, class, count)
    };
    WebhookStatus::ALL.iter().map(count).filter(|(_, _, count)| *count > 0).collect()
}

fn parts(ready: &Readiness) -> Vec<Part> {
    let views = ready.views.iter().map(|view| {
        let (status, status_class) = match (view.available, view.lag) {
            (false, _) => ("Being rebuilt", "failed"),
            (true, 0) => ("Up to date", "success"),
            (true, _) => ("Behind", "waiting"),
        };
        let says = format!("{} events behind the log", view.lag);
        Part { name: format!("View {}", view.view), status, status_class, says }
    });
    let relay = ready.relay.iter().map(|feed| {
        let (status, status_class) = match (&feed.code, feed.lag) {
            (Some(_), _) => ("Stopped", "failed"),
            (None, 0) => ("Up to date", "success"),
            (None, _) => ("Behind", "waiting"),
        };
        let says = format!("{} events not yet on {}", feed.lag, feed.stream);
        let says = with_trouble(says, feed.code.as_deref(), feed.trouble.as_deref());
        Part { name: format!("Relay of {}", feed.feed), status, status_class, says }
    });
    let commands = ready.commands_over_nats.as_ref().map(|commands| {
        let says = format!("{} without an answer yet, {} refused", commands.in_flight, commands.overloaded);
        Part {
            name: "Commands over NATS".to_owned(),
            status: if commands.serving { "Serving" } else { "Not serving" },
            status_class: if commands.serving { "success" } else { "failed" },
            says: with_trouble(says, commands.code.as_deref(), commands.trouble.as_deref()),
        }
    });
    views.chain(relay).chain(commands).collect()
}

fn with_trouble(says: String, code: Option<&str>, trouble: Option<&str>) -> String {
    match (code, trouble) {
        (Some(code), Some(trouble)) => format!("{says}; {trouble} ({code})"),
        (Some(code), None) => format!("{says}; {code}"),
        (None, _) => says,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_says_how_it_is() {
        let ready: Readiness = serde_json::from_value(serde_json::json!({
            "ready": false, "reasons": ["wait"], "position": 12,
            "views": [{"view": "audit", "lag": 0, "available": true}, {"view": "keys", "lag": 4, "available": false}],
            "relay": [{"feed": "events", "stream": "S", "lag": 3, "code": "c", "trouble": "look"}],
            "commands_over_nats":
                {"serving": true, "in_flight": 1, "overloaded": 2, "code": null, "trouble": null},
        }))
        .unwrap();
        let part = |name: &str, status, status_class, says: &str| Part {
            name: name.to_owned(),
            status,
            status_class,
            says: says.to_owned(),
        };
        let expected = [
            part("View audit", "Up to date", "success", "0 events behind the log"),
            part("View keys", "Being rebuilt", "failed", "4 events behind the log"),
            part("Relay of events", "Stopped", "failed", "3 events not yet on S; look (c)"),
            part("Commands over NATS", "Serving", "success", "1 without an answer yet, 2 refused"),
        ];
        assert_eq!(parts(&ready), expected);
    }
}
