//! Where a decision on record and the same one derived again differ.

use std::collections::BTreeSet;

use proto_events::Decision;
use serde_json::{Value, json};

/// Most differences that are named of one decision.
const MAX_NAMED: usize = 16;

/// Something that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What: `outcome`, `requirement`, `findings`, `matched_rules`, `arguments_digest`, or a fact as `facts.<name>`.
    pub what: String,
    /// As it is on record.
    pub recorded: Value,
    /// As it was derived.
    pub derived: Value,
}

/// What differs. Of a decision of an earlier program only the outcome counts: it recorded less. Reasons in words do not count.
pub(super) fn differences(recorded: &Decision, derived: &Decision, earlier: bool) -> Vec<Difference> {
    let mut found = Vec::new();
    let mut compare = |what: &str, recorded: Value, derived: Value| {
        if recorded != derived && found.len() < MAX_NAMED {
            found.push(Difference { what: what.to_owned(), recorded, derived });
        }
    };
    compare("outcome", json!(recorded.outcome), json!(derived.outcome));
    compare("arguments_digest", json!(recorded.arguments_digest), json!(derived.arguments_digest));
    if earlier {
        return found;
    }
    if recorded.requirement != derived.requirement {
        compare("requirement", json!(recorded.requirement), json!(derived.requirement));
    }
    if recorded.matched_rules != derived.matched_rules {
        compare("matched_rules", json!(recorded.matched_rules), json!(derived.matched_rules));
    }
    if !same_findings(recorded, derived) {
        compare("findings", findings(recorded), findings(derived));
    }
    if recorded.facts != derived.facts {
        let names: BTreeSet<&String> = recorded.facts.keys().chain(derived.facts.keys()).collect();
        for name in names {
            let of = |decision: &Decision| decision.facts.get(name).cloned().unwrap_or(Value::Null);
            compare(&format!("facts.{name}"), of(recorded), of(derived));
        }
    }
    found
}

fn same_findings(a: &Decision, b: &Decision) -> bool {
    let same = |(a, b): (&proto_events::LayerFinding, &proto_events::LayerFinding)| {
        (a.layer, a.outcome, &a.code) == (b.layer, b.outcome, &b.code)
    };
    a.findings.len() == b.findings.len() && a.findings.iter().zip(&b.findings).all(same)
}

fn findings(decision: &Decision) -> Value {
    let finding = |finding: &proto_events::LayerFinding| {
        json!([finding.layer.as_str(), finding.outcome.as_str(), finding.code])
    };
    decision.findings.iter().map(finding).collect()
}
