//! Plays the demo's conversations against a running server, as agents' runtimes would: over HTTP, with an agent's key.

mod conversations;

use std::time::Duration;

use conversations::Tool;
pub(crate) use conversations::{ACCESS, CALLS, Call};
use proto_events::{Actor, CallError, InvalidJson, Json};
use vidimus_client::{
    Client, ClientError,
    types::{AddMessage, Complete, Execution, Fail, Propose, Stage, Start, Until},
};

/// What an agent's runtime sends for a call. The key names the attempt, so that a proposal can be sent again.
pub(crate) fn proposal(call: &Call, run: &str) -> Result<Propose, Box<dyn std::error::Error>> {
    Ok(Propose {
        agent: call.agent.to_owned(),
        conversation: call.conversation.to_owned(),
        request_id: None,
        function: call.function.parse()?,
        arguments: json(call.arguments)?,
        requester: Some(Actor::user(call.user)),
        context: None,
        idempotency_key: Some(format!("{run}/{}/{}", call.conversation, call.function)),
    })
}

fn json(text: &str) -> Result<Json, InvalidJson> {
    Json::from_text(text.to_owned())
}

/// Hands in what the user said before a call, as a runtime does.
pub(crate) async fn hand_in(client: &Client, call: &Call) -> Result<(), ClientError> {
    if let Some(said) = call.said {
        let message = AddMessage { agent: call.agent.to_owned(), text: said.to_owned() };
        client.add_message(call.conversation, &message).await?;
    }
    Ok(())
}

/// Waits for the decision on a call and, where it may run, runs it once and reports.
pub(crate) async fn see_through(
    client: &Client,
    call: &Call,
    proposed: Execution,
    patience: Duration,
) -> Result<Execution, ClientError> {
    let decided = client.wait(proposed.execution_id, patience, Until::Decided).await?;
    if decided.stage != Stage::Permitted {
        return Ok(decided);
    }
    let id = decided.execution_id;
    // What was approved is what runs: the digest says which arguments these are.
    let start = Start { arguments_digest: decided.arguments_digest, ..Start::default() };
    client.start(id, &start).await?;
    match call.tool {
        Tool::Returns(result) => {
            client.complete(id, &Complete { result: json(result).ok(), timing: None }).await
        }
        Tool::Fails(code, message) => {
            let error = CallError {
                message: message.to_owned(),
                code: Some(code.to_owned()),
                ..CallError::default()
            };
            client.fail(id, &Fail { error: Some(error), ..Fail::default() }).await
        }
    }
}

/// What became of a call, in words.
pub(crate) fn told(call: &Call, execution: &Execution) -> String {
    let by = execution.resolved_by.as_ref().map(|by| format!(" by {by}")).unwrap_or_default();
    let reason = execution.reason.as_deref().unwrap_or("no reason given");
    match execution.stage {
        Stage::AwaitingApproval => "waits for an approval".to_owned(),
        Stage::AwaitingConfirmation => "waits for a confirmation".to_owned(),
        Stage::Succeeded => {
            let how = if execution.resolved_by.is_some() {
                format!("approved{by}, ran once")
            } else {
                "allowed, ran once".to_owned()
            };
            match call.tool {
                Tool::Returns(result) => format!("{how}: {result}"),
                Tool::Fails(..) => how,
            }
        }
        Stage::Failed => format!("allowed, ran once and failed: {reason}"),
        Stage::Blocked => format!("blocked: {reason}"),
        Stage::Denied => format!("denied{by}: {reason}"),
        Stage::Aborted => format!("aborted{by}; the agent is told: {reason}"),
        stage => format!("{stage}{by}"),
    }
}
