//! Agents and conversations that are announced before they call.

use proto_events::{Event, GlobalPosition, Role, StreamId, TenantId};
use vidimus_domain::registry::{Register, State, Subject, decide, evolve};

use crate::{Engine, EngineError, Principal, engine::Changed};

/// The answer to a registration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Registered {
    /// Position of the last event about it.
    pub position: GlobalPosition,
    /// Whether nothing changed.
    pub already: bool,
}

impl Engine {
    /// Registers an agent, or gives it another name. Takes the role `agent` or `admin`.
    ///
    /// # Errors
    /// `missing_role`; the domain's rejections; the log's errors.
    pub async fn register_agent(
        &self,
        principal: &Principal,
        agent: String,
        name: Option<String>,
    ) -> Result<Registered, EngineError> {
        let stream = StreamId::agent(&agent);
        self.register(principal, stream, Subject::Agent { agent, name }).await
    }

    /// Registers a conversation of an agent; whether that one is registered is for the caller to look up. Takes the role
    /// `agent` or `admin`.
    ///
    /// # Errors
    /// `missing_role`; the domain's rejections; the log's errors.
    pub async fn register_conversation(
        &self,
        principal: &Principal,
        agent: String,
        conversation: String,
    ) -> Result<Registered, EngineError> {
        let stream = StreamId::conversation(&agent, &conversation);
        self.register(principal, stream, Subject::Conversation { agent, conversation }).await
    }

    /// Whether the agent is registered in the tenant.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub async fn is_agent_registered(&self, tenant: &TenantId, agent: &str) -> Result<bool, EngineError> {
        Ok(self.log.stream_head(tenant, &StreamId::agent(agent)).await?.is_some())
    }

    /// Whether the conversation of the agent is registered in the tenant.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub async fn is_conversation_registered(
        &self,
        tenant: &TenantId,
        agent: &str,
        conversation: &str,
    ) -> Result<bool, EngineError> {
        let stream = StreamId::conversation(agent, conversation);
        Ok(self.log.stream_head(tenant, &stream).await?.is_some())
    }

    async fn register(
        &self,
        principal: &Principal,
        stream: StreamId,
        subject: Subject,
    ) -> Result<Registered, EngineError> {
        if !principal.is(Role::Admin) {
            principal.require(Role::Agent)?;
        }
        let command = Register { by: principal.actor.clone(), subject };
        let load = || {
            self.load_last(&principal.tenant, &stream, |state: State, _, event| match event {
                Event::Registry(event) => evolve(state, event),
                // Whoever speaks in a conversation has announced it.
                Event::Conversation(_) => State::Registered { name: None },
                _ => state,
            })
        };
        let decide = |state: State, _| {
            let events = decide(&state, &command)?;
            Ok((state, events.into_iter().map(Event::Registry).collect()))
        };
        let Changed { position, already, .. } = self.change(principal, &stream, load, decide).await?;
        Ok(Registered { position, already })
    }
}
