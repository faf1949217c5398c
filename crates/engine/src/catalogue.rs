//! The catalogue beside its functions: connections.

use std::sync::Arc;

use proto_events::{ConnectionDescribed, Event, GlobalPosition, Role, StreamId, TenantId};
use vidimus_domain::connection::{Describe, State, decide, evolve};

use crate::{
    Engine, EngineError, Principal,
    engine::{Changed, Loaded},
};

/// The answer to describing or reading a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectionAnswer {
    /// What the catalogue says of it.
    pub connection: ConnectionDescribed,
    /// Position of the last event about it.
    pub position: GlobalPosition,
    /// Whether nothing changed.
    pub already: bool,
}

impl Engine {
    /// Asked for by every proposal.
    pub(crate) async fn load_connection(
        &self,
        tenant: &TenantId,
        connection: &str,
    ) -> Result<Loaded<Arc<State>>, EngineError> {
        let stream = StreamId::connection(connection);
        self.load_folded(&self.connections, tenant, &stream, |state: State, _, event| match event {
            Event::Catalogue(event) => evolve(state, event),
            _ => state,
        })
        .await
    }

    /// Describes a connection in the catalogue, or describes it anew. Takes the role `admin`.
    ///
    /// # Errors
    /// `missing_role`; the domain's rejections; the log's errors.
    pub async fn describe_connection(
        &self,
        principal: &Principal,
        description: ConnectionDescribed,
    ) -> Result<ConnectionAnswer, EngineError> {
        principal.require(Role::Admin)?;
        let (tenant, connection) = (&principal.tenant, &description.connection);
        let stream = StreamId::connection(connection);
        let command = Describe { by: principal.actor.clone(), description: description.clone() };
        let load = || self.load_connection(tenant, connection);
        let decide = |state: Arc<State>, _| {
            let events = decide(&state, &command)?;
            Ok((state, events.into_iter().map(Event::Catalogue).collect()))
        };
        let Changed { position, already, .. } = self.change(principal, &stream, load, decide).await?;
        Ok(ConnectionAnswer { connection: description, position, already })
    }

    /// A connection of the tenant, if the catalogue describes it.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub async fn connection(
        &self,
        tenant: &TenantId,
        connection: &str,
    ) -> Result<Option<ConnectionAnswer>, EngineError> {
        let loaded = self.load_connection(tenant, connection).await?;
        let position = loaded.position();
        let description = loaded.state.description.clone();
        Ok(description.map(|connection| ConnectionAnswer { connection, position, already: true }))
    }
}
