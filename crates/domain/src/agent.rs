//! What an agent may do: its scopes.

use std::collections::BTreeSet;

use proto_events::{Actor, ActorKind, AgentScopesChanged, CatalogueEvent};

use crate::field::{self, InvalidField};

/// Most scopes that an agent has.
pub const MAX_SCOPES: usize = 256;

/// Set the scopes of an agent. Whether the principal may do that was looked up before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetScopes {
    /// The authenticated principal.
    pub by: Actor,
    /// The agent.
    pub agent: String,
    /// The scopes that it shall have.
    pub scopes: BTreeSet<String>,
}

/// The state of the stream of an agent's scopes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// The scopes; none where they were never set.
    pub scopes: BTreeSet<String>,
}

/// Whether `by` may speak and run calls for this agent: an agent may for itself alone. What users and services may do, their
/// roles say: a runtime that serves several agents is a service.
pub fn acts_for(by: &Actor, agent: &str) -> bool {
    by.kind != ActorKind::Agent || *by.id == *agent
}

/// Why the scopes are not set. Nothing changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// A field of the command breaks its limits.
    #[error(transparent)]
    Field(#[from] InvalidField),
    /// What agents may do is not for agents to say.
    #[error("agent `{actor}` cannot set the scopes of agents: have an administrator do it")]
    AgentCannotSetScopes {
        /// Who tried.
        actor: Actor,
    },
}

impl Rejection {
    /// Every code that [`Rejection::code`] can answer.
    pub const ALL_CODES: &'static [&'static str] = &["invalid_field", "agent_cannot_set_scopes"];

    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Field(field) => field.code(),
            Self::AgentCannotSetScopes { .. } => "agent_cannot_set_scopes",
        }
    }
}

/// What happens when `command` is given in `state`; nothing where it is already so.
///
/// # Errors
/// When the command is refused; see [`Rejection`].
pub fn decide(state: &State, command: &SetScopes) -> Result<Vec<CatalogueEvent>, Rejection> {
    field::actor("by", &command.by)?;
    field::name("agent", &command.agent)?;
    if command.by.kind == ActorKind::Agent {
        return Err(Rejection::AgentCannotSetScopes { actor: command.by.clone() });
    }
    if command.scopes.len() > MAX_SCOPES {
        return Err(InvalidField::Invalid { field: "scopes", problem: "has more than 256 scopes" }.into());
    }
    for scope in &command.scopes {
        field::name("scopes", scope)?;
    }
    if state.scopes == command.scopes {
        return Ok(Vec::new());
    }
    Ok(vec![CatalogueEvent::AgentScopesChanged(AgentScopesChanged {
        agent: command.agent.clone(),
        scopes: command.scopes.clone(),
    })])
}

/// The state after `event`. Total.
#[must_use]
pub fn evolve(state: State, event: &CatalogueEvent) -> State {
    match event {
        CatalogueEvent::AgentScopesChanged(changed) => State { scopes: changed.scopes.clone() },
        CatalogueEvent::ConnectionDescribed(_) | CatalogueEvent::ToolSetRecorded(_) => state,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(by: Actor, scopes: &[&str]) -> SetScopes {
        SetScopes {
            by,
            agent: "a1".to_owned(),
            scopes: scopes.iter().map(|&scope| scope.to_owned()).collect(),
        }
    }

    #[test]
    fn the_last_ones_set_are_the_scopes_and_setting_them_again_is_nothing() {
        let admin = Actor::user("admin");
        let mut state = State::default();
        for scopes in [&["pay", "read"][..], &["read"], &[]] {
            let command = set(admin.clone(), scopes);
            for event in decide(&state, &command).unwrap() {
                state = evolve(state, &event);
            }
            assert_eq!(state.scopes, command.scopes);
            assert_eq!(decide(&state, &command), Ok(vec![]));
        }
    }

    #[test]
    fn every_code_is_reached() {
        let admin = Actor::user("admin");
        let many: Vec<String> = (0..257).map(|index| format!("s{index}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        for (command, code) in [
            (set(Actor::agent("a1"), &["pay"]), "agent_cannot_set_scopes"),
            (set(admin.clone(), &[""]), "invalid_field"),
            (set(admin, &many), "invalid_field"),
        ] {
            assert_eq!(decide(&State::default(), &command).unwrap_err().code(), code);
        }
    }
}
