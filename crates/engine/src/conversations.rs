//! What is said in conversations.

use proto_events::{
    Actor, ConversationEvent, Event, ExpectedVersion, GlobalPosition, Role, StreamId, StreamVersion,
    TenantId, Timestamp,
};
use vidimus_domain::{
    conversation::{Speak, decide},
    registry,
};
use vidimus_log::StreamWrite;

use crate::{
    Engine, EngineError, Principal,
    engine::{MAX_TRIES, decode},
};

/// How much text is gathered before a page ends.
const MAX_PAGE_BYTES: usize = 1024 * 1024;

/// How many events are read at once.
const READ: u64 = 64;

/// What a user said to an agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserMessage {
    /// Position of its event.
    pub position: GlobalPosition,
    /// When it came on record.
    pub at: Timestamp,
    /// Who handed it in.
    pub by: Actor,
    /// The words.
    pub text: String,
}

/// A page of what a user said, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserMessagePage {
    /// The messages.
    pub messages: Vec<UserMessage>,
    /// Before which version of the stream the next page is; `None` where this one is the last.
    pub next: Option<StreamVersion>,
}

impl Engine {
    /// Up to `limit` messages of a conversation, newest first: those that were on record at `position`, of versions of its
    /// stream before `before`. None where nothing was said.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub async fn user_messages(
        &self,
        tenant: &TenantId,
        (agent, conversation): (&str, &str),
        position: GlobalPosition,
        before: Option<StreamVersion>,
        limit: usize,
    ) -> Result<UserMessagePage, EngineError> {
        let stream = StreamId::conversation(agent, conversation);
        let Some(head) = self.log.stream_head(tenant, &stream).await? else { return Ok(Default::default()) };
        let mut end = before.map_or(head.version.next(), |before| before.min(head.version.next()));
        let (mut messages, mut bytes) = (Vec::new(), 0);
        while end > StreamVersion::FIRST {
            let from = StreamVersion::new(end.get().saturating_sub(READ)).max(StreamVersion::FIRST);
            let many = usize::try_from(end.get() - from.get()).unwrap_or(usize::MAX);
            let read = self.log.read_stream(tenant, &stream, from, many).await?;
            for recorded in read.into_iter().rev().filter(|recorded| recorded.position <= position) {
                let Event::Conversation(ConversationEvent::UserSpoke(spoke)) = decode(&recorded)? else {
                    continue;
                };
                if messages.len() == limit || bytes > MAX_PAGE_BYTES {
                    return Ok(UserMessagePage { messages, next: Some(recorded.version.next()) });
                }
                bytes += spoke.text.len();
                messages.push(UserMessage {
                    position: recorded.position,
                    at: recorded.event.recorded_at,
                    by: recorded.event.actor,
                    text: spoke.text,
                });
            }
            end = from;
        }
        Ok(UserMessagePage { messages, next: None })
    }

    /// Puts on record what the user said to an agent in a conversation; a conversation that was not announced is so with that.
    /// Answers the position of the event. Takes the role `agent` or `admin`.
    ///
    /// # Errors
    /// `missing_role`; the domain's rejections; the log's errors.
    pub async fn speak(
        &self,
        principal: &Principal,
        agent: String,
        conversation: String,
        text: String,
    ) -> Result<GlobalPosition, EngineError> {
        if !principal.is(Role::Admin) {
            principal.require(Role::Agent)?;
        }
        let stream = StreamId::conversation(&agent, &conversation);
        let by = principal.actor.clone();
        let subject =
            registry::Subject::Conversation { agent: agent.clone(), conversation: conversation.clone() };
        let register = registry::Register { by: by.clone(), subject };
        let spoken = decide(&Speak { by, agent, conversation, text })?;
        let correlation_id = self.correlation_id(principal);
        for _ in 0..MAX_TRIES {
            // The stream of a conversation begins with its announcement. After that, what is said rests on nothing.
            let (announced, expected) = match self.log.stream_head(&principal.tenant, &stream).await? {
                Some(_) => (Vec::new(), ExpectedVersion::Any),
                None => {
                    let announced = registry::decide(&registry::State::Unregistered, &register)?;
                    (announced, ExpectedVersion::NoStream)
                }
            };
            let events = announced.into_iter().map(Event::Registry);
            let events = events.chain(spoken.iter().cloned().map(Event::Conversation));
            let events = self.envelopes(principal, self.clock.now(), correlation_id, events)?;
            let write = StreamWrite { stream: stream.clone(), expected, events };
            if let Some(appended) = self.append(&principal.tenant, vec![write]).await? {
                return Ok(appended.last);
            }
        }
        Err(EngineError::Contention { tries: MAX_TRIES })
    }
}
