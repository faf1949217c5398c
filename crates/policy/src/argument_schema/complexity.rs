//! How much work a schema makes for one value, before it is used: references let a short schema ask for very much.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::ArgumentSchemaError;

/// The most checks of one value.
pub(super) const MAX_CHECKS: usize = 20_000;
/// How many objects and arrays may stand within each other in a schema.
pub(super) const MAX_DEPTH: usize = 64;

/// What a schema asks for.
pub(super) struct Complexity {
    /// Whether a reference leads back to where it stands.
    pub(super) is_recursive: bool,
}

impl Complexity {
    /// The complexity of `schema`.
    pub(super) fn of(schema: &Value) -> Result<Self, ArgumentSchemaError> {
        if depth(schema) > MAX_DEPTH {
            return Err(ArgumentSchemaError::TooDeep);
        }
        let mut walk = Walk::of(schema);
        let checks = walk.checks(schema)?;
        if checks > MAX_CHECKS {
            return Err(ArgumentSchemaError::TooComplex);
        }
        Ok(Self { is_recursive: walk.is_recursive })
    }
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(members) => 1 + members.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

/// Counts the checks of each reference's target once.
struct Walk<'a> {
    root: &'a Value,
    id: Option<&'a str>,
    anchors: HashMap<&'a str, &'a Value>,
    counted: HashMap<&'a str, usize>,
    open: Vec<&'a str>,
    is_recursive: bool,
}

impl<'a> Walk<'a> {
    fn of(root: &'a Value) -> Self {
        let id = root.get("$id").and_then(Value::as_str).map(|id| id.trim_end_matches('#'));
        let mut anchors = HashMap::new();
        find_anchors(root, &mut anchors);
        Self { root, id, anchors, counted: HashMap::new(), open: Vec::new(), is_recursive: false }
    }

    fn checks(&mut self, node: &'a Value) -> Result<usize, ArgumentSchemaError> {
        match node {
            Value::Array(items) => self.sum(items.iter()),
            Value::Object(members) => {
                self.refuse_other_bases(node, members)?;
                let mut checks = 1_usize;
                for (name, member) in members {
                    checks = checks.saturating_add(match (name.as_str(), member) {
                        ("$ref" | "$dynamicRef", Value::String(reference)) => self.target(reference)?,
                        // These are used by reference only, or hold values and no schemas.
                        ("$defs" | "definitions" | "enum" | "const" | "default" | "examples", _) => 0,
                        _ => self.checks(member)?,
                    });
                }
                Ok(checks)
            }
            _ => Ok(1),
        }
    }

    fn sum(&mut self, nodes: impl Iterator<Item = &'a Value>) -> Result<usize, ArgumentSchemaError> {
        let mut checks = 0_usize;
        for node in nodes {
            checks = checks.saturating_add(self.checks(node)?);
        }
        Ok(checks)
    }

    /// A schema within with an `$id` of its own changes what references mean.
    fn refuse_other_bases(
        &self,
        node: &'a Value,
        members: &Map<String, Value>,
    ) -> Result<(), ArgumentSchemaError> {
        match members.get("$id").or_else(|| members.get("$recursiveRef")) {
            Some(Value::String(text)) if !std::ptr::eq(node, self.root) => {
                Err(ArgumentSchemaError::Reference(text.clone()))
            }
            _ => Ok(()),
        }
    }

    fn target(&mut self, reference: &'a str) -> Result<usize, ArgumentSchemaError> {
        if self.open.contains(&reference) {
            self.is_recursive = true;
            return Ok(1);
        }
        if let Some(checks) = self.counted.get(reference) {
            return Ok(*checks);
        }
        let target =
            self.resolve(reference).ok_or_else(|| ArgumentSchemaError::Reference(reference.to_owned()))?;
        if std::ptr::eq(target, self.root) {
            self.is_recursive = true;
            return Ok(1);
        }
        if self.open.len() >= MAX_DEPTH {
            return Err(ArgumentSchemaError::TooDeep);
        }
        self.open.push(reference);
        let checks = self.checks(target);
        self.open.pop();
        let checks = checks?;
        self.counted.insert(reference, checks);
        Ok(checks)
    }

    fn resolve(&self, reference: &str) -> Option<&'a Value> {
        let local = self.id.and_then(|id| reference.strip_prefix(id)).unwrap_or(reference);
        let fragment = if local.is_empty() { local } else { local.strip_prefix('#')? };
        if fragment.is_empty() || fragment.starts_with('/') {
            return self.root.pointer(fragment);
        }
        self.anchors.get(fragment).copied()
    }
}

fn find_anchors<'a>(node: &'a Value, anchors: &mut HashMap<&'a str, &'a Value>) {
    match node {
        Value::Array(items) => items.iter().for_each(|item| find_anchors(item, anchors)),
        Value::Object(members) => {
            for name in ["$anchor", "$dynamicAnchor"] {
                if let Some(anchor) = members.get(name).and_then(Value::as_str) {
                    anchors.insert(anchor, node);
                }
            }
            members.values().for_each(|member| find_anchors(member, anchors));
        }
        _ => {}
    }
}
