//! An agent's runtime that is governed over NATS, and that may crash at any point: `agent_runtime`, without HTTP.
//!
//! ```text
//! VIDIMUS_KEY=… cargo run -p vidimus-examples --bin nats_runtime -- TENANT LEDGER [CRASH]
//! ```
//!
//! `LEDGER` is the file that the tool writes refunds to: what must not happen twice. `CRASH` says where to crash:
//! `after-propose`, `after-start` or `after-run`. The key takes the role `agent`.

#![allow(clippy::print_stdout, reason = "an example shows what happens")]

mod commands;
mod nats;
mod tool;

use std::path::Path;

use commands::Commands;
use proto_events::BusCommand;
use serde_json::{Value, json};
use tool::{crash_at, refund};
use uuid::Uuid;

/// How often to wait 30 s for people before giving up for now. The approval itself may take longer: start again and it goes on.
const WAITS: usize = 20;

#[tokio::main]
async fn main() -> Result<(), async_nats::Error> {
    let mut arguments = std::env::args().skip(1);
    let usage = "name the tenant and the ledger: nats_runtime TENANT LEDGER [CRASH]";
    let (tenant, ledger) = (arguments.next().ok_or(usage)?, arguments.next().ok_or(usage)?);
    let crash = arguments.next();
    let client = nats::connect("nats_runtime").await?;
    let commands = Commands::new(client, tenant.parse()?, &std::env::var("VIDIMUS_KEY")?)?;

    // The key names the attempt: a request whose reply was lost gets the same decision, not a second refund.
    let call = json!({
        "agent": "refund-bot", "conversation": "ticket-4712", "request_id": "turn-1",
        "function": "shop.refund", "arguments": {"order": "A-18", "amount": "49.90", "currency": "EUR"},
        "requester": {"kind": "user", "id": "customer-9"},
        "idempotency_key": "ticket-4712/turn-1/refund",
    });
    let proposed = asked(&commands, BusCommand::Propose, None, &call).await?;
    let again = if proposed["already"] == true { " (as before)" } else { "" };
    println!("proposed   {}{again}", stage(&proposed));
    crash_at(crash.as_deref(), "after-propose");

    let id: Uuid = proposed["execution_id"].as_str().unwrap_or_default().parse()?;
    let decided = decided(&commands, id).await?;
    println!("decided    {}", stage(&decided));
    match stage(&decided) {
        "permitted" => {
            // From here on the permit is used up, whoever asks.
            let start = json!({"arguments_digest": decided["arguments_digest"]});
            let started = asked(&commands, BusCommand::Start, Some(id), &start).await?;
            println!("started    {}", stage(&started));
            crash_at(crash.as_deref(), "after-start");
            run(&commands, id, Path::new(&ledger), crash.as_deref()).await
        }
        // We started it before we crashed. Whether the tool ran is for the tool's own ledger to say.
        "in_progress" => run(&commands, id, Path::new(&ledger), crash.as_deref()).await,
        stage => {
            // Blocked, denied, aborted with feedback, expired, or over: that is for the agent to read, not to retry.
            println!("over       {stage}: {}", decided["reason"].as_str().unwrap_or("no reason given"));
            Ok(())
        }
    }
}

/// Asks; a refusal is an error here.
async fn asked(
    commands: &Commands,
    command: BusCommand,
    execution: Option<Uuid>,
    body: &Value,
) -> Result<Value, async_nats::Error> {
    let answer = commands.ask(command, execution, body).await?;
    if answer.status < 300 {
        return Ok(answer.body);
    }
    let detail = answer.body["detail"].as_str().unwrap_or_default();
    Err(format!("{} ({}): {detail}", answer.code(), answer.status).into())
}

/// Waits until nobody has to decide any more. The server keeps nothing of it: it can be restarted meanwhile.
async fn decided(commands: &Commands, id: Uuid) -> Result<Value, async_nats::Error> {
    let wait = json!({"wait": "30s", "until": "decided"});
    for _ in 0..WAITS {
        let execution = asked(commands, BusCommand::Get, Some(id), &wait).await?;
        if !["approval", "confirmation"].map(Value::from).contains(&execution["waits_for"]["kind"]) {
            return Ok(execution);
        }
    }
    Err("nobody has decided yet: start this again, and it goes on waiting".into())
}

fn stage(execution: &Value) -> &str {
    execution["stage"].as_str().unwrap_or_default()
}

/// Runs the tool, once, and reports.
async fn run(
    commands: &Commands,
    id: Uuid,
    ledger: &Path,
    crash: Option<&str>,
) -> Result<(), async_nats::Error> {
    match refund(ledger, &id.to_string()) {
        Ok(receipt) => {
            crash_at(crash, "after-run");
            let result = json!({"result": {"refund": receipt}});
            let done = asked(commands, BusCommand::Complete, Some(id), &result).await?;
            println!("completed  {}", stage(&done));
        }
        Err(error) => {
            let reason = json!({"reason": error.to_string()});
            let failed = asked(commands, BusCommand::Fail, Some(id), &reason).await?;
            println!("failed     {}", stage(&failed));
        }
    }
    Ok(())
}
