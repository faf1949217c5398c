//! What differs between two policy sets, rule by rule.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::{PolicySet, Rule};

/// An annotation that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AnnotationChange {
    /// The annotation.
    pub name: String,
    /// Its value before; nothing where it was not there.
    pub before: Option<String>,
    /// Its value after; nothing where it is gone.
    pub after: Option<String>,
}

/// A rule of both sets that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RuleChange {
    /// Its id.
    pub id: String,
    /// Whether effect, scope or conditions differ. Another layout or other comments are no difference.
    pub meaning: bool,
    /// The annotations that differ, by name.
    pub annotations: Vec<AnnotationChange>,
    /// Its text before.
    pub before: String,
    /// Its text after.
    pub after: String,
}

/// What differs between two policy sets.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SetDiff {
    /// Ids of the rules that are new, by id.
    pub added: Vec<String>,
    /// Ids of the rules that are gone, by id.
    pub removed: Vec<String>,
    /// The rules that differ, by id.
    pub changed: Vec<RuleChange>,
}

impl SetDiff {
    /// Whether both sets decide every call alike, for the same reasons.
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty() && self.changed.is_empty()
    }
}

/// What differs from `before` to `after`. Moving a rule to another file is no difference.
pub fn diff(before: &PolicySet, after: &PolicySet) -> SetDiff {
    let ids = |set: &PolicySet| set.rules().iter().map(|rule| rule.id.clone()).collect::<BTreeSet<_>>();
    let (old, new) = (ids(before), ids(after));
    let both = old.intersection(&new).filter_map(|id| change(before.rule(id)?, after.rule(id)?));
    SetDiff {
        added: new.difference(&old).cloned().collect(),
        removed: old.difference(&new).cloned().collect(),
        changed: both.collect(),
    }
}

fn change(before: &Rule, after: &Rule) -> Option<RuleChange> {
    let names: BTreeSet<&String> = before.annotations.keys().chain(after.annotations.keys()).collect();
    let annotation = |name: &String| {
        let (before, after) = (before.annotations.get(name), after.annotations.get(name));
        (before != after).then(|| AnnotationChange {
            name: name.clone(),
            before: before.cloned(),
            after: after.cloned(),
        })
    };
    let annotations: Vec<AnnotationChange> = names.into_iter().filter_map(annotation).collect();
    let meaning = before.meaning != after.meaning;
    (meaning || !annotations.is_empty()).then(|| RuleChange {
        id: before.id.clone(),
        meaning,
        annotations,
        before: before.text.clone(),
        after: after.text.clone(),
    })
}
