//! Positions, versions, digests, JSON texts, and the names of enumerated values.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are outside of `#[test]` functions")]

use std::collections::BTreeSet;

use proptest::prelude::*;
use proto_events::{
    Access, Actor, ApprovalStage, Decision, Digest, Effect, ExpectedVersion, GlobalPosition, Json, Layer,
    LayerFinding, Outcome, Requirement, ResultStatus, Reviewers, RiskLevel, Role, StreamVersion, ToolType,
    Trust,
};

#[test]
fn positions_count_from_1_and_versions_from_0() {
    assert_eq!(GlobalPosition::START.get(), 0);
    assert_eq!(GlobalPosition::default(), GlobalPosition::START);
    assert_eq!(GlobalPosition::START.next(), GlobalPosition::new(1));
    assert_eq!(GlobalPosition::new(u64::MAX).next().get(), u64::MAX, "held, not wrapped");
    assert_eq!(StreamVersion::FIRST.get(), 0);
    assert_eq!(StreamVersion::FIRST.next(), StreamVersion::new(1));
    assert_eq!(StreamVersion::new(u64::MAX).next().get(), u64::MAX, "held, not wrapped");
    assert!(GlobalPosition::new(9) < GlobalPosition::new(10));
    assert_eq!(serde_json::to_string(&GlobalPosition::new(u64::MAX)).unwrap(), "18446744073709551615");
    assert_eq!(serde_json::from_str::<StreamVersion>("18446744073709551615").unwrap().get(), u64::MAX);
    for text in ["-1", "1.0", "\"1\"", "18446744073709551616", "null"] {
        assert!(serde_json::from_str::<GlobalPosition>(text).is_err(), "{text}");
    }
    assert_eq!(format!("{} {}", GlobalPosition::new(7), StreamVersion::new(3)), "7 3");
}

#[test]
fn an_expected_version_admits_what_it_says() {
    use ExpectedVersion::{Any, Exact, NoStream};
    let version = StreamVersion::new;
    for (expected, actual, admitted) in [
        (Any, None, true),
        (Any, Some(0), true),
        (Any, Some(u64::MAX), true),
        (NoStream, None, true),
        (NoStream, Some(0), false),
        (Exact(version(0)), None, false),
        (Exact(version(0)), Some(0), true),
        (Exact(version(0)), Some(1), false),
        (Exact(version(4)), Some(3), false),
        (Exact(version(4)), Some(4), true),
    ] {
        assert_eq!(expected.admits(actual.map(version)), admitted, "{expected} {actual:?}");
    }
    assert_eq!(ExpectedVersion::after(None), NoStream);
    assert_eq!(ExpectedVersion::after(Some(version(4))), Exact(version(4)));
    assert_eq!(
        [Any, NoStream, Exact(version(4))].map(|it| it.to_string()),
        ["any version", "no events", "version 4"]
    );
}

#[test]
fn a_digest_is_64_hexadecimal_digits() {
    let text = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1eff";
    let digest: Digest = text.parse().unwrap();
    assert_eq!(digest.as_bytes()[..4], [0, 1, 2, 3]);
    assert_eq!(digest.as_bytes()[31], 0xff);
    assert_eq!((digest.to_string(), format!("{digest:?}")), (text.to_owned(), text.to_owned()));
    assert_eq!(text.to_uppercase().parse::<Digest>().unwrap(), digest, "read in either case");
    assert_eq!(serde_json::to_string(&digest).unwrap(), format!("\"{text}\""));
    assert_eq!(
        serde_json::from_str::<Digest>(&format!("\"\\u0030{}\"", &text[1..])).unwrap(),
        digest,
        "escaped"
    );
    let long = "0".repeat(65);
    for wrong in ["", "00", &text[1..], &long, &text.replace("ff", "fg"), &text.replace("00", "é")] {
        assert_eq!(wrong.parse::<Digest>().unwrap_err().to_string(), "a digest is 64 hexadecimal digits");
    }
    let error = serde_json::from_str::<Digest>("7").unwrap_err().to_string();
    assert!(error.contains("expected a digest of 64 hexadecimal digits"), "{error}");
}

proptest! {
    #[test]
    fn any_digest_is_read_back(bytes in any::<[u8; 32]>()) {
        let digest = Digest::new(bytes);
        prop_assert_eq!(digest.to_string().parse::<Digest>().unwrap(), digest);
        prop_assert_eq!(digest.as_bytes(), &bytes);
    }
}

