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
    /// The fact is a text of this form: what stands between the wildcards.
    Like(usize, Vec<String>),
    /// The fact has this text in it.
    Contains(usize, String),
    /// The fact has all of these texts in it.
    ContainsAll(usize, Vec<String>),
    /// The fact has one of these texts in it.
    ContainsAny(usize, Vec<String>),
    /// The fact has none but these texts in it.
    Within(usize, Vec<String>),
    /// The fact has no text in it.
    IsEmpty(usize),
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
    /// Where the first holds, the second; else the third.
    If(Box<[Quick; 3]>),
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

/// How deep a condition is looked into. A rule may nest far deeper than that, and the stack is not for that.
const MAX_DEPTH: usize = 64;

type Places<'a> = BTreeMap<(Family, &'a str), usize>;

impl Quick {
    /// The condition of the policy whose JSON form is `policy`, scope left out.
    pub(super) fn of(policy: &Value, places: &Places<'_>) -> Self {
        let conditions = policy.get("conditions").and_then(Value::as_array).into_iter().flatten();
        let one = |condition: &Value| {
            let body =
                condition.get("body").map_or(Self::Unknown, |body| Self::expression(body, places, MAX_DEPTH));
            match condition.get("kind").and_then(Value::as_str) {
                Some("when") => body,
                Some("unless") => Self::not(body),
                _ => Self::Unknown,
            }
        };
        Self::All(conditions.map(one).collect())
    }

