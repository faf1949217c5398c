//! Policy sets: a call, what is known about it and a set of rules make a decision that can be derived again.
//!
//! Rules are Cedar policies. [`PolicySource`] is their text, [`PolicySet`] is what they mean once they were checked,
//! [`PolicySet::evaluate`] is the decision on a [`Request`], and [`PolicySet::explain`] says why it came out so.
//!
//! Everything here is a plain function of its arguments: no I/O, no clock, no randomness.
//!
//! * A call is let through where a `permit` matches and no `forbid` does.
//! * A `forbid` with `@require("confirmation")` or `@require("approval")` holds a call, which the rest of the set lets
//!   through, until that has happened. Several add up: [`Requirement`].
//! * A `forbid` that cannot be evaluated blocks the call; a `permit` that cannot be evaluated does not match.
//!
//! [`schema_text`] is the vocabulary of rules, [`HISTORY_FACTS`] the part of it that earlier events answer.

mod annotation;
mod argument_schema;
mod cases;
mod diff;
mod evaluate;
mod explain;
mod facts;
mod history;
mod layers;
mod plan;
mod problem;
mod reads;
mod recorded;
mod request;
mod requirement;
mod rule;
mod schema;
mod set;
mod source;
mod text;
mod value;
mod view;
mod vocabulary;

pub use argument_schema::{ArgumentSchema, ArgumentSchemaError, Violation};
pub use cases::{Case, CaseError, CaseResult, Expectation, parse_cases, run_cases};
pub use diff::{AnnotationChange, RuleChange, SetDiff, diff};
pub use evaluate::{Code, Evaluation, RuleError};
pub use explain::{Condition, Explanation, RuleExplanation, Truth};
pub use facts::{FactKind, HISTORY_FACTS, HistoryFact, HistoryFacts};
pub use history::{About, History, HistoryReads};
pub use layers::{FACT_ACCESS, FACT_FUNCTION_VERSION, FreezeInForce, Inputs, decide_call, fits_context};
pub use problem::{PolicyError, PolicyErrors, ProblemCode};
pub use request::{Agent, AgentData, Function, FunctionData, Request, RequestData, Requester, RequesterData};
pub use requirement::{Approval, Confirmation, Escalation, Need, Requirement, Stage};
pub use rule::{ApprovalDemand, Demand, Rule, RuleEffect};
pub use schema::schema_text;
pub use set::PolicySet;
pub use source::{PolicySource, SourceError};
