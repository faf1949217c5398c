//! Reading JSON while checking what a plain parser lets pass.

use std::cell::RefCell;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::{
    MAX_DEPTH, MAX_NUMBER,
    error::{Located, Place, Problem},
};

/// How strict to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Strictness {
    /// Arguments: strict I-JSON.
    Arguments,
    /// Anything else: JSON, of bounded depth.
    Payload,
}

/// serde_json marks raw values and precise numbers by keys like these; a caller's key must not be taken for one.
const RESERVED_PREFIX: &str = "$serde_json::private::";

/// Reads `bytes`; never deeper than [`MAX_DEPTH`] on the stack.
pub(super) fn parse(bytes: &[u8], strictness: Strictness) -> Result<Value, Located> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        Problem::NotJson { reason: format!("byte {} is not UTF-8", error.valid_up_to()) }.nowhere()
    })?;
    let problem = RefCell::new(None);
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let walk = Walk { depth: 0, strictness, problem: &problem };
    let value = walk.deserialize(&mut deserializer).and_then(|value| deserializer.end().map(|()| value));
    value.map_err(|error| {
        let place = Place::Text { line: error.line(), column: error.column() };
        Located { problem: problem.take().unwrap_or_else(|| of_parser(&error)), place }
    })
}

/// A problem that the parser itself found.
fn of_parser(error: &serde_json::Error) -> Problem {
    let reason = error.to_string();
    if reason.starts_with("number out of range") {
        return Problem::NumberRange { number: "beyond a double".to_owned() };
    }
    // The place is told beside it.
    let reason = reason.split_once(" at line ").map_or(&*reason, |(reason, _)| reason);
    Problem::NotJson { reason: reason.to_owned() }
}

/// What is being read, and where to leave word of a problem: serde's errors carry text only.
#[derive(Clone, Copy)]
struct Walk<'p> {
    depth: usize,
    strictness: Strictness,
    problem: &'p RefCell<Option<Problem>>,
}

impl Walk<'_> {
    fn refuse<E: Error>(self, problem: Problem) -> E {
        let error = E::custom(&problem);
        self.problem.replace(Some(problem));
        error
    }

    fn deeper<E: Error>(self) -> Result<Self, E> {
        if self.depth >= MAX_DEPTH {
            return Err(self.refuse(Problem::TooDeep));
        }
        Ok(Self { depth: self.depth + 1, ..self })
    }

    /// What is asked of arguments only.
    fn checked<E: Error>(self, check: Result<(), Problem>) -> Result<(), E> {
        match (self.strictness, check) {
            (Strictness::Arguments, Err(problem)) => Err(self.refuse(problem)),
            _ => Ok(()),
        }
    }

    fn number<E: Error>(self, number: Number) -> Result<Value, E> {
        self.checked(in_range(&number))?;
        Ok(Value::Number(number))
    }
}

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        self.number(value.into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        self.number(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        let number = Number::from_f64(value).ok_or_else(|| E::custom("number out of range"))?;
        self.number(number)
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        self.visit_string(value.to_owned())
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Value, E> {
        self.checked(characters(&value))?;
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut array = Vec::new();
        while let Some(item) = items.next_element_seed(inner)? {
            array.push(item);
        }
        Ok(Value::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut object = Map::new();
        while let Some(name) = entries.next_key::<String>()? {
            not_reserved(&name).map_err(|problem| self.refuse(problem))?;
            self.checked(characters(&name))?;
            if object.contains_key(&name) {
                self.checked(Err(Problem::DuplicateKey { key: short(&name) }))?;
            }
            let value = entries.next_value_seed(inner)?;
            object.insert(name, value);
        }
        Ok(Value::Object(object))
    }
}

/// Checks a value as if it had been read from a text.
pub(super) fn check(value: &Value) -> Result<(), Located> {
    let mut pointer = String::new();
    check_at(value, 0, &mut pointer).map_err(|problem| Located { problem, place: Place::Pointer(pointer) })
}

/// On an error, `pointer` is left where the error is.
fn check_at(value: &Value, depth: usize, pointer: &mut String) -> Result<(), Problem> {
    if depth >= MAX_DEPTH && (value.is_array() || value.is_object()) {
        return Err(Problem::TooDeep);
    }
    match value {
        Value::Null | Value::Bool(_) => Ok(()),
        Value::Number(number) => in_range(number),
        Value::String(text) => characters(text),
        Value::Array(items) => items.iter().enumerate().try_for_each(|(index, item)| {
            step(pointer, &index.to_string(), |pointer| check_at(item, depth + 1, pointer))
        }),
        Value::Object(entries) => entries.iter().try_for_each(|(name, item)| {
            step(pointer, &short(name).replace('~', "~0").replace('/', "~1"), |pointer| {
                not_reserved(name)?;
                characters(name)?;
                check_at(item, depth + 1, pointer)
            })
        }),
    }
}

fn step(
    pointer: &mut String,
    token: &str,
    check: impl FnOnce(&mut String) -> Result<(), Problem>,
) -> Result<(), Problem> {
    let len = pointer.len();
    pointer.push('/');
    pointer.push_str(token);
    check(pointer)?;
    pointer.truncate(len);
    Ok(())
}

/// What kind of value it is, in words.
pub(super) const fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "`null`",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

fn in_range(number: &Number) -> Result<(), Problem> {
    let within = if let Some(integer) = number.as_i64() {
        integer.unsigned_abs() <= MAX_NUMBER
    } else if number.is_u64() {
        false
    } else {
        // Exact: the bound is an integer below 2^53.
        number.as_f64().is_some_and(|float| float.abs() <= 9_007_199_254_740_991.0)
    };
    if within { Ok(()) } else { Err(Problem::NumberRange { number: short(&number.to_string()) }) }
}

fn characters(text: &str) -> Result<(), Problem> {
    let noncharacter =
        |code_point: &u32| matches!(code_point, 0xFDD0..=0xFDEF) || code_point & 0xFFFE == 0xFFFE;
    match text.chars().map(u32::from).find(noncharacter) {
        None => Ok(()),
        Some(code_point) => Err(Problem::Noncharacter { code_point }),
    }
}

fn not_reserved(name: &str) -> Result<(), Problem> {
    if name.starts_with(RESERVED_PREFIX) { Err(Problem::ReservedKey { key: short(name) }) } else { Ok(()) }
}

fn short(text: &str) -> String {
    text.chars().take(80).collect()
}
