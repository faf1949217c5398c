//! The value of a fact, as Cedar and as JSON have it.

use std::collections::BTreeSet;

use cedar_policy::RestrictedExpression;
use serde_json::{Value, json};

/// The value of one fact, with the texts of the request that it is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum FactValue<'a> {
    /// A whole number.
    Long(i64),
    /// True or false.
    Bool(bool),
    /// A text.
    Text(&'a str),
    /// Texts in their order, each once.
    Set(Vec<&'a str>),
    /// A number of ten-thousandths.
    Decimal(i64),
}

impl<'a> FactValue<'a> {
    /// These texts, in their order and each once.
    pub(crate) fn set(texts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut texts: Vec<&str> = texts.into_iter().collect();
        texts.sort_unstable();
        texts.dedup();
        Self::Set(texts)
    }

    /// The value for rules.
    pub(crate) fn into_cedar(self) -> RestrictedExpression {
        match self {
            Self::Long(number) => RestrictedExpression::new_long(number),
            Self::Bool(flag) => RestrictedExpression::new_bool(flag),
            Self::Text(text) => RestrictedExpression::new_string(text.to_owned()),
            Self::Set(texts) => RestrictedExpression::new_set(
                texts.into_iter().map(|text| RestrictedExpression::new_string(text.to_owned())),
            ),
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

impl From<i64> for FactValue<'_> {
    fn from(number: i64) -> Self {
        Self::Long(number)
    }
}

impl From<bool> for FactValue<'_> {
    fn from(flag: bool) -> Self {
        Self::Bool(flag)
    }
}

impl<'a> From<&'a str> for FactValue<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a [String]> for FactValue<'a> {
    fn from(texts: &'a [String]) -> Self {
        Self::set(texts.iter().map(String::as_str))
    }
}

impl From<&i64> for FactValue<'_> {
    fn from(number: &i64) -> Self {
        Self::Long(*number)
    }
}

impl From<&bool> for FactValue<'_> {
    fn from(flag: &bool) -> Self {
        Self::Bool(*flag)
    }
}

impl<'a> From<&'a String> for FactValue<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a BTreeSet<String>> for FactValue<'a> {
    fn from(texts: &'a BTreeSet<String>) -> Self {
        Self::Set(texts.iter().map(String::as_str).collect())
    }
}
