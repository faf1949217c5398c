//! What earlier events say about a call: a fold over the log, the same live and in a replay.
//!
//! [`History::apply`] takes every event of the log in order; [`History::facts`] answers what is known about a call at that
//! point. Facts depend on nothing but the events before: no clock, no randomness, no order of anything that has none. A
//! question changes nothing.
//!
//! # What is folded
//! What users said (their identifiers, words, and the kinds of action that they speak of), what calls returned (identifiers
//! and words, and beside what they stood), what functions are for as the catalogue has it, and how calls were decided and
//! ended. A result counts from the event on that records it: calls that were proposed together see nothing of each other's
//! results.
//!
//! # What an attacker can influence
//! Whoever writes what an agent reads (a mail, a page, a review, a file) can
//! * make values `seen`, `linked`, `from_named` and `named_source`: by writing them, beside words that he guesses the user to
//!   have said; he can set `instructions_seen` and `untrusted_read`, and make objects linked;
//! * choose an address or a host that has a word of the user in it, and so make it `contact`;
//! * never make a value `user` or `trusted`, nor a secret known, nor `user_asked`, `user_delegated` or a related title true:
//!   these rest on what the user said and on trusted results alone;
//! * never take away what others brought about: marks only add up. `untrusted_read` stays until the conversation ends;
//!   `untrusted_since_user` until the user speaks again.
//!
//! A wrong entry of the catalogue is the way around all of this: results that are called trusted and are not.
//!
//! # Bounds
//! A conversation keeps 20,000 identifiers and 20,000 words, 256 KiB of what the user said, 4,096 calls that have not ended
//! and counts for 1,024 functions; 64 KiB of a result and of a call's arguments are looked at, and what is left is taken for
//! untrusted and for made up. 100,000 conversations are held, and 20 million words and identifiers in all; the least
//! recently used is forgotten, and of the last million it is remembered that they were. Past a bound `known` is false.

mod amounts;
mod answer;
mod arguments;
mod catalogue;
mod conversation;
mod fold;
mod held;
mod identifiers;
mod keys;
mod kinds;
mod lexicon;
mod marks;
mod provenance;
mod roles;
mod text;
mod windows;
mod words;

use proto_events::{Actor, CallRef, FunctionDescription, TenantId, Timestamp};
use serde_json::Value;
use uuid::Uuid;

use catalogue::Catalogue;
use held::{Conversations, Counted};

/// A call whose history is asked for.
#[derive(Clone, Copy, Debug)]
pub struct About<'a> {
    /// Whose call.
    pub tenant: &'a TenantId,
    /// The call.
    pub call: &'a CallRef,
    /// On whose behalf.
    pub requester: &'a Actor,
    /// What the catalogue says of the function.
    pub description: Option<&'a FunctionDescription>,
    /// The arguments.
    pub arguments: &'a Value,
    /// Now: what windows of time end with.
    pub now: Timestamp,
    /// An execution that is no history: the call itself, where it is decided on again.
    pub except: Option<Uuid>,
}

/// Whose history rules read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HistoryReads {
    /// The conversation's.
    pub conversation: bool,
    /// The agent's, over all its conversations.
    pub agent: bool,
    /// The tenant's.
    pub tenant: bool,
}

/// The fold.
#[derive(Debug, Default)]
pub struct History {
    catalogue: Catalogue,
    conversations: Conversations,
    agents: Counted,
    tenants: Counted,
    /// The key that is looked up: a buffer, so that none is made for each event.
    key: String,
}

impl History {
    /// The history of a log without events.
    pub fn new() -> Self {
        Self::default()
    }
}
