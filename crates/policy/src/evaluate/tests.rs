//! One look at each rule gives what the definition gives: Cedar's authorizer over all rules, and once more over the
//! rules without a demand.

use std::collections::{BTreeMap, BTreeSet};

use cedar_policy::{Authorizer, Decision, Policy, PolicyId, PolicySet as CedarSet};
use proptest::prelude::*;
use proto_events::Outcome;
use serde_json::{Value, json};

use crate::{Code, Demand, PolicySet, PolicySource, RequestData, RuleEffect, view::View};

fn set(text: &str) -> PolicySet {
    let files = BTreeMap::from([("a.cedar".to_owned(), text.to_owned())]);
    PolicySet::parse(&PolicySource::new(files).unwrap()).unwrap_or_else(|errors| panic!("{errors}\n{text}"))
}

/// Cedar's own answer for the rules that `keep` keeps: whether it allows, the reasons, and the rules with errors.
fn cedar(
    set: &PolicySet,
    request: &RequestData,
    keep: impl Fn(&crate::Rule) -> bool,
) -> (bool, BTreeSet<String>, BTreeSet<String>) {
    let view = View::of_reads(&set.types, &request.as_request(), &set.reads).unwrap();
    let policies = set
        .rules()
        .iter()
        .filter(|rule| keep(rule))
        .map(|rule| Policy::parse(Some(PolicyId::new(rule.id())), rule.text()).unwrap());
    let policies = CedarSet::from_policies(policies).unwrap();
    let answer = Authorizer::new().is_authorized(&view.request, &policies, &view.entities);
    let reasons = answer.diagnostics().reason().map(ToString::to_string).collect();
    let errors = answer.diagnostics().errors().map(|error| match error {
        cedar_policy::AuthorizationError::PolicyEvaluationError(error) => error.policy_id().to_string(),
    });
    (answer.decision() == Decision::Allow, reasons, errors.collect())
}

/// The decision by its definition, with the rules that Cedar names.
fn defined(set: &PolicySet, request: &RequestData) -> (Outcome, Code) {
    let (allowed, reasons, errors) = cedar(set, request, |_| true);
    let rule = |id: &String| set.rule(id).unwrap();
    if errors.iter().any(|id| rule(id).effect() == RuleEffect::Forbid)
        && !reasons.iter().any(|id| rule(id).effect() == RuleEffect::Forbid && rule(id).demand().is_none())
    {
        return (Outcome::Blocked, Code::RuleError);
    }
    if allowed {
        return (Outcome::Allowed, Code::PolicyPermits);
    }
    if reasons.is_empty() {
        return (Outcome::Blocked, Code::NoRulePermits);
    }
    if reasons.iter().any(|id| rule(id).demand().is_none()) {
        return (Outcome::Blocked, Code::PolicyForbids);
    }
    let (allowed, ..) = cedar(set, request, |rule| rule.demand().is_none());
    if !allowed {
        return (Outcome::Blocked, Code::NoRulePermits);
    }
    if reasons.iter().any(|id| matches!(rule(id).demand(), Some(Demand::Approval(_)))) {
        return (Outcome::AwaitingApproval, Code::ApprovalRequired);
    }
    (Outcome::ConfirmationRequired, Code::ConfirmationRequired)
}

/// Conditions with all that splitting text could go wrong on, some of which end in an error.
const CONDITIONS: [&str; 16] = [
    "true",
    "resource.described // a comment; with \"signs\" }",
    "context.history.calls > 2 && resource.risk == \"high\"",
    "context.history.calls > 2 || resource.risk == \"high\" && resource.described",
    "(context.history.calls > 2 || resource.described) && !(resource.results_trusted)",
    "if resource.described then context.history.calls > 2 else context.flag.hasTag(\"f\") && context.flag.getTag(\"f\")",
    "context.number.hasTag(\"n\") && context.number.getTag(\"n\") + 1 > 3",
    "context.number.hasTag(\"n\") && context.number.getTag(\"n\") * 9007199254740991 > 3",
    "context.text.hasTag(\"t\") && context.text.getTag(\"t\") like \"a*}; \\\"forbid\"",
    "context.text.hasTag(context.conversation) && context.text.getTag(context.conversation) == \"x\"",
    "context.list.hasTag(\"l/0\") || context.list.hasTag(\"l\") && context.list.getTag(\"l\").contains(\"x\")",
    "principal.scopes.contains(\"a\") || context.requester.groups.containsAny([\"g\"])",
    "context.decimal.hasTag(\"n\") && context.decimal.getTag(\"n\").greaterThan(decimal(\"2.5\"))",
    "(if resource.described then context.text else context.attributes).hasTag(\"t\")",
    "resource in Connection::\"c\" && principal == Agent::\"agent\"",
    "{calls: context.history.calls, Var: 1}.calls == 3 && context.now.weekday < 5",
];

const SCOPES: [&str; 6] = [
    "(principal, action, resource)",
    "(principal == Agent::\"agent\", action == Action::\"call\", resource)",
    "(principal is Agent, action in [Action::\"call\"], resource in Connection::\"c\")",
    "(principal, action, resource == Function::\"c.f\")",
    "(principal == Agent::\"other\", action, resource is Function in Connection::\"c\")",
    "(principal, action, resource == Function::\"d.f\")",
];

