//! Two tenants, a clock that stands, ids that count, and the people.

use std::{collections::BTreeMap, path::Path, sync::Arc, time::Duration};

use proto_events::{
    Access, Actor, CallRef, ConnectionDescribed, Effect, FreezeScope, FunctionDescription, FunctionName,
    GrantScope, RecordedEvent, RiskLevel, StreamId, StreamVersion, TenantId, Timestamp, ToolType, Trust,
};
use vidimus_domain::{arguments::Arguments, execution::Stage};
use vidimus_engine::{
    Engine, EngineError, ManualClock, NewDelegation, NewGrant, PolicyFiles, Principal, Proposal, RandomIds,
    Role, SequentialIds, Settings,
};
use vidimus_log::{EventLog, MemoryLog, SledLog, SledLogOptions};

pub(crate) use crate::hooked::{Hooked, conflict, overloaded};

pub(crate) const T0: Timestamp = Timestamp::from_micros(1_700_000_000_000_000);
pub(crate) const DAY: Duration = Duration::from_secs(24 * 3600);

pub(crate) fn tenant() -> TenantId {
    "acme".parse().unwrap()
}

pub(crate) fn function() -> FunctionName {
    "pay.send".parse().unwrap()
}

fn principal(actor: Actor, role: Role) -> Principal {
    Principal::new(tenant(), actor, [role])
}

/// The runtime that proposes calls.
pub(crate) fn runtime() -> Principal {
    principal(Actor::agent("assistant"), Role::Agent)
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

pub(crate) fn auditor() -> Principal {
    principal(Actor::user("aud"), Role::Auditor)
}

/// An administrator of another tenant.
pub(crate) fn eve() -> Principal {
    Principal { tenant: "umbrella".parse().unwrap(), ..principal(Actor::user("eve"), Role::Admin) }
}

pub(crate) fn in_days(days: u32) -> Timestamp {
    T0.plus(DAY.saturating_mul(days))
}

pub(crate) fn of_agent(agent: &str) -> FreezeScope {
    FreezeScope::Agent { agent: agent.to_owned() }
}

pub(crate) fn description() -> FunctionDescription {
    FunctionDescription {
        purpose: "sends money".to_owned(),
        tool_type: ToolType::Action,
        effect: Effect::Send,
        risk: RiskLevel::Medium,
        results: Trust::Trusted,
        arguments_schema: None,
        scopes: vec![],
        sensitive: vec![],
        required_context: vec![],
        max_data_age_seconds: None,
        intended_use_required: false,
        owner: Some("user:paul".to_owned()),
        amount: Some("/amount".to_owned()),
    }
}

pub(crate) fn connection() -> ConnectionDescribed {
    ConnectionDescribed {
        connection: "pay".to_owned(),
        purpose: "payments".to_owned(),
        endpoint: None,
        owner: None,
    }
}

/// A policy set of one rule that lets everything through, with a rule's id of its own.
pub(crate) fn policy(id: &str) -> PolicyFiles {
    let text = format!("@id(\"{id}\")\npermit(principal, action == Action::\"call\", resource);\n");
    BTreeMap::from([("rules.cedar".to_owned(), text)])
}

pub(crate) fn grant() -> NewGrant {
    NewGrant {
        scope: GrantScope {
            agent: "assistant".to_owned(),
            function: function(),
            conversation: None,
            conditions: vec![],
        },
        max_uses: None,
        max_sum: None,
        expires_at: in_days(30),
        reason: "payroll".to_owned(),
    }
}

pub(crate) fn delegation(from: Option<&str>, to: &str) -> NewDelegation {
    NewDelegation {
        from: from.map(|from| Actor::user(from.to_owned())),
        to: Actor::user(to.to_owned()),
        starts_at: None,
        ends_at: in_days(10),
        reason: None,
    }
}

pub(crate) fn proposal(conversation: &str, amount: &str) -> Proposal {
    let arguments = format!("{{\"amount\":{amount}}}");
    Proposal {
        call: CallRef {
            agent: "assistant".to_owned(),
            conversation: conversation.to_owned(),
            request_id: None,
            function: function(),
        },
        arguments: Arguments::parse(arguments.as_bytes()).unwrap(),
        requester: Some(Actor::user("rita")),
        idempotency_key: None,
        context: None,
        former_execution: None,
        asked_by: Vec::new(),
    }
}

pub(crate) fn sled(directory: &Path) -> Arc<dyn EventLog> {
    Arc::new(SledLog::open(directory, SledLogOptions::default()).unwrap())
}

pub(crate) fn code<T: std::fmt::Debug>(result: Result<T, EngineError>) -> &'static str {
    result.unwrap_err().code()
}

/// An engine and what it stands on.
pub(crate) struct World {
    pub(crate) log: Arc<dyn EventLog>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) engine: Arc<Engine>,
}

impl World {
    pub(crate) fn on(log: Arc<dyn EventLog>) -> Self {
        let clock = Arc::new(ManualClock::at(T0));
        let ids = Arc::new(SequentialIds::default());
        let engine = Engine::with(Arc::clone(&log), Settings::default(), clock.clone(), ids);
        Self { log, clock, engine: Arc::new(engine) }
    }

    pub(crate) fn memory() -> Self {
        Self::on(Arc::new(MemoryLog::default()))
    }

    /// Another engine on a log, with the same clock; its ids are nobody else's.
    pub(crate) fn beside(&self, log: Arc<dyn EventLog>) -> Arc<Engine> {
        Arc::new(Engine::with(log, Settings::default(), self.clock.clone(), Arc::new(RandomIds)))
    }

    /// Calls of the function need an approval from here on.
    pub(crate) async fn held(&self) {
        let access = Access::EnabledWithConfirmation;
        self.engine.set_access(&ada(), function(), access, None).await.unwrap();
    }

    pub(crate) async fn propose(&self, conversation: &str, amount: &str) -> Stage {
        let answer = self.engine.propose(&runtime(), proposal(conversation, amount)).await.unwrap();
        answer.state.stage().unwrap()
    }

    pub(crate) async fn stream(&self, stream: StreamId) -> Vec<RecordedEvent> {
        self.log.read_stream(&tenant(), &stream, StreamVersion::FIRST, 8192).await.unwrap()
    }

    /// The types of a stream's events, in order.
    pub(crate) async fn types(&self, stream: StreamId) -> String {
        let events = self.stream(stream).await;
        events.iter().map(|event| &*event.event.event_type).collect::<Vec<_>>().join(" ")
    }
}