#[test]
fn a_json_text_is_kept_as_it_is() {
    let json = Json::from_text(" \n{\"b\": 1.0,  \"a\": 1e2}\t".to_owned()).unwrap();
    assert_eq!(json.as_str(), "{\"b\": 1.0,  \"a\": 1e2}", "without the white space around it");
    assert_eq!(json.to_string(), json.as_str());
    assert_eq!(json.to_value(), serde_json::json!({"a": 100.0, "b": 1.0}));
    assert_eq!(Json::from_value(&json.to_value()).as_str(), r#"{"a":100.0,"b":1.0}"#);
    assert_ne!(Json::from_text("1.0".to_owned()).unwrap(), Json::from_text("1.00".to_owned()).unwrap());
    for text in ["", " ", "{", "{} {}", "nul", "'a'", "01", "\"\n\""] {
        let error = Json::from_text(text.to_owned()).expect_err(text).to_string();
        assert!(error.starts_with("not JSON: "), "{error}");
    }
}

#[test]
fn a_json_text_that_no_value_can_hold_is_an_error_to_parse() {
    for text in
        ["1e999".to_owned(), r#""\ud800""#.to_owned(), format!("{}{}", "[".repeat(200), "]".repeat(200))]
    {
        let json = Json::from_text(text).unwrap();
        assert!(json.parse().is_err(), "{json}");
        assert!(json.to_value().is_null());
    }
    assert_eq!(Json::from_text("[1]".to_owned()).unwrap().parse().unwrap(), serde_json::json!([1]));
}

fn names<T: serde::Serialize + Copy>(values: &[T], name: impl Fn(T) -> &'static str) {
    let written: BTreeSet<_> = values
        .iter()
        .map(|value| {
            assert_eq!(serde_json::to_value(value).unwrap(), name(*value));
            name(*value)
        })
        .collect();
    assert_eq!(written.len(), values.len());
}

#[test]
fn enumerated_values_are_written_by_their_names() {
    use Outcome as O;
    use ResultStatus as R;
    names(&[O::NoOp, O::Allowed, O::ConfirmationRequired, O::AwaitingApproval, O::Blocked], O::as_str);
    names(&[R::Succeeded, R::Failed, R::TimedOut, R::Skipped, R::Cancelled, R::Unknown], R::as_str);
    names(&[Access::Disabled, Access::Enabled, Access::EnabledWithConfirmation], Access::as_str);
    let layers = [
        Layer::Freeze,
        Layer::FunctionAccess,
        Layer::Readiness,
        Layer::ArgumentSchema,
        Layer::ToolRisk,
        Layer::Policy,
        Layer::Grant,
    ];
    names(&layers, Layer::as_str);
    assert!(layers.is_sorted(), "in the order in which they are asked");
    names(ToolType::ALL, ToolType::as_str);
    names(RiskLevel::ALL, RiskLevel::as_str);
    names(Effect::ALL, Effect::as_str);
    names(Trust::ALL, Trust::as_str);
}

#[test]
fn what_the_catalogue_says_is_read_by_its_name() {
    assert_eq!("lookup".parse(), Ok(ToolType::Lookup));
    assert_eq!("egress_read".parse(), Ok(Effect::EgressRead));
    assert!(RiskLevel::Critical > RiskLevel::Low);
    for risk in RiskLevel::ALL {
        assert_eq!(risk.to_string().parse(), Ok(*risk));
    }
    let error = "Low".parse::<RiskLevel>().unwrap_err().to_string();
    assert!(error.starts_with("`Low` is no risk level: use one of these: `low`"), "{error}");
}

#[test]
fn reviewers_have_words() {
    let cleo = Actor::user("cleo");
    let named = Reviewers::Named { groups: vec!["finance".to_owned()], people: vec![cleo] };
    assert_eq!(named.in_words(), "group finance, user:cleo");
    assert_eq!(Reviewers::AnyApprover.in_words(), "any approver");
}

#[test]
fn a_requirement_without_confirmation_and_stages_asks_nobody() {
    let requirement = Requirement { expires_after_seconds: Some(1), ..Requirement::default() };
    assert!(requirement.is_empty());
    assert!(!Requirement { confirmation: true, ..requirement.clone() }.is_empty());
    let stages = vec![ApprovalStage { needs: Vec::new() }];
    assert!(!Requirement { stages, ..requirement }.is_empty());
}

#[test]
fn access_is_read_by_its_name() {
    for access in [Access::Disabled, Access::Enabled, Access::EnabledWithConfirmation] {
        assert_eq!(access.as_str().parse::<Access>().unwrap(), access);
        assert_eq!(access.to_string(), access.as_str());
    }
    assert_eq!(
        "enabled".parse::<Access>().unwrap_err().to_string(),
        "`enabled` is no access: use `Disabled`, `Enabled` or `EnabledWithConfirmation`"
    );
}

#[test]
fn outcomes_are_ordered_by_strictness_and_the_first_strictest_finding_decides() {
    use Outcome as O;
    let order = [O::NoOp, O::Allowed, O::ConfirmationRequired, O::AwaitingApproval, O::Blocked];
    assert!(order.is_sorted());
    let finding = |outcome, code: &str| LayerFinding {
        layer: Layer::FunctionAccess,
        outcome,
        code: code.to_owned(),
        reason: String::new(),
        missing_requirement: None,
        next_owner: None,
    };
    let mut decision = Decision {
        outcome: O::Blocked,
        arguments_digest: Digest::new([0; 32]),
        policy_set: None,
        findings: vec![finding(O::Allowed, "a"), finding(O::Blocked, "b"), finding(O::Blocked, "c")],
        matched_rules: Vec::new(),
        facts: Default::default(),
        requirement: None,
        as_of: None,
        grant: None,
        visible_tools: None,
    };
    assert_eq!(decision.deciding().unwrap().code, "b");
    decision.findings.clear();
    assert_eq!(decision.deciding(), None);
}

#[test]
fn a_role_is_read_as_it_is_written() {
    let names = ["agent", "approver", "auditor", "admin"];
    assert_eq!(Role::ALL.map(Role::as_str), names);
    assert!(Role::ALL.is_sorted(), "a set of roles is written in this order");
    for (role, name) in Role::ALL.into_iter().zip(names) {
        assert_eq!((name.parse(), role.to_string()), (Ok(role), name.to_owned()));
        assert_eq!(serde_json::to_string(&role).unwrap(), format!("\"{name}\""));
        assert_eq!(serde_json::from_str::<Role>(&format!("\"{name}\"")).unwrap(), role);
    }
    for text in ["", "Agent", "agents", " agent", "owner"] {
        let error = text.parse::<Role>().unwrap_err().to_string();
        assert_eq!(error, format!("`{text}` is no role: use `agent`, `approver`, `auditor` or `admin`"));
    }
}
