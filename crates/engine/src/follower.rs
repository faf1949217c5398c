//! What decisions need to know of the whole log: the history of conversations, and which functions a tenant has.
//!
//! One reader of the log in memory, brought up to the tail before each decision that needs it. What it holds is derived:
//! the same log gives the same answers, here and in a replay. It is bounded; what did not fit is said to be not known.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use proto_events::{
    Access, CatalogueEvent, Digest, Event, FreezeEvent, FreezeScope, FunctionDescription, FunctionEvent,
    FunctionName, GlobalPosition, RecordedEvent, TenantId, Timestamp,
};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tokio::sync::{Mutex, MutexGuard};
use vidimus_log::{EventLog, Subscription};
use vidimus_policy::{History, fits_context};

use crate::{EngineError, engine::decode};

/// Most functions of a tenant that are kept.
const MAX_FUNCTIONS: usize = 4096;

/// A function that an agent can see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VisibleTool {
    /// The function.
    pub function: FunctionName,
    /// Its access; never `Disabled`.
    pub access: Access,
    /// What the catalogue says of it.
    pub description: Option<Arc<FunctionDescription>>,
}

/// What an agent can see now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolSet {
    /// SHA-256 of the canonical JSON of the functions' names, in order.
    pub digest: Digest,
    /// The functions, in order of their names.
    pub tools: Vec<VisibleTool>,
}

#[derive(Clone, Debug, Default)]
struct Known {
    access: Option<Access>,
    description: Option<Arc<FunctionDescription>>,
}

/// What a tenant's catalogue says.
#[derive(Debug, Default)]
pub(crate) struct Catalogue {
    functions: BTreeMap<FunctionName, Known>,
    /// Connections that are described: of those, only described functions are visible.
    connections: BTreeSet<String>,
    freezes: HashMap<uuid::Uuid, FreezeScope>,
    /// Sets that were answered, by scopes and agent, until anything changes.
    sets: HashMap<(String, Vec<String>), Arc<ToolSet>>,
}

impl Catalogue {
    /// Whether anything is described: a tenant without a catalogue has no tool sets.
    pub(crate) fn is_described(&self) -> bool {
        self.functions.values().any(|known| known.description.is_some())
    }

    /// Every function that has access set or is described.
    pub(crate) fn functions(&self) -> impl Iterator<Item = &FunctionName> {
        self.functions.keys()
    }

    fn apply(&mut self, event: &Event) {
        match event {
            Event::Function(event) => {
                self.sets.clear();
                let (FunctionEvent::AccessChanged(proto_events::FunctionAccessChanged { function, .. })
                | FunctionEvent::Described(proto_events::FunctionDescribed { function, .. })
                | FunctionEvent::Withdrawn(proto_events::FunctionWithdrawn { function, .. })) = event;
                if self.functions.len() >= MAX_FUNCTIONS && !self.functions.contains_key(function) {
                    return;
                }
                let known = self.functions.entry(function.clone()).or_default();
                match event {
                    FunctionEvent::AccessChanged(changed) => known.access = Some(changed.to),
                    FunctionEvent::Described(described) => {
                        known.description = Some(Arc::new(described.description.clone()));
                    }
                    FunctionEvent::Withdrawn(_) => known.description = None,
                }
            }
            Event::Catalogue(CatalogueEvent::ConnectionDescribed(described)) => {
                self.sets.clear();
                self.connections.insert(described.connection.clone());
            }
            Event::Freeze(event) => {
                self.sets.clear();
                match event {
                    FreezeEvent::Frozen(frozen) => {
                        self.freezes.insert(frozen.freeze_id, frozen.scope.clone());
                    }
                    FreezeEvent::Unfrozen(unfrozen) => {
                        self.freezes.remove(&unfrozen.freeze_id);
                    }
                }
            }
            _ => {}
        }
    }

