//! The layers of a decision: what each asks, which counts, and how requirements add up.

#![allow(clippy::unwrap_used, reason = "helpers of tests are outside of `#[test]` functions")]

use std::collections::BTreeSet;

use proto_events::{
    Access, Actor, CallRef, Decision, Digest, Effect, FunctionDescription, GlobalPosition, Layer, Outcome,
    Reviewers, RiskLevel, Timestamp, ToolType, Trust,
};
use serde_json::{Value, json};
use uuid::Uuid;
use vidimus_policy::{HistoryFacts, Inputs, PolicySet, PolicySource, decide_call};

const OPEN: &str = r#"@id("open") permit(principal, action == Action::"call", resource);"#;

fn set(rules: &str) -> PolicySet {
    PolicySet::parse(&PolicySource::new([("a.cedar".to_owned(), rules.to_owned())].into()).unwrap()).unwrap()
}

fn described(tool_type: ToolType, risk: RiskLevel) -> FunctionDescription {
    FunctionDescription {
        purpose: "pays".to_owned(),
        tool_type,
        effect: Effect::Send,
        risk,
        results: Trust::Trusted,
        arguments_schema: None,
        scopes: Vec::new(),
        sensitive: Vec::new(),
        required_context: Vec::new(),
        max_data_age_seconds: None,
        intended_use_required: false,
        owner: Some("finance".to_owned()),
        amount: None,
    }
}

/// What a call is decided on, owned.
struct Call {
    access: Option<Access>,
    description: Option<FunctionDescription>,
    policy: Option<PolicySet>,
    context: Option<Value>,
    grant: Option<Uuid>,
}

impl Default for Call {
    fn default() -> Self {
        Self { access: Some(Access::Enabled), description: None, policy: None, context: None, grant: None }
    }
}

impl Call {
    fn decide(&self) -> Decision {
        let call = CallRef {
            agent: "assistant".to_owned(),
            conversation: "c".to_owned(),
            request_id: None,
            function: "bank.pay".parse().unwrap(),
        };
        let (requester, scopes, history) = (Actor::user("rita"), BTreeSet::new(), HistoryFacts::default());
        let arguments = json!({ "amount": 5 });
        decide_call(&Inputs {
            call: &call,
            requester: &requester,
            requester_groups: &[],
            agent_scopes: &scopes,
            arguments: &arguments,
            arguments_digest: Digest::new([7; 32]),
            context: self.context.as_ref(),
            now: Timestamp::from_micros(0),
            freeze: None,
            access: self.access,
            function_version: None,
            description: self.description.as_ref(),
            connection_described: false,
            schema: None,
            policy: self.policy.as_ref(),
            history: Some((&history, GlobalPosition::new(9))),
            grant: self.grant,
            visible_tools: None,
        })
    }
}

fn code(decision: &Decision) -> (Outcome, &str) {
    (decision.outcome, &decision.deciding().unwrap().code)
}

#[test]
fn type_and_risk_ask_where_no_policy_set_does_and_what_is_critical_always() {
    use {Outcome::*, RiskLevel::*, ToolType::*};
    for tool_type in ToolType::ALL.iter().copied() {
        for risk in RiskLevel::ALL.iter().copied() {
            for governed in [false, true] {
                let policy = governed.then(|| set(OPEN));
                let call = Call { description: Some(described(tool_type, risk)), policy, ..Call::default() };
                let expected = match (tool_type, risk, governed) {
                    (_, Critical, _) => AwaitingApproval,
                    (Action, High, false) => AwaitingApproval,
                    (Draft, _, false) => ConfirmationRequired,
                    _ => Allowed,
                };
                assert_eq!(call.decide().outcome, expected, "{tool_type} {risk} governed: {governed}");
            }
        }
    }
}

#[test]
fn access_alone_decides_on_what_nobody_described() {
    for (access, expected) in [
        (None, (Outcome::Blocked, "function_unknown")),
        (Some(Access::Disabled), (Outcome::Blocked, "function_disabled")),
        (Some(Access::EnabledWithConfirmation), (Outcome::AwaitingApproval, "function_needs_approval")),
        (Some(Access::Enabled), (Outcome::Allowed, "function_enabled")),
    ] {
        let decision = Call { access, ..Call::default() }.decide();
        assert_eq!(code(&decision), expected);
        assert_eq!((decision.policy_set, decision.as_of), (None, None), "no history was read");
        assert_eq!(decision.requirement.is_some(), expected.0 == Outcome::AwaitingApproval);
    }
}

#[test]
fn what_is_blocked_before_the_rules_is_not_put_to_them_and_asks_nobody() {
    let policy = Some(set(&format!(
        "{OPEN}\n@id(\"ask\") @reason(\"r\") @require(\"approval\") forbid(principal, action == Action::\"call\", resource);"
    )));
    let decision = Call { access: Some(Access::Disabled), policy, ..Call::default() }.decide();
    assert_eq!(code(&decision), (Outcome::Blocked, "function_disabled"));
    assert!(decision.matched_rules.is_empty());
    assert!(decision.requirement.is_none());
    let finding = decision.deciding().unwrap();
    assert_eq!(finding.next_owner.as_deref(), Some("admin"));
    assert!(finding.missing_requirement.is_some());
}

