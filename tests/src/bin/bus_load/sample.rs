//! Executions as they are recorded: three events of about 600 bytes each, all of which have a notification.

use proto_events::{
    Actor, CallRef, Digest, Event, ExecutionEvent, Finished, InProgress, Initiated, Json, NewEvent, Origin,
    StreamId, Timestamp,
};
use uuid::Uuid;

/// Events of an execution.
pub(crate) const EVENTS: u64 = 3;

/// The execution with this number.
pub(crate) fn execution(number: u64) -> (StreamId, Vec<NewEvent>) {
    let id = Uuid::from_u64_pair(0x7666_6c6f_6164_4000 | 4, number);
    let digest = Digest::new([7; 32]);
    let call = CallRef {
        agent: format!("agent-{}", number % 50),
        conversation: format!("conversation-{}", number % 1000),
        request_id: Some(format!("request-{number}")),
        function: "mail.send".parse().unwrap(),
    };
    let body = "please send the report of the order to the customer before friday ".repeat(5);
    let arguments = serde_json::json!({"body": body, "to": format!("user-{number}@example.com")});
    let later = Timestamp::from_micros(1_790_000_000_000_000);
    let events = [
        ExecutionEvent::Initiated(Initiated {
            call: call.clone(),
            execution_id: id,
            origin: Origin::Proposed,
            arguments: Some(Json::from_value(&arguments)),
            arguments_digest: Some(digest),
            requester: Actor::user("user-1"),
            idempotency_key: Some(format!("key-{number}")),
            asked_by: Vec::new(),
            former_execution: None,
            context: None,
            sensitive: Vec::new(),
        }),
        ExecutionEvent::InProgress(InProgress { call: call.clone(), permit_id: id, lease_expires_at: later }),
        ExecutionEvent::Succeeded(Finished {
            call,
            result: Some(Json::from_value(&serde_json::json!({"answer": body}))),
            error: None,
            reason: None,
            timing: None,
        }),
    ];
    let recorded = events.into_iter().zip(0..).map(|(event, index)| {
        let event = Event::Execution(event);
        let (event_type, schema_version) = event.event_type();
        NewEvent {
            event_id: Uuid::from_u64_pair(number << 2 | index, 0x8000_0000_0000_0000),
            event_type: event_type.into(),
            schema_version,
            recorded_at: Timestamp::from_micros(1_780_000_000_000_000),
            actor: Actor::agent("runtime"),
            correlation_id: id,
            causation_id: None,
            payload: event.encode().unwrap(),
        }
    });
    (StreamId::execution(id), recorded.collect())
}
