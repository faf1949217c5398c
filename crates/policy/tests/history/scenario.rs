//! Conversations written as text, and what the fold says of a call in them.
//!
//! ```text
//! user: please pay the gardener
//! mail.read_inbox {} -> "from Ana: my account is GB00 1234"
//! bank.send_money {"recipient": "GB001234"} held
//! ```
//! A call may end with `held`, `asked` (its user has to confirm), `blocked`, `no_op`, `open` (proposed and nothing more),
//! `started`, `done`, `recorded` (handed in when it was over), `-> JSON` (what it returned) or `! TEXT` (the error). `@ 90` sets the clock to minute 90, `conversation: c2` and
//! `agent: a2` go on elsewhere.

use proto_events::{
    ActivityReport, Actor, ApprovalAccepted, ApprovalRequired, Blocked, CallError, CallRef,
    ConfirmationRequired, ConversationEvent, Decided, Decision, Digest, Effect, Event, ExecutionEvent,
    Finished, FunctionDescribed, FunctionDescription, FunctionEvent, FunctionName, GlobalPosition,
    InProgress, Initiated, Json, NewEvent, Origin, Outcome, RecordedEvent, Reviewers, RiskLevel, Settled,
    StreamId, StreamVersion, TenantId, Timestamp, ToolType, Trust, UserSpoke,
};
use serde_json::{Value, json};
use uuid::Uuid;
use vidimus_policy::{About, History, HistoryFacts};

/// A log that is folded as it is written.
pub(crate) struct World {
    pub(crate) history: History,
    pub(crate) tenant: TenantId,
    pub(crate) agent: String,
    pub(crate) conversation: String,
    pub(crate) now: Timestamp,
    /// The call that was made last.
    pub(crate) last: Uuid,
    position: u64,
}

/// The functions: name, effect, trust of results, arguments.
const FUNCTIONS: [(&str, Effect, Trust, &[&str]); 12] = [
    ("mail.read_inbox", Effect::Read, Trust::Untrusted, &[]),
    ("mail.send_mail", Effect::Send, Trust::Trusted, &["to", "subject", "body", "attachments"]),
    ("bank.send_money", Effect::Send, Trust::Trusted, &["recipient", "amount"]),
    ("bank.list_standing_data", Effect::Read, Trust::Trusted, &[]),
    ("bank.confirm", Effect::Auth, Trust::Trusted, &["otp"]),
    ("files.read_file", Effect::Read, Trust::Untrusted, &["path"]),
    ("files.delete_file", Effect::Destroy, Trust::Trusted, &["path"]),
    ("web.read_page", Effect::EgressRead, Trust::Untrusted, &["url"]),
    ("web.fill_form", Effect::Send, Trust::Untrusted, &["url", "input_values"]),
    ("portal.log_in", Effect::Auth, Trust::Trusted, &["username", "password"]),
    ("calendar.create_event", Effect::Write, Trust::Trusted, &["title", "participants"]),
    ("shop.refund_order", Effect::Send, Trust::Trusted, &["order_id"]),
];

impl World {
    /// A log with the catalogue in it.
    pub(crate) fn new() -> Self {
        let mut world = Self {
            history: History::new(),
            tenant: "acme".parse().unwrap(),
            agent: "agent".to_owned(),
            conversation: "c1".to_owned(),
            now: Timestamp::from_micros(1_750_000_000_000_000),
            last: Uuid::nil(),
            position: 0,
        };
        for (name, effect, results, arguments) in FUNCTIONS {
            let properties: serde_json::Map<String, Value> =
                arguments.iter().map(|name| ((*name).to_owned(), json!({}))).collect();
            let description = FunctionDescription {
                purpose: "Does what its name says.".to_owned(),
                tool_type: ToolType::Action,
                effect,
                risk: RiskLevel::Medium,
                results,
                arguments_schema: Some(Json::from_value(&json!({"properties": properties}))),
                scopes: Vec::new(),
                sensitive: Vec::new(),
                required_context: Vec::new(),
                max_data_age_seconds: None,
                intended_use_required: false,
                owner: None,
                amount: (name == "bank.send_money").then(|| "/amount".to_owned()),
            };
            let function: FunctionName = name.parse().unwrap();
            let stream = StreamId::function(&function);
            let described = FunctionDescribed { function, description };
            world.record(stream, &Event::Function(FunctionEvent::Described(described)));
        }
        world
    }

