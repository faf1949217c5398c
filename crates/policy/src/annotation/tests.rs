use std::collections::BTreeMap;

use proto_events::{Actor, ActorKind};

use super::{ANNOTATIONS, Fault, read};
use crate::rule::{ApprovalDemand, Demand, RuleEffect};

fn given(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn faults(effect: RuleEffect, pairs: &[(&str, &str)]) -> Vec<(Option<String>, &'static str)> {
    let told = |fault: Fault| (fault.annotation, fault.code.as_str());
    read(effect, &given(pairs)).1.into_iter().map(told).collect()
}

fn demand(pairs: &[(&str, &str)]) -> Demand {
    let mut all = vec![("id", "a"), ("reason", "because")];
    all.extend_from_slice(pairs);
    let (annotations, faults) = read(RuleEffect::Forbid, &given(&all));
    assert_eq!(faults, [], "{pairs:?}");
    annotations.demand.unwrap()
}

#[test]
fn every_annotation_is_read() {
    let all = [
        ("id", "pay.large-1"),
        ("reason", "large payment"),
        ("owner", "finance"),
        ("missing", "a purchase order"),
        ("require", "approval"),
        ("reviewers", "finance, ops,user:ana,service:bot"),
        ("quorum", "2"),
        ("stage", "3"),
        ("expires", "4h"),
        ("escalate", "3h:heads,90m:leads,3h:user:eve"),
        ("remind", "30m"),
        ("self_review", "true"),
    ];
    assert_eq!(all.map(|(name, _)| name), ANNOTATIONS.map(|(name, _)| name));
    let (annotations, faults) = read(RuleEffect::Forbid, &given(&all));
    assert_eq!(faults, []);
    assert_eq!(annotations.id.as_deref(), Some("pay.large-1"));
    assert_eq!(annotations.reason.as_deref(), Some("large payment"));
    assert_eq!(annotations.owner.as_deref(), Some("finance"));
    assert_eq!(annotations.missing.as_deref(), Some("a purchase order"));
    assert_eq!(
        annotations.demand,
        Some(Demand::Approval(ApprovalDemand {
            groups: vec!["finance".into(), "ops".into()],
            people: vec![Actor::new(ActorKind::User, "ana"), Actor::new(ActorKind::Service, "bot")],
            quorum: 2,
            stage: 3,
            expires_seconds: Some(14_400),
            escalations: vec![
                (5_400, vec!["leads".into()], vec![]),
                (10_800, vec!["heads".into()], vec![Actor::new(ActorKind::User, "eve")]),
            ],
            remind_seconds: Some(1_800),
            self_review: true,
        }))
    );
}

#[test]
fn what_is_left_out_has_a_default() {
    assert_eq!(
        demand(&[("require", "approval")]),
        Demand::Approval(ApprovalDemand { quorum: 1, stage: 1, ..ApprovalDemand::default() })
    );
    assert_eq!(
        demand(&[("require", "confirmation"), ("expires", "30d")]),
        Demand::Confirmation { expires_seconds: Some(2_592_000) }
    );
}

#[test]
fn values_that_cannot_be_read_are_faults() {
    for (name, value) in [
        ("reason", ""),
        ("reason", "  "),
        ("owner", ""),
        ("missing", ""),
        ("require", "approve"),
        ("reviewers", ""),
        ("reviewers", "a,,b"),
        ("reviewers", "a,a"),
        ("reviewers", "user:"),
        ("reviewers", "team one"),
        ("reviewers", "a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q"),
        ("quorum", "0"),
        ("quorum", "21"),
        ("quorum", "+1"),
        ("quorum", "two"),
        ("stage", "0"),
        ("stage", "10"),
        ("expires", "4"),
        ("expires", "h"),
        ("expires", "0s"),
        ("expires", "31d"),
        ("expires", "99999999999d"),
        ("expires", "-4h"),
        ("expires", "4 h"),
        ("expires", "4ä"),
        ("escalate", "1h"),
        ("escalate", "leads:1h"),
        ("escalate", "1h:a,1h:a"),
        ("escalate", "1s:a,2s:a,3s:a,4s:a,5s:a,6s:a,7s:a,8s:a,9s:a"),
        ("remind", "soon"),
        ("self_review", "yes"),
    ] {
        let mut pairs = vec![("id", "a"), ("reason", "because"), ("require", "approval")];
        pairs.retain(|(other, _)| *other != name);
        pairs.push((name, value));
        let expected = vec![(Some(name.to_owned()), "policy_annotation_invalid")];
        assert_eq!(faults(RuleEffect::Forbid, &pairs), expected, "{name} {value}");
    }
}

#[test]
fn annotations_say_nothing_on_other_rules() {
    const APPROVAL_ONLY: [(&str, &str); 6] = [
        ("reviewers", "a"),
        ("quorum", "1"),
        ("stage", "1"),
        ("escalate", "1h:a"),
        ("remind", "1h"),
        ("self_review", "false"),
    ];
    for (name, value) in APPROVAL_ONLY {
        let misplaced = vec![(Some(name.to_owned()), "policy_annotation_misplaced")];
        let base = [("id", "a"), ("reason", "because"), (name, value)];
        assert_eq!(faults(RuleEffect::Forbid, &base), misplaced);
        assert_eq!(faults(RuleEffect::Permit, &base), misplaced);
        let confirmed = [("id", "a"), ("reason", "because"), ("require", "confirmation"), (name, value)];
        assert_eq!(faults(RuleEffect::Forbid, &confirmed), misplaced);
    }
    let misplaced = |name: &str| vec![(Some(name.to_owned()), "policy_annotation_misplaced")];
    assert_eq!(
        faults(RuleEffect::Forbid, &[("id", "a"), ("reason", "b"), ("expires", "1h")]),
        misplaced("expires")
    );
    assert_eq!(faults(RuleEffect::Permit, &[("id", "a"), ("require", "approval")]), misplaced("require"));
}

#[test]
fn names_and_reasons_are_needed() {
    assert_eq!(
        faults(RuleEffect::Forbid, &[]),
        [(None, "policy_id_missing"), (None, "policy_reason_missing")]
    );
    assert_eq!(faults(RuleEffect::Permit, &[("id", "a")]), []);
    for id in ["", "a b", "ä", &"x".repeat(65)] {
        assert_eq!(faults(RuleEffect::Permit, &[("id", id)]), [(Some("id".to_owned()), "policy_id_invalid")]);
    }
    assert_eq!(
        faults(RuleEffect::Permit, &[("id", "a"), ("reviwers", "b")]),
        [(Some("reviwers".to_owned()), "policy_annotation_unknown")]
    );
}

#[test]
fn what_cannot_be_met_is_a_fault() {
    let base = [("id", "a"), ("reason", "b"), ("require", "approval")];
    let with =
        |more: &[(&'static str, &'static str)]| faults(RuleEffect::Forbid, &[&base[..], more].concat());
    let invalid = |name: &str| vec![(Some(name.to_owned()), "policy_annotation_invalid")];
    assert_eq!(with(&[("reviewers", "user:a"), ("quorum", "2")]), invalid("quorum"));
    assert_eq!(with(&[("reviewers", "user:a,ops"), ("quorum", "2")]), []);
    assert_eq!(with(&[("reviewers", "user:a"), ("quorum", "2"), ("escalate", "1h:ops")]), []);
    assert_eq!(with(&[("expires", "1h"), ("escalate", "60m:ops")]), invalid("escalate"));
    assert_eq!(with(&[("expires", "1h"), ("remind", "2h")]), invalid("remind"));
    assert_eq!(with(&[("expires", "1h"), ("remind", "59m")]), []);
}
