//! Histories for tests, made by the real deciders: every lifecycle, interleaved, from a seed.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use bytes::Bytes;
#[path = "testing/asides.rs"]
mod asides;
#[path = "testing/decisions.rs"]
mod decisions;
#[path = "testing/lifecycle.rs"]
mod lifecycle;

pub(crate) use decisions::{decision, demanding, named, need};
pub(crate) use lifecycle::{approve, reviewer};
use proto_events::{
    Access, Actor, ActorKind, CallError, CallRef, Decision, Event, ExpectedVersion, FunctionName,
    GlobalPosition, Json, NewEvent, Outcome, ResultStatus, StreamId, TenantId, Timestamp, Timing,
};
use uuid::Uuid;
use vidimus_domain::{
    arguments::Arguments,
    attempt,
    execution::{Action, Command, Propose, Record, Report, State, decide},
    function,
};
use vidimus_log::{Append, EventLog};

pub(crate) const START: Timestamp = Timestamp::from_micros(1_790_000_000_000_000);
const HOUR: Duration = Duration::from_secs(3600);

/// Small, fast and the same everywhere.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        (self.next() >> 11) % bound
    }

    pub(crate) fn id(&mut self) -> Uuid {
        Uuid::from_u64_pair(self.next(), self.next())
    }

    fn of<'t>(&mut self, texts: &[&'t str]) -> &'t str {
        texts[usize::try_from(self.below(texts.len() as u64)).unwrap()]
    }
}

/// A log and what the deciders know of it.
pub(crate) struct History {
    pub(crate) log: Arc<dyn EventLog>,
    pub(crate) random: Random,
    pub(crate) now: Timestamp,
    /// Every execution by tenant and id, with its state.
    pub(crate) executions: BTreeMap<(TenantId, Uuid), State>,
    open: Vec<(TenantId, Uuid)>,
    access: BTreeMap<(TenantId, FunctionName), function::State>,
    attempts: BTreeMap<(TenantId, String), attempt::State>,
    pub(crate) words: usize,
    pub(crate) events: u64,
}

pub(crate) const TENANTS: [&str; 2] = ["acme", "Acme"];
pub(crate) const AGENTS: [&str; 3] = ["billing-agent", "support-agent", "研究"];
pub(crate) const FUNCTIONS: [&str; 4] =
    ["erp.invoice_approve", "mail.send", "crm.contact.update", "erp.delete all \"rows\""];

impl History {
    pub(crate) fn new(log: Arc<dyn EventLog>, seed: u64) -> Self {
        Self {
            log,
            random: Random::new(seed),
            now: START,
            executions: BTreeMap::new(),
            open: Vec::new(),
            access: BTreeMap::new(),
            attempts: BTreeMap::new(),
            words: 4,
            events: 0,
        }
    }

    pub(crate) fn new_event(&mut self, by: &Actor, event: &Event) -> NewEvent {
        let (event_type, schema_version) = event.event_type();
        NewEvent {
            event_id: self.random.id(),
            event_type: event_type.into(),
            schema_version,
            recorded_at: self.now,
            actor: by.clone(),
            correlation_id: self.random.id(),
            causation_id: if self.random.below(2) == 0 { Some(self.random.id()) } else { None },
            payload: event.encode().unwrap(),
        }
    }

    pub(crate) async fn append(
        &mut self,
        tenant: &TenantId,
        stream: StreamId,
        by: &Actor,
        events: Vec<Event>,
    ) {
        if events.is_empty() {
            return;
        }
        self.events += events.len() as u64;
        let events = events.iter().map(|event| self.new_event(by, event)).collect();
        let append = Append::to_stream(tenant.clone(), stream, ExpectedVersion::Any, events);
        self.log.append(append).await.unwrap();
    }

    /// An event that no version of the program knows yet.
    pub(crate) async fn append_unknown(
        &mut self,
        tenant: &TenantId,
        event_type: &str,
        version: u16,
    ) -> GlobalPosition {
        let event = NewEvent {
            event_id: self.random.id(),
            event_type: event_type.into(),
            schema_version: version,
            recorded_at: self.now,
            actor: Actor::user("bob"),
            correlation_id: Uuid::nil(),
            causation_id: None,
            payload: Bytes::from_static(b"{}"),
        };
        let stream = StreamId::execution(Uuid::nil());
        let append = Append::to_stream(tenant.clone(), stream, ExpectedVersion::Any, vec![event]);
        self.log.append(append).await.unwrap().last
    }

