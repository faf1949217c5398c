//! A world with one function, a clock that stands, ids that count, and the people.

mod hooked;
mod stages;

use std::{path::Path, sync::Arc, time::Duration};

use proto_events::{
    Access, Actor, CallRef, Decision, Effect, Event, ExecutionEvent, ExpectedVersion, FunctionDescription,
    FunctionName, NewEvent, Outcome, RecordedEvent, RiskLevel, StreamId, StreamVersion, TenantId, Timestamp,
    ToolType, Trust,
};
use uuid::Uuid;
use vidimus_domain::{
    arguments::Arguments,
    execution::{Action, Command, Propose, Stage, State, decide},
};
use vidimus_engine::{
    Answer, Clock, Engine, Ids, ManualClock, Principal, Proposal, Role, SequentialIds, Settings,
};
use vidimus_log::{Append, EventLog, MemoryLog, SledLog, SledLogOptions};

pub(crate) use hooked::{Hooked, conflict, overloaded};
pub(crate) use stages::every_stage;

pub(crate) const T0: Timestamp = Timestamp::from_micros(1_700_000_000_000_000);
pub(crate) const HOUR: Duration = Duration::from_secs(3600);
pub(crate) const DAY: Duration = Duration::from_secs(24 * 3600);
pub(crate) const MICRO: Duration = Duration::from_micros(1);

pub(crate) fn tenant() -> TenantId {
    "acme".parse().unwrap()
}

pub(crate) fn function() -> FunctionName {
    "crm.send_offer".parse().unwrap()
}

fn principal(actor: Actor, role: Role) -> Principal {
    Principal::new(tenant(), actor, [role])
}

/// The runtime that proposes and runs calls.
pub(crate) fn runtime() -> Principal {
    principal(Actor::agent("assistant"), Role::Agent)
}

/// The user on whose behalf calls are.
pub(crate) fn rita() -> Principal {
    principal(Actor::user("rita"), Role::Agent)
}

pub(crate) fn paul() -> Principal {
    principal(Actor::user("paul"), Role::Approver)
}

pub(crate) fn petra() -> Principal {
    principal(Actor::user("petra"), Role::Approver)
}

pub(crate) fn ada() -> Principal {
    principal(Actor::user("ada"), Role::Admin)
}

pub(crate) fn arguments(text: &str) -> Arguments {
    Arguments::parse(text.as_bytes()).unwrap()
}

pub(crate) fn call() -> CallRef {
    CallRef {
        agent: "assistant".into(),
        conversation: "conv-1".into(),
        request_id: None,
        function: function(),
    }
}

pub(crate) fn proposal() -> Proposal {
    Proposal {
        call: call(),
        arguments: arguments(r#"{"amount":100}"#),
        requester: Some(rita().actor),
        idempotency_key: None,
        context: None,
        former_execution: None,
        asked_by: Vec::new(),
    }
}

pub(crate) fn keyed(key: &str, args: &str) -> Proposal {
    Proposal { idempotency_key: Some(key.to_owned()), arguments: arguments(args), ..proposal() }
}

/// What a catalogue may say of the function.
pub(crate) fn description() -> FunctionDescription {
    FunctionDescription {
        purpose: "sends an offer to a customer".to_owned(),
        tool_type: ToolType::Action,
        effect: Effect::Send,
        risk: RiskLevel::Medium,
        results: Trust::Trusted,
        arguments_schema: None,
        scopes: Vec::new(),
        sensitive: Vec::new(),
        required_context: Vec::new(),
        max_data_age_seconds: None,
        intended_use_required: false,
        owner: None,
        amount: Some("/amount".to_owned()),
    }
}

/// An engine and what it stands on.
pub(crate) struct World {
    pub(crate) log: Arc<dyn EventLog>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) ids: Arc<SequentialIds>,
    pub(crate) engine: Arc<Engine>,
}

pub(crate) fn sled(directory: &Path) -> Arc<dyn EventLog> {
    Arc::new(SledLog::open(directory, SledLogOptions::default()).unwrap())
}

pub(crate) fn permit_id(answer: &Answer) -> Uuid {
    answer.state.execution().unwrap().permit.as_ref().unwrap().id
}

/// The event of a record, as the type that it is.
pub(crate) fn event(recorded: &RecordedEvent) -> Event {
    let new = &recorded.event;
    Event::decode(&new.event_type, new.schema_version, &new.payload).unwrap()
}

impl World {
    pub(crate) fn on(log: Arc<dyn EventLog>) -> Self {
        Self::of(log, Arc::new(ManualClock::at(T0)), Arc::default())
    }

