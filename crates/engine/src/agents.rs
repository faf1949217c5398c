//! What agents may do: their scopes.

use std::{collections::BTreeSet, sync::Arc};

use proto_events::{Event, GlobalPosition, Role, StreamId, TenantId};
use vidimus_domain::agent::{SetScopes, State, decide, evolve};

use crate::{
    Engine, EngineError, Principal,
    engine::{Changed, Loaded},
};

/// The scopes of an agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentScopes {
    /// The agent.
    pub agent: String,
    /// Its scopes; none where they were never set.
    pub scopes: BTreeSet<String>,
    /// Position of the event that set them; [`GlobalPosition::START`] where there is none.
    pub position: GlobalPosition,
    /// Whether nothing changed.
    pub already: bool,
}

impl Engine {
    pub(crate) async fn load_agent_scopes(
        &self,
        tenant: &TenantId,
        agent: &str,
    ) -> Result<Loaded<Arc<State>>, EngineError> {
        let stream = StreamId::agent_scopes(agent);
        self.load_folded(&self.agent_scopes, tenant, &stream, |state: State, _, event| match event {
            Event::Catalogue(event) => evolve(state, event),
            _ => state,
        })
        .await
    }

    /// The scopes of an agent.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub async fn agent_scopes(&self, tenant: &TenantId, agent: &str) -> Result<AgentScopes, EngineError> {
        let loaded = self.load_agent_scopes(tenant, agent).await?;
        let (scopes, position) = (loaded.state.scopes.clone(), loaded.position());
        Ok(AgentScopes { agent: agent.to_owned(), scopes, position, already: true })
    }

    /// Sets the scopes of an agent. Takes the role `admin`.
    ///
    /// # Errors
    /// `missing_role`; the domain's rejections; the log's errors.
    pub async fn set_agent_scopes(
        &self,
        principal: &Principal,
        agent: &str,
        scopes: BTreeSet<String>,
    ) -> Result<AgentScopes, EngineError> {
        principal.require(Role::Admin)?;
        let (tenant, stream) = (&principal.tenant, StreamId::agent_scopes(agent));
        let command = SetScopes { by: principal.actor.clone(), agent: agent.to_owned(), scopes };
        let load = || self.load_agent_scopes(tenant, agent);
        let decide = |state: Arc<State>, _| {
            let events = decide(&state, &command)?;
            Ok((state, events.into_iter().map(Event::Catalogue).collect()))
        };
        let Changed { position, already, .. } = self.change(principal, &stream, load, decide).await?;
        Ok(AgentScopes { agent: command.agent, scopes: command.scopes, position, already })
    }
}
