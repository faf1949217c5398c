//! What is told without Cedar is what Cedar says.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::json;

use crate::{PolicySet, PolicySource, RequestData, evaluate::holds, view::View};

const ATOMS: [&str; 49] = [
    "true",
    "false",
    "resource.described",
    "resource.effect == \"send\"",
    "\"send\" != resource.effect",
    "[\"read\", \"send\"].contains(resource.effect)",
    "resource.scopes.contains(\"pay\")",
    "resource.name == \"bank.pay\"",
    "resource.connection == \"bank\"",
    "principal.scopes.contains(\"pay\")",
    "principal.id == \"agent\"",
    "principal == Agent::\"agent\"",
    "resource in Connection::\"bank\"",
    "context.requester.kind == \"user\"",
    "context.requester.groups.contains(\"ops\")",
    "context.now.hour < 6",
    "22 <= context.now.hour",
    "context.now.weekday == 4",
    "context.history.calls > 2",
    "2 > context.history.calls",
    "context.history.calls >= -1",
    "context.history.known",
    "context.history.known == false",
    "context.history.calls + 9223372036854775807 > 0",
    "context.history.calls * 2 > 3",
    "context.history.calls + context.now.hour - 1 > context.now.weekday",
    "-9223372036854775807 - context.history.calls < 0",
    "context.conversation == \"c\"",
    "context.argument_names.contains(\"to\")",
    "context.arguments_partial",
    "context.text.hasTag(\"to\") && context.text.getTag(\"to\") == \"ana\"",
    "context.text.hasTag(\"to\") && [\"bob\", \"ana\"].contains(context.text.getTag(\"to\"))",
    "context.number.hasTag(\"n\") && context.number.getTag(\"n\") <= 100",
    "context.flag.hasTag(\"now\") && context.flag.getTag(\"now\")",
    "context.list.hasTag(\"tags\") && context.list.getTag(\"tags\").contains(\"x\")",
    "context.list.hasTag(\"tags\") && context.list.getTag(\"tags\").isEmpty()",
    "context.list.hasTag(\"tags\") && context.list.getTag(\"tags\").containsAny([\"y\", \"x\"])",
    "[\"to\", \"x\"].containsAny(context.argument_names)",
    "[\"to\", \"n\", \"now\", \"tags\"].containsAll(context.argument_names)",
    "context.argument_names.containsAll([\"n\", \"to\"])",
    "context.argument_names.containsAll(resource.scopes)",
    "context.text.hasTag(\"to\") && context.text.getTag(\"to\") like \"*a\"",
    "context.text.hasTag(\"to\") && context.text.getTag(\"to\") like \"a*na*\"",
    "resource.name like \"*an*a*\"",
    "resource.name like \"bank.*\"",
    "resource.name like \"mail\"",
    "resource.name like \"*\"",
    "context.decimal.hasTag(\"n\") && context.decimal.getTag(\"n\") == decimal(\"2.5\")",
    "context.attributes.hasTag(\"site\") && context.attributes.getTag(\"site\") == \"north\"",
];

fn condition() -> impl Strategy<Value = String> {
    let atom = (0..ATOMS.len()).prop_map(|index| format!("({})", ATOMS[index]));
    atom.prop_recursive(3, 12, 2, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} && {b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} || {b})")),
            inner.clone().prop_map(|a| format!("(!{a})")),
            (inner.clone(), inner.clone(), inner).prop_map(|(a, b, c)| format!("(if {a} then {b} else {c})")),
        ]
    })
}

fn request() -> impl Strategy<Value = RequestData> {
    let arguments = prop_oneof![
        Just(json!({})),
        Just(json!({"to": "ana", "n": 2.5, "now": true, "tags": ["x"]})),
        Just(json!({"to": "eve", "n": 200, "now": false, "tags": []})),
        Just(json!({"to": 5, "n": "2", "now": "true", "tags": "x"})),
        Just(json!({"to": "x".repeat(5_000)})),
    ];
    (arguments, any::<[bool; 6]>(), 0..4_i64, 0..200_000_i64).prop_map(|(arguments, flags, calls, seconds)| {
        let [described, scoped, known, bank, sends, here] = flags;
        let at = proto_events::Timestamp::from_micros(seconds * 1_000_000);
        serde_json::from_value(json!({
            "agent": {"scopes": if scoped { vec!["pay"] } else { vec![] }},
            "requester": {"groups": if known { vec!["ops"] } else { vec![] }},
            "function": {
                "name": if bank { "bank.pay" } else { "mail" }, "described": described,
                "effect": if sends { "send" } else { "write" }, "scopes": if scoped { vec!["pay"] } else { vec![] },
            },
            "arguments": arguments,
            "conversation": if here { "c" } else { "d" },
            "attributes": if here { json!({"site": "north"}) } else { json!({}) },
            "now": at,
            "history": {"calls": calls, "known": known},
        }))
        .unwrap()
    })
}

