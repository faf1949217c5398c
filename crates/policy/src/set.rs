//! A policy set that was checked.

mod parse;

use std::collections::BTreeMap;

use proto_events::Digest;

use crate::{PolicyError, PolicyErrors, PolicySource, Rule, plan::Plan, reads::Reads, view::Types};

/// A policy set that was checked, ready to decide.
#[derive(Clone, Debug)]
pub struct PolicySet {
    source: PolicySource,
    digest: Digest,
    rules: Vec<Rule>,
    by_id: BTreeMap<String, usize>,
    warnings: Vec<PolicyError>,
    pub(crate) reads: Reads,
    pub(crate) types: Types,
    pub(crate) plan: Plan,
}

impl PolicySet {
    /// Checks `source` and makes a policy set of it.
    ///
    /// # Errors
    /// With everything that is wrong, not the first alone: Cedar's grammar, the schema (strictly), annotations, ids.
    pub fn parse(source: &PolicySource) -> Result<Self, PolicyErrors> {
        parse::parse(source)
    }

    /// The set's version.
    pub const fn digest(&self) -> Digest {
        self.digest
    }

    /// The text that it was made of.
    pub const fn source(&self) -> &PolicySource {
        &self.source
    }

    /// The rules, by file name and place in the file.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The rule of this id.
    pub fn rule(&self, id: &str) -> Option<&Rule> {
        self.rules.get(*self.by_id.get(id)?)
    }

    /// What is no error, but hardly meant: letters that look like others.
    pub fn warnings(&self) -> &[PolicyError] {
        &self.warnings
    }
}
