//! Conditions that can be told without Cedar: comparisons of one fact with a literal, and what is made of them.
//!
//! What is told is what Cedar would say, errors included: where a fact is not there, where a form is not known, or where
//! something before it in the condition cannot be told, nothing is told.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{
    reads::{Family, path},
    value::FactValue,
};

/// A condition, as far as it can be told without Cedar.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Quick {
    /// Cedar has to say.
    Unknown,
    /// A literal.
    Is(bool),
    /// The fact is true.
    Flag(usize),
    /// The fact is this text.
    Text(usize, String),
    /// The fact is one of these texts.
    OneOf(usize, Vec<String>),
    /// The fact has this text in it.
    Contains(usize, String),
    /// The numbers compare so.
    Number(Term, Compare, Term),
    /// The tag is there.
    Has(usize),
    /// It does not hold.
    Not(Box<Quick>),
    /// All hold, looked at in order.
    All(Vec<Quick>),
    /// One holds, looked at in order.
    Any(Vec<Quick>),
}

/// How two numbers are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Compare {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Equal,
}

/// A number, or a sum of numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Term {
    Literal(i64),
    Fact(usize),
    Plus(Box<Term>, Box<Term>),
    Minus(Box<Term>, Box<Term>),
}

type Places<'a> = BTreeMap<(Family, &'a str), usize>;

impl Quick {
    /// The condition of the policy whose JSON form is `policy`, scope left out.
    pub(super) fn of(policy: &Value, places: &Places<'_>) -> Self {
        let conditions = policy.get("conditions").and_then(Value::as_array).into_iter().flatten();
        let one = |condition: &Value| {
            let body = condition.get("body").map_or(Self::Unknown, |body| Self::expression(body, places));
            match condition.get("kind").and_then(Value::as_str) {
                Some("when") => body,
                Some("unless") => Self::not(body),
                _ => Self::Unknown,
            }
        };
        Self::All(conditions.map(one).collect())
    }

    /// Whether the condition holds; nothing where Cedar has to say.
    pub(super) fn holds(&self, facts: &[Option<FactValue>]) -> Option<bool> {
        let fact = |slot: &usize| facts.get(*slot)?.as_ref();
        match self {
            Self::Unknown => None,
            Self::Is(holds) => Some(*holds),
            Self::Flag(slot) => match fact(slot)? {
                FactValue::Bool(flag) => Some(*flag),
                _ => None,
            },
            Self::Text(slot, text) => match fact(slot)? {
                FactValue::Text(found) => Some(found == text),
                _ => None,
            },
            Self::OneOf(slot, texts) => match fact(slot)? {
                FactValue::Text(found) => Some(texts.contains(found)),
                _ => None,
            },
            Self::Contains(slot, text) => match fact(slot)? {
                FactValue::Set(found) => Some(found.contains(text)),
                _ => None,
            },
            Self::Number(left, compare, right) => {
                // Both are worked out first, as Cedar does: either may be an error.
                Some(compare.holds(left.number(facts)?, right.number(facts)?))
            }
            Self::Has(slot) => Some(facts.get(*slot)?.is_some()),
            Self::Not(other) => other.holds(facts).map(|holds| !holds),
            Self::All(parts) => first(parts, facts, false),
            Self::Any(parts) => first(parts, facts, true),
        }
    }

    fn not(other: Self) -> Self {
        if other == Self::Unknown { Self::Unknown } else { Self::Not(Box::new(other)) }
    }

    fn expression(node: &Value, places: &Places<'_>) -> Self {
        Self::known(node, places).unwrap_or(Self::Unknown)
    }

    fn known(node: &Value, places: &Places<'_>) -> Option<Self> {
        let members = node.as_object()?;
        let (operator, operand) = members.iter().next().filter(|_| members.len() == 1)?;
        let sides = || Some((operand.get("left")?, operand.get("right")?));
        match operator.as_str() {
            "Value" => operand.as_bool().map(Self::Is),
            "." | "getTag" => slot(node, places).map(Self::Flag),
            "!" => Some(Self::not(Self::expression(operand.get("arg")?, places))),
            "&&" => sides().map(|(left, right)| {
                Self::All(vec![Self::expression(left, places), Self::expression(right, places)])
            }),
            "||" => sides().map(|(left, right)| {
                Self::Any(vec![Self::expression(left, places), Self::expression(right, places)])
            }),
            "==" => sides().and_then(|(left, right)| equal(left, right, places)),
            "!=" => sides().and_then(|(left, right)| equal(left, right, places)).map(Self::not),
            "<" | "<=" | ">" | ">=" => {
                let (left, right) = sides()?;
                let compare = Compare::of(operator)?;
                Some(Self::Number(Term::of(left, places)?, compare, Term::of(right, places)?))
            }
            "contains" => {
                let (left, right) = sides()?;
                if let Some(items) = left.get("Set").and_then(Value::as_array) {
                    let texts: Option<Vec<String>> = items.iter().map(text).collect();
                    return Some(Self::OneOf(slot(right, places)?, texts?));
                }
                Some(Self::Contains(slot(left, places)?, text(right)?))
            }
            "hasTag" => {
                let (left, right) = sides()?;
                let place = tag(left, right)?;
                places.get(&place).copied().map(Self::Has)
            }
            _ => None,
        }
    }
}

