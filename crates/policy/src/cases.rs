//! Test cases of a policy set: requests with the decision that is expected, one JSON object a line.

use std::collections::BTreeSet;

use proto_events::Outcome;
use serde::{Deserialize, Serialize};

use crate::{Evaluation, PolicySet, request::RequestData};

/// The most cases in a file.
const MAX_CASES: usize = 10_000;
/// The longest line, in bytes.
const MAX_LINE_BYTES: usize = 512 * 1024;
/// The most errors that are told.
const MAX_ERRORS: usize = 100;

/// What a case expects.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expectation {
    /// The outcome.
    pub outcome: Outcome,
    /// The code of the reason; any where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Rules that must have matched; others may have too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<String>,
}

/// A request and the decision that is expected.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// What it is about.
    pub name: String,
    /// The request. What is left out has a default: nothing known, and a function that may do anything.
    #[serde(default)]
    pub request: RequestData,
    /// What is expected.
    pub expect: Expectation,
}

/// A fault of a file of cases.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CaseError {
    /// A line that is no case.
    #[error(
        "line {line}, column {column}: {message}: a case is {{\"name\", \"request\", \"expect\": {{\"outcome\"}}}}"
    )]
    Line {
        /// The line, from 1.
        line: usize,
        /// The byte in the line, from 1; 0 where the line ends too soon.
        column: usize,
        /// What is wrong.
        message: String,
    },
    /// A line that is too long.
    #[error("line {line} is longer than {max} bytes: shorten the arguments", max = MAX_LINE_BYTES)]
    LineTooLong {
        /// The line, from 1.
        line: usize,
    },
    /// A name that stands twice.
    #[error("line {line}: `{}` is the name of line {first} too: give each case a name of its own", .name.escape_debug())]
    NameTaken {
        /// The line, from 1.
        line: usize,
        /// The line that had the name first.
        first: usize,
        /// The name.
        name: String,
    },
    /// Too many cases.
    #[error("line {line}: more than {max} cases: split the file", max = MAX_CASES)]
    TooMany {
        /// The first line over, from 1.
        line: usize,
    },
}

impl CaseError {
    /// The error's stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Line { .. } => "policy_case_invalid",
            Self::LineTooLong { .. } => "policy_case_too_long",
            Self::NameTaken { .. } => "policy_case_name_taken",
            Self::TooMany { .. } => "policy_cases_too_many",
        }
    }
}

/// What came of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseResult {
    /// The case's name.
    pub name: String,
    /// What differs from what is expected; empty where the case holds.
    pub differences: Vec<String>,
    /// The decision.
    pub evaluation: Evaluation,
}

impl CaseResult {
    /// Whether the decision is the one that is expected.
    pub const fn holds(&self) -> bool {
        self.differences.is_empty()
    }
}

/// Reads cases, one a line; empty lines are passed over.
///
/// # Errors
/// With the first 100 faults, each with its line.
pub fn parse_cases(text: &str) -> Result<Vec<Case>, Vec<CaseError>> {
    let mut cases: Vec<Case> = Vec::new();
    let mut errors = Vec::new();
    let mut names = std::collections::BTreeMap::new();
    for (line, content) in (1..).zip(text.lines()).filter(|(_, content)| !content.trim().is_empty()) {
        if errors.len() >= MAX_ERRORS {
            break;
        }
        if cases.len() >= MAX_CASES {
            errors.push(CaseError::TooMany { line });
            break;
        }
        if content.len() > MAX_LINE_BYTES {
            errors.push(CaseError::LineTooLong { line });
            continue;
        }
        match serde_json::from_str::<Case>(content) {
            Ok(case) => {
                let first = *names.entry(case.name.clone()).or_insert(line);
                if first != line {
                    errors.push(CaseError::NameTaken { line, first, name: case.name.clone() });
                }
                cases.push(case);
            }
            Err(error) => {
                let message = error.to_string();
                let message =
                    message.rsplit_once(" at line ").map_or(message.as_str(), |(message, _)| message);
                errors.push(CaseError::Line { line, column: error.column(), message: message.to_owned() });
            }
        }
    }
    if errors.is_empty() { Ok(cases) } else { Err(errors) }
}

/// Decides each case and compares.
pub fn run_cases(set: &PolicySet, cases: &[Case]) -> Vec<CaseResult> {
    cases
        .iter()
        .map(|case| {
            let evaluation = set.evaluate(&case.request.as_request());
            CaseResult {
                name: case.name.clone(),
                differences: differences(&case.expect, &evaluation),
                evaluation,
            }
        })
        .collect()
}

fn differences(expected: &Expectation, found: &Evaluation) -> Vec<String> {
    let mut differences = Vec::new();
    if expected.outcome != found.outcome {
        differences.push(format!(
            "expected `{}`, decided `{}` ({})",
            expected.outcome.as_str(),
            found.outcome.as_str(),
            found.reason
        ));
    }
    if let Some(code) = expected.code.as_deref().filter(|code| *code != found.code.as_str()) {
        differences.push(format!("expected the code `{code}`, decided for `{}`", found.code.as_str()));
    }
    let matched: BTreeSet<&str> =
        found.matched().chain(found.errors.iter().map(|e| e.rule.as_str())).collect();
    let unmatched = expected.rules.iter().filter(|rule| !matched.contains(rule.as_str()));
    differences.extend(unmatched.map(|rule| format!("expected the rule `{rule}` to match")));
    differences
}
