//! One governed call, from the proposal to the result, with everything in this process.
//!
//! ```text
//! cargo run -p vidimus-examples --bin govern
//! ```

#![allow(clippy::print_stdout, reason = "an example shows what happens")]

use std::{error::Error, sync::Arc};

use proto_events::{Access, Actor, CallRef, Json, ResultStatus, TenantId};
use vidimus_domain::{arguments::Arguments, execution::Report};
use vidimus_engine::{Completion, Engine, Principal, Proposal, Role, Settings};
use vidimus_log::{EventLog, SledLog, SledLogOptions};
use vidimus_projection::{ExecutionFilter, PageRequest, Views};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let directory = tempfile::tempdir()?;
    let log: Arc<dyn EventLog> =
        Arc::new(SledLog::open(&directory.path().join("log"), SledLogOptions::default())?);
    let engine = Engine::new(Arc::clone(&log), Settings::default());

    let tenant: TenantId = "acme".parse()?;
    let admin = Principal::new(tenant.clone(), Actor::user("ada"), [Role::Admin]);
    let agent = Principal::new(tenant.clone(), Actor::agent("refund-bot"), [Role::Agent]);
    let reviewer = Principal::new(tenant.clone(), Actor::user("rosa"), [Role::Approver]);

    // Refunds can be proposed, but somebody has to look at each.
    let refund = "shop.refund".parse()?;
    engine.set_access(&admin, refund, Access::EnabledWithConfirmation, None).await?;

    let proposal = Proposal {
        call: CallRef {
            agent: "refund-bot".to_owned(),
            conversation: "ticket-4711".to_owned(),
            request_id: Some("turn-3".to_owned()),
            function: "shop.refund".parse()?,
        },
        arguments: Arguments::parse(br#"{"order": "A-17", "amount": 49.90, "currency": "EUR"}"#)?,
        requester: Some(Actor::user("customer-9")),
        idempotency_key: Some("ticket-4711/refund".to_owned()),
        context: None,
        former_execution: None,
        asked_by: Vec::new(),
    };
    let proposed = engine.propose(&agent, proposal.clone()).await?;
    let id = proposed.execution_id;
    println!("proposed   {}", stage(&proposed));

    // The network ate the answer? The same proposal gets the same decision.
    let again = engine.propose(&agent, proposal).await?;
    println!("again      {} (reused: {})", stage(&again), again.already);

    // What is approved is bound to the digest of the arguments that the reviewer saw.
    let seen = proposed.state.execution().and_then(|execution| execution.arguments_digest());
    let approved = engine.approve(&reviewer, id, seen, Some("order checked".to_owned()), None).await?;
    println!("approved   {}", stage(&approved));

    let permit = approved.state.execution().and_then(|execution| execution.permit.clone());
    let permit = permit.ok_or("an approval gives a permit")?;
    let started = engine.start(&agent, id, permit.id, seen).await?;
    println!("started    {}", stage(&started));

    // Somebody else with the same permit is told no: a permit is used once.
    let thief = Principal::new(tenant.clone(), Actor::service("other-runtime"), [Role::Agent]);
    if let Err(no) = engine.start(&thief, id, permit.id, seen).await {
        println!("twice      no, {}", no.code());
    }

    let result = Json::from_text(r#"{"refund": "R-2041"}"#.to_owned())?;
    let report = Report { result: Some(result), ..Report::default() };
    let done = engine.complete(&agent, id, Completion { status: ResultStatus::Succeeded, report }).await?;
    println!("completed  {}", stage(&done));

    let views = Views::open(&directory.path().join("views"), Arc::clone(&log)).await?;
    views.catch_up().await?;
    let page = views.executions(&tenant, &ExecutionFilter::default(), &PageRequest::default()).await?;
    for row in page.items {
        println!("table      {} {} {} {}", row.agent, row.function, row.status, row.approval_status);
    }
    println!("verified   {}", log.verify().await?.is_clean());
    Ok(())
}

fn stage(answer: &vidimus_engine::Answer) -> &'static str {
    answer.state.stage().map_or("nothing", vidimus_domain::execution::Stage::as_str)
}