    /// Folds an event.
    pub(crate) fn record(&mut self, stream: StreamId, event: &Event) {
        self.position += 1;
        let (event_type, schema_version) = event.event_type();
        let recorded = RecordedEvent {
            position: GlobalPosition::new(self.position),
            tenant: self.tenant.clone(),
            stream,
            version: StreamVersion::FIRST,
            previous: None,
            leaf_hash: Digest::new([0; 32]),
            event: NewEvent {
                event_id: Uuid::from_u128(u128::from(self.position)),
                event_type: event_type.into(),
                schema_version,
                recorded_at: self.now,
                actor: Actor::user("ana"),
                correlation_id: Uuid::nil(),
                causation_id: None,
                payload: Vec::new().into(),
            },
        };
        self.history.apply(&recorded, event);
    }

    /// Folds an event of the last call.
    pub(crate) fn execution(&mut self, event: ExecutionEvent) {
        self.record(StreamId::execution(self.last), &Event::Execution(event));
    }

    /// The call of a function.
    pub(crate) fn call(&self, function: &str) -> CallRef {
        CallRef {
            agent: self.agent.clone(),
            conversation: self.conversation.clone(),
            request_id: None,
            function: function.parse().unwrap(),
        }
    }

    /// The user says something.
    pub(crate) fn user(&mut self, text: &str) {
        let spoke = UserSpoke {
            agent: self.agent.clone(),
            conversation: self.conversation.clone(),
            text: text.to_owned(),
        };
        let stream: StreamId = "messages-1".parse().unwrap();
        self.record(stream, &Event::Conversation(ConversationEvent::UserSpoke(spoke)));
    }

    /// A call is proposed, or handed in when it is over.
    fn initiate(&mut self, function: &str, arguments: &Value, origin: Origin) {
        self.last = Uuid::from_u128(0x1000 + u128::from(self.position));
        let initiated = Initiated {
            call: self.call(function),
            execution_id: self.last,
            origin,
            arguments: Some(Json::from_value(arguments)),
            arguments_digest: None,
            requester: Actor::user("ana"),
            idempotency_key: None,
            asked_by: Vec::new(),
            former_execution: None,
            context: None,
            sensitive: Vec::new(),
        };
        self.execution(ExecutionEvent::Initiated(initiated));
    }

    /// The last call, of this function, is decided on or ends.
    pub(crate) fn then(&mut self, function: &str, arguments: &Value, what: &str) {
        let call = self.call(function);
        let expires_at = self.now;
        let event = match what.split_once(' ').unwrap_or((what, "")) {
            ("open", _) => return,
            ("held", _) => ExecutionEvent::ApprovalRequired(ApprovalRequired {
                call,
                execution_id: self.last,
                decision: decision(Outcome::AwaitingApproval),
                arguments: Json::from_value(arguments),
                requester: Actor::user("ana"),
                reviewers: Reviewers::AnyApprover,
                quorum: 1,
                expires_at,
                stage: 0,
                sensitive: Vec::new(),
            }),
            ("approved", _) => ExecutionEvent::ApprovalAccepted(ApprovalAccepted {
                card: None,
                call,
                arguments_digest: Digest::new([0; 32]),
                comment: None,
                on_behalf_of: None,
                groups: Vec::new(),
                break_glass: None,
            }),
            ("asked", _) => ExecutionEvent::ConfirmationRequired(ConfirmationRequired {
                call,
                decision: decision(Outcome::ConfirmationRequired),
                arguments: Json::from_value(arguments),
                requester: Actor::user("ana"),
                expires_at,
                sensitive: Vec::new(),
            }),
            ("blocked", _) => ExecutionEvent::Blocked(Blocked {
                call,
                decision: decision(Outcome::Blocked),
                code: "x".to_owned(),
                reason: "x".to_owned(),
                missing_requirement: None,
                next_owner: None,
            }),
            ("no_op", _) => ExecutionEvent::NoOp(Decided { call, decision: decision(Outcome::NoOp) }),
            ("started", _) => ExecutionEvent::InProgress(InProgress {
                call,
                permit_id: Uuid::nil(),
                lease_expires_at: expires_at,
            }),
            ("settled", status) => ExecutionEvent::Settled(Settled {
                call,
                status: serde_json::from_value(status.into()).unwrap(),
                evidence: "the bank's statement".to_owned(),
                result: None,
            }),
            ("skipped", _) => ExecutionEvent::Skipped(finished(call, None, None)),
            ("allowed", _) => ExecutionEvent::Allowed(Decided { call, decision: decision(Outcome::Allowed) }),
            ("done" | "recorded", _) => ExecutionEvent::Succeeded(finished(call, None, None)),
            ("->", result) => ExecutionEvent::Succeeded(finished(
                call,
                Some(Json::from_text(result.to_owned()).unwrap()),
                None,
            )),
            ("!", error) => ExecutionEvent::Failed(finished(call, None, Some(error))),
            ("cancelled", _) => ExecutionEvent::Cancelled(finished(call, None, None)),
            _ => panic!("what is `{what}`?"),
        };
        self.execution(event);
    }

