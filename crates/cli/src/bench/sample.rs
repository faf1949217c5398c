//! Events as executions make them, about 600 bytes each, from a seeded generator.

use bytes::Bytes;
use proto_events::{
    Actor, CallRef, Decided, Decision, Digest, Event, ExecutionEvent, Facts, Finished, InProgress, Initiated,
    Json, Layer, LayerFinding, NewEvent, Origin, Outcome, Permitted, StreamId, Timestamp,
};
use uuid::Uuid;

/// A small generator (xorshift64*): the same events on every machine.
pub(super) struct Random(u64);

impl Random {
    pub(super) const fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn uuid(&mut self) -> Uuid {
        Uuid::from_u64_pair(self.next(), self.next())
    }

    fn digest(&mut self) -> Digest {
        let mut bytes = [0; 32];
        for chunk in bytes.chunks_exact_mut(8) {
            chunk.copy_from_slice(&self.next().to_be_bytes());
        }
        Digest::new(bytes)
    }

    pub(super) fn words(&mut self, count: u64) -> String {
        const WORDS: [&str; 24] = [
            "invoice", "meeting", "please", "the", "transfer", "amount", "for", "and", "report", "customer",
            "order", "refund", "before", "friday", "account", "with", "update", "address", "delivery",
            "number", "send", "to", "ticket", "review",
        ];
        let mut text = String::new();
        for _ in 0..count {
            text.push_str(WORDS[self.below(24) as usize]);
            text.push(' ');
        }
        text
    }
}

/// A fresh stream.
pub(super) fn stream(random: &mut Random) -> StreamId {
    StreamId::execution(random.uuid())
}

/// One execution: its stream and its five events.
pub(super) fn execution(random: &mut Random) -> (StreamId, Vec<NewEvent>) {
    let id = random.uuid();
    let digest = random.digest();
    let permit_id = random.uuid();
    let function = ["mail.send", "bank.transfer", "crm.update", "files.read"][random.below(4) as usize];
    let call = CallRef {
        agent: format!("agent-{}", random.below(50)),
        conversation: format!("conversation-{}", random.next() % 100_000),
        request_id: Some(random.uuid().to_string()),
        function: function.parse().unwrap_or_else(|_| unreachable!("a literal function name")),
    };
    let finding = LayerFinding::new(
        Layer::FunctionAccess,
        Outcome::Allowed,
        "function_enabled",
        "the function is enabled",
    );
    let facts = Facts::from([("function.access".to_owned(), "Enabled".into())]);
    let decision = Decision { facts, ..Decision::new(Outcome::Allowed, digest, vec![finding]) };
    let arguments = serde_json::json!({
        "amount": random.below(100_000),
        "body": random.words(44),
        "recipient": format!("{}@example.com", random.next() % 1_000_000),
        "subject": random.words(5),
    });
    let later = Timestamp::from_micros(1_790_000_000_000_000 + random.below(1 << 40) as i64);
    let result = serde_json::json!({ "id": random.uuid().to_string(), "answer": random.words(50) });
    let events = [
        ExecutionEvent::Initiated(Initiated {
            call: call.clone(),
            execution_id: id,
            origin: Origin::Proposed,
            arguments: Some(Json::from_value(&arguments)),
            arguments_digest: Some(digest),
            requester: Actor::user(format!("user-{}", random.below(1000))),
            idempotency_key: Some(random.uuid().to_string()),
            asked_by: Vec::new(),
            former_execution: None,
            context: None,
            sensitive: Vec::new(),
        }),
        ExecutionEvent::Allowed(Decided { call: call.clone(), decision }),
        ExecutionEvent::Permitted(Permitted {
            call: call.clone(),
            permit_id,
            arguments_digest: digest,
            policy_set: None,
            expires_at: later,
        }),
        ExecutionEvent::InProgress(InProgress { call: call.clone(), permit_id, lease_expires_at: later }),
        ExecutionEvent::Succeeded(Finished {
            call,
            result: Some(Json::from_value(&result)),
            error: None,
            reason: None,
            timing: None,
        }),
    ];
    // The first three come from one request, the others from one each, as in life.
    let proposed = random.uuid();
    let correlation = [proposed, proposed, proposed, random.uuid(), random.uuid()];
    let events = events.into_iter().zip(correlation);
    (
        StreamId::execution(id),
        events.map(|(event, correlation)| new_event(random, event, correlation)).collect(),
    )
}

fn new_event(random: &mut Random, event: ExecutionEvent, correlation_id: Uuid) -> NewEvent {
    let event = Event::Execution(event);
    let (event_type, schema_version) = event.event_type();
    NewEvent {
        event_id: random.uuid(),
        event_type: event_type.into(),
        schema_version,
        recorded_at: Timestamp::from_micros(1_780_000_000_000_000 + random.below(1 << 40) as i64),
        actor: Actor::agent("agent-runtime"),
        correlation_id,
        causation_id: None,
        payload: event.encode().unwrap_or_else(|_| Bytes::new()),
    }
}
