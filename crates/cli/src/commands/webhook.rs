//! `vidimus webhook`

use vidimus_api_types::{CreateWebhook, DeleteWebhook, ReplayWebhook, Webhook, WebhookFilter};

use super::or_dash;
use crate::{
    args::{self, Global, WebhookCreate},
    error::Failure,
    output::{Output, cut, instant},
    pepper::Missing,
    source::Source,
};

pub(super) async fn run(global: &Global, command: args::Webhook, output: Output) -> Result<(), Failure> {
    match command {
        args::Webhook::Create(args) => create(global, *args, output).await,
        args::Webhook::List => {
            let webhooks = Source::open(global, "webhook list").await?.webhooks().await?;
            output.show(&webhooks, |webhooks| {
                if webhooks.is_empty() {
                    return "there are no webhooks; `vidimus webhook create` makes one".to_owned();
                }
                let header =
                    ["Webhook", "Status", "Delivered", "Lag", "Attempts", "Last failure", "Label", "URL"];
                let spare = ["Label", "Last failure", "Attempts"];
                Output::table_to_fit(&header, webhooks.iter().map(row), &spare)
            })
        }
        args::Webhook::Show { id } => {
            let webhook = Source::open(global, "webhook show").await?.webhook(id).await?;
            output.show(&webhook, details)
        }
        args::Webhook::Secret { id } => {
            let source = Source::open_with_pepper(global, "webhook secret").await?;
            output.show(&source.webhook_secret(id).await?, |secret| secret.secret.clone())
        }
        args::Webhook::Delete { id, reason } => {
            let source = Source::open(global, "webhook delete").await?;
            let deleted = source.delete_webhook(id, DeleteWebhook { reason }).await?;
            output.show(&deleted, |deleted| {
                format!("{} is deleted (position {})", deleted.id, deleted.position)
            })
        }
        args::Webhook::Replay { id, after } => {
            let source = Source::open(global, "webhook replay").await?;
            let webhook = source.replay_webhook(id, ReplayWebhook { after }).await?;
            output.show(&webhook, details)
        }
    }
}

async fn create(global: &Global, args: WebhookCreate, output: Output) -> Result<(), Failure> {
    let source = Source::create(global, "webhook create", Some(Missing::First)).await?;
    let WebhookCreate { url, label, types, agent, conversation, function, after } = args;
    let filter = WebhookFilter { types, agent, conversation, function };
    let created = source.create_webhook(CreateWebhook { url, label, filter, after }).await?;
    output.show(&created, |created| {
        format!(
            "{}\nwebhook {} posts to {}. Its deliveries are signed with the secret above; `vidimus webhook secret {}` shows \
             it again",
            created.secret, created.webhook.id, created.webhook.url, created.webhook.id
        )
    })
}

fn row(webhook: &Webhook) -> Vec<String> {
    vec![
        webhook.id.to_string(),
        webhook.status.to_string(),
        or_dash(webhook.delivered),
        or_dash(webhook.lag),
        or_dash(webhook.failing.as_ref().map(|failing| failing.attempts)),
        cut(&or_dash(webhook.last_failure.as_ref().map(|failure| &failure.reason)), 60),
        cut(&or_dash(webhook.label.as_ref()), 40),
        cut(&webhook.url, 80),
    ]
}

fn details(webhook: &Webhook) -> String {
    let WebhookFilter { types, agent, conversation, function } = &webhook.filter;
    let types: Vec<_> = types.iter().map(|kind| kind.as_str()).collect();
    let failing = webhook.failing.as_ref();
    let lines = [
        ("Webhook", Some(webhook.id.to_string())),
        ("Status", Some(webhook.status.to_string())),
        ("URL", Some(webhook.url.clone())),
        ("Label", webhook.label.clone()),
        ("Types", (!types.is_empty()).then(|| types.join(", "))),
        ("Agent", agent.clone()),
        ("Conversation", conversation.clone()),
        ("Function", function.as_ref().map(ToString::to_string)),
        ("Delivered up to", webhook.delivered.map(|position| position.to_string())),
        ("Events behind", webhook.lag.map(|lag| lag.to_string())),
        ("Last success", webhook.last_success_at.map(instant)),
        (
            "Last failure",
            webhook
                .last_failure
                .as_ref()
                .map(|failure| format!("{} {}", instant(failure.at), failure.reason)),
        ),
        ("Fails at position", failing.map(|failing| failing.position.to_string())),
        ("Attempts", failing.map(|failing| failing.attempts.to_string())),
        ("Fails since", failing.map(|failing| instant(failing.since))),
        ("Next attempt", failing.and_then(|failing| failing.next_attempt_at).map(instant)),
        ("Parked", webhook.parked_at.map(instant)),
        ("Created", Some(format!("{} by {}", instant(webhook.created_at), webhook.created_by))),
    ];
    let shown = lines.into_iter().filter_map(|(name, value)| Some(format!("{name:<18} {}", value?)));
    shown.collect::<Vec<_>>().join("\n")
}