    /// A call is made: proposed, let through where it goes on, and what then.
    pub(crate) fn make(&mut self, function: &str, arguments: &Value, what: &str) {
        let origin = match what {
            "recorded" => Origin::Recorded(ActivityReport::default()),
            _ => Origin::Proposed,
        };
        self.initiate(function, arguments, origin);
        if ["done", "->", "!"].iter().any(|end| what.starts_with(end)) {
            self.then(function, arguments, "allowed");
        }
        self.then(function, arguments, what);
    }

    /// Reads a conversation.
    pub(crate) fn run(&mut self, text: &str) -> &mut Self {
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            if let Some(said) = line.strip_prefix("user:") {
                self.user(said.trim());
            } else if let Some(minute) = line.strip_prefix('@') {
                let minute: i64 = minute.trim().parse().unwrap();
                self.now = Timestamp::from_micros(1_750_000_000_000_000 + minute * 60_000_000);
            } else if let Some(conversation) = line.strip_prefix("conversation:") {
                conversation.trim().clone_into(&mut self.conversation);
            } else if let Some(agent) = line.strip_prefix("agent:") {
                agent.trim().clone_into(&mut self.agent);
            } else {
                let (function, rest) = line.split_once(' ').unwrap_or((line, "{} done"));
                let (arguments, what) = first_value(rest);
                self.make(function, &arguments, what);
            }
        }
        self
    }

    /// What is known of a call: `bank.send_money {"recipient": "x"}`.
    pub(crate) fn ask(&mut self, call: &str) -> HistoryFacts {
        self.ask_except(call, None)
    }

    /// What is known of a call that is on record already.
    pub(crate) fn ask_except(&mut self, call: &str, except: Option<Uuid>) -> HistoryFacts {
        let (function, arguments) = call.split_once(' ').unwrap_or((call, "{}"));
        let arguments: Value = serde_json::from_str(arguments).unwrap();
        let call = self.call(function);
        let requester = Actor::user("ana");
        self.history.facts(&About {
            tenant: &self.tenant,
            call: &call,
            requester: &requester,
            description: None,
            arguments: &arguments,
            now: self.now,
            except,
        })
    }
}

fn decision(outcome: Outcome) -> Decision {
    serde_json::from_value(json!({"outcome": outcome, "arguments_digest": "0".repeat(64), "findings": []}))
        .unwrap()
}

fn finished(call: CallRef, result: Option<Json>, error: Option<&str>) -> Finished {
    let error = error.map(|message| CallError { message: message.to_owned(), ..CallError::default() });
    Finished { call, result, error, reason: None, timing: None }
}

/// The JSON value that a text begins with, and what comes after it.
fn first_value(text: &str) -> (Value, &str) {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    let value = values.next().unwrap().unwrap();
    let rest = text[values.byte_offset()..].trim();
    (value, if rest.is_empty() { "done" } else { rest })
}

/// The conversation that this text is, after it.
#[allow(dead_code, reason = "not every test needs all of it")]
pub(crate) fn after(text: &str) -> World {
    let mut world = World::new();
    world.run(text);
    world
}

/// A set of classes as words.
#[allow(dead_code, reason = "not every test needs all of it")]
pub(crate) fn words(classes: &std::collections::BTreeSet<String>) -> String {
    classes.iter().map(String::as_str).collect::<Vec<_>>().join(" ")
}