fn set(text: String) -> Option<PolicySet> {
    let files = BTreeMap::from([("a.cedar".to_owned(), text)]);
    // Some of what chance puts together can never hold, and is refused for that.
    PolicySet::parse(&PolicySource::new(files).unwrap()).ok()
}

const SCOPES: [&str; 9] = [
    "principal, action, resource",
    "principal == Agent::\"agent\", action == Action::\"call\", resource",
    "principal == Agent::\"other\", action, resource",
    "principal is Agent, action, resource is Function",
    "principal, action, resource == Function::\"bank.pay\"",
    "principal, action in [Action::\"call\"], resource in Connection::\"bank\"",
    "principal, action, resource is Function in Connection::\"bank\"",
    "principal, action, resource in Connection::\"\"",
    "principal in Agent::\"agent\", action in Action::\"call\", resource in Function::\"mail\"",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn what_is_told_is_what_cedar_says(
        condition in condition(),
        kind in 0..2_usize,
        scope in 0..SCOPES.len(),
        request in request(),
    ) {
        let (kind, scope) = (["when", "unless"][kind], SCOPES[scope]);
        let text = format!("@id(\"a\") permit ({scope}) {kind} {{ {condition} }};");
        let Some(set) = set(text) else { return Ok(()) };
        let request = request.as_request();
        let rule = &set.rules()[0];
        let said = holds(&rule.condition, &View::of_reads(&set.types, &request, &set.reads).unwrap());
        let values = set.plan.values(&request);
        match set.plan.candidates(set.rules(), &request, &values).as_slice() {
            [] => prop_assert_eq!(&Ok(false), &said),
            [only] => prop_assert!(!only.is_told || said == Ok(true), "told, but {:?}", said),
            more => prop_assert!(false, "{:?}", more),
        }
        let view = set.plan.view(&set.types, &request, &values, [0].into_iter()).unwrap();
        prop_assert_eq!(holds(&rule.condition, &view), said);
    }
}

#[test]
fn a_rule_that_plainly_matches_is_told_so() {
    let told = SCOPES.map(|scope| {
        let set = set(format!("@id(\"a\") permit ({scope}) when {{ resource.described }};"))?;
        let data: RequestData = serde_json::from_value(
            json!({"function": {"name": "bank.pay", "described": true}, "agent": {"id": "agent"}}),
        )
        .unwrap();
        let request = data.as_request();
        let candidates = set.plan.candidates(set.rules(), &request, &set.plan.values(&request));
        candidates.first().map(|candidate| candidate.is_told)
    });
    let (yes, no) = (Some(true), Some(false));
    assert_eq!(told, [yes, yes, None, yes, yes, no, yes, None, no]);
}

#[test]
fn what_common_rules_ask_is_told() {
    let request = RequestData {
        arguments: json!({"to": "ana", "n": 200, "now": true, "tags": ["x"]}),
        attributes: BTreeMap::from([("site".to_owned(), "north".to_owned())]),
        ..RequestData::default()
    };
    let untold: Vec<&str> = ATOMS
        .into_iter()
        .filter(|atom| {
            let text = format!(
                "@id(\"a\") permit (principal, action, resource) unless {{ {atom} && resource.described }};"
            );
            let Some(set) = set(text) else { return false };
            let values = set.plan.values(&request.as_request());
            set.plan.rules[0].quick.holds(&values).is_none()
        })
        .collect();
    assert_eq!(
        untold,
        [
            "principal == Agent::\"agent\"",
            "resource in Connection::\"bank\"",
            "context.history.calls * 2 > 3",
            "context.argument_names.containsAll(resource.scopes)",
            "context.decimal.hasTag(\"n\") && context.decimal.getTag(\"n\") == decimal(\"2.5\")",
        ]
    );
}
