//! What is wrong with a policy set, and where.

use std::fmt;

use crate::text::Position;

/// What kind of fault it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProblemCode {
    /// It is no Cedar policy.
    Syntax,
    /// It is a template (`?principal`, `?resource`).
    Template,
    /// It does not fit the schema.
    Type,
    /// It compares with a word that the value never is.
    Vocabulary,
    /// A rule without `@id`.
    IdMissing,
    /// An `@id` that is no id.
    IdInvalid,
    /// An `@id` that another rule has.
    IdTaken,
    /// A `forbid` without `@reason`.
    ReasonMissing,
    /// An annotation that there is not.
    AnnotationUnknown,
    /// An annotation that says nothing on this rule.
    AnnotationMisplaced,
    /// An annotation whose value cannot be read, or cannot be met.
    AnnotationInvalid,
    /// Too many rules.
    TooManyRules,
    /// A rule that is too long or nests too deep.
    RuleTooLarge,
    /// A rule that can never match.
    NeverMatches,
    /// Letters that look like others.
    Confusable,
    /// A fault of this program.
    Internal,
}

impl ProblemCode {
    /// The stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Syntax => "policy_syntax",
            Self::Template => "policy_template",
            Self::Type => "policy_type",
            Self::Vocabulary => "policy_vocabulary",
            Self::IdMissing => "policy_id_missing",
            Self::IdInvalid => "policy_id_invalid",
            Self::IdTaken => "policy_id_taken",
            Self::ReasonMissing => "policy_reason_missing",
            Self::AnnotationUnknown => "policy_annotation_unknown",
            Self::AnnotationMisplaced => "policy_annotation_misplaced",
            Self::AnnotationInvalid => "policy_annotation_invalid",
            Self::RuleTooLarge => "policy_rule_too_large",
            Self::TooManyRules => "policy_too_many_rules",
            Self::NeverMatches => "policy_never_matches",
            Self::Confusable => "policy_confusable",
            Self::Internal => "policy_internal",
        }
    }
}

/// One fault of a policy set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyError {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The character in the line, from 1.
    pub column: usize,
    /// What kind of fault it is.
    pub code: ProblemCode,
    /// The rule, where its id is known.
    pub rule: Option<String>,
    /// What is wrong.
    pub message: String,
    /// How to mend it.
    pub help: String,
}

impl PolicyError {
    pub(crate) fn new(
        file: &str,
        at: Position,
        code: ProblemCode,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        let (file, message, help) = (file.to_owned(), message.into(), help.into());
        Self { file, line: at.line, column: at.column, code, rule: None, message, help }
    }

    /// The stable name of the kind of fault.
    pub const fn code(&self) -> &'static str {
        self.code.as_str()
    }
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}: {}", self.file, self.line, self.column, self.message, self.help)
    }
}

impl std::error::Error for PolicyError {}

/// Everything that is wrong with a policy set, by file and place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyErrors {
    errors: Vec<PolicyError>,
    left_out: usize,
}

impl PolicyErrors {
    /// The most errors that are told; the rest are counted.
    pub const MAX: usize = 500;

    /// `errors` in order.
    pub(crate) fn of(mut errors: Vec<PolicyError>) -> Self {
        errors.sort_by(|a, b| (&a.file, a.line, a.column, a.code).cmp(&(&b.file, b.line, b.column, b.code)));
        let left_out = errors.len().saturating_sub(Self::MAX);
        errors.truncate(Self::MAX);
        Self { errors, left_out }
    }

    /// The errors, by file and place.
    pub fn errors(&self) -> &[PolicyError] {
        &self.errors
    }

    /// How many more there are than are told.
    pub const fn left_out(&self) -> usize {
        self.left_out
    }

    /// The stable code of the whole.
    pub const fn code(&self) -> &'static str {
        "policy_set_invalid"
    }
}

impl fmt::Display for PolicyErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (count, s) = (self.errors.len() + self.left_out, if self.errors.len() == 1 { "" } else { "s" });
        write!(f, "the policy set has {count} error{s}")?;
        for error in &self.errors {
            write!(f, "\n{error}")?;
        }
        if self.left_out > 0 {
            write!(f, "\nand {} more: mend these first", self.left_out)?;
        }
        Ok(())
    }
}

impl std::error::Error for PolicyErrors {}