#[test]
fn what_layers_and_rules_ask_adds_up() {
    let rules = format!(
        "{OPEN}\n\
         @id(\"confirm\") @reason(\"r\") @require(\"confirmation\") @expires(\"2h\") forbid(principal, action == Action::\"call\", resource);\n\
         @id(\"ops\") @reason(\"r\") @require(\"approval\") @reviewers(\"ops,user:ana\") @quorum(\"2\") @expires(\"1h\") @remind(\"10m\") @self_review(\"true\") forbid(principal, action == Action::\"call\", resource);\n\
         @id(\"board\") @reason(\"r\") @require(\"approval\") @stage(\"2\") @escalate(\"30m:leads\") @self_review(\"true\") forbid(principal, action == Action::\"call\", resource);"
    );
    let call = |access| Call { access: Some(access), policy: Some(set(&rules)), ..Call::default() };
    let alone = call(Access::Enabled).decide();
    assert_eq!(code(&alone), (Outcome::AwaitingApproval, "policy_requires_approval"));
    let requirement = alone.requirement.unwrap();
    assert!(requirement.confirmation && requirement.self_review);
    assert_eq!(requirement.expires_after_seconds, Some(3600));
    assert_eq!(requirement.remind_after_seconds, Some(600));
    let needs: Vec<Vec<(&str, u32)>> = requirement
        .stages
        .iter()
        .map(|stage| stage.needs.iter().map(|need| (need.rule.as_str(), need.quorum)).collect())
        .collect();
    assert_eq!(needs, [vec![("ops", 2)], vec![("board", 1)]]);
    let ops = &requirement.stages[0].needs[0].reviewers;
    let named = Reviewers::Named { groups: vec!["ops".to_owned()], people: vec![Actor::user("ana")] };
    assert_eq!(*ops, named);
    assert_eq!(requirement.stages[1].needs[0].reviewers, Reviewers::AnyApprover);
    assert_eq!(requirement.escalations.len(), 1);

    let both = call(Access::EnabledWithConfirmation).decide().requirement.unwrap();
    let first: Vec<&str> = both.stages[0].needs.iter().map(|need| need.rule.as_str()).collect();
    assert_eq!(first, ["function_needs_approval", "ops"]);
    assert!(!both.self_review, "the layer of access does not let the requester review");
}

#[test]
fn a_grant_lifts_an_approval_and_nothing_else() {
    let rules = |demand: &str| {
        set(&format!(
            "{OPEN}\n@id(\"ask\") @reason(\"r\") {demand} forbid(principal, action == Action::\"call\", resource);"
        ))
    };
    let grant = Some(Uuid::from_u128(5));
    let decide = |policy| Call { policy: Some(policy), grant, ..Call::default() }.decide();
    let lifted = decide(rules(r#"@require("approval")"#));
    assert_eq!((code(&lifted), lifted.grant), ((Outcome::Allowed, "grant_used"), grant));
    assert_eq!(lifted.requirement, None);
    assert!(
        lifted.findings.iter().any(|finding| finding.outcome == Outcome::AwaitingApproval),
        "it still says what was lifted"
    );
    for (demand, outcome) in
        [(r#"@require("confirmation")"#, Outcome::ConfirmationRequired), ("", Outcome::Blocked)]
    {
        let kept = decide(rules(demand));
        assert_eq!((kept.outcome, kept.grant), (outcome, None), "{demand}");
    }
    let granted = Call { grant, ..Call::default() }.decide();
    assert_eq!(
        (granted.outcome, granted.grant),
        (Outcome::Allowed, None),
        "nothing to lift: nothing is used"
    );
}

#[test]
fn findings_come_strictest_first_and_name_their_layer() {
    let call = Call {
        access: Some(Access::EnabledWithConfirmation),
        description: Some(described(ToolType::Draft, RiskLevel::Low)),
        ..Call::default()
    };
    let decision = call.decide();
    let layers: Vec<Layer> = decision.findings.iter().map(|finding| finding.layer).collect();
    assert_eq!(layers, [Layer::FunctionAccess, Layer::ToolRisk]);
    let requirement = decision.requirement.unwrap();
    assert!(requirement.confirmation);
    let owner = Reviewers::Named { groups: vec!["finance".to_owned()], people: vec![] };
    assert_eq!(requirement.stages[0].needs[0].reviewers, owner);
}

#[test]
fn no_action_is_recorded_whatever_else_holds() {
    let context = Some(json!({ "no_action": "the order is there already" }));
    let decision = Call { access: None, context, ..Call::default() }.decide();
    assert_eq!(code(&decision), (Outcome::NoOp, "no_action_needed"));
    let context = Some(json!({ "no_action": true }));
    assert_eq!(Call { context, ..Call::default() }.decide().outcome, Outcome::Allowed, "only words say so");
}
