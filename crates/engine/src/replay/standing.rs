//! What an engine knows for decisions, as of a position of the log.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use proto_events::{
    Actor, CatalogueEvent, Event, FunctionEvent, FunctionName, PolicyEvent, RecordedEvent, StreamVersion,
    TenantId,
};
use vidimus_domain::{freeze, function, grant, reviewer};
use vidimus_policy::{ArgumentSchema, History};

use super::sets::Sets;

/// Most functions, connections and agents with scopes, each; past it decisions are not derived again.
const MAX_KEPT: usize = 65_536;

/// A function as it stands.
#[derive(Default)]
pub(super) struct Function {
    pub(super) state: function::State,
    /// Version of its stream.
    pub(super) version: Option<StreamVersion>,
    /// The compiled schema of its arguments; `Err` where this program cannot use it.
    pub(super) schema: Option<Result<Arc<ArgumentSchema>, ()>>,
}

/// All of it, for one tenant.
#[derive(Default)]
pub(super) struct Standing {
    pub(super) history: History,
    pub(super) sets: Sets,
    pub(super) freezes: freeze::State,
    pub(super) grants: grant::State,
    reviewers: reviewer::State,
    functions: HashMap<FunctionName, Function>,
    connections: HashSet<String>,
    scopes: HashMap<String, BTreeSet<String>>,
    /// Whether something did not fit.
    pub(super) is_over: bool,
}

impl Standing {
    pub(super) fn apply(&mut self, tenant: &TenantId, recorded: &RecordedEvent, event: &Event) {
        let (by, at) = (&recorded.event.actor, recorded.event.recorded_at);
        self.history.apply(recorded, event);
        if recorded.tenant != *tenant {
            return;
        }
        match event {
            Event::Function(event) => self.function(recorded.version, event),
            Event::Catalogue(CatalogueEvent::ConnectionDescribed(described)) => {
                let has_room = self.connections.len() < MAX_KEPT;
                self.is_over |= !has_room && !self.connections.contains(&described.connection);
                if has_room {
                    self.connections.insert(described.connection.clone());
                }
            }
            Event::Catalogue(CatalogueEvent::AgentScopesChanged(changed)) => {
                let has_room = self.scopes.len() < MAX_KEPT || self.scopes.contains_key(&changed.agent);
                self.is_over |= !has_room;
                if has_room {
                    self.scopes.insert(changed.agent.clone(), changed.scopes.clone());
                }
            }
            Event::Freeze(event) => {
                let happened = freeze::Happened { by, at, event };
                self.freezes = freeze::evolve(std::mem::take(&mut self.freezes), happened);
            }
            Event::Grant(event) => {
                let happened = grant::Happened { by, at, event };
                self.grants = grant::evolve(std::mem::take(&mut self.grants), happened);
            }
            Event::Reviewer(event) => {
                let happened = reviewer::Happened { by, at, event };
                self.reviewers = reviewer::evolve(std::mem::take(&mut self.reviewers), happened);
            }
            Event::Policy(PolicyEvent::Stored(stored)) => self.sets.store(stored),
            _ => {}
        }
    }

    fn function(&mut self, version: StreamVersion, event: &FunctionEvent) {
        let name = match event {
            FunctionEvent::AccessChanged(changed) => &changed.function,
            FunctionEvent::Described(described) => &described.function,
            FunctionEvent::Withdrawn(withdrawn) => &withdrawn.function,
        };
        if self.functions.len() >= MAX_KEPT && !self.functions.contains_key(name) {
            self.is_over = true;
            return;
        }
        let known = self.functions.entry(name.clone()).or_default();
        known.state = function::evolve(std::mem::take(&mut known.state), event);
        known.version = Some(version);
        if !matches!(event, FunctionEvent::AccessChanged(_)) {
            let schema = known.state.description.as_ref().and_then(|told| told.arguments_schema.as_ref());
            known.schema = schema.map(|schema| {
                let schema = schema.parse().map_err(|_| ())?;
                ArgumentSchema::compile(&schema).map(Arc::new).map_err(|_| ())
            });
        }
    }

    pub(super) fn function_of(&self, name: &FunctionName) -> Option<&Function> {
        self.functions.get(name)
    }

    pub(super) fn is_described(&self, connection: &str) -> bool {
        self.connections.contains(connection)
    }

    pub(super) fn scopes_of(&self, agent: &str) -> Option<&BTreeSet<String>> {
        self.scopes.get(agent)
    }

    pub(super) fn groups_of(&self, actor: &Actor) -> Vec<String> {
        self.reviewers.groups_of(actor).into_iter().collect()
    }
}
