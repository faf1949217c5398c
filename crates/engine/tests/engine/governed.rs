//! Decisions under a policy set: what is asked of whom, on which facts, and what becomes of them when what they rest on
//! changes.

mod again;
mod people;
mod permits;

use std::collections::{BTreeMap, BTreeSet};

use proto_events::{
    Access, Actor, ConnectionDescribed, Digest, Event, ExecutionEvent, FreezeScope, FunctionDescription,
    GrantScope, Outcome, PolicyEvent, RiskLevel, StreamId,
};
use serde_json::{Value, json};
use uuid::Uuid;
use vidimus_domain::execution::Stage;
use vidimus_engine::{
    BatchItem, BatchVerdict, DeadlineKeeper, EngineError, NewGrant, Principal, Proposal, Role,
};

use crate::support::*;

const OPEN: &str = r#"@id("open") permit(principal, action == Action::"call", resource);"#;

fn files(rules: &str) -> BTreeMap<String, String> {
    BTreeMap::from([("rules.cedar".to_owned(), rules.to_owned())])
}

fn holds(id: &str, demand: &str, condition: &str) -> String {
    format!(
        "{OPEN}\n@id(\"{id}\") @reason(\"because {id}\") {demand} \
         forbid(principal, action == Action::\"call\", resource) when {{ {condition} }};"
    )
}

const LARGE: &str = r#"context.number.hasTag("amount") && context.number.getTag("amount") > 1000"#;

async fn governed(rules: &str) -> World {
    let world = World::with(Access::Enabled).await;
    apply(&world, rules).await;
    world
}

async fn apply(world: &World, rules: &str) -> Digest {
    let answer = world.engine.apply_policy(&ada(), files(rules), None, None).await.unwrap();
    answer.policy.in_force().unwrap()
}

