//! An intervention service: approves small refunds by itself, and leaves the rest to people. It knows NATS and nothing else:
//! what it decides on is in the notification, and what it decides is a command.
//!
//! ```text
//! VIDIMUS_KEY=… cargo run -p vidimus-examples --bin intervene -- TENANT
//! ```
//!
//! The key takes the role `approver`. It can crash anywhere: what it has not acknowledged is delivered again, and an approval
//! that took effect before changes nothing.

#![allow(clippy::print_stdout, reason = "an example shows what happens")]

mod commands;
mod nats;
mod stream;

use std::time::Duration;

use async_nats::jetstream::AckKind;
use commands::Commands;
use futures_util::TryStreamExt as _;
use proto_events::{BusCommand, Notification, ToolExecutionApprovalRequest};
use serde_json::{Value, json};

/// The most that is approved without a person.
const MOST: f64 = 50.0;
/// When to try again what nobody answered.
const LATER: Duration = Duration::from_secs(5);

#[tokio::main]
async fn main() -> Result<(), async_nats::Error> {
    let tenant = std::env::args().nth(1).ok_or("name the tenant: intervene TENANT")?;
    let client = nats::connect("intervene").await?;
    let commands = Commands::new(client.clone(), tenant.parse()?, &std::env::var("VIDIMUS_KEY")?)?;
    let filter = format!("vidimus.v1.{tenant}.tool_execution.*.approval.required");
    let consumer =
        stream::durable(&stream::jetstream(&client), &format!("{tenant}_intervene"), &filter).await?;
    // A few at a time: what waits here too long would be delivered again.
    let mut messages = consumer.stream().max_messages_per_batch(8).messages().await?;
    println!("watching   {filter}");
    while let Some(message) = messages.try_next().await? {
        let notification: Notification = serde_json::from_slice(&message.payload)?;
        // A consumer that an operator made has every step.
        let handled = match notification.event_message.tool_execution_approval_request {
            Some(request) => decide(&commands, &request).await?,
            None => true,
        };
        // Only now: before the answer a crash would lose it.
        message.ack_with(if handled { AckKind::Ack } else { AckKind::Nak(Some(LATER)) }).await?;
    }
    Ok(())
}

/// Decides on one request; `false`: it is to be asked again later.
async fn decide(
    commands: &Commands,
    request: &ToolExecutionApprovalRequest,
) -> Result<bool, async_nats::Error> {
    let id = request.execution_id;
    if !is_small_refund(request) {
        println!("left       {id} to people: {} {}", request.function, request.arguments.as_str());
        return Ok(true);
    }
    // With the digest it approves what it saw, and nothing else.
    let body = json!({
        "arguments_digest": request.arguments_digest,
        "comment": "a refund of at most 50",
    });
    match commands.ask(BusCommand::Approve, Some(id), &body).await {
        Ok(answer) if answer.status == 200 && answer.body["already"] == true => {
            println!("approved   {id} before");
        }
        Ok(answer) if answer.status == 200 => println!("approved   {id}"),
        // Somebody else was faster, or it is too late: there is nothing left to do.
        Ok(answer) if answer.status == 409 => println!("over       {id}: {}", answer.code()),
        // The key is no good: for nothing of this, until somebody gives another.
        Ok(answer) if answer.status == 401 => return Err(format!("`VIDIMUS_KEY`: {}", answer.code()).into()),
        Ok(answer) => println!("left       {id} to people: {}", answer.code()),
        Err(error) => {
            println!("later      {id}: {error}");
            return Ok(false);
        }
    }
    Ok(true)
}

/// What is left out cannot be judged; an amount can be a number or a text.
fn is_small_refund(request: &ToolExecutionApprovalRequest) -> bool {
    let arguments = request.arguments.to_value();
    let amount: Option<f64> = match &arguments["amount"] {
        Value::String(text) => text.parse().ok(),
        other => other.as_f64(),
    };
    request.function.as_str() == "shop.refund"
        && request.redacted.is_empty()
        && amount.is_some_and(|amount| 0.0 < amount && amount <= MOST)
}
