//! Prints what happens to a tenant's calls, one line a notification: position, step, execution, agent, and the function where
//! it is to be approved.
//!
//! ```text
//! cargo run -p vidimus-examples --bin monitor -- TENANT [--after POSITION] [--durable NAME]
//! ```
//!
//! It begins with what is on the stream, after `POSITION` where one is given, and goes on. With `--durable` NATS keeps the
//! place: whoever comes back under the same name goes on where it was.

#![allow(clippy::print_stdout, reason = "an example shows what happens")]

mod nats;
mod stream;

use std::collections::BTreeSet;

use async_nats::jetstream::consumer::{DeliverPolicy, pull::OrderedConfig};
use futures_util::{StreamExt as _, TryStreamExt as _};
use proto_events::{Notification, header};

const USAGE: &str = "monitor TENANT [--after POSITION] [--durable NAME]";
/// How many positions to remember.
const MOST: usize = 10_000;

#[tokio::main]
async fn main() -> Result<(), async_nats::Error> {
    let (tenant, after, durable) = arguments()?;
    let jetstream = stream::jetstream(&nats::connect("monitor").await?);
    let filter = format!("vidimus.v1.{tenant}.tool_execution.>");
    let mut messages = if let Some(name) = &durable {
        let consumer = stream::durable(&jetstream, &format!("{tenant}_{name}"), &filter).await?;
        consumer.messages().await?.map_err(async_nats::Error::from).boxed()
    } else {
        let config = OrderedConfig {
            filter_subject: filter,
            deliver_policy: DeliverPolicy::All,
            ..OrderedConfig::default()
        };
        let consumer = jetstream.create_consumer_on_stream(config, stream::STREAM).await?;
        consumer.messages().await?.map_err(async_nats::Error::from).boxed()
    };

    let mut seen = BTreeSet::new();
    while let Some(message) = messages.try_next().await? {
        let position = message.headers.as_ref().and_then(|headers| headers.get(header::POSITION));
        let position: u64 = position.ok_or("a message has no position")?.as_str().parse()?;
        // What was delivered twice. Not by the last position alone: what a reader that died had taken comes again behind later
        // ones.
        if position > after && seen.insert(position) {
            println!("{}", line(position, &message.subject, &message.payload)?);
        }
        if seen.len() > MOST {
            seen.pop_first();
        }
        if durable.is_some() {
            message.ack().await?;
        }
    }
    Ok(())
}

fn line(position: u64, subject: &str, payload: &[u8]) -> Result<String, async_nats::Error> {
    // vidimus.v1.TENANT.tool_execution.EXECUTION.STEP, and a step can have two tokens.
    let mut tokens = subject.splitn(6, '.').skip(4);
    let (execution, step) = (tokens.next().unwrap_or_default(), tokens.next().unwrap_or_default());
    let message = serde_json::from_slice::<Notification>(payload)?.event_message;
    let agent = message.agent.unwrap_or_default();
    let function = message.tool_execution_approval_request.map(|request| request.function.to_string());
    let line = format!("{position:>8}  {step:<21}  {execution}  {agent}  {}", function.unwrap_or_default());
    Ok(line.trim_end().to_owned())
}

fn arguments() -> Result<(String, u64, Option<String>), async_nats::Error> {
    let mut arguments = std::env::args().skip(1);
    let tenant = arguments.next().ok_or(format!("name the tenant: {USAGE}"))?;
    let (mut after, mut durable) = (0, None);
    while let Some(option) = arguments.next() {
        let mut value = |what| arguments.next().ok_or(format!("`{option}` wants {what}: {USAGE}"));
        match &*option {
            "--after" => {
                let position = value("a position")?;
                after = position.parse().map_err(|_| format!("`{position}` is no position: {USAGE}"))?;
            }
            "--durable" => durable = Some(value("a name")?),
            _ => return Err(format!("`{option}` is no option: {USAGE}").into()),
        }
    }
    Ok((tenant, after, durable))
}
