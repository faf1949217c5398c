//! Functions: the access to them, and what the catalogue says of them.

mod schemas;

use std::sync::Arc;

use proto_events::{
    Access, Event, FunctionDescription, FunctionName, GlobalPosition, Json, Role, StreamId, TenantId,
};
use vidimus_domain::function::{Action, Command, State, decide, evolve, validate};
use vidimus_policy::{ArgumentSchema, ArgumentSchemaError};

pub(crate) use schemas::Schemas;

use crate::{
    Engine, EngineError, Principal,
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

/// The answer to describing, withdrawing or reading a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionAnswer {
    /// The function.
    pub function: FunctionName,
    /// Its access; `None` where it was never set.
    pub access: Option<Access>,
    /// What the catalogue says of it; `None` where it never did, or no longer does.
    pub description: Option<Arc<FunctionDescription>>,
    /// Position of the last event about it; [`GlobalPosition::START`] where there is none.
    pub position: GlobalPosition,
    /// Whether nothing changed.
    pub already: bool,
}

impl Engine {
    /// Asked for by every proposal.
    pub(crate) async fn load_function(
        &self,
        tenant: &TenantId,
        function: &FunctionName,
    ) -> Result<Loaded<Arc<State>>, EngineError> {
        let stream = StreamId::function(function);
        self.load_folded(&self.functions, tenant, &stream, |state: State, _, event| match event {
            Event::Function(event) => evolve(state, event),
            _ => state,
        })
        .await
    }

    /// The argument schema of a function as it was loaded, ready to check arguments; `None` where it has none.
    ///
    /// # Errors
    /// `schema_invalid` where this program cannot use what an earlier one took.
    pub(crate) fn argument_schema(
        &self,
        tenant: &TenantId,
        function: &FunctionName,
        loaded: &Loaded<Arc<State>>,
    ) -> Result<Option<Arc<ArgumentSchema>>, EngineError> {
        let description = loaded.state.description.as_ref();
        let (Some(schema), Some(head)) =
            (description.and_then(|description| description.arguments_schema.as_ref()), loaded.head)
        else {
            return Ok(None);
        };
        let key = (tenant.clone(), StreamId::function(function));
        if let Some(known) = self.schemas.get(&key, head.version) {
            return Ok(Some(known));
        }
        let schema = Arc::new(compile(schema)?);
        self.schemas.put(key, head.version, Arc::clone(&schema));
        Ok(Some(schema))
    }

    async fn change_function(
        &self,
        principal: &Principal,
        function: FunctionName,
        action: Action,
    ) -> Result<FunctionAnswer, EngineError> {
        let (tenant, stream) = (&principal.tenant, StreamId::function(&function));
        let load = || self.load_function(tenant, &function);
        let decide = |state: Arc<State>, at| {
            let (by, function) = (principal.actor.clone(), function.clone());
            let command = Command { by, at, function, action: action.clone() };
            let events = decide(&state, &command)?;
            let state = State::clone(&state).then(&events);
            Ok((Arc::new(state), events.into_iter().map(Event::Function).collect()))
        };
        let Changed { state, position, already } = self.change(principal, &stream, load, decide).await?;
        Ok(answer(function, &state, position, already))
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
        self.function(tenant, function).await.map(access_answer)
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
        let action = Action::SetAccess { to, reason };
        self.change_function(principal, function, action).await.map(access_answer)
    }

    /// A function: its access, and what the catalogue says of it.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub async fn function(
        &self,
        tenant: &TenantId,
        function: &FunctionName,
    ) -> Result<FunctionAnswer, EngineError> {
        let loaded = self.load_function(tenant, function).await?;
        Ok(answer(function.clone(), &loaded.state, loaded.position(), true))
    }

    /// Describes a function in the catalogue, or describes it anew. Takes the role `admin`.
    ///
    /// # Errors
    /// `missing_role`; `schema_invalid` where the argument schema is JSON and no schema; the domain's rejections; the log's
    /// errors.
    pub async fn describe_function(
        &self,
        principal: &Principal,
        function: FunctionName,
        description: FunctionDescription,
    ) -> Result<FunctionAnswer, EngineError> {
        principal.require(Role::Admin)?;
        // Its size is checked before anything is made of it.
        validate(&description).map_err(vidimus_domain::function::Rejection::from)?;
        if let Some(schema) = &description.arguments_schema {
            compile(schema)?;
        }
        self.change_function(principal, function, Action::Describe(description)).await
    }

    /// Takes what the catalogue says of a function out of it; its access stays. Takes the role `admin`.
    ///
    /// # Errors
    /// `missing_role`; the domain's rejections; the log's errors.
    pub async fn withdraw_function(
        &self,
        principal: &Principal,
        function: FunctionName,
        reason: Option<String>,
    ) -> Result<FunctionAnswer, EngineError> {
        principal.require(Role::Admin)?;
        self.change_function(principal, function, Action::Withdraw { reason }).await
    }
}

fn compile(schema: &Json) -> Result<ArgumentSchema, ArgumentSchemaError> {
    let no_json = |error: proto_events::InvalidJson| ArgumentSchemaError::Invalid {
        place: String::new(),
        reason: error.to_string(),
    };
    ArgumentSchema::compile(&schema.parse().map_err(no_json)?)
}

fn answer(function: FunctionName, state: &State, position: GlobalPosition, already: bool) -> FunctionAnswer {
    let (access, description) = (state.access, state.description.clone());
    FunctionAnswer { function, access, description, position, already }
}

fn access_answer(answer: FunctionAnswer) -> AccessAnswer {
    let FunctionAnswer { function, access, position, already, .. } = answer;
    AccessAnswer { function, access, position, already }
}
