//! What is remembered of one conversation.

mod executions;
mod results;
mod user;

use std::collections::HashMap;

use proto_events::FunctionName;

use super::{amounts::DaySum, kinds::Kinds, marks::Marked};
pub(super) use executions::{End, Executions, Open, Proposal};

/// The most identifiers of a conversation.
pub(super) const MAX_IDENTIFIERS: usize = 20_000;
/// The most words of a conversation.
pub(super) const MAX_WORDS: usize = 20_000;
/// The most functions of a conversation whose calls are counted one by one.
const MAX_FUNCTIONS: usize = 1_024;

/// What is remembered of one conversation.
#[derive(Debug)]
pub(super) struct Conversation {
    /// Identifiers that were met.
    pub(super) identifiers: Marked,
    /// Words that were met, without plural.
    pub(super) words: Marked,
    /// What the user said, in lower case.
    pub(super) user_text: String,
    /// Kinds of action that the user's words speak of.
    pub(super) user_kinds: Kinds,
    /// The user told the agent to do what something else says.
    pub(super) delegated: bool,
    /// Something of strangers was read.
    pub(super) untrusted_read: bool,
    /// Something of strangers was read since the user last spoke.
    pub(super) untrusted_since_user: bool,
    /// Something that reads like instructions was read.
    pub(super) instructions_seen: bool,
    /// Calls, proposed or handed in.
    pub(super) calls: i64,
    /// Calls that failed.
    pub(super) failures: i64,
    /// Calls by function.
    pub(super) by_function: HashMap<FunctionName, i64>,
    /// The amounts that were moved.
    pub(super) amounts: DaySum,
    /// Calls that have not ended, and acts.
    pub(super) executions: Executions,
    /// Whether everything since the first event is here.
    pub(super) is_whole: bool,
}

impl Conversation {
    /// A conversation of which nothing is known yet; `is_whole` where there was nothing before.
    pub(super) fn new(is_whole: bool) -> Self {
        Self {
            identifiers: Marked::with_room(MAX_IDENTIFIERS),
            words: Marked::with_room(MAX_WORDS),
            user_text: String::new(),
            user_kinds: Kinds::default(),
            delegated: false,
            // What was forgotten may have been anything.
            untrusted_read: !is_whole,
            untrusted_since_user: !is_whole,
            instructions_seen: !is_whole,
            calls: 0,
            failures: 0,
            by_function: HashMap::new(),
            amounts: DaySum::NONE,
            executions: Executions::default(),
            is_whole,
        }
    }

    /// How much it holds: texts, each with its marks.
    pub(super) fn size(&self) -> usize {
        self.identifiers.len() + self.words.len()
    }

    /// Counts a call.
    pub(super) fn count(&mut self, function: &FunctionName) {
        self.calls += 1;
        if let Some(calls) = self.by_function.get_mut(function) {
            *calls += 1;
        } else if self.by_function.len() < MAX_FUNCTIONS {
            self.by_function.insert(function.clone(), 1);
        } else {
            self.is_whole = false;
        }
    }
}
