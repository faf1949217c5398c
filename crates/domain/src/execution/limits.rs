//! How much of everything there may be.

use crate::arguments::MAX_PAYLOAD_BYTES;

/// The longest text that a person or a runtime may say with a command (reason, comment, feedback, evidence,
/// progress message), in characters.
pub const MAX_TEXT_CHARS: usize = 5_000;

/// The largest `context` of a proposal, in bytes.
pub const MAX_CONTEXT_BYTES: usize = 16 * 1024;

/// The largest `context` of a call that is handed in after the fact, in bytes: it may hold a payload, such as arguments
/// that are no object.
pub const MAX_RECORDED_CONTEXT_BYTES: usize = MAX_PAYLOAD_BYTES;

/// How many progress reports one execution keeps; the call may run on, and may still end, without further ones.
pub const MAX_PROGRESS_EVENTS: u32 = 10_000;

/// The longest error message of a call that ran under a permit, in bytes. Handed in after the fact it is
/// [`MAX_TEXT_CHARS`] characters.
pub const MAX_ERROR_MESSAGE_BYTES: usize = 256 * 1024;

/// The longest error code, in characters.
pub const MAX_ERROR_CODE_CHARS: usize = 128;

/// The longest error type, in characters.
pub const MAX_ERROR_TYPE_CHARS: usize = 200;

/// The longest stack trace, in characters.
pub const MAX_STACK_TRACE_CHARS: usize = 20_000;
