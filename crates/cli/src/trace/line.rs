//! The lines of a trace: conversations and calls, put together by conversation.

use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
};

use serde::{Deserialize, de::IgnoredAny};
use serde_json::value::RawValue;

use super::error::{Problem, TraceError};
use crate::import::spoken;

/// Most lines of a conversation.
pub(super) const MAX_CALLS: usize = 10_000;
/// Most bytes of the lines of a conversation.
pub(super) const MAX_JOB_BYTES: usize = 64 * 1024 * 1024;
/// Most bytes of the names of conversations, and of what users said first in those that have no calls yet.
pub(super) const MAX_HELD_BYTES: usize = 256 * 1024 * 1024;
/// Most conversations of a file.
pub(super) const MAX_CONVERSATIONS: usize = 1_000_000;

/// As much of a line as it takes to say where it belongs.
#[derive(Deserialize)]
struct Head<'a> {
    event: Option<String>,
    #[serde(borrow)]
    conversation: Cow<'a, str>,
    tool: Option<IgnoredAny>,
}

/// What an engine may know of a conversation; its id is in [`Head`].
#[derive(Deserialize)]
struct Opening {
    user_prompt: Option<String>,
}

/// What an engine may know of a call; its conversation is in [`Head`].
#[derive(Deserialize)]
pub(super) struct Call<'a> {
    pub(super) source: Option<String>,
    pub(super) suite: Option<String>,
    pub(super) seq: u64,
    pub(super) turn: Option<u64>,
    pub(super) tool: String,
    #[serde(borrow)]
    pub(super) arguments: &'a RawValue,
    #[serde(borrow)]
    pub(super) result: Option<&'a RawValue>,
    pub(super) error: Option<String>,
}

impl Job {
    /// About how much it takes until it is answered, in bytes.
    pub(super) fn bytes(&self) -> usize {
        /// Of a line and of its answer, beside the text.
        const PER_CALL: usize = 512;
        self.bytes + self.calls.len() * PER_CALL + self.prompt.as_ref().map_or(0, String::len)
    }
}

impl<'a> Call<'a> {
    pub(super) fn read(line: &'a [u8]) -> Result<Self, Problem> {
        serde_json::from_str(text(line)?).map_err(|error| shape(&error))
    }
}

/// A conversation with all its calls.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Job {
    /// The conversation.
    pub(crate) conversation: String,
    /// What the user said first.
    pub(super) prompt: Option<String>,
    /// The lines with its calls, each with its number in the file.
    pub(super) calls: Vec<(u64, Vec<u8>)>,
    bytes: usize,
}

/// Puts the lines of a conversation together. Conversations may be told before, in a file of their own.
#[derive(Default)]
pub(crate) struct Grouper {
    prompts: HashMap<String, Option<String>>,
    held_bytes: usize,
    over: HashSet<String>,
    current: Option<Job>,
}

impl Grouper {
    /// Takes the next line; answers the conversation before, where this line is of another.
    pub(crate) fn push(&mut self, number: u64, line: Vec<u8>) -> Result<Option<Job>, TraceError> {
        let at = |problem| TraceError::at(number, problem);
        let text = text(&line).map_err(at)?;
        let head: Head<'_> = serde_json::from_str(text).map_err(|error| at(shape(&error)))?;
        let conversation = head.conversation.into_owned();
        let is_call = match head.event.as_deref() {
            Some("tool_call") => true,
            Some("conversation") => false,
            Some(other) => {
                let other: String = other.chars().take(80).collect();
                return Err(at(Problem::Shape(format!("`event` is `{}`", other.escape_debug()))));
            }
            None => head.tool.is_some(),
        };
        let is_current = self.current.as_ref().is_some_and(|job| job.conversation == conversation);
        if !is_current && self.over.contains(&conversation) {
            return Err(at(Problem::Apart(conversation)));
        }
        if !is_call {
            let opening: Opening = serde_json::from_str(text).map_err(|error| at(shape(&error)))?;
            if is_current {
                let problem = "a conversation is told before its calls, once".to_owned();
                return Err(at(Problem::Shape(problem)));
            }
            let prompt = opening.user_prompt.map(spoken);
            self.held_bytes += conversation.len() + prompt.as_ref().map_or(0, String::len);
            if self.prompts.len() >= MAX_CONVERSATIONS || self.held_bytes > MAX_HELD_BYTES {
                return Err(at(Problem::TooMany));
            }
            self.prompts.insert(conversation, prompt);
            return Ok(None);
        }
        let done = if is_current { None } else { self.begin(conversation).map_err(at)? };
        if let Some(job) = &mut self.current {
            job.bytes += line.len();
            if job.calls.len() >= MAX_CALLS || job.bytes > MAX_JOB_BYTES {
                return Err(at(Problem::TooLongConversation(job.conversation.clone())));
            }
            job.calls.push((number, line));
        }
        Ok(done)
    }

    fn begin(&mut self, conversation: String) -> Result<Option<Job>, Problem> {
        let known = self.prompts.remove_entry(&conversation);
        let known_bytes =
            known.as_ref().map_or(0, |(name, prompt)| name.len() + prompt.as_ref().map_or(0, String::len));
        let prompt = known.and_then(|(_, prompt)| prompt);
        // Its name is kept, to tell where it comes again.
        self.held_bytes = (self.held_bytes + conversation.len()).saturating_sub(known_bytes);
        if self.over.len() >= MAX_CONVERSATIONS || self.held_bytes > MAX_HELD_BYTES {
            return Err(Problem::TooMany);
        }
        let job = Job { conversation, prompt, ..Job::default() };
        Ok(self.current.replace(job).inspect(|done| {
            self.over.insert(done.conversation.clone());
        }))
    }

    /// The last conversation.
    pub(crate) fn finish(self) -> Option<Job> {
        self.current
    }
}

fn text(line: &[u8]) -> Result<&str, Problem> {
    std::str::from_utf8(line).map_err(|error| Problem::NotUtf8(error.valid_up_to() + 1))
}

/// The parser's words, without the number of the one line that it sees.
fn shape(error: &serde_json::Error) -> Problem {
    let text = error.to_string();
    Problem::Shape(text.rsplit_once(" at line ").map_or(text.clone(), |(what, _)| what.to_owned()))
}
