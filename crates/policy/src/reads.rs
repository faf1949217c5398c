//! What rules read: only that is put before them, and it is what the record says they saw.

use std::collections::BTreeSet;

use serde_json::Value;

/// A group of facts that rules name alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Family {
    /// `principal.<field>`
    Agent,
    /// `resource.<field>`
    Function,
    /// `context.requester.<field>`
    Requester,
    /// `context.now.<field>`
    Now,
    /// `context.history.<field>`
    History,
    /// `context.text`, by tag.
    Text,
    /// `context.number`, by tag.
    Number,
    /// `context.decimal`, by tag.
    Decimal,
    /// `context.flag`, by tag.
    Flag,
    /// `context.list`, by tag.
    List,
    /// `context.attributes`, by tag.
    Attributes,
    /// `context.<field>`
    Call,
}

impl Family {
    pub(crate) const ALL: [Self; 12] = [
        Self::Agent,
        Self::Function,
        Self::Requester,
        Self::Now,
        Self::History,
        Self::Text,
        Self::Number,
        Self::Decimal,
        Self::Flag,
        Self::List,
        Self::Attributes,
        Self::Call,
    ];

    /// The family's name: as in `context.<name>`, where it is there.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::Function => "function",
            Self::Requester => "requester",
            Self::Now => "now",
            Self::History => "history",
            Self::Text => "text",
            Self::Number => "number",
            Self::Decimal => "decimal",
            Self::Flag => "flag",
            Self::List => "list",
            Self::Attributes => "attributes",
            Self::Call => "call",
        }
    }

    /// Whether its facts are tags.
    pub(crate) const fn is_tagged(self) -> bool {
        matches!(self, Self::Text | Self::Number | Self::Decimal | Self::Flag | Self::List | Self::Attributes)
    }

    /// The name of the fact `name` of this family: `history.calls`; `conversation` of the call itself.
    pub(crate) fn fact_name(self, name: &str) -> String {
        if self == Self::Call { name.to_owned() } else { format!("{}.{name}", self.as_str()) }
    }

    /// The family of `context.<name>`.
    pub(crate) fn in_context(name: &str) -> Option<Self> {
        let named = |family: &Self| {
            family.as_str() == name && !matches!(family, Self::Agent | Self::Function | Self::Call)
        };
        Self::ALL.into_iter().find(named)
    }
}

/// Which facts of a family are read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Selection {
    /// Some are read whose names are not in the text of the rule: all of them may be.
    pub(crate) all: bool,
    /// Those whose names are.
    pub(crate) names: BTreeSet<String>,
}

impl Selection {
    pub(crate) fn is_empty(&self) -> bool {
        !self.all && self.names.is_empty()
    }
}

/// Which facts are read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reads([Selection; Family::ALL.len()]);

impl Reads {
    /// What the policy reads whose JSON form is `policy`.
    pub(crate) fn of_policy(policy: &Value) -> Self {
        let mut reads = Self::default();
        for condition in policy.get("conditions").and_then(Value::as_array).into_iter().flatten() {
            reads.walk(condition);
        }
        reads
    }

    pub(crate) fn of(&self, family: Family) -> &Selection {
        &self.0[family as usize]
    }

    /// Adds what `other` reads.
    pub(crate) fn add(&mut self, other: &Self) {
        for (mine, others) in self.0.iter_mut().zip(&other.0) {
            mine.all |= others.all;
            mine.names.extend(others.names.iter().cloned());
        }
    }

    fn read(&mut self, family: Family, name: &str) {
        self.0[family as usize].names.insert(name.to_owned());
    }

    fn read_all(&mut self, family: Family) {
        self.0[family as usize].all = true;
    }

    fn walk(&mut self, node: &Value) {
        match node {
            Value::Array(items) => items.iter().for_each(|item| self.walk(item)),
            Value::Object(members) => {
                for (operator, operand) in members {
                    match operator.as_str() {
                        "." | "has" => self.attribute(node, operand),
                        "hasTag" | "getTag" => self.tag(operand),
                        "Var" => self.path_read(&path(node).unwrap_or_default()),
                        "==" | "!=" | "in" | "is" => self.comparison(operand),
                        // A literal: what looks like an operator in it is none.
                        "Value" => {}
                        "Record" => {
                            operand.as_object().into_iter().flatten().for_each(|(_, value)| self.walk(value));
                        }
                        _ => self.walk(operand),
                    }
                }
            }
            _ => {}
        }
    }

    /// Two values compared. Of an entity that is only compared, its id is read.
    fn comparison(&mut self, operand: &Value) {
        for side in operand.as_object().into_iter().flatten().map(|(_, side)| side) {
            match path(side).as_deref() {
                Some(["principal"]) => self.read(Family::Agent, "id"),
                Some(["resource"]) => self.read(Family::Function, "name"),
                Some(["context", "requester"]) => self.read(Family::Requester, "id"),
                _ => self.walk(side),
            }
        }
    }

    /// `left.attr` or `left has attr`; `left has a.b` has a list of names.
    fn attribute(&mut self, node: &Value, operand: &Value) {
        if let Some(path) = path(node) {
            self.path_read(&path);
            return;
        }
        let left = operand.get("left").unwrap_or(&Value::Null);
        let names = match operand.get("attr") {
            Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
            Some(Value::String(name)) => vec![name.as_str()],
            _ => Vec::new(),
        };
        match path(left) {
            Some(mut path) => {
                for name in names {
                    path.push(name);
                    self.path_read(&path);
                }
            }
            None => self.walk(left),
        }
    }

    fn tag(&mut self, operand: &Value) {
        let left = operand.get("left").unwrap_or(&Value::Null);
        let right = operand.get("right").unwrap_or(&Value::Null);
        let literal = right.get("Value").and_then(Value::as_str);
        match (path(left).as_deref(), literal) {
            (Some(["context", name]), Some(tag)) => match Family::in_context(name) {
                Some(family) => self.read(family, tag),
                None => self.walk(left),
            },
            _ => self.walk(left),
        }
        self.walk(right);
    }

    fn path_read(&mut self, path: &[&str]) {
        match path {
            // Bare and not compared, for example in an `if`: what is read of it in the end is not told here.
            ["principal"] => self.read_all(Family::Agent),
            ["resource"] => self.read_all(Family::Function),
            ["principal", name, ..] => self.read(Family::Agent, name),
            ["resource", name, ..] => self.read(Family::Function, name),
            ["context"] => Family::ALL.into_iter().for_each(|family| self.read_all(family)),
            ["context", name] => match Family::in_context(name) {
                Some(family) => self.read_all(family),
                None => self.read(Family::Call, name),
            },
            ["context", family, name, ..] => match Family::in_context(family) {
                Some(family) => self.read(family, name),
                None => self.read(Family::Call, family),
            },
            _ => {}
        }
    }
}

/// `["context", "now", "hour"]` for `context.now.hour`; nothing for what is no path.
pub(crate) fn path(node: &Value) -> Option<Vec<&str>> {
    if let Some(variable) = node.get("Var") {
        return variable.as_str().map(|name| vec![name]);
    }
    let access = node.get(".")?;
    let mut path = path(access.get("left")?)?;
    path.push(access.get("attr")?.as_str()?);
    Some(path)
}
