//! What the annotations of a rule say, and whether they may say it there.

mod values;

use std::collections::BTreeMap;

use crate::{
    ProblemCode,
    rule::{ApprovalDemand, Demand, RuleEffect},
};
use values::{duration, escalations, flag, quorum, reviewers, stage, text};

pub(crate) use values::Deciders;

/// Every annotation, with what it is for.
pub(crate) const ANNOTATIONS: [(&str, &str); 12] = [
    ("id", "the rule's name"),
    ("reason", "why, for people"),
    ("owner", "who answers for the rule"),
    ("missing", "what would have to be there"),
    ("require", "`confirmation` or `approval`"),
    ("reviewers", "who may approve: groups, `user:…`, `service:…`"),
    ("quorum", "how many people have to approve"),
    ("stage", "when in the order of approvals, 1 to 9"),
    ("expires", "how long it is waited for"),
    ("escalate", "who may approve as well, and after how long"),
    ("remind", "after how long reviewers are reminded"),
    ("self_review", "whether the requester may approve"),
];

const OF_APPROVAL: [&str; 6] = ["reviewers", "quorum", "stage", "escalate", "remind", "self_review"];

/// A fault of an annotation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// The annotation; nothing where it is missing.
    pub(crate) annotation: Option<String>,
    pub(crate) code: ProblemCode,
    pub(crate) message: String,
    pub(crate) help: String,
}

/// What the annotations of a rule say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Annotations {
    pub(crate) id: Option<String>,
    pub(crate) reason: Option<String>,
    pub(crate) owner: Option<String>,
    pub(crate) missing: Option<String>,
    pub(crate) demand: Option<Demand>,
}

/// Reads annotations; every fault is added to `faults`.
struct Reader<'a> {
    given: &'a BTreeMap<String, String>,
    faults: Vec<Fault>,
}

/// What `given` says on a rule with this effect, and everything that is wrong with it.
pub(crate) fn read(effect: RuleEffect, given: &BTreeMap<String, String>) -> (Annotations, Vec<Fault>) {
    let mut reader = Reader { given, faults: Vec::new() };
    reader.unknown();
    let id = reader.id();
    let reason = reader.value("reason", text);
    if effect == RuleEffect::Forbid && !given.contains_key("reason") {
        reader.missing(
            ProblemCode::ReasonMissing,
            "a `forbid` says why to whoever it stops",
            "add `@reason(\"...\")` before it",
        );
    }
    let owner = reader.value("owner", text);
    let missing = reader.value("missing", text);
    let demand = reader.demand(effect);
    (Annotations { id, reason, owner, missing, demand }, reader.faults)
}

