//! A small history through the engine, and replays of it.

use std::{collections::BTreeMap, time::Duration};

use proto_events::{
    Access, Actor, CallRef, Effect, ExecutionEvent, FunctionDescription, FunctionName, Outcome, RiskLevel,
    Role, ToolType, Trust,
};
use serde_json::json;
use vidimus_domain::{arguments::Arguments, execution::Report};
use vidimus_log::{EventLog, Limits, MemoryLog};
use vidimus_policy::{PolicySource, run_cases};

mod open;

use super::*;
use crate::{Answer, Engine, ManualClock, Principal, Proposal, SequentialIds, Settings, engine::decode};

const READS: &str =
    r#"@id("reads") permit (principal, action, resource) when { resource.effect == "read" };"#;
/// Lets two transfers of a conversation through, and holds further ones.
const TWO: &str = r#"
@id("sends") permit (principal, action, resource) when { resource.effect == "send" };
@id("many") @reason("the third is looked at") @require("approval") @reviewers("finance")
forbid (principal, action, resource) when { resource.effect == "send" && context.history.calls_of_function >= 2 };
"#;
/// Lets one through, and no more.
const ONE: &str = r#"
@id("sends") permit (principal, action, resource) when { resource.effect == "send" };
@id("one") @reason("one is enough")
forbid (principal, action, resource) when { resource.effect == "send" && context.history.calls_of_function >= 1 };
"#;

fn files(rules: &str) -> BTreeMap<String, String> {
    BTreeMap::from([
        ("reads.cedar".to_owned(), READS.to_owned()),
        ("rules.cedar".to_owned(), rules.to_owned()),
    ])
}

fn set(rules: &str) -> Arc<PolicySet> {
    Arc::new(PolicySet::parse(&PolicySource::new(files(rules)).unwrap()).unwrap())
}

fn tenant() -> TenantId {
    "acme".parse().unwrap()
}

fn function(name: &str) -> FunctionName {
    name.parse().unwrap()
}

struct World {
    log: Arc<dyn EventLog>,
    clock: Arc<ManualClock>,
    engine: Engine,
    admin: Principal,
    runtime: Principal,
}

impl World {
    async fn new() -> Self {
        let log: Arc<dyn EventLog> = Arc::new(MemoryLog::new(Limits::default()));
        let clock = Arc::new(ManualClock::at(Timestamp::from_micros(1_700_000_000_000_000)));
        let ids: Arc<SequentialIds> = Arc::default();
        let engine = Engine::with(Arc::clone(&log), Settings::default(), clock.clone(), ids);
        let admin = Principal::new(tenant(), Actor::user("ada"), [Role::Admin]);
        let runtime = Principal::new(tenant(), Actor::agent("assistant"), [Role::Agent]);
        let world = Self { log, clock, engine, admin, runtime };
        world.describe("bank.pay", Effect::Send, Trust::Trusted).await;
        world.describe("mail.read", Effect::Read, Trust::Untrusted).await;
        world
    }

    async fn describe(&self, name: &str, effect: Effect, results: Trust) {
        let reads = effect == Effect::Read;
        let description = FunctionDescription {
            purpose: "Does it.".to_owned(),
            tool_type: if reads { ToolType::Lookup } else { ToolType::Action },
            effect,
            risk: RiskLevel::Low,
            results,
            arguments_schema: None,
            scopes: Vec::new(),
            sensitive: Vec::new(),
            required_context: Vec::new(),
            max_data_age_seconds: None,
            intended_use_required: false,
            owner: None,
            amount: (!reads).then(|| "/amount".to_owned()),
        };
        self.engine.describe_function(&self.admin, function(name), description).await.unwrap();
        self.engine.set_access(&self.admin, function(name), Access::Enabled, None).await.unwrap();
    }

    async fn apply(&self, rules: &str) {
        self.engine.apply_policy(&self.admin, files(rules), None, None).await.unwrap();
    }

    async fn propose(&self, conversation: &str, name: &str) -> Answer {
        self.clock.advance(Duration::from_secs(1));
        let proposal = Proposal {
            call: CallRef {
                agent: "assistant".to_owned(),
                conversation: conversation.to_owned(),
                request_id: None,
                function: function(name),
            },
            arguments: Arguments::from_value(&json!({"amount": 5, "to": "DE001"})).unwrap(),
            requester: Some(Actor::user("rita")),
            idempotency_key: None,
            context: None,
            former_execution: None,
            asked_by: Vec::new(),
        };
        self.engine.propose(&self.runtime, proposal).await.unwrap()
    }

