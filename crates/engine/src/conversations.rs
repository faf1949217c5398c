//! What is said in conversations.

use proto_events::{Event, ExpectedVersion, GlobalPosition, Role, StreamId};
use vidimus_domain::{
    conversation::{Speak, decide},
    registry,
};
use vidimus_log::StreamWrite;

use crate::{Engine, EngineError, Principal, engine::MAX_TRIES};

impl Engine {
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