    pub(crate) async fn command(&mut self, tenant: &TenantId, id: Uuid, by: Actor, action: Action) -> bool {
        let key = (tenant.clone(), id);
        let state = self.executions.get(&key).cloned().unwrap_or_default();
        let command = Command { by, at: self.now, frozen: None, card: None, action };
        let Ok(events) = decide(&state, &command) else { return false };
        if events.is_empty() {
            return false;
        }
        let state = state.then(&command, &events);
        let events = events.into_iter().map(Event::Execution).collect();
        self.append(tenant, StreamId::execution(id), &command.by, events).await;
        if !self.executions.contains_key(&key) {
            self.open.push(key.clone());
        }
        self.executions.insert(key, state);
        true
    }

    pub(crate) fn arguments(&mut self) -> Arguments {
        let mut text = String::new();
        for _ in 0..self.words {
            let word = self.random.below(5_000);
            text.push_str(&format!("word{word} "));
        }
        let number = self.random.below(1_000_000);
        let value = serde_json::json!({"invoice": number, "note": text, "line\nbreak": "Café"});
        Arguments::from_value(&value).unwrap()
    }

    pub(crate) fn call(&mut self) -> CallRef {
        CallRef {
            agent: self.random.of(&AGENTS).to_owned(),
            conversation: format!("conversation-{}", self.events / 30),
            request_id: if self.random.below(2) == 0 { Some("r-1".to_owned()) } else { None },
            function: self.random.of(&FUNCTIONS).parse().unwrap(),
        }
    }

    pub(crate) async fn propose(&mut self, tenant: &TenantId, call: CallRef, outcome: Outcome) -> Uuid {
        let arguments = self.arguments();
        self.propose_with(tenant, call, outcome, arguments).await
    }

    /// A proposal with whatever a decision can hold.
    async fn propose_anything(&mut self, tenant: &TenantId, call: CallRef, outcome: Outcome) -> Uuid {
        let arguments = self.arguments();
        let decision = self.decision_on(outcome, &arguments);
        let sensitive =
            if self.random.below(4) == 0 { vec!["invoice".to_owned(), "ok".to_owned()] } else { Vec::new() };
        self.propose_decided(tenant, call, arguments, decision, sensitive).await
    }

    pub(crate) async fn propose_with(
        &mut self,
        tenant: &TenantId,
        call: CallRef,
        outcome: Outcome,
        arguments: Arguments,
    ) -> Uuid {
        let decision = decision(outcome, &arguments);
        self.propose_decided(tenant, call, arguments, decision, Vec::new()).await
    }

    pub(crate) async fn propose_decided(
        &mut self,
        tenant: &TenantId,
        call: CallRef,
        arguments: Arguments,
        decision: Decision,
        sensitive: Vec<String>,
    ) -> Uuid {
        let (id, permit_id) = (self.random.id(), self.random.id());
        let by = Actor::agent(call.agent.as_str());
        let key =
            if self.random.below(3) == 0 { Some(format!("key-{}", self.random.below(5))) } else { None };
        let mut former_execution = None;
        if let Some(key) = &key {
            let state = self.attempts.entry((tenant.clone(), key.clone())).or_default();
            former_execution = state.last;
            let open = attempt::Open {
                idempotency_key: key.clone(),
                execution_id: id,
                function: call.function.clone(),
                arguments_digest: Some(arguments.digest()),
            };
            let events = attempt::decide(state, &open).unwrap();
            *state = events.iter().fold(*state, attempt::evolve);
            let events = events.into_iter().map(Event::Attempt).collect();
            self.append(tenant, StreamId::attempt(key), &by, events).await;
        }
        let propose = Propose {
            execution_id: id,
            decision,
            sensitive,
            call,
            arguments,
            requester: Actor::user(self.random.of(&["ann", "bob"])),
            idempotency_key: key,
            asked_by: Vec::new(),
            former_execution,
            context: Some(
                Json::from_text(format!(
                    r#"{{"final_record":"order {}","why":"test"}}"#,
                    self.random.below(9)
                ))
                .unwrap(),
            ),
            permit_id,
            confirmation_ttl: HOUR * u32::try_from(4 + self.random.below(4)).unwrap(),
            approval_ttl: HOUR * u32::try_from(4 + self.random.below(4)).unwrap(),
            permit_ttl: HOUR * 9,
        };
        assert!(self.command(tenant, id, by, Action::Propose(propose)).await);
        id
    }

