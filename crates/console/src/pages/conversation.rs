//! A conversation: what the user said, and what the agent then did or wanted to.

#[cfg(test)]
mod tests;

use askama::Template;
use axum::{Router, http::StatusCode, response::Response, routing::get};
use vidimus_api_types::{Execution, Page, Timestamp, UserMessage};

use super::Visitor;
use crate::{
    Console,
    ask::{Ask, Refused},
    exact,
    fields::{Query, part},
    frame::{Broken, Frame, Tab, page},
    words::{self, When},
};

/// How many messages, and how many calls, are looked at.
const MOST: usize = 200;

pub(super) fn routes() -> Router<Console> {
    Router::new().route("/console/conversations", get(conversation))
}

/// What the user said to the agent, newest first; what is asked beside conversation and agent is `with`.
pub(super) async fn said(
    ask: &Ask<'_>,
    (agent, conversation): (&str, &str),
    with: &[(&str, &str)],
) -> Result<Page<UserMessage>, Refused> {
    let query: Vec<_> = [("agent", agent)].into_iter().chain(with.iter().copied()).collect();
    ask.get(&format!("/v1/conversations/{}/messages", part(conversation)), &query).await
}

/// What the user said once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) text: String,
    pub(super) at: When,
    pub(super) position: String,
}

impl From<&UserMessage> for Said {
    fn from(message: &UserMessage) -> Self {
        let (text, position) = (exact::lines(&message.text), message.position.to_string());
        Self { text, at: message.at.into(), position }
    }
}

/// A call in a few words, among others.
pub(super) struct Call {
    pub(super) id: String,
    pub(super) function: String,
    pub(super) summary: String,
    pub(super) status: &'static str,
    pub(super) status_class: &'static str,
    pub(super) approval: Option<&'static str>,
    pub(super) approval_class: &'static str,
    pub(super) why: Option<String>,
    pub(super) at: When,
}

impl From<&Execution> for Call {
    fn from(execution: &Execution) -> Self {
        Self {
            id: execution.execution_id.to_string(),
            function: execution.function.to_string(),
            summary: execution.input_summary.clone().unwrap_or_default(),
            status: execution.status.as_str(),
            status_class: words::status_class(execution.status),
            approval: words::approval(execution.approval_status),
            approval_class: words::approval_class(execution.approval_status),
            why: execution.reason.clone(),
            at: execution.created_at.into(),
        }
    }
}

/// One thing after the other.
enum Turn {
    Said(Said),
    Called(Call),
}

#[derive(Template)]
#[template(path = "conversation.html")]
struct Conversation {
    frame: Frame,
    agent: String,
    conversation: String,
    turns: Vec<Turn>,
    /// Whether there is more before the first one.
    more: bool,
    /// The visitor may not read what was said.
    is_partial: bool,
}

async fn conversation(visitor: Visitor, Query(asked): Query) -> Result<Response, Broken> {
    let Some((agent, conversation)) = asked.get("agent").zip(asked.get("conversation")) else {
        let detail = "the address of a conversation has an `agent` and a `conversation`: follow the link of one of its calls";
        return Err(visitor.broken(Refused::new(StatusCode::NOT_FOUND, "conversation_not_named", detail)));
    };
    let ask = visitor.ask();
    let limit = MOST.to_string();
    let mut with = vec![("limit", &*limit)];
    with.extend(asked.then());
    let talk = (agent, conversation);
    let said = match said(&ask, talk, &with).await {
        Ok(said) => Some(said),
        // Who may only propose sees the calls.
        Err(refused) if refused.status == StatusCode::FORBIDDEN => None,
        Err(refused) => return Err(visitor.broken(refused)),
    };
    let of_both = [("agent", agent), ("conversation", conversation)];
    let query: Vec<_> = of_both.into_iter().chain(with.iter().copied()).collect();
    let calls: Page<Execution> =
        ask.get("/v1/executions", &query).await.map_err(|refused| visitor.broken(refused))?;
    let frame = visitor.frame(conversation, Tab::Executions).with_past(&asked, calls.position);
    let (turns, more) = turns(said.as_ref(), &calls);
    let (agent, conversation) = (agent.to_owned(), conversation.to_owned());
    page(&Conversation { frame, agent, conversation, turns, more, is_partial: said.is_none() })
}

/// Both lists as one, oldest first; and whether there is more before. Where one of them goes on further back than was looked
/// at, what the other has from before that is left out too: nothing is missing between two that are shown.
fn turns(said: Option<&Page<UserMessage>>, calls: &Page<Execution>) -> (Vec<Turn>, bool) {
    let (messages, said_more) = said.map_or((&[][..], false), |said| (&said.items[..], said.next.is_some()));
    let said_from = messages.last().filter(|_| said_more).map(|message| message.at);
    let calls_from = calls.items.last().filter(|_| calls.next.is_some()).map(|call| call.created_at);
    let from = said_from.max(calls_from);
    let is_shown = |at: Timestamp| from.is_none_or(|from| at >= from);
    let messages = messages.iter().filter(|message| is_shown(message.at));
    let messages = messages.map(|message| (message.at, Turn::Said(message.into())));
    let executions = calls.items.iter().filter(|call| is_shown(call.created_at));
    let executions = executions.map(|call| (call.created_at, Turn::Called(call.into())));
    // Newest first and turned round: what has the same instant stays in its order, and words come before calls.
    let mut turns: Vec<_> = executions.chain(messages).collect();
    turns.reverse();
    turns.sort_by_key(|(at, _)| *at);
    (turns.into_iter().map(|(_, turn)| turn).collect(), from.is_some())
}