    /// What `agent` with these scopes can see.
    pub(crate) fn visible(&mut self, agent: &str, scopes: &BTreeSet<String>) -> Arc<ToolSet> {
        const MAX_SETS: usize = 1024;
        let key = (agent.to_owned(), scopes.iter().cloned().collect::<Vec<_>>());
        if let Some(set) = self.sets.get(&key) {
            return Arc::clone(set);
        }
        let frozen = |function: &FunctionName| {
            self.freezes.values().any(|scope| match scope {
                FreezeScope::Tenant => true,
                FreezeScope::Agent { agent: frozen } => frozen == agent,
                FreezeScope::Function { function: frozen } => frozen == function,
            })
        };
        let visible = |(function, known): (&FunctionName, &Known)| {
            let access = known.access.filter(|access| *access != Access::Disabled)?;
            let described = match &known.description {
                Some(description) => description.scopes.iter().all(|scope| scopes.contains(scope)),
                None => !self.connections.contains(function.connection()),
            };
            (described && !frozen(function)).then(|| VisibleTool {
                function: function.clone(),
                access,
                description: known.description.clone(),
            })
        };
        let tools: Vec<VisibleTool> = self.functions.iter().filter_map(visible).collect();
        let set = Arc::new(ToolSet { digest: digest(tools.iter().map(|tool| &tool.function)), tools });
        if self.sets.len() >= MAX_SETS {
            self.sets.clear();
        }
        self.sets.insert(key, Arc::clone(&set));
        set
    }
}

impl ToolSet {
    /// Those of `set` that these circumstances are enough for; all of them where nothing is said of circumstances.
    pub(crate) fn in_context(set: Arc<Self>, context: Option<&Value>, now: Timestamp) -> Arc<Self> {
        let Some(context) = context else { return set };
        let fits = |tool: &&VisibleTool| {
            tool.description
                .as_deref()
                .is_none_or(|description| fits_context(&tool.function, description, context, now))
        };
        let fitting = set.tools.iter().filter(fits).count();
        if fitting == set.tools.len() {
            return set;
        }
        let tools: Vec<VisibleTool> = set.tools.iter().filter(fits).cloned().collect();
        Arc::new(Self { digest: digest(tools.iter().map(|tool| &tool.function)), tools })
    }
}

/// SHA-256 of the canonical JSON (RFC 8785) of a list of names: of strings that serde_json writes as the RFC has it.
fn digest<'a>(functions: impl Iterator<Item = &'a FunctionName>) -> Digest {
    let names: Vec<&str> = functions.map(FunctionName::as_str).collect();
    // Texts can always be written.
    let canonical = serde_json::to_vec(&names).unwrap_or_default();
    Digest::new(Sha256::digest(canonical).into())
}

/// What was read, as of a position.
pub(crate) struct Followed {
    subscription: Subscription,
    pub(crate) history: History,
    catalogues: HashMap<TenantId, Catalogue>,
}

impl Followed {
    /// The catalogue of a tenant.
    pub(crate) fn catalogue(&mut self, tenant: &TenantId) -> &mut Catalogue {
        self.catalogues.entry(tenant.clone()).or_default()
    }

    /// The position up to which everything was read.
    pub(crate) fn position(&self) -> GlobalPosition {
        self.subscription.position()
    }

    fn apply(&mut self, recorded: &RecordedEvent) -> Result<(), EngineError> {
        let event = decode(recorded)?;
        self.history.apply(recorded, &event);
        if matches!(event, Event::Function(_) | Event::Catalogue(_) | Event::Freeze(_)) {
            self.catalogue(&recorded.tenant).apply(&event);
        }
        Ok(())
    }
}

/// The reader.
pub(crate) struct Follower(Mutex<Followed>);

impl Follower {
    /// A reader that has seen nothing yet.
    pub(crate) fn new(log: Arc<dyn EventLog>) -> Self {
        let subscription = Subscription::new(log, GlobalPosition::START);
        let history = History::new();
        Self(Mutex::new(Followed { subscription, history, catalogues: HashMap::new() }))
    }

    /// Everything that is durable now.
    pub(crate) async fn caught_up(
        &self,
        log: &Arc<dyn EventLog>,
    ) -> Result<MutexGuard<'_, Followed>, EngineError> {
        let mut followed = self.0.lock().await;
        let tail = log.tail();
        while followed.position() < tail {
            let before = followed.position();
            let Some(batch) = followed.subscription.next_available().await? else { break };
            for recorded in &batch {
                if let Err(error) = followed.apply(recorded) {
                    // What was read of the batch must not be read again: go on after the last that was.
                    let upto = GlobalPosition::new(recorded.position.get().saturating_sub(1)).max(before);
                    followed.subscription = Subscription::new(Arc::clone(log), upto);
                    return Err(error);
                }
            }
        }
        Ok(followed)
    }
}