    pub(crate) fn report(&mut self, fails: bool) -> Report {
        let error = CallError {
            message: format!("tool said no {}", self.random.below(100)),
            code: Some("E42".to_owned()),
            ..CallError::default()
        };
        let timing = Timing { started_at: START, finished_at: START.plus(HOUR), duration_ms: 3_600_000 };
        Report {
            result: Some(
                Json::from_text(format!(
                    r#"{{"ok":{},"record_link":"https://erp/{}","ticket":"t{}"}}"#,
                    !fails,
                    self.random.below(9),
                    self.random.below(900)
                ))
                .unwrap(),
            ),
            error: fails.then_some(error),
            reason: None,
            timing: Some(timing),
        }
    }

    pub(crate) async fn record(&mut self, tenant: &TenantId, status: ResultStatus) -> Uuid {
        let id = self.random.id();
        let call = self.call();
        let by = Actor::new(ActorKind::Service, "runtime");
        let record = Record {
            execution_id: id,
            call,
            arguments: Some(self.arguments()),
            requester: by.clone(),
            idempotency_key: None,
            context: None,
            sensitive: Vec::new(),
            activity: proto_events::ActivityReport {
                tool_kind: Some("webhook".to_owned()),
                ..Default::default()
            },
            status,
            report: self.report(status != ResultStatus::Succeeded),
        };
        assert!(self.command(tenant, id, by, Action::Record(record)).await);
        id
    }

    pub(crate) async fn set_function(&mut self, tenant: &TenantId, function: &str, action: function::Action) {
        let function: FunctionName = function.parse().unwrap();
        let state = self.access.entry((tenant.clone(), function.clone())).or_default();
        let (by, at) = (Actor::user("admin"), self.now);
        let command = function::Command { by, at, function: function.clone(), action };
        let events = function::decide(state, &command).unwrap();
        *state = std::mem::take(state).then(&events);
        let events = events.into_iter().map(Event::Function).collect();
        self.append(tenant, StreamId::function(&function), &command.by, events).await;
    }

    /// One step of a random history: a new call, a setting, or something that happens to an open call.
    pub(crate) async fn step(&mut self) {
        self.now = self.now.plus(Duration::from_millis(self.random.below(5_000)));
        if self.random.below(40) == 0 {
            // A clock that is set back.
            self.now = Timestamp::from_micros(self.now.as_micros() - 20_000_000);
        }
        let tenant: TenantId = TENANTS[usize::from(self.random.below(4) == 0)].parse().unwrap();
        match self.random.below(10) {
            0..=2 => {
                let outcomes = [
                    Outcome::Allowed,
                    Outcome::AwaitingApproval,
                    Outcome::ConfirmationRequired,
                    Outcome::Blocked,
                    Outcome::NoOp,
                ];
                let outcome = outcomes[usize::try_from(self.random.below(5)).unwrap()];
                let call = self.call();
                self.propose_anything(&tenant, call, outcome).await;
            }
            3 => {
                let status =
                    [ResultStatus::Succeeded, ResultStatus::Failed][usize::from(self.random.below(2) == 0)];
                self.record(&tenant, status).await;
            }
            4 if self.random.below(3) == 0 => {
                let to = [Access::Disabled, Access::Enabled, Access::EnabledWithConfirmation];
                let to = to[usize::try_from(self.random.below(3)).unwrap()];
                let function = self.random.of(&FUNCTIONS);
                let action = match self.random.below(4) {
                    0 | 1 => function::Action::Describe(self.description()),
                    2 => function::Action::Withdraw { reason: None },
                    _ => function::Action::SetAccess { to, reason: Some("season's end".to_owned()) },
                };
                self.set_function(&tenant, function, action).await;
            }
            4 if self.random.below(8) == 0 => self.aside(&tenant).await,
            _ => self.act().await,
        }
    }

    /// Steps until the log has `events` events, or a few more.
    pub(crate) async fn grow(&mut self, events: u64) {
        while self.log.tail().get() < events {
            self.step().await;
        }
    }
}

/// All events of the log, decoded.
#[cfg(test)]
pub(crate) async fn decoded(log: &Arc<dyn EventLog>) -> Vec<crate::DecodedEvent> {
    let mut feed = crate::Feed::new(Arc::clone(log), GlobalPosition::START);
    let mut events = Vec::new();
    while let Some(batch) = feed.next_available().await.unwrap() {
        events.extend(batch);
    }
    events
}

/// A history in which every event type occurs.
#[cfg(test)]
pub(crate) async fn full_history(seed: u64, events: u64) -> History {
    let mut history = History::new(Arc::new(vidimus_log::MemoryLog::default()), seed);
    history.grow(events).await;
    history
}
