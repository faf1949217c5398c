//! Recorded tool calls as finished calls, and what users said: what `vidimus import` reads.

mod lines;

pub(crate) use lines::{Line, Lines, MAX_LINE_BYTES};

use proto_events::{ActivityReport, Actor, CallError, CallRef, InvalidName, Json, ResultStatus};
use serde::Deserialize;
use serde_json::value::RawValue;
use vidimus_domain::{
    arguments::{Arguments, InvalidArguments, InvalidPayload, Place, payload},
    conversation::MAX_SPOKEN_BYTES,
    execution::Report,
};
use vidimus_engine::FinishedCall;

/// What a user said first, as it goes on record: the beginning of what is longer than that takes. Blank words stay as they
/// are, for their reader to refuse.
pub(crate) fn spoken(mut words: String) -> String {
    let end = words.floor_char_boundary(MAX_SPOKEN_BYTES);
    words.truncate(end);
    words
}

/// A line of an import. Fields that are not named here are ignored: labels and verdicts of a benchmark are not for us.
#[derive(Deserialize)]
struct RecordedLine<'a> {
    event: Option<Event>,
    source: Option<String>,
    suite: Option<String>,
    model: Option<String>,
    conversation: String,
    user_prompt: Option<String>,
    seq: Option<u64>,
    turn: Option<u64>,
    tool: Option<String>,
    #[serde(borrow)]
    arguments: Option<&'a RawValue>,
    #[serde(borrow)]
    result: Option<&'a RawValue>,
    error: Option<String>,
    executed: Option<bool>,
}

/// What a line says that it is.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Event {
    Conversation,
    ToolCall,
}

/// What a line is.
#[derive(Debug)]
pub(crate) enum Recorded {
    /// A call.
    Call(Box<FinishedCall>),
    /// A conversation that begins.
    Conversation(Conversation),
}

/// A conversation that begins, with what the user said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Conversation {
    /// The agent.
    pub(crate) agent: String,
    /// Its id.
    pub(crate) conversation: String,
    /// The user's words, where they are recorded.
    pub(crate) words: Option<String>,
}

/// Why a line is no tool call.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BadLine {
    #[error("not UTF-8 (from byte {0} on): save the file as UTF-8")]
    NotUtf8(usize),
    #[error("longer than {MAX_LINE_BYTES} bytes: one call a line, large results by reference")]
    TooLong,
    #[error("not a JSON object: a line is one recorded call, `{{\"conversation\": …}}`")]
    NotObject,
    #[error("not a recorded tool call: {}", shape(.0))]
    Shape(#[from] serde_json::Error),
    #[error("{0}")]
    Function(#[from] InvalidName),
    #[error("`arguments`: {}{}", .0.problem, place(&.0.place))]
    Arguments(#[from] InvalidArguments),
    #[error("`result`: {}{}", .0.problem, place(&.0.place))]
    Result(#[from] InvalidPayload),
}

/// The parser's words. It counts lines too, but sees only this one: "line 1" would be taken for the file's.
fn shape(error: &serde_json::Error) -> String {
    let text = error.to_string();
    if error.is_eof() {
        return "it ends too early; a call is one whole line".to_owned();
    }
    match text.rsplit_once(" at line ") {
        Some((what, _)) if error.column() > 0 => format!("{what} (column {})", error.column()),
        _ => text,
    }
}

fn place(place: &Place) -> String {
    match place {
        Place::Text { column, .. } => format!(" (byte {column} of it)"),
        Place::Pointer(pointer) => format!(" (at `{pointer}`)"),
        Place::Whole => String::new(),
    }
}

/// What one line says. A conversation is what says so, or names no tool but has the user's words.
///
/// The function of a call is `suite.tool` (`source.tool` without a suite, `imported.tool` without both), the agent is the model.
/// Its idempotency key is made of source, suite, conversation and sequence number, so that the same line again is the
/// same call, whoever imports it: on whose behalf the agent ran is not recorded, so the agent is its requester. Calls of
/// one turn were issued together: they share a request id.
pub(crate) fn parse(line: &[u8]) -> Result<Recorded, BadLine> {
    let text = std::str::from_utf8(line).map_err(|error| BadLine::NotUtf8(error.valid_up_to() + 1))?;
    // The parser would take an array of the right length, too.
    if !text.trim_ascii_start().starts_with('{') {
        return Err(BadLine::NotObject);
    }
    let call: RecordedLine<'_> = serde_json::from_str(text)?;
    let agent = call.model.unwrap_or_else(|| "unknown".to_owned());
    let is_conversation = match call.event {
        Some(event) => event == Event::Conversation,
        None => call.tool.is_none() && call.user_prompt.is_some(),
    };
    if is_conversation {
        let (conversation, words) = (call.conversation, call.user_prompt.map(spoken));
        return Ok(Recorded::Conversation(Conversation { agent, conversation, words }));
    }
    let missing = <serde_json::Error as serde::de::Error>::missing_field;
    let seq = call.seq.ok_or_else(|| missing("seq"))?;
    let tool = call.tool.ok_or_else(|| missing("tool"))?;
    let arguments = call.arguments.ok_or_else(|| missing("arguments"))?;
    let connection = call.suite.as_deref().or(call.source.as_deref()).unwrap_or("imported");
    let function = format!("{connection}.{tool}").parse()?;
    let origin = [call.source.as_deref(), call.suite.as_deref()].map(Option::unwrap_or_default);
    let key = format!("import/{}/{}/{}/{}", origin[0], origin[1], call.conversation, seq);
    let result = call.result.map(|result| payload(result.get().as_bytes())).transpose()?;
    let status = match (call.executed, &call.error) {
        (Some(false), _) => ResultStatus::Skipped,
        (_, Some(_)) => ResultStatus::Failed,
        _ => ResultStatus::Succeeded,
    };
    let reason = (status == ResultStatus::Skipped).then(|| "not executed, says the record".to_owned());
    let context = serde_json::json!({
        "seq": seq, "source": call.source, "suite": call.suite, "turn": call.turn,
    });
    Ok(Recorded::Call(Box::new(FinishedCall {
        requester: Some(Actor::agent(agent.clone())),
        arguments: Some(Arguments::parse(arguments.get().as_bytes())?),
        call: CallRef {
            agent,
            request_id: Some(format!("{}/{}", call.conversation, call.turn.unwrap_or(seq))),
            conversation: call.conversation,
            function,
        },
        idempotency_key: Some(key),
        context: Some(Json::from_value(&context)),
        activity: ActivityReport::default(),
        status,
        report: Report {
            result,
            error: call.error.map(|message| CallError { message, ..CallError::default() }),
            reason,
            timing: None,
        },
    })))
}

#[cfg(test)]
mod tests;
