//! An operator replays a conversation from history: what happened, in order, by whom; and that what the server says now
//! about each call is what its events lead to, decided again here.
//!
//! ```text
//! VIDIMUS_SERVER=http://127.0.0.1:7878 VIDIMUS_KEY=… cargo run -p vidimus-examples --bin replay_audit -- CONVERSATION
//! ```
//!
//! The key takes the role `auditor`.

#![allow(clippy::print_stdout, reason = "an example shows what happens")]

use std::{collections::BTreeSet, error::Error};

use proto_events::Event;
use uuid::Uuid;
use vidimus_client::{Client, types::AuditQuery};
use vidimus_domain::execution::{Happened, State, evolve};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let conversation = std::env::args().nth(1).ok_or("name the conversation: replay_audit CONVERSATION")?;
    let client = Client::new(&std::env::var("VIDIMUS_SERVER")?, &std::env::var("VIDIMUS_KEY")?)?;

    let query = AuditQuery {
        conversation: Some(conversation.clone()),
        oldest_first: Some(true),
        ..AuditQuery::default()
    };
    let (mut executions, mut pages) = (BTreeSet::new(), client.all_audit(query));
    while let Some(page) = pages.next().await? {
        for entry in page.items {
            println!("{:>6}  {}  {:<24}  {}", entry.position, entry.recorded_at, entry.actor, entry.summary);
            executions.extend(entry.execution_id);
        }
    }
    if executions.is_empty() {
        return Err(format!("nothing is on record of conversation `{conversation}`: check its name").into());
    }
    for id in executions {
        let (derived, events) = replay(&client, id).await?;
        let now = client.execution(id).await?;
        let said = now.stage.as_str();
        if derived != said {
            return Err(
                format!("execution {id}: its events lead to `{derived}`, the server says `{said}`").into()
            );
        }
        println!("{id}  {said}: {events} events lead there");
    }
    Ok(())
}

/// Where an execution's events lead, and how many they are.
async fn replay(client: &Client, id: Uuid) -> Result<(String, usize), Box<dyn Error>> {
    let (mut state, mut count, mut pages) = (State::initial(), 0, client.all_execution_events(id));
    while let Some(page) = pages.next().await? {
        for recorded in &page.items {
            let new = &recorded.event;
            let event = Event::decode(&new.event_type, new.schema_version, &new.payload)?;
            if let Event::Execution(event) = &event {
                state = evolve(state, Happened { by: &new.actor, at: new.recorded_at, event });
            }
            count += 1;
        }
    }
    let stage = state.stage().ok_or("its first event is missing")?;
    Ok((stage.to_string(), count))
}