fn rule() -> impl Strategy<Value = (usize, usize, usize, Option<usize>)> {
    (0..4_usize, 0..SCOPES.len(), 0..CONDITIONS.len(), proptest::option::of(1..CONDITIONS.len()))
}

fn text(rules: &[(usize, usize, usize, Option<usize>)]) -> String {
    let mut text = String::new();
    for (index, (kind, scope, when, unless)) in rules.iter().enumerate() {
        let head = match kind {
            0 => "permit",
            1 => "@reason(\"r\") forbid",
            2 => "@reason(\"r\") @require(\"confirmation\") forbid",
            _ => "@reason(\"r\") @require(\"approval\") forbid",
        };
        // Cedar sees that a tag cannot be there and not be there, and refuses a rule that never matches.
        let unless = unless.filter(|unless| unless != when);
        let unless = unless.map_or(String::new(), |index| format!("unless {{ {}\n }}", CONDITIONS[index]));
        let when = CONDITIONS[*when];
        text.push_str(&format!(
            "@id(\"r{index}\") {head} {} when {{ {when}\n }} {unless};\n",
            SCOPES[*scope]
        ));
    }
    text
}

fn request() -> impl Strategy<Value = RequestData> {
    let argument = prop_oneof![
        Just(json!({})),
        Just(json!({"n": 2, "f": true})),
        Just(json!({"n": 2.6, "t": "a}; \"forbid", "l": ["x"]})),
        Just(json!({"n": 1_000_000, "f": false, "l": ["y"], "conversation": "x"})),
        Just(json!({"n": "2", "t": 5, "l": [["x"]]})),
    ];
    let function = prop_oneof![Just("c.f"), Just("d.f"), Just("f")];
    (argument, function, any::<[bool; 6]>(), 0..5_i64).prop_map(|(arguments, name, flags, calls)| {
        let [described, trusted, high, scoped, grouped, attribute] = flags;
        let attributes: Value = if attribute { json!({"t": "x"}) } else { json!({}) };
        serde_json::from_value(json!({
            "agent": {"scopes": if scoped { vec!["a"] } else { vec![] }},
            "requester": {"groups": if grouped { vec!["g"] } else { vec![] }},
            "function": {
                "name": name, "described": described, "results_trusted": trusted,
                "risk": if high { "high" } else { "low" },
            },
            "arguments": arguments,
            "attributes": attributes,
            "history": {"calls": calls},
        }))
        .unwrap()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn the_decision_is_the_one_that_is_defined(
        rules in proptest::collection::vec(rule(), 0..6),
        request in request(),
    ) {
        let set = set(&text(&rules));
        let found = set.evaluate(&request.as_request());
        prop_assert_eq!((found.outcome, found.code), defined(&set, &request));
        for (rule, effect) in found.permits.iter().map(|id| (id, RuleEffect::Permit))
            .chain(found.forbids.iter().map(|id| (id, RuleEffect::Forbid)))
        {
            prop_assert_eq!(set.rule(rule).unwrap().effect(), effect);
            let (allowed, reasons, _) = cedar(&set, &request, |other| other.id() == rule);
            prop_assert!(reasons.contains(rule));
            prop_assert_eq!(allowed, effect == RuleEffect::Permit);
        }
        let (_, _, errors) = cedar(&set, &request, |_| true);
        let found_errors: BTreeSet<String> = found.errors.iter().map(|error| error.rule.clone()).collect();
        prop_assert_eq!(found_errors, errors);
    }

    #[test]
    fn another_forbid_never_makes_a_decision_less_strict(
        rules in proptest::collection::vec(rule(), 0..5),
        more in (1..4_usize, 0..SCOPES.len(), 0..CONDITIONS.len(), proptest::option::of(1..CONDITIONS.len())),
        request in request(),
    ) {
        let before = set(&text(&rules)).evaluate(&request.as_request());
        let mut rules = rules;
        rules.push(more);
        let after = set(&text(&rules)).evaluate(&request.as_request());
        prop_assert!(after.outcome >= before.outcome, "{:?} {:?}", before, after);
    }

    #[test]
    fn the_same_request_has_the_same_decision(
        rules in proptest::collection::vec(rule(), 0..6),
        request in request(),
    ) {
        let set = set(&text(&rules));
        let (first, second) = (set.evaluate(&request.as_request()), set.evaluate(&request.as_request()));
        prop_assert_eq!(&first, &second);
        let again = PolicySet::parse(set.source()).unwrap();
        prop_assert_eq!(&again.evaluate(&request.as_request()), &first);
        prop_assert_eq!(again.explain(&request.as_request(), &first), set.explain(&request.as_request(), &first));
    }

    #[test]
    fn a_rule_holds_where_each_of_its_parts_does(rule in rule(), request in request()) {
        let set = set(&text(&[(0, rule.1, rule.2, rule.3)]));
        let view = View::of_reads(&set.types, &request.as_request(), &set.reads).unwrap();
        let rule = &set.rules()[0];
        // In order, up to the first that does not hold: as Cedar goes through `&&`.
        let parts = rule.parts.iter().map(|part| super::holds(&part.text.parse().unwrap(), &view));
        let mut expected = Ok(true);
        for part in parts {
            if part != Ok(true) {
                expected = part;
                break;
            }
        }
        prop_assert_eq!(super::holds(&rule.condition, &view).map_err(drop), expected.map_err(drop));
    }
}