/// The first of `parts` that is `wanted` decides, unless one before it cannot be told.
fn first(parts: &[Quick], facts: &[Option<FactValue>], wanted: bool) -> Option<bool> {
    for part in parts {
        if part.holds(facts)? == wanted {
            return Some(wanted);
        }
    }
    Some(!wanted)
}

fn equal(left: &Value, right: &Value, places: &Places<'_>) -> Option<Quick> {
    let (slot, literal) = match (slot(left, places), slot(right, places)) {
        (Some(slot), None) => (slot, right),
        (None, Some(slot)) => (slot, left),
        _ => return None,
    };
    if let Some(text) = text(literal) {
        return Some(Quick::Text(slot, text));
    }
    if let Some(number) = number(literal) {
        return Some(Quick::Number(Term::Fact(slot), Compare::Equal, Term::Literal(number)));
    }
    let flag = literal.get("Value")?.as_bool()?;
    Some(if flag { Quick::Flag(slot) } else { Quick::not(Quick::Flag(slot)) })
}

/// The place of the fact that `node` reads, if it is one fact.
fn slot(node: &Value, places: &Places<'_>) -> Option<usize> {
    if let Some(read) = node.get("getTag") {
        let place = tag(read.get("left")?, read.get("right")?)?;
        return places.get(&place).copied();
    }
    let path = path(node)?;
    let place = match path.as_slice() {
        ["principal", name] => (Family::Agent, *name),
        ["resource", name] => (Family::Function, *name),
        ["context", "requester", name] => (Family::Requester, *name),
        ["context", "now", name] => (Family::Now, *name),
        ["context", "history", name] => (Family::History, *name),
        ["context", name] => (Family::Call, *name),
        _ => return None,
    };
    places.get(&place).copied()
}

fn tag<'a>(left: &Value, right: &'a Value) -> Option<(Family, &'a str)> {
    let path = path(left)?;
    let ["context", name] = path.as_slice() else { return None };
    let family = Family::in_context(name).filter(|family| family.is_tagged())?;
    Some((family, right.get("Value")?.as_str()?))
}

fn text(node: &Value) -> Option<String> {
    node.get("Value")?.as_str().map(str::to_owned)
}

fn number(node: &Value) -> Option<i64> {
    node.get("Value")?.as_i64()
}

impl Term {
    fn of(node: &Value, places: &Places<'_>) -> Option<Self> {
        let sides = |operand: &Value| {
            let (left, right) = (operand.get("left")?, operand.get("right")?);
            Some((Box::new(Self::of(left, places)?), Box::new(Self::of(right, places)?)))
        };
        if let Some(operand) = node.get("+") {
            return sides(operand).map(|(left, right)| Self::Plus(left, right));
        }
        if let Some(operand) = node.get("-") {
            return sides(operand).map(|(left, right)| Self::Minus(left, right));
        }
        number(node).map(Self::Literal).or_else(|| slot(node, places).map(Self::Fact))
    }

    /// The number; nothing where there is none or it is out of range.
    fn number(&self, facts: &[Option<FactValue>]) -> Option<i64> {
        match self {
            Self::Literal(number) => Some(*number),
            Self::Fact(slot) => match facts.get(*slot)?.as_ref()? {
                FactValue::Long(number) => Some(*number),
                _ => None,
            },
            Self::Plus(left, right) => left.number(facts)?.checked_add(right.number(facts)?),
            Self::Minus(left, right) => left.number(facts)?.checked_sub(right.number(facts)?),
        }
    }
}

impl Compare {
    fn of(operator: &str) -> Option<Self> {
        Some(match operator {
            "<" => Self::Less,
            "<=" => Self::LessOrEqual,
            ">" => Self::Greater,
            ">=" => Self::GreaterOrEqual,
            _ => return None,
        })
    }

    const fn holds(self, left: i64, right: i64) -> bool {
        match self {
            Self::Less => left < right,
            Self::LessOrEqual => left <= right,
            Self::Greater => left > right,
            Self::GreaterOrEqual => left >= right,
            Self::Equal => left == right,
        }
    }
}

#[cfg(test)]
mod tests;
