//! An agent's runtime that is governed over HTTP, and that may crash at any point: it proposes a refund, waits for the
//! decision, starts it, runs it, reports. Started again it goes on where it was, and nothing is done twice.
//!
//! ```text
//! VIDIMUS_SERVER=http://127.0.0.1:7878 VIDIMUS_KEY=… cargo run -p vidimus-examples --bin agent_runtime -- LEDGER [CRASH]
//! ```
//!
//! `LEDGER` is the file that the tool writes refunds to: what must not happen twice. `CRASH` says where to crash:
//! `after-propose`, `after-start` or `after-run`. The key takes the role `agent`.

#![allow(clippy::print_stdout, reason = "an example shows what happens")]

mod tool;

use std::{error::Error, path::Path, time::Duration};

use tool::{crash_at, refund};
use vidimus_client::{
    Client,
    types::{Actor, Complete, Execution, Fail, Json, Propose, Stage, Start, Until},
};

/// How long to wait for people before giving up for now. The approval itself may take longer: start again and it goes on.
const PATIENCE: Duration = Duration::from_secs(600);

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let ledger = arguments.next().ok_or("name the ledger: agent_runtime LEDGER [CRASH]")?;
    let crash = arguments.next();
    let client = Client::new(&std::env::var("VIDIMUS_SERVER")?, &std::env::var("VIDIMUS_KEY")?)?;

    // The key names the attempt: after a crash the same proposal gets the same decision, not a second refund.
    let call = Propose {
        agent: "refund-bot".to_owned(),
        conversation: "ticket-4711".to_owned(),
        request_id: Some("turn-3".to_owned()),
        function: "shop.refund".parse()?,
        arguments: Json::from_text(r#"{"order": "A-17", "amount": 49.90, "currency": "EUR"}"#.to_owned())?,
        requester: Some(Actor::user("customer-9")),
        context: None,
        idempotency_key: Some("ticket-4711/turn-3/refund".to_owned()),
    };
    let proposed = client.propose(&call).await?;
    let again = if proposed.already == Some(true) { " (as before)" } else { "" };
    println!("proposed   {}{again}", proposed.stage);
    crash_at(crash.as_deref(), "after-propose");

    let decided = client.wait(proposed.execution_id, PATIENCE, Until::Decided).await?;
    println!("decided    {}", decided.stage);
    match decided.stage {
        Stage::Permitted => {
            // From here on the permit is used up, whoever asks.
            let start = Start { arguments_digest: decided.arguments_digest, ..Start::default() };
            let started = client.start(decided.execution_id, &start).await?;
            println!("started    {}", started.stage);
            crash_at(crash.as_deref(), "after-start");
            run(&client, &started, Path::new(&ledger), crash.as_deref()).await
        }
        // We started it before we crashed. Whether the tool ran is for the tool's own ledger to say.
        Stage::InProgress => run(&client, &decided, Path::new(&ledger), crash.as_deref()).await,
        stage => {
            // Blocked, denied, aborted with feedback, expired, or over: that is for the agent to read, not to retry.
            println!("over       {stage}: {}", decided.reason.as_deref().unwrap_or("no reason given"));
            Ok(())
        }
    }
}

/// Runs the tool, once, and reports.
async fn run(
    client: &Client,
    execution: &Execution,
    ledger: &Path,
    crash: Option<&str>,
) -> Result<(), Box<dyn Error>> {
    let id = execution.execution_id;
    match refund(ledger, &id.to_string()) {
        Ok(receipt) => {
            crash_at(crash, "after-run");
            let result = Json::from_value(&serde_json::json!({ "refund": receipt }));
            let done = client.complete(id, &Complete { result: Some(result), timing: None }).await?;
            println!("completed  {}", done.stage);
        }
        Err(error) => {
            let failed = Fail { reason: Some(error.to_string()), ..Fail::default() };
            println!("failed     {}", client.fail(id, &failed).await?.stage);
        }
    }
    Ok(())
}
