//! Access to functions.

use proto_events::{Access, Event, FunctionName, GlobalPosition, StreamId, TenantId};
use vidimus_domain::function::{SetAccess, State, decide, evolve};

use crate::{
    Engine, EngineError, Principal, Role,
    engine::{Changed, Loaded},
};

/// The answer to setting or reading a function's access.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessAnswer {
    /// The function.
    pub function: FunctionName,
    /// Its access; `None` where it was never set.
    pub access: Option<Access>,
    /// Position of the last event about it; [`GlobalPosition::START`] where there is none.
    pub position: GlobalPosition,
    /// Whether nothing changed.
    pub already: bool,
}

impl Engine {
    pub(crate) async fn load_access(
        &self,
        tenant: &TenantId,
        function: &FunctionName,
    ) -> Result<Loaded<State>, EngineError> {
        let stream = StreamId::function(function);
        let Some(head) = self.log.stream_head(tenant, &stream).await? else {
            return Ok(Loaded { state: State::default(), head: None });
        };
        if let Some(state) = self.access.get(tenant, &stream, head.version) {
            return Ok(Loaded { state, head: Some(head) });
        }
        let evolve = |state: State, _: &_, event: &_| match event {
            Event::Function(event) => evolve(state, event),
            _ => state,
        };
        let loaded = self.load_last(tenant, &stream, evolve).await?;
        if let Some(head) = loaded.head {
            self.access.put(tenant, &stream, head.version, loaded.state);
        }
        Ok(loaded)
    }

    /// The access to a function.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub async fn access(
        &self,
        tenant: &TenantId,
        function: &FunctionName,
    ) -> Result<AccessAnswer, EngineError> {
        let loaded = self.load_access(tenant, function).await?;
        let position = loaded.position();
        Ok(AccessAnswer { function: function.clone(), access: loaded.state.access, position, already: true })
    }

    /// Sets the access to a function. Takes the role `admin`.
    ///
    /// # Errors
    /// `missing_role`; the domain's rejections; the log's errors.
    pub async fn set_access(
        &self,
        principal: &Principal,
        function: FunctionName,
        to: Access,
        reason: Option<String>,
    ) -> Result<AccessAnswer, EngineError> {
        principal.require(Role::Admin)?;
        let (tenant, stream) = (&principal.tenant, StreamId::function(&function));
        let load = || self.load_access(tenant, &function);
        let decide = |state: State, at| {
            let command = SetAccess {
                by: principal.actor.clone(),
                at,
                function: function.clone(),
                to,
                reason: reason.clone(),
            };
            let events = decide(&state, &command)?;
            Ok((state, events.into_iter().map(Event::Function).collect()))
        };
        let Changed { position, already, .. } = self.change(principal, &stream, load, decide).await?;
        Ok(AccessAnswer { function, access: Some(to), position, already })
    }
}
