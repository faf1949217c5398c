//! Decisions under a policy set: what is asked of whom, on which facts, and what becomes of them when what they rest on
//! changes.

use std::collections::{BTreeMap, BTreeSet};

use proto_events::{
    Access, Actor, ConnectionDescribed, Digest, Effect, Event, ExecutionEvent, FreezeScope,
    FunctionDescription, GrantScope, Outcome, PolicyEvent, RiskLevel, StreamId, ToolType, Trust,
};
use serde_json::{Value, json};
use uuid::Uuid;
use vidimus_domain::execution::Stage;
use vidimus_engine::{
    BatchItem, BatchVerdict, DeadlineKeeper, EngineError, KeyPepper, NewGrant, Principal, Proposal, Role,
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

fn description() -> FunctionDescription {
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
    let grant = NewGrant {
        scope: GrantScope {
            agent: "assistant".into(),
            function: function(),
            conversation: None,
            conditions: vec![],
        },
        max_uses: Some(2),
        max_sum: Some("100".to_owned()),
        expires_at: T0.plus(DAY),
        reason: "offers of today".to_owned(),
    };
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
async fn what_waits_is_decided_again_when_the_policy_changes() {
    let asks = holds("large", r#"@require("approval")"#, LARGE);
    let world = governed(&asks).await;
    let (waits, _) = decide(&world, of_amount(5000)).await;
    let (permitted, _) = decide(&world, of_amount(10)).await;
    let permit = permit_id(&world.engine.execution(&tenant(), permitted).await.unwrap().unwrap());

    apply(&world, OPEN).await;
    let error = world.engine.start(&runtime(), permitted, permit, None).await.unwrap_err();
    assert_eq!(error.code(), "permit_stale");
    assert_eq!(keep(&world).await, 2);
    assert_eq!(world.types(waits).await, "initiated approval_required redecided allowed permitted");
    assert_eq!(
        world.types(permitted).await,
        "initiated allowed permitted redecided permit_withdrawn allowed permitted"
    );
    let fresh = permit_id(&world.engine.execution(&tenant(), permitted).await.unwrap().unwrap());
    assert_ne!(fresh, permit);
    world.engine.start(&runtime(), permitted, fresh, None).await.unwrap();

    let (waits, _) = decide(&world, proposal()).await;
    apply(&world, r#"@id("other") permit(principal == Agent::"other", action == Action::"call", resource);"#)
        .await;
    assert_eq!(keep(&world).await, 2, "and the one of before");
    assert_eq!(world.stage(waits).await, Stage::Blocked);
    assert_eq!(world.stage(permitted).await, Stage::InProgress, "what runs is not decided again");
    assert_eq!(keep(&world).await, 0, "a keeper that begins anew finds nothing to do");
}

#[tokio::test]
async fn disabling_a_function_ends_what_waits_for_it() {
    let world = World::with(Access::EnabledWithConfirmation).await;
    let id = world.propose().await.execution_id;
    world.set(Access::Disabled).await;
    assert_eq!(keep(&world).await, 1);
    assert_eq!(world.types(id).await, "initiated approval_required redecided blocked");
}

#[tokio::test]
async fn a_freeze_holds_what_waits_and_its_end_lets_it_go_on_with_the_time_that_was_left() {
    let world = World::with(Access::EnabledWithConfirmation).await;
    let id = world.propose().await.execution_id;
    let (deadline, _) =
        world.engine.execution(&tenant(), id).await.unwrap().unwrap().state.deadline().unwrap();
    world.clock.advance(HOUR);
    let scope = FreezeScope::Agent { agent: "assistant".to_owned() };
    let freeze = world.engine.freeze(&ada(), scope, "incident".to_owned()).await.unwrap().freeze;
    let error = world.engine.approve(&paul(), id, None, None, None).await.unwrap_err();
    assert_eq!(error.code(), "frozen", "also before the call says that it is held");
    assert_eq!(keep(&world).await, 1);
    world.clock.advance(DAY * 2);
    assert_eq!(keep(&world).await, 0, "its deadline stands still");
    world.engine.unfreeze(&ada(), freeze.freeze_id, None).await.unwrap();
    assert_eq!(keep(&world).await, 1);
    assert_eq!(world.types(id).await, "initiated approval_required suspended resumed");
    let (now, _) = world.engine.execution(&tenant(), id).await.unwrap().unwrap().state.deadline().unwrap();
    assert_eq!(now, deadline.plus(DAY * 2));
    assert_eq!(
        world.engine.approve(&paul(), id, None, None, None).await.unwrap().state.stage(),
        Some(Stage::Permitted)
    );
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
async fn a_batch_is_decided_whole_or_not_at_all() {
    let world = World::with(Access::EnabledWithConfirmation).await;
    let ids = [world.propose().await.execution_id, world.propose().await.execution_id];
    let item = |execution_id, verdict| BatchItem { execution_id, seen: None, card: None, verdict };
    let approve = || BatchVerdict::Approve { comment: None, stage: None };
    world.engine.deny(&petra(), ids[1], "no".to_owned(), None).await.unwrap();
    let tail = world.log.tail();
    let error =
        world.engine.decide_batch(&paul(), ids.map(|id| item(id, approve())).to_vec()).await.unwrap_err();
    assert_eq!((error.code(), world.log.tail()), ("already_denied", tail));
    let EngineError::Batch { index, execution_id, .. } = error else { panic!("{error}") };
    assert_eq!((index, execution_id), (1, ids[1]));

    let other = world.propose().await.execution_id;
    let before = world.log.tail().get();
    let verdicts = vec![item(ids[0], approve()), item(other, BatchVerdict::Deny { reason: "no".to_owned() })];
    let answers = world.engine.decide_batch(&paul(), verdicts.clone()).await.unwrap();
    let stages: Vec<_> = answers.iter().map(|answer| answer.state.stage().unwrap()).collect();
    assert_eq!(stages, [Stage::Permitted, Stage::Denied]);
    let positions: Vec<_> = answers.iter().map(|answer| answer.position.get()).collect();
    assert_eq!(positions, [before + 2, before + 3]);
    let again = world.engine.decide_batch(&paul(), verdicts).await.unwrap();
    assert!(again.iter().all(|answer| answer.already));

    let twice = vec![item(other, approve()), item(other, approve())];
    assert_eq!(world.engine.decide_batch(&paul(), twice).await.unwrap_err().code(), "batch_repeats");
    assert_eq!(world.engine.decide_batch(&paul(), vec![]).await.unwrap_err().code(), "batch_size");
}

#[tokio::test]
async fn an_edit_is_a_new_attempt_that_its_editor_cannot_approve() {
    let world = World::with(Access::EnabledWithConfirmation).await;
    let id = world.propose().await.execution_id;
    let edited = || arguments(r#"{"amount":50}"#);
    let revised = world.engine.revise(&paul(), id, edited(), "half of it".to_owned(), None).await.unwrap();
    assert_eq!(world.types(id).await, "initiated approval_required approval_aborted");
    let new = revised.new.execution_id;
    assert_eq!(world.types(new).await, "initiated approval_required");
    assert_eq!(revised.former.state.stage(), Some(Stage::Aborted));
    let execution = revised.new.state.execution().unwrap().clone();
    assert_eq!(execution.initiated.former_execution, Some(id));
    assert_eq!(execution.requester(), &rita().actor);
    for event_of in world.events(id).await {
        if let Event::Execution(ExecutionEvent::ApprovalAborted(aborted)) = event(&event_of) {
            assert_eq!(aborted.revised_as, Some(new));
        }
    }
    let error = world.engine.approve(&paul(), new, None, None, None).await.unwrap_err();
    assert_eq!(error.code(), "requester_cannot_review");
    world.engine.approve(&petra(), new, None, None, None).await.unwrap();

    let tail = world.log.tail();
    let again = world.engine.revise(&paul(), id, edited(), "half of it".to_owned(), None).await.unwrap();
    assert_eq!((again.new.execution_id, again.former.already), (new, true));
    assert!(world.log.tail().get() <= tail.get() + 1, "at most the count of the retry");
    let other = Principal::new(tenant(), Actor::user("nobody"), [Role::Agent]);
    let error = world.engine.revise(&other, new, edited(), "mine".to_owned(), None).await.unwrap_err();
    assert_eq!(error.code(), "not_a_reviewer");
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
    let set = world.engine.visible_tools(&tenant(), "assistant").await.unwrap();
    assert_eq!(set.tools.iter().map(|tool| tool.function.clone()).collect::<Vec<_>>(), [function()]);
    for _ in 0..2 {
        let (id, _) = decide(&world, proposal()).await;
        assert_eq!(decision(&world.events(id).await).visible_tools, Some(set.digest));
    }
    assert_eq!(world.stream(StreamId::tool_set(&set.digest)).await.len(), 1);
    world.set(Access::Disabled).await;
    assert!(world.engine.visible_tools(&tenant(), "assistant").await.unwrap().tools.is_empty());
}

#[tokio::test]
async fn a_permit_token_is_signed_names_the_call_and_is_there_only_while_it_may_start() {
    let world = World::with(Access::Enabled).await;
    let engine = vidimus_engine::Engine::with(
        world.log.clone(),
        vidimus_engine::Settings::default(),
        world.clock.clone(),
        world.ids.clone(),
    )
    .with_key_pepper(KeyPepper::new([7; 32]));
    let answer = engine.propose(&runtime(), proposal()).await.unwrap();
    let execution = answer.state.execution().unwrap();
    let token = engine.permit_token(&tenant(), execution).unwrap();
    let parts: Vec<&str> = token.split('.').collect();
    assert_eq!(parts.len(), 3);
    assert_eq!(engine.permit_keys().unwrap()["keys"][0]["alg"], "EdDSA");
    assert_eq!(world.engine.permit_keys(), None, "without a pepper");
    let started = engine.start(&runtime(), answer.execution_id, permit_id(&answer), None).await.unwrap();
    assert_eq!(engine.permit_token(&tenant(), started.state.execution().unwrap()), None);
}

#[tokio::test]
async fn what_changed_before_an_approval_counts_after_it() {
    let world = World::with(Access::EnabledWithConfirmation).await;
    let id = world.propose().await.execution_id;
    let mut keeper = DeadlineKeeper::new(world.engine.clone());
    keeper.catch_up().await.unwrap();
    world.set(Access::Disabled).await;
    let approved = world.engine.approve(&paul(), id, None, None, None).await.unwrap();
    let start = world.engine.start(&runtime(), id, permit_id(&approved), None).await.unwrap_err();
    assert_eq!(start.code(), "blocked", "a start looks for itself, whether the keeper has come or not");
    assert_eq!(
        world.types(id).await,
        "initiated approval_required approval_accepted permitted redecided permit_withdrawn blocked"
    );

    world.set(Access::EnabledWithConfirmation).await;
    let id = world.propose().await.execution_id;
    world.set(Access::Disabled).await;
    world.engine.approve(&paul(), id, None, None, None).await.unwrap();
    assert_eq!(keeper.settle_due().await.unwrap(), 1, "the keeper comes to it as well");
    assert_eq!(world.stage(id).await, Stage::Blocked);
}

#[tokio::test]
async fn a_start_under_what_changed_for_nothing_goes_on() {
    let world = World::with(Access::Enabled).await;
    let answer = world.propose().await;
    describe(&world, description()).await;
    let started =
        world.engine.start(&runtime(), answer.execution_id, permit_id(&answer), None).await.unwrap();
    assert_eq!(started.state.stage(), Some(Stage::InProgress));
    assert_eq!(world.types(answer.execution_id).await, "initiated allowed permitted in_progress");
}

#[tokio::test]
async fn an_edit_for_a_requester_in_a_group_and_its_first_proposer_stays_on_the_asking_side() {
    let world = governed(&holds("all", r#"@require("approval")"#, "true")).await;
    world.engine.set_group(&ada(), "clerks".to_owned(), vec![rita().actor]).await.unwrap();
    let bob = Principal::new(tenant(), Actor::user("bob"), [Role::Agent, Role::Approver]);
    let id = world.engine.propose(&bob, proposal()).await.unwrap().execution_id;
    let edited = arguments(r#"{"amount":50}"#);
    let new =
        world.engine.revise(&paul(), id, edited, "half".to_owned(), None).await.unwrap().new.execution_id;
    let error = world.engine.approve(&bob, new, None, None, None).await.unwrap_err();
    assert_eq!(error.code(), "requester_cannot_review");
    world.engine.approve(&petra(), new, None, None, None).await.unwrap();
    let taken = Proposal { idempotency_key: Some(format!("revision of {id} to x")), ..proposal() };
    assert_eq!(world.engine.propose(&runtime(), taken).await.unwrap_err().code(), "invalid_field");
}

#[tokio::test]
async fn after_a_freeze_reminders_and_escalations_go_on() {
    let demand = r#"@require("approval") @remind("1h") @escalate("3h:leads") @expires("10h")"#;
    let world = governed(&holds("all", demand, "true")).await;
    let (id, _) = decide(&world, proposal()).await;
    let mut keeper = DeadlineKeeper::new(world.engine.clone());
    let freeze =
        world.engine.freeze(&ada(), FreezeScope::Tenant, "incident".to_owned()).await.unwrap().freeze;
    assert_eq!(keeper.settle_due().await.unwrap(), 1);
    world.clock.advance(DAY);
    assert_eq!(keeper.settle_due().await.unwrap(), 0);
    world.engine.unfreeze(&ada(), freeze.freeze_id, None).await.unwrap();
    assert_eq!(keeper.settle_due().await.unwrap(), 1);
    for (hours, last) in [(1, "approval_reminded"), (3, "approval_escalated"), (10, "approval_expired")] {
        world.clock.advance(HOUR * hours);
        keeper.settle_due().await.unwrap();
        assert!(world.types(id).await.contains(last), "{last}: {}", world.types(id).await);
        // Also by a keeper that begins anew.
        keeper = DeadlineKeeper::new(world.engine.clone());
    }
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
