//! Why a trace cannot be decided.

use super::line::{MAX_CALLS, MAX_CONVERSATIONS, MAX_HELD_BYTES, MAX_JOB_BYTES};
use crate::import::MAX_LINE_BYTES;

/// Why a trace cannot be decided.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Problem {
    /// Not UTF-8.
    #[error("not UTF-8 (from byte {0} on): save the file as UTF-8")]
    NotUtf8(usize),
    /// A long line.
    #[error("longer than {MAX_LINE_BYTES} bytes: cut its result")]
    TooLong,
    /// No call and no conversation.
    #[error("neither a conversation nor a call: {0}; see docs/reference/trace.md")]
    Shape(String),
    /// A name that no function can have, arguments that are none, a result past its bound.
    #[error("not a call that could be proposed: {0}")]
    Call(String),
    /// A conversation that was over.
    #[error("conversation `{0}` was over: put the calls of a conversation together, in order of `seq`")]
    Apart(String),
    /// Calls out of order.
    #[error(
        "`seq` {seq} of conversation `{conversation}` comes after {before}: put its calls in order of `seq`"
    )]
    Order {
        /// The conversation.
        conversation: String,
        /// The number.
        seq: u64,
        /// The one before.
        before: u64,
    },
    /// A long conversation.
    #[error("conversation `{0}` has more than {MAX_CALLS} lines or {MAX_JOB_BYTES} bytes: leave it out")]
    TooLongConversation(String),
    /// Many conversations.
    #[error(
        "more than {MAX_CONVERSATIONS} conversations, or {MAX_HELD_BYTES} bytes of their names and prompts: split the file"
    )]
    TooMany,
}

/// A problem, and the line that has it.
#[derive(Debug)]
pub(crate) struct TraceError {
    /// The line, from 1.
    pub(crate) line: u64,
    /// What is wrong.
    pub(crate) problem: Problem,
}

impl TraceError {
    pub(crate) const fn at(line: u64, problem: Problem) -> Self {
        Self { line, problem }
    }

    /// A line past the limit.
    pub(crate) const fn too_long(line: u64) -> Self {
        Self::at(line, Problem::TooLong)
    }

    /// The error's stable code.
    pub(crate) const fn code(&self) -> &'static str {
        match self.problem {
            Problem::NotUtf8(_) | Problem::TooLong | Problem::Shape(_) => "trace_line_invalid",
            Problem::Call(_) => "trace_call_invalid",
            Problem::Apart(_) | Problem::Order { .. } => "trace_order",
            Problem::TooLongConversation(_) | Problem::TooMany => "trace_too_large",
        }
    }
}