fn of_amount(amount: i64) -> Proposal {
    Proposal { arguments: arguments(&format!(r#"{{"amount":{amount}}}"#)), ..proposal() }
}

async fn decide(world: &World, proposal: Proposal) -> (Uuid, Stage) {
    let answer = world.engine.propose(&runtime(), proposal).await.unwrap();
    (answer.execution_id, answer.state.stage().unwrap())
}

async fn describe(world: &World, description: FunctionDescription) {
    world.engine.describe_function(&ada(), function(), description).await.unwrap();
}

async fn keep(world: &World) -> usize {
    DeadlineKeeper::new(world.engine.clone()).settle_due().await.unwrap()
}

fn decision(world_events: &[proto_events::RecordedEvent]) -> proto_events::Decision {
    let last = world_events.iter().rev().find_map(|recorded| match event(recorded) {
        Event::Execution(ExecutionEvent::Allowed(decided)) => Some(decided.decision),
        Event::Execution(ExecutionEvent::Blocked(blocked)) => Some(blocked.decision),
        Event::Execution(ExecutionEvent::ApprovalRequired(required)) => Some(required.decision),
        Event::Execution(ExecutionEvent::ConfirmationRequired(required)) => Some(required.decision),
        _ => None,
    });
    last.unwrap()
}

fn grant_of(uses: u32) -> NewGrant {
    let agent = "assistant".to_owned();
    NewGrant {
        scope: GrantScope { agent, function: function(), conversation: None, conditions: Vec::new() },
        max_uses: Some(uses),
        max_sum: None,
        expires_at: T0.plus(DAY),
        reason: "offers of today".to_owned(),
    }
}

#[tokio::test]
async fn rules_decide_and_the_decision_names_them_the_set_and_the_position_of_its_facts() {
    let rules = holds(
        "large",
        r#"@require("approval") @reviewers("finance")"#,
        &format!("{LARGE} && context.history.calls >= 0"),
    );
    let world = governed(&rules).await;
    let (small, stage) = decide(&world, of_amount(10)).await;
    assert_eq!(stage, Stage::Permitted);
    let before = world.log.tail();
    let (large, stage) = decide(&world, of_amount(5000)).await;
    assert_eq!(stage, Stage::AwaitingApproval);
    let decided = decision(&world.events(large).await);
    assert_eq!(decided.matched_rules, ["open", "large"]);
    assert_eq!(decided.as_of, Some(before));
    assert_eq!(decided.facts["history.calls"], json!(1));
    let set = world.engine.policy(&tenant()).await.unwrap().policy.in_force().unwrap();
    assert_eq!(decided.policy_set, Some(set.to_string()));
    assert_eq!(decision(&world.events(small).await).matched_rules, ["open"]);

    let error = world.engine.approve(&paul(), large, None, None, None).await.unwrap_err();
    assert_eq!(error.code(), "not_a_reviewer", "an approver, but not in finance");
    world.engine.set_group(&ada(), "finance".to_owned(), vec![paul().actor]).await.unwrap();
    let answer = world.engine.approve(&paul(), large, None, None, None).await.unwrap();
    assert_eq!(answer.state.stage(), Some(Stage::Permitted));
}

#[tokio::test]
async fn without_a_rule_that_permits_a_call_is_blocked_and_says_what_is_missing() {
    let world =
        governed(r#"@id("other") permit(principal == Agent::"other", action == Action::"call", resource);"#)
            .await;
    let (id, stage) = decide(&world, proposal()).await;
    assert_eq!(stage, Stage::Blocked);
    let blocked = world.engine.execution(&tenant(), id).await.unwrap().unwrap();
    let blocked = blocked.state.execution().unwrap().blocked.clone().unwrap();
    assert_eq!(blocked.code, "no_rule_permits");
    assert_eq!(blocked.next_owner.as_deref(), Some("admin"));
    assert!(blocked.missing_requirement.unwrap().contains("permits"));
}

#[tokio::test]
async fn every_check_before_a_call_fails_with_its_own_code() {
    let world = World::with(Access::Enabled).await;
    let blocked = |context: Option<Value>| {
        let context = context.map(|context| proto_events::Json::from_value(&context));
        let (world, proposal) = (&world, Proposal { context, ..proposal() });
        async move {
            let (id, _) = decide(world, proposal).await;
            let answer = world.engine.execution(&tenant(), id).await.unwrap().unwrap();
            answer.state.execution().unwrap().blocked.as_ref().map(|blocked| blocked.code.clone())
        }
    };
    let crm = ConnectionDescribed {
        connection: "crm".to_owned(),
        purpose: "customers".to_owned(),
        endpoint: None,
        owner: None,
    };
    world.engine.describe_connection(&ada(), crm).await.unwrap();
    assert_eq!(blocked(None).await.as_deref(), Some("function_not_visible"));

    describe(&world, FunctionDescription { scopes: vec!["offers".into()], ..description() }).await;
    assert_eq!(blocked(None).await.as_deref(), Some("scope_missing"));
    let scopes = BTreeSet::from(["offers".to_owned()]);
    world.engine.set_agent_scopes(&ada(), "assistant", scopes).await.unwrap();
    assert_eq!(blocked(None).await, None);

    describe(&world, FunctionDescription { required_context: vec!["site".into()], ..description() }).await;
    assert_eq!(blocked(Some(json!({ "site": null }))).await.as_deref(), Some("context_missing"));
    assert_eq!(blocked(Some(json!({ "site": "A" }))).await, None);

    describe(&world, FunctionDescription { max_data_age_seconds: Some(60), ..description() }).await;
    assert_eq!(blocked(None).await.as_deref(), Some("data_stale"));
    let at = |seconds: i64| {
        let at = proto_events::Timestamp::from_micros(T0.as_micros() - seconds * 1_000_000);
        Some(json!({ "data_as_of": at.to_string() }))
    };
    assert_eq!(blocked(at(61)).await.as_deref(), Some("data_stale"));
    assert_eq!(blocked(at(60)).await, None);

    describe(&world, FunctionDescription { intended_use_required: true, ..description() }).await;
    assert_eq!(blocked(None).await.as_deref(), Some("intended_use_missing"));
    assert_eq!(
        blocked(Some(json!({ "intended_use": "evidence" }))).await.as_deref(),
        Some("intended_use_mismatch")
    );
    assert_eq!(blocked(Some(json!({ "intended_use": "action" }))).await, None);

    describe(&world, FunctionDescription { risk: RiskLevel::High, ..description() }).await;
    assert_eq!(blocked(None).await.as_deref(), Some("review_owner_unknown"));

    let schema = json!({ "type": "object", "required": ["customer"] });
    let arguments_schema = Some(proto_events::Json::from_value(&schema));
    describe(&world, FunctionDescription { arguments_schema, ..description() }).await;
    assert_eq!(blocked(None).await.as_deref(), Some("arguments_invalid"));

    world.engine.freeze(&ada(), FreezeScope::Tenant, "incident".to_owned()).await.unwrap();
    assert_eq!(blocked(None).await.as_deref(), Some("frozen"));
}

#[tokio::test]
async fn a_workflow_that_needs_no_action_is_recorded_as_such() {
    let world = governed(OPEN).await;
    let context = proto_events::Json::from_value(&json!({ "no_action": "already offered", "evidence": 7 }));
    let (id, stage) = decide(&world, Proposal { context: Some(context), ..proposal() }).await;
    assert_eq!(stage, Stage::NoOp);
    assert_eq!(world.types(id).await, "initiated no_op");
}

#[tokio::test]
async fn a_grant_lifts_the_approval_as_often_as_it_says_and_its_use_is_in_the_same_append() {
    let world = governed(&holds("all", r#"@require("approval")"#, "true")).await;
    describe(&world, description()).await;
    let grant = NewGrant { max_sum: Some("100".to_owned()), ..grant_of(2) };
    world.engine.create_grant(&ada(), grant).await.unwrap();
    let stages = [
        (60, Stage::Permitted),
        (60, Stage::AwaitingApproval),
        (40, Stage::Permitted),
        (0, Stage::AwaitingApproval),
    ];
    for (amount, expected) in stages {
        let (id, stage) = decide(&world, of_amount(amount)).await;
        assert_eq!(stage, expected, "{amount}");
        let decided = decision(&world.events(id).await);
        assert_eq!(decided.grant.is_some(), expected == Stage::Permitted);
        if expected == Stage::Permitted {
            assert_eq!(decided.deciding().unwrap().code, "grant_used");
        }
    }
    let used = world.stream(StreamId::grants()).await;
    assert_eq!(used.len(), 3, "one grant, two uses");
}

#[tokio::test]
async fn a_candidate_is_evaluated_beside_and_its_differences_are_no_decisions() {
    let world = governed(OPEN).await;
    let candidate = holds("large", r#"@require("approval")"#, LARGE);
    world.engine.shadow_policy(&ada(), Some(files(&candidate)), None).await.unwrap();
    let (small, _) = decide(&world, of_amount(10)).await;
    let (large, stage) = decide(&world, of_amount(5000)).await;
    assert_eq!(stage, Stage::Permitted);
    assert!(world.stream(StreamId::shadow(small)).await.is_empty());
    let differed = world.stream(StreamId::shadow(large)).await;
    let [differed] = differed.as_slice() else { panic!("{} events", differed.len()) };
    let Event::Policy(PolicyEvent::ShadowDiffered(differed)) = event(differed) else {
        panic!("{differed:?}")
    };
    assert!(differed.shadow);
    assert_eq!((differed.decided, differed.would_be.outcome), (Outcome::Allowed, Outcome::AwaitingApproval));
    assert_eq!(world.types(large).await, "initiated allowed permitted");
}

#[tokio::test]
async fn calls_of_one_conversation_that_come_at_once_see_each_other() {
    let world = governed(&holds("many", r#"@require("approval")"#, "context.history.calls >= 3")).await;
    let calls = (0..8).map(|_| {
        let engine = world.engine.clone();
        tokio::spawn(async move { engine.propose(&runtime(), proposal()).await.unwrap().state.stage() })
    });
    let mut stages = Vec::new();
    for call in calls.collect::<Vec<_>>() {
        stages.push(call.await.unwrap());
    }
    let permitted = stages.iter().filter(|stage| **stage == Some(Stage::Permitted)).count();
    assert_eq!(permitted, 3, "{stages:?}");
}

#[tokio::test]
async fn an_explanation_shows_what_decided_and_what_would_have_had_to_differ() {
    let world = governed(&holds("large", r#"@require("approval") @owner("cfo")"#, LARGE)).await;
    let (id, _) = decide(&world, of_amount(5000)).await;
    let explanation = world.engine.explain(&tenant(), id).await.unwrap().unwrap();
    assert_eq!(explanation.decision.outcome, Outcome::AwaitingApproval);
    let rules = explanation.rules.unwrap();
    assert_eq!(rules.rules.iter().map(|rule| rule.id.as_str()).collect::<Vec<_>>(), ["large"]);
    let conditions = &rules.rules[0].conditions;
    assert!(conditions.iter().any(|condition| condition.text.contains("> 1000")), "{conditions:?}");
    assert_eq!(world.engine.explain(&tenant(), Uuid::from_u128(9)).await.unwrap(), None);
}

#[tokio::test]
async fn a_tool_set_goes_on_record_once_and_every_decision_names_it() {
    let world = governed(OPEN).await;
    let (id, _) = decide(&world, proposal()).await;
    assert_eq!(decision(&world.events(id).await).visible_tools, None, "without a catalogue");
    describe(&world, description()).await;
    let set = world.engine.visible_tools(&tenant(), "assistant", None).await.unwrap();
    assert_eq!(set.tools.iter().map(|tool| tool.function.clone()).collect::<Vec<_>>(), [function()]);
    for _ in 0..2 {
        let (id, _) = decide(&world, proposal()).await;
        assert_eq!(decision(&world.events(id).await).visible_tools, Some(set.digest));
    }
    assert_eq!(world.stream(StreamId::tool_set(&set.digest)).await.len(), 1);
    world.set(Access::Disabled).await;
    assert!(world.engine.visible_tools(&tenant(), "assistant", None).await.unwrap().tools.is_empty());
}

#[tokio::test]
async fn rules_that_ask_too_much_together_block_and_say_so() {
    let escalations: Vec<String> = (1..=6).map(|hour| format!("{hour}h:leads")).collect();
    let rule = |index: usize| {
        format!(
            "@id(\"r{index}\") @reason(\"r\") @require(\"approval\") @escalate(\"{}\") \
             forbid(principal, action == Action::\"call\", resource);\n",
            escalations.join(",")
        )
    };
    let rules: String = (0..3).map(rule).collect();
    let world = governed(&format!("{OPEN}\n{rules}")).await;
    let (id, stage) = decide(&world, proposal()).await;
    assert_eq!(stage, Stage::Blocked);
    assert_eq!(decision(&world.events(id).await).deciding().unwrap().code, "asks_too_much");
}

#[tokio::test]
async fn what_can_be_seen_depends_on_the_circumstances_and_a_decision_names_the_same() {
    let world = World::with(Access::Enabled).await;
    let needs = FunctionDescription { required_context: vec!["site".into()], ..description() };
    describe(&world, needs).await;
    let (lacking, enough) = (json!({ "shift": "late" }), json!({ "site": "A" }));
    let (late, as_draft) = (json!({ "site": null }), json!({ "site": "A", "intended_use": "draft" }));
    for (context, count) in
        [(None, 1), (Some(&lacking), 0), (Some(&enough), 1), (Some(&late), 0), (Some(&as_draft), 0)]
    {
        let set = world.engine.visible_tools(&tenant(), "assistant", context).await.unwrap();
        assert_eq!(set.tools.len(), count, "{context:?}");
        let context = context.map(proto_events::Json::from_value);
        let (id, stage) = decide(&world, Proposal { context: context.clone(), ..proposal() }).await;
        assert_eq!(stage == Stage::Permitted, count == 1 && context.is_some(), "{context:?}");
        assert_eq!(decision(&world.events(id).await).visible_tools, Some(set.digest), "{context:?}");
        assert_eq!(world.stream(StreamId::tool_set(&set.digest)).await.len(), 1);
    }
}
