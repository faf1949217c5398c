//! The value of a fact, as Cedar and as JSON have it.

use std::collections::BTreeSet;

use cedar_policy::RestrictedExpression;
use serde_json::{Value, json};

/// The value of one fact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum FactValue {
    /// A whole number.
    Long(i64),
    /// True or false.
    Bool(bool),
    /// A text.
    Text(String),
    /// Texts, each once.
    Set(BTreeSet<String>),
    /// A number of ten-thousandths.
    Decimal(i64),
}

impl FactValue {
    /// The value for rules.
    pub(crate) fn into_cedar(self) -> RestrictedExpression {
        match self {
            Self::Long(number) => RestrictedExpression::new_long(number),
            Self::Bool(flag) => RestrictedExpression::new_bool(flag),
            Self::Text(text) => RestrictedExpression::new_string(text),
            Self::Set(texts) => {
                RestrictedExpression::new_set(texts.into_iter().map(RestrictedExpression::new_string))
            }
            Self::Decimal(units) => RestrictedExpression::new_decimal(decimal_text(units)),
        }
    }

    /// The value for people and for the record. A decimal is a text: JSON numbers are not exact.
    pub(crate) fn into_json(self) -> Value {
        match self {
            Self::Long(number) => json!(number),
            Self::Bool(flag) => json!(flag),
            Self::Text(text) => json!(text),
            Self::Set(texts) => json!(texts),
            Self::Decimal(units) => json!(decimal_text(units)),
        }
    }
}

/// `-12.3400` for -123400.
fn decimal_text(units: i64) -> String {
    let sign = if units < 0 { "-" } else { "" };
    let size = units.unsigned_abs();
    format!("{sign}{}.{:04}", size / 10_000, size % 10_000)
}

impl From<i64> for FactValue {
    fn from(number: i64) -> Self {
        Self::Long(number)
    }
}

impl From<bool> for FactValue {
    fn from(flag: bool) -> Self {
        Self::Bool(flag)
    }
}

impl From<&str> for FactValue {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<&[String]> for FactValue {
    fn from(texts: &[String]) -> Self {
        Self::Set(texts.iter().cloned().collect())
    }
}

impl From<&i64> for FactValue {
    fn from(number: &i64) -> Self {
        Self::Long(*number)
    }
}

impl From<&bool> for FactValue {
    fn from(flag: &bool) -> Self {
        Self::Bool(*flag)
    }
}

impl From<&String> for FactValue {
    fn from(text: &String) -> Self {
        Self::Text(text.clone())
    }
}

impl From<&BTreeSet<String>> for FactValue {
    fn from(texts: &BTreeSet<String>) -> Self {
        Self::Set(texts.clone())
    }
}
