//! How much of everything there may be.

use crate::arguments::MAX_PAYLOAD_BYTES;

/// The longest text that a person or a runtime may say with a command (reason, comment, feedback, evidence,
/// progress message), in characters.
pub const MAX_TEXT_CHARS: usize = 5_000;

/// How many others a proposal names on the asking side.
pub const MAX_ASKED_BY: usize = 16;

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

/// How many stages an approval has.
pub const MAX_STAGES: usize = proto_events::Requirement::MAX_STAGES;

/// How many needs a stage has.
pub const MAX_NEEDS: usize = proto_events::Requirement::MAX_NEEDS;

/// How many distinct people a need asks for.
pub const MAX_QUORUM: u32 = 100;

/// How many groups, and how many people, reviewers are named by at one place.
pub const MAX_NAMED: usize = 32;

/// How many escalations a requirement has.
pub const MAX_ESCALATIONS: usize = proto_events::Requirement::MAX_ESCALATIONS;

/// How many reminders one stage of an approval gets.
pub const MAX_REMINDERS: u32 = 100;

/// How many sensitive members a call has.
pub const MAX_SENSITIVE: usize = 64;

/// How many comments one execution keeps.
pub const MAX_COMMENTS: u32 = 1_000;

/// How often one execution is decided on again; a new decision that blocks it passes the limit.
pub const MAX_REDECISIONS: u32 = 1_000;
