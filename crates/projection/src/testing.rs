//! Histories for tests, made by the real deciders: every lifecycle, interleaved, from a seed.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use bytes::Bytes;
use proto_events::{
    Access, Actor, ActorKind, CallError, CallRef, Decision, Event, ExpectedVersion, Facts, FunctionEvent,
    FunctionName, GlobalPosition, Json, Layer, LayerFinding, NewEvent, Outcome, ResultStatus, StreamId,
    TenantId, Timestamp, Timing,
};
use uuid::Uuid;
use vidimus_domain::{
    arguments::Arguments,
    attempt,
    execution::{Action, Command, Propose, Record, Report, Stage, State, decide},
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

pub(crate) fn decision(outcome: Outcome, arguments: &Arguments) -> Decision {
    let code = format!("because_{}", outcome.as_str());
    let finding =
        LayerFinding { layer: Layer::FunctionAccess, outcome, code, reason: "the access says so".to_owned() };
    Decision {
        outcome,
        arguments_digest: arguments.digest(),
        policy_set: Some("set-1".to_owned()),
        findings: vec![finding],
        matched_rules: vec!["rule-a".to_owned(), "rule-b".to_owned()],
        facts: Facts::new(),
    }
}

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
        let command = Command { by, at: self.now, action };
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

    pub(crate) async fn propose_with(
        &mut self,
        tenant: &TenantId,
        call: CallRef,
        outcome: Outcome,
        arguments: Arguments,
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
            decision: decision(outcome, &arguments),
            call,
            arguments,
            requester: Actor::user(self.random.of(&["ann", "bob"])),
            idempotency_key: key,
            former_execution,
            context: Some(Json::from_text(r#"{"why":"test"}"#.to_owned()).unwrap()),
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
                Json::from_text(format!(r#"{{"ok":{},"ticket":"t{}"}}"#, !fails, self.random.below(900)))
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

    pub(crate) async fn set_access(&mut self, tenant: &TenantId, function: &str, to: Access) {
        let function: FunctionName = function.parse().unwrap();
        let state = *self.access.entry((tenant.clone(), function.clone())).or_default();
        let command = function::SetAccess {
            by: Actor::user("admin"),
            at: self.now,
            function: function.clone(),
            to,
            reason: Some("season's end".to_owned()),
        };
        let events = function::decide(&state, &command).unwrap();
        let state = events.iter().fold(state, function::evolve);
        self.access.insert((tenant.clone(), function.clone()), state);
        let events: Vec<FunctionEvent> = events;
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
                self.propose(&tenant, call, outcome).await;
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
                self.set_access(&tenant, function, to).await;
            }
            _ => self.act().await,
        }
    }

    async fn act(&mut self) {
        if self.open.is_empty() {
            return;
        }
        let index = usize::try_from(self.random.below(self.open.len() as u64)).unwrap();
        let (tenant, id) = self.open[index].clone();
        let state = self.executions[&(tenant.clone(), id)].clone();
        let execution = state.execution().unwrap();
        let requester = execution.requester().clone();
        let agent = Actor::agent(execution.call().agent.as_str());
        let carol = Actor::user("carol");
        let system = Actor::system("deadlines");
        let (permit_id, permit_ttl, lease) = (self.random.id(), HOUR * 9, HOUR * 9);
        let choice = self.random.below(6);
        // The clock is put forward for the one command that needs it, and back again.
        let now = self.now;
        let deadline = state.deadline().map_or(now, |(at, _)| at).max(now);
        let text = || Some("for a reason".to_owned());
        let (by, action) = match (execution.stage, choice) {
            (_, 5) if self.random.below(3) == 0 => (agent, Action::Reattempt { seen: 1 }),
            (Stage::AwaitingApproval, 0 | 1) => (
                carol,
                Action::Approve {
                    comment: text(),
                    arguments_digest: None,
                    eligible: true,
                    permit_id,
                    permit_ttl,
                },
            ),
            (Stage::AwaitingApproval, 2) => {
                (carol, Action::Deny { reason: "too dear".to_owned(), eligible: true })
            }
            (Stage::AwaitingApproval, 3) => {
                (carol, Action::Abort { feedback: "ask first".to_owned(), eligible: true })
            }
            (Stage::AwaitingConfirmation, 0 | 1) => {
                (requester, Action::Confirm { arguments_digest: None, permit_id, permit_ttl })
            }
            (Stage::AwaitingConfirmation, 2 | 3) => (requester, Action::Decline { reason: text() }),
            (Stage::AwaitingApproval | Stage::AwaitingConfirmation, 4) => {
                self.now = deadline;
                (system, Action::Expire)
            }
            (Stage::Permitted, 0..=2) => {
                let permit_id = execution.permit.as_ref().unwrap().id;
                (agent, Action::Start { permit_id, arguments_digest: None, lease })
            }
            (Stage::Permitted, 3) => {
                self.now = deadline;
                (system, Action::Expire)
            }
            (Stage::InProgress, 0) => (agent, Action::Progress { message: text(), percent: Some(50), lease }),
            (Stage::InProgress, 1 | 2) => (agent, Action::Succeed(self.report(false))),
            (Stage::InProgress, 3) => (agent, Action::Fail(self.report(true))),
            (Stage::InProgress, 4) => {
                self.now = deadline;
                (system, Action::MarkUnknown)
            }
            (Stage::Unknown, _) => {
                let result = Json::from_text(r#"{"found":"ledgerentry"}"#.to_owned()).ok();
                let (status, evidence) = (ResultStatus::Succeeded, "seen in the ledger".to_owned());
                (carol, Action::Settle { status, evidence, result, eligible: true })
            }
            (Stage::AwaitingApproval | Stage::AwaitingConfirmation | Stage::Permitted, _) => {
                (requester, Action::Cancel { reason: text() })
            }
            (Stage::InProgress, _) => {
                if self.random.below(2) == 0 {
                    (agent, Action::TimeOut(self.report(true)))
                } else {
                    (agent, Action::Skip(Report { reason: text(), ..Report::default() }))
                }
            }
            (stage, _) => {
                if stage.is_terminal() && self.random.below(2) == 0 {
                    self.open.swap_remove(index);
                }
                return;
            }
        };
        self.command(&tenant, id, by, action).await;
        self.now = now;
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