    fn of(log: Arc<dyn EventLog>, clock: Arc<ManualClock>, ids: Arc<SequentialIds>) -> Self {
        let engine = Engine::with(Arc::clone(&log), Settings::default(), clock.clone(), ids.clone());
        Self { log, clock, ids, engine: Arc::new(engine) }
    }

    /// The same world with a new engine on `log`.
    pub(crate) fn beside(&self, log: Arc<dyn EventLog>) -> Self {
        Self::of(log, self.clock.clone(), self.ids.clone())
    }

    /// A new engine on this world's log, seen through `hook`.
    pub(crate) fn through(&self, hook: Hooked) -> (Self, Arc<Hooked>) {
        let hooked = Arc::new(hook);
        (self.beside(hooked.clone()), hooked)
    }

    pub(crate) fn memory() -> Self {
        Self::on(Arc::new(MemoryLog::default()))
    }

    /// In memory, with this access to the function.
    pub(crate) async fn with(access: Access) -> Self {
        let world = Self::memory();
        world.set(access).await;
        world
    }

    pub(crate) async fn set(&self, access: Access) {
        self.engine.set_access(&ada(), function(), access, None).await.unwrap();
    }

    pub(crate) async fn propose(&self) -> Answer {
        self.engine.propose(&runtime(), proposal()).await.unwrap()
    }

    pub(crate) async fn start(&self) -> Answer {
        let answer = self.propose().await;
        self.engine.start(&runtime(), answer.execution_id, permit_id(&answer), None).await.unwrap()
    }

    /// An execution whose decision is one that access alone does not lead to.
    pub(crate) async fn decided(&self, outcome: Outcome) -> Uuid {
        let execution_id = self.ids.fresh();
        let arguments = proposal().arguments;
        let decision = Decision::new(outcome, arguments.digest(), Vec::new());
        let settings = Settings::default();
        let action = Action::Propose(Propose {
            execution_id,
            call: call(),
            arguments,
            requester: rita().actor,
            idempotency_key: None,
            asked_by: Vec::new(),
            former_execution: None,
            context: None,
            sensitive: Vec::new(),
            decision,
            permit_id: Uuid::from_u128(7),
            confirmation_ttl: settings.confirmation_ttl,
            approval_ttl: settings.approval_ttl,
            permit_ttl: settings.permit_ttl,
        });
        let command = Command { by: runtime().actor, at: self.clock.now(), frozen: None, card: None, action };
        self.write(execution_id, decide(&State::initial(), &command).unwrap()).await;
        execution_id
    }

    /// Puts events on the log that the engine did not decide.
    pub(crate) async fn write(&self, execution_id: Uuid, events: Vec<ExecutionEvent>) {
        let events = events.into_iter().map(|event| {
            let event = Event::Execution(event);
            let (event_type, schema_version) = event.event_type();
            NewEvent { schema_version, payload: event.encode().unwrap(), ..self.raw(event_type) }
        });
        self.write_raw(execution_id, events.collect()).await;
    }

    pub(crate) async fn write_raw(&self, execution_id: Uuid, events: Vec<NewEvent>) {
        let (stream, any) = (StreamId::execution(execution_id), ExpectedVersion::Any);
        self.log.append(Append::to_stream(tenant(), stream, any, events)).await.unwrap();
    }

    pub(crate) fn raw(&self, event_type: &'static str) -> NewEvent {
        NewEvent {
            event_id: self.ids.fresh(),
            event_type: event_type.into(),
            schema_version: 1,
            recorded_at: self.clock.now(),
            actor: runtime().actor,
            correlation_id: self.ids.fresh(),
            causation_id: None,
            payload: "{}".into(),
        }
    }

    pub(crate) fn clock_now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) async fn stage(&self, execution_id: Uuid) -> Stage {
        self.engine.execution(&tenant(), execution_id).await.unwrap().unwrap().state.stage().unwrap()
    }

    pub(crate) async fn stream(&self, stream: StreamId) -> Vec<RecordedEvent> {
        self.log.read_stream(&tenant(), &stream, StreamVersion::FIRST, 8192).await.unwrap()
    }

    pub(crate) async fn events(&self, execution_id: Uuid) -> Vec<RecordedEvent> {
        self.stream(StreamId::execution(execution_id)).await
    }

    /// The types of the execution's events, in order.
    pub(crate) async fn types(&self, execution_id: Uuid) -> String {
        let events = self.events(execution_id).await;
        events.iter().map(|event| &*event.event.event_type).collect::<Vec<_>>().join(" ")
    }
}