impl Reader<'_> {
    fn fault(&mut self, annotation: &str, code: ProblemCode, message: String, help: &str) {
        let annotation = Some(annotation.to_owned());
        self.faults.push(Fault { annotation, code, message, help: help.to_owned() });
    }

    fn missing(&mut self, code: ProblemCode, message: &str, help: &str) {
        self.faults.push(Fault {
            annotation: None,
            code,
            message: message.to_owned(),
            help: help.to_owned(),
        });
    }

    /// The value of an annotation, if it is there and can be read.
    fn value<T>(&mut self, name: &str, read: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
        match read(self.given.get(name)?) {
            Ok(value) => Some(value),
            Err(help) => {
                let shown: String = self.given[name].chars().take(80).collect();
                let message = format!("`@{name}` cannot be `{}`", shown.escape_debug());
                self.fault(name, ProblemCode::AnnotationInvalid, message, &help);
                None
            }
        }
    }

    fn unknown(&mut self) {
        let known = |name: &str| ANNOTATIONS.iter().any(|(known, _)| *known == name);
        for name in self.given.keys().filter(|name| !known(name)) {
            let names: Vec<String> = ANNOTATIONS.iter().map(|(name, _)| format!("`@{name}`")).collect();
            let shown: String = name.chars().take(80).collect();
            self.faults.push(Fault {
                annotation: Some(name.clone()),
                code: ProblemCode::AnnotationUnknown,
                message: format!("there is no annotation `@{shown}`"),
                help: format!("there are {}; write remarks as comments (`// ...`)", names.join(", ")),
            });
        }
    }

    fn id(&mut self) -> Option<String> {
        const HELP: &str = "use 1 to 64 ASCII letters, digits, `_`, `-` and `.`";
        let Some(id) = self.given.get("id") else {
            self.missing(
                ProblemCode::IdMissing,
                "a rule has a name by which decisions speak of it",
                "add `@id(\"...\")` before it",
            );
            return None;
        };
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
        if (1..=64).contains(&id.len()) && id.bytes().all(fits) {
            return Some(id.clone());
        }
        let shown: String = id.chars().take(80).collect();
        let message = format!("`{}` is no name of a rule", shown.escape_debug());
        self.fault("id", ProblemCode::IdInvalid, message, HELP);
        None
    }

    fn demand(&mut self, effect: RuleEffect) -> Option<Demand> {
        let require = self.value("require", |kind| match kind {
            "confirmation" | "approval" => Ok(kind.to_owned()),
            _ => Err("write `confirmation` or `approval`".to_owned()),
        });
        let is_given = self.given.contains_key("require");
        if is_given && effect == RuleEffect::Permit {
            self.misplaced(
                "require",
                "only a `forbid` can hold a call; write a `forbid` beside this `permit`",
            );
        }
        let kind = require.as_deref();
        // After an `@require` that cannot be read, nothing is said about what hangs on it.
        if kind.is_some() || !is_given {
            let needs = "it goes with `@require(\"approval\")` on a `forbid`: add that or remove this";
            for name in OF_APPROVAL.iter().filter(|_| kind != Some("approval")) {
                self.misplaced(name, needs);
            }
            if kind.is_none() {
                self.misplaced(
                    "expires",
                    "it goes with `@require(...)` on a `forbid`: add that or remove this",
                );
            }
        }
        let expires = self.value("expires", duration);
        let approval = self.approval(expires);
        match kind? {
            "confirmation" => Some(Demand::Confirmation { expires_seconds: expires }),
            _ => Some(Demand::Approval(approval)),
        }
    }

    fn misplaced(&mut self, name: &str, help: &str) {
        if self.given.contains_key(name) {
            let message = format!("`@{name}` says nothing here");
            self.fault(name, ProblemCode::AnnotationMisplaced, message, help);
        }
    }

    fn approval(&mut self, expires: Option<u32>) -> ApprovalDemand {
        let deciders: Deciders = self.value("reviewers", reviewers).unwrap_or_default();
        let quorum = self.value("quorum", quorum).unwrap_or(1);
        let stage = self.value("stage", stage).unwrap_or(1);
        let escalations = self.value("escalate", escalations).unwrap_or_default();
        let remind_seconds = self.value("remind", duration);
        let self_review = self.value("self_review", flag).unwrap_or(false);
        let named = deciders.people.len();
        if named > 0 && deciders.groups.is_empty() && usize::from(quorum) > named && escalations.is_empty() {
            let message = format!("{quorum} have to approve, and only {named} may");
            let help = "name more reviewers or a group, or lower `@quorum`";
            self.fault("quorum", ProblemCode::AnnotationInvalid, message, help);
        }
        if let Some(expires) = expires {
            let late = escalations.iter().any(|(after, _)| *after >= expires);
            for (name, _) in [("escalate", late), ("remind", remind_seconds >= Some(expires))]
                .into_iter()
                .filter(|(_, late)| *late)
            {
                let message = format!("`@{name}` comes when the call has expired");
                self.fault(name, ProblemCode::AnnotationInvalid, message, "make it sooner than `@expires`");
            }
        }
        ApprovalDemand {
            groups: deciders.groups,
            people: deciders.people,
            quorum,
            stage,
            expires_seconds: expires,
            escalations: escalations
                .into_iter()
                .map(|(after, who)| (after, who.groups, who.people))
                .collect(),
            remind_seconds,
            self_review,
        }
    }
}

#[cfg(test)]
mod tests;
