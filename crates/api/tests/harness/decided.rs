//! An execution whose decision is one that access alone does not lead to.

use std::time::Duration;

use proto_events::{Actor, CallRef, Decision, Event, ExpectedVersion, NewEvent, Outcome, StreamId, TenantId};
use uuid::Uuid;
use vidimus_domain::{
    arguments::Arguments,
    execution::{Action, Command, Propose, State, decide},
};
use vidimus_engine::{Engine, Ids as _, RandomIds};
use vidimus_log::Append;

/// Puts one on the log that the runtime proposed on behalf of Rita.
pub(crate) async fn decided(engine: &Engine, tenant: &TenantId, function: &str, outcome: Outcome) -> Uuid {
    let execution_id = RandomIds.fresh();
    let (function, arguments) = (function.parse().unwrap(), Arguments::parse(b"{}").unwrap());
    let decision = Decision::new(outcome, arguments.digest(), Vec::new());
    let (call, ttl) = (
        CallRef { agent: "assistant".into(), conversation: "conv-1".into(), request_id: None, function },
        Duration::from_secs(3600),
    );
    let action = Action::Propose(Propose {
        execution_id,
        call,
        arguments,
        requester: Actor::user("rita"),
        idempotency_key: None,
        asked_by: Vec::new(),
        former_execution: None,
        context: None,
        sensitive: Vec::new(),
        decision,
        permit_id: RandomIds.fresh(),
        confirmation_ttl: ttl,
        approval_ttl: ttl,
        permit_ttl: ttl,
    });
    let command =
        Command { by: Actor::agent("assistant"), at: engine.now(), frozen: None, card: None, action };
    let envelope = |event| {
        let event = Event::Execution(event);
        let (event_type, schema_version) = event.event_type();
        NewEvent {
            event_id: RandomIds.fresh(),
            event_type: event_type.into(),
            schema_version,
            recorded_at: engine.now(),
            actor: Actor::agent("assistant"),
            correlation_id: execution_id,
            causation_id: None,
            payload: event.encode().unwrap(),
        }
    };
    let events = decide(&State::initial(), &command).unwrap().into_iter().map(envelope).collect();
    let stream = StreamId::execution(execution_id);
    let append = Append::to_stream(tenant.clone(), stream, ExpectedVersion::NoStream, events);
    engine.log().append(append).await.unwrap();
    execution_id
}