    /// Whether the condition holds; nothing where Cedar has to say.
    pub(super) fn holds(&self, facts: &[Option<FactValue<'_>>]) -> Option<bool> {
        let fact = |slot: &usize| facts.get(*slot)?.as_ref();
        let of_set = |slot: &usize, of: &dyn Fn(&[&str]) -> bool| match fact(slot)? {
            FactValue::Set(found) => Some(of(found)),
            _ => None,
        };
        let has = |found: &[&str], text: &String| found.contains(&text.as_str());
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
                FactValue::Text(found) => Some(texts.iter().any(|text| text == found)),
                _ => None,
            },
            Self::Like(slot, parts) => match fact(slot)? {
                FactValue::Text(found) => Some(is_like(found, parts)),
                _ => None,
            },
            Self::Contains(slot, text) => of_set(slot, &|found| has(found, text)),
            Self::ContainsAll(slot, texts) => {
                of_set(slot, &|found| texts.iter().all(|text| has(found, text)))
            }
            Self::ContainsAny(slot, texts) => {
                of_set(slot, &|found| texts.iter().any(|text| has(found, text)))
            }
            Self::Within(slot, texts) => {
                of_set(slot, &|found| found.iter().all(|found| texts.iter().any(|text| text == found)))
            }
            Self::IsEmpty(slot) => of_set(slot, &|found| found.is_empty()),
            Self::Number(left, compare, right) => {
                // Both are worked out first, as Cedar does: either may be an error.
                Some(compare.holds(left.number(facts)?, right.number(facts)?))
            }
            Self::Has(slot) => Some(facts.get(*slot)?.is_some()),
            Self::Not(other) => other.holds(facts).map(|holds| !holds),
            Self::All(parts) => first(parts, facts, false),
            Self::Any(parts) => first(parts, facts, true),
            Self::If(parts) => {
                let [condition, then, otherwise] = &**parts;
                if condition.holds(facts)? { then.holds(facts) } else { otherwise.holds(facts) }
            }
        }
    }

    fn not(other: Self) -> Self {
        if other == Self::Unknown { Self::Unknown } else { Self::Not(Box::new(other)) }
    }

    /// `depth`: how many levels may be in it; nothing is told of what is deeper.
    fn expression(node: &Value, places: &Places<'_>, depth: usize) -> Self {
        let known = depth.checked_sub(1).and_then(|depth| Self::known(node, places, depth));
        known.unwrap_or(Self::Unknown)
    }

    fn known(node: &Value, places: &Places<'_>, depth: usize) -> Option<Self> {
        let members = node.as_object()?;
        let (operator, operand) = members.iter().next().filter(|_| members.len() == 1)?;
        let sides = || Some((operand.get("left")?, operand.get("right")?));
        match operator.as_str() {
            "Value" => operand.as_bool().map(Self::Is),
            "." | "getTag" => slot(node, places).map(Self::Flag),
            "!" => Some(Self::not(Self::expression(operand.get("arg")?, places, depth))),
            "&&" => sides().map(|(left, right)| {
                Self::All(vec![Self::expression(left, places, depth), Self::expression(right, places, depth)])
            }),
            "||" => sides().map(|(left, right)| {
                Self::Any(vec![Self::expression(left, places, depth), Self::expression(right, places, depth)])
            }),
            "==" => sides().and_then(|(left, right)| equal(left, right, places)),
            "!=" => sides().and_then(|(left, right)| equal(left, right, places)).map(Self::not),
            "<" | "<=" | ">" | ">=" => {
                let (left, right) = sides()?;
                let compare = Compare::of(operator)?;
                Some(Self::Number(Term::of(left, places, depth)?, compare, Term::of(right, places, depth)?))
            }
            "contains" => {
                let (left, right) = sides()?;
                if left.get("Set").is_some() {
                    return Some(Self::OneOf(slot(right, places)?, texts(left)?));
                }
                Some(Self::Contains(slot(left, places)?, text(right)?))
            }
            "containsAll" | "containsAny" => {
                let (left, right) = sides()?;
                let is_all = operator == "containsAll";
                match (texts(left), texts(right)) {
                    (Some(texts), None) if is_all => Some(Self::Within(slot(right, places)?, texts)),
                    (Some(texts), None) => Some(Self::ContainsAny(slot(right, places)?, texts)),
                    (None, Some(texts)) if is_all => Some(Self::ContainsAll(slot(left, places)?, texts)),
                    (None, Some(texts)) => Some(Self::ContainsAny(slot(left, places)?, texts)),
                    _ => None,
                }
            }
            "isEmpty" => slot(operand.get("arg")?, places).map(Self::IsEmpty),
            "like" => {
                let parts = pattern(operand.get("pattern")?)?;
                slot(operand.get("left")?, places).map(|slot| Self::Like(slot, parts))
            }
            "if-then-else" => {
                let part = |name| Some(Self::expression(operand.get(name)?, places, depth));
                Some(Self::If(Box::new([part("if")?, part("then")?, part("else")?])))
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
fn first(parts: &[Quick], facts: &[Option<FactValue<'_>>], wanted: bool) -> Option<bool> {
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

/// A set of literals.
fn texts(node: &Value) -> Option<Vec<String>> {
    node.get("Set")?.as_array()?.iter().map(text).collect()
}

/// What stands between the wildcards of a pattern: one part more than there are wildcards.
fn pattern(node: &Value) -> Option<Vec<String>> {
    let mut parts = vec![String::new()];
    for element in node.as_array()? {
        if element.as_str() == Some("Wildcard") {
            parts.push(String::new());
        } else {
            let literal = element.get("Literal")?.as_str()?;
            parts.last_mut()?.push_str(literal);
        }
    }
    Some(parts)
}

/// Whether `text` is of the form with anything between each two parts.
fn is_like(text: &str, parts: &[String]) -> bool {
    let [first, middle @ .., last] = parts else {
        return parts.first().is_some_and(|only| only == text);
    };
    let Some(rest) = text.strip_prefix(first.as_str()) else { return false };
    let Some(mut rest) = rest.strip_suffix(last.as_str()) else { return false };
    for part in middle {
        let Some(at) = rest.find(part.as_str()) else { return false };
        rest = &rest[at + part.len()..];
    }
    true
}

fn number(node: &Value) -> Option<i64> {
    node.get("Value")?.as_i64()
}

impl Term {
    fn of(node: &Value, places: &Places<'_>, depth: usize) -> Option<Self> {
        let depth = depth.checked_sub(1)?;
        let sides = |operand: &Value| {
            let (left, right) = (operand.get("left")?, operand.get("right")?);
            Some((Box::new(Self::of(left, places, depth)?), Box::new(Self::of(right, places, depth)?)))
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
    fn number(&self, facts: &[Option<FactValue<'_>>]) -> Option<i64> {
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