    /// Runs an allowed call to its end.
    async fn run(&self, answer: &Answer, result: &str) {
        let permit = answer.state.execution().unwrap().permit.as_ref().unwrap().id;
        let id = answer.execution_id;
        self.engine.start(&self.runtime, id, permit, None).await.unwrap();
        let report =
            Report { result: Some(proto_events::Json::from_value(&json!(result))), ..Report::default() };
        let completion = crate::Completion { status: proto_events::ResultStatus::Succeeded, report };
        self.engine.complete(&self.runtime, id, completion).await.unwrap();
    }

    async fn events(&self) -> Vec<(RecordedEvent, Event)> {
        let (mut events, mut after) = (Vec::new(), GlobalPosition::START);
        loop {
            let page = self.log.read_all(after, 1_000).await.unwrap();
            let Some(last) = page.last() else { return events };
            after = last.position;
            for recorded in page {
                let event = decode(&recorded).unwrap();
                events.push((recorded, event));
            }
        }
    }

    /// Three transfers in one conversation, of which the third is held, one in another, and a call of an unknown function.
    async fn history(&self) -> Vec<Answer> {
        let mut answers = Vec::new();
        let read = self.propose("c1", "mail.read").await;
        self.run(&read, "pay DE001").await;
        answers.push(read);
        for conversation in ["c1", "c1", "c2", "c1"] {
            answers.push(self.propose(conversation, "bank.pay").await);
        }
        answers.push(self.propose("c2", "bank.unknown").await);
        answers
    }
}

fn query(candidate: Option<Arc<PolicySet>>) -> ReplayQuery {
    ReplayQuery { candidate, ..ReplayQuery::everything(tenant()) }
}

fn replayed(query: ReplayQuery, events: &[(RecordedEvent, Event)]) -> ReplayReport {
    let mut replay = Replay::new(Arc::new(query));
    for (recorded, event) in events {
        replay.push(recorded.clone(), event.clone());
    }
    replay.finish()
}

fn outcomes(answers: &[Answer]) -> Vec<Outcome> {
    let outcome = |answer: &Answer| answer.state.execution().unwrap().decision.as_ref().unwrap().outcome;
    answers.iter().map(outcome).collect()
}

#[tokio::test]
async fn the_same_set_changes_nothing_and_every_decision_comes_out_again() {
    let world = World::new().await;
    world.apply(TWO).await;
    let answers = world.history().await;
    use Outcome::{Allowed, AwaitingApproval, Blocked};
    assert_eq!(outcomes(&answers), [Allowed, Allowed, Allowed, Allowed, AwaitingApproval, Blocked]);
    let events = world.events().await;
    let report = replayed(query(Some(set(TWO))), &events);
    assert_eq!(report.mismatches, []);
    assert_eq!((report.rederived, report.mismatched, report.compared), (6, 0, 6));
    assert_eq!(report.changes.total(), 0, "{:?}", report.changes);
    assert_eq!(report.outcomes, BTreeMap::from([("allowed", 4), ("awaiting_approval", 1), ("blocked", 1)]));
    assert!(!report.reads_beyond && report.not_derived.is_empty());
}

#[tokio::test]
async fn a_stricter_and_a_milder_set_change_exactly_what_they_change() {
    let world = World::new().await;
    world.apply(TWO).await;
    let answers = world.history().await;
    let events = world.events().await;
    let changed = |report: &ReplayReport| -> Vec<_> {
        report
            .changes
            .listed()
            .map(|change| (change.kind, change.execution_id, change.from, change.to))
            .collect()
    };
    let ids: Vec<_> = answers.iter().map(|answer| answer.execution_id).collect();

    let strict = replayed(query(Some(set(ONE))), &events);
    let blocked = |index: usize, from| (ChangeKind::NewlyBlocked, ids[index], Some(from), Outcome::Blocked);
    assert_eq!(changed(&strict), [blocked(2, Outcome::Allowed), blocked(4, Outcome::AwaitingApproval)]);
    let totals = strict.functions["bank.pay"];
    assert_eq!((totals.compared, totals.newly_blocked, totals.other), (4, 2, 0));
    let first = strict.changes.newly_blocked.first.first().unwrap();
    assert_eq!((first.code.as_str(), first.conversation.as_str()), ("policy_forbids", "c1"));
    assert!(first.rules.contains(&"one".to_owned()), "{:?}", first.rules);

    let milder = replayed(query(Some(set(r#"@id("all") permit (principal, action, resource);"#))), &events);
    assert_eq!(
        changed(&milder),
        [(ChangeKind::NewlyAllowed, ids[4], Some(Outcome::AwaitingApproval), Outcome::Allowed)]
    );
    let other = TWO.replace("finance", "ops");
    let other = replayed(query(Some(set(&other))), &events);
    assert_eq!(changed(&other).len(), 1);
    assert_eq!(other.changes.other.total, 1, "other reviewers are another requirement");

    let limited = ReplayQuery { limit: 1, ..query(Some(set(ONE))) };
    let limited = replayed(limited, &events);
    assert_eq!((limited.changes.newly_blocked.total, limited.changes.newly_blocked.first.len()), (2, 1));
}

#[tokio::test]
async fn a_tampered_decision_is_named_with_what_differs() {
    let world = World::new().await;
    world.apply(TWO).await;
    let answers = world.history().await;
    let mut events = world.events().await;
    let tampered = answers[2].execution_id;
    for (recorded, event) in &mut events {
        if recorded.stream.execution_id() == Some(tampered)
            && let Event::Execution(ExecutionEvent::Allowed(decided)) = event
        {
            decided.decision.facts.insert("history.calls_of_function".to_owned(), json!(0));
        }
    }
    let report = replayed(query(None), &events);
    assert_eq!((report.rederived, report.mismatched, report.compared), (5, 1, 0));
    let mismatch = &report.mismatches[0];
    assert_eq!(mismatch.execution_id, tampered);
    let difference = Difference {
        what: "facts.history.calls_of_function".to_owned(),
        recorded: json!(0),
        derived: json!(1),
    };
    assert_eq!(mismatch.differences, [difference]);
}

#[tokio::test]
async fn what_is_evaluated_beside_decides_nothing() {
    let world = World::new().await;
    world.apply(TWO).await;
    world.engine.shadow_policy(&world.admin, Some(files(ONE)), None).await.unwrap();
    world.history().await;
    let events = world.events().await;
    let differed =
        |(_, event): &&(RecordedEvent, Event)| matches!(event, Event::Policy(PolicyEvent::ShadowDiffered(_)));
    assert_eq!(events.iter().filter(differed).count(), 2);
    let report = replayed(query(Some(set(TWO))), &events);
    assert_eq!((report.rederived, report.mismatched, report.changes.total()), (6, 0, 0));
}

#[tokio::test]
async fn decisions_again_freezes_and_other_sets_come_out_again_too() {
    let world = World::new().await;
    let before = world.propose("c0", "bank.pay").await;
    world.apply(TWO).await;
    let answers = world.history().await;
    world.apply(ONE).await;
    world.engine.redecide(&tenant(), answers[4].execution_id, "policy_set_activated").await.unwrap();
    let scope = proto_events::FreezeScope::Agent { agent: "assistant".to_owned() };
    let frozen = world.engine.freeze(&world.admin, scope, "a test".to_owned()).await.unwrap();
    let stopped = world.propose("c3", "mail.read").await;
    world.engine.unfreeze(&world.admin, frozen.freeze.freeze_id, None).await.unwrap();
    let scopes = ["pay".to_owned()].into();
    world.engine.set_agent_scopes(&world.admin, "assistant", scopes).await.unwrap();
    world.propose("c3", "mail.read").await;
    assert_eq!(outcomes(&[before, stopped]), [Outcome::Allowed, Outcome::Blocked]);
    let events = world.events().await;
    let report = replayed(query(Some(set(ONE))), &events);
    assert_eq!(report.mismatches, []);
    // 6 of the history, one before it, one again, two of the other conversation.
    assert_eq!((report.rederived, report.compared), (10, 10));
    let again: Vec<_> = report.changes.listed().filter(|change| change.again).collect();
    assert_eq!(again, Vec::<&Change>::new(), "decided again under the very set");
}

#[tokio::test]
async fn conversations_apart_give_together_what_one_replay_gives() {
    let world = World::new().await;
    world.apply(TWO).await;
    world.history().await;
    let events = world.events().await;
    let candidate = query(Some(set(ONE)));
    let whole = replayed(candidate.clone(), &events);
    let apart = (0..3).map(|index| {
        let mut replay = Replay::new(Arc::new(candidate.clone()));
        for (recorded, event) in &events {
            if matches!(shard(event, 3), Shard::All) || shard(event, 3) == Shard::One(index) {
                replay.push(recorded.clone(), event.clone());
            }
        }
        replay.finish()
    });
    let together = apart.reduce(ReplayReport::merge).unwrap();
    let of = |report: &ReplayReport| {
        (report.rederived, report.compared, report.changes.clone(), report.functions.clone())
    };
    assert_eq!(of(&together), of(&whole));
}

#[tokio::test]
async fn a_set_that_reads_beyond_conversations_says_so() {
    let world = World::new().await;
    let beyond = r#"@id("few") permit (principal, action, resource)
        when { context.history.agent_calls_last_hour < 100 };"#;
    world.apply(beyond).await;
    world.history().await;
    let report = replayed(query(None), &world.events().await);
    assert!(report.reads_beyond);
    assert_eq!((report.rederived, report.mismatched), (6, 0));
}

#[tokio::test]
async fn only_what_is_in_the_range_is_evaluated_and_all_of_it_counts() {
    let world = World::new().await;
    world.apply(TWO).await;
    let answers = world.history().await;
    let events = world.events().await;
    let held = answers[4].position;
    let until = GlobalPosition::new(held.get() - 1);
    let of = |query: ReplayQuery| {
        let report = replayed(query, &events);
        (report.rederived, report.outcomes.get("awaiting_approval").copied().unwrap_or_default())
    };
    let all = query(Some(set(TWO)));
    assert_eq!(of(ReplayQuery { until, ..all.clone() }), (4, 0));
    assert_eq!(of(ReplayQuery { from: held, ..all.clone() }), (2, 1), "the history before counts");
    assert_eq!(of(ReplayQuery { conversation: Some("c2".to_owned()), ..all.clone() }), (2, 0));
    let at = Timestamp::from_micros(1_700_000_005_000_000);
    assert_eq!(of(ReplayQuery { from_time: Some(at), ..all.clone() }), (2, 1));
    assert_eq!(of(ReplayQuery { to_time: Some(at), ..all }), (4, 0));
}

#[tokio::test]
async fn calls_handed_in_after_the_fact_are_history_and_can_be_decided_on() {
    let world = World::new().await;
    let finished = |conversation: &str| crate::FinishedCall {
        call: CallRef {
            agent: "assistant".to_owned(),
            conversation: conversation.to_owned(),
            request_id: None,
            function: function("bank.pay"),
        },
        arguments: Some(Arguments::from_value(&json!({"amount": 1})).unwrap()),
        requester: Some(Actor::user("rita")),
        idempotency_key: None,
        context: None,
        activity: proto_events::ActivityReport::default(),
        status: proto_events::ResultStatus::Succeeded,
        report: Report::default(),
    };
    for conversation in ["c1", "c1", "c2"] {
        world.engine.record(&world.runtime, finished(conversation)).await.unwrap();
    }
    let events = world.events().await;
    let without = replayed(query(Some(set(ONE))), &events);
    assert_eq!((without.compared, without.decisions()), (0, 0));
    let with = replayed(ReplayQuery { recorded: true, ..query(Some(set(ONE))) }, &events);
    assert_eq!((with.compared, with.after_the_fact, with.decisions()), (3, 3, 0));
    assert_eq!(with.outcomes, BTreeMap::from([("allowed", 2), ("blocked", 1)]));
    let change = with.changes.newly_blocked.first.first().unwrap();
    assert_eq!((change.from, change.conversation.as_str()), (None, "c1"));
}

#[tokio::test]
async fn decisions_on_record_are_test_cases_that_hold() {
    let world = World::new().await;
    world.apply(TWO).await;
    world.history().await;
    let mut calls = DecidedCalls::default();
    let decided: Vec<DecidedCall> =
        world.events().await.iter().filter_map(|(recorded, event)| calls.push(recorded, event)).collect();
    assert_eq!(decided.len(), 6);
    let cases: Vec<_> = decided.iter().filter_map(case_of).collect();
    assert_eq!(cases.len(), 5, "the rules were not asked about the unknown function");
    let differences: Vec<_> =
        run_cases(&set(TWO), &cases).into_iter().flat_map(|result| result.differences).collect();
    assert_eq!(differences, Vec::<String>::new());
    assert!(run_cases(&set(ONE), &cases).iter().any(|result| !result.holds()));
}
