//! Policy sets: stored, put in force, evaluated beside, read back.

mod sets;

use std::{collections::BTreeMap, sync::Arc};

use proto_events::{
    Digest, Event, ExpectedVersion, GlobalPosition, PolicyEvent, Role, StreamId, StreamVersion, TenantId,
};
use vidimus_domain::policy::{Action, Change, Command, Happened, State, decide, evolve, store};
use vidimus_log::StreamWrite;
use vidimus_policy::{PolicyErrors, PolicySet, PolicySource};

pub(crate) use sets::PolicySets;

use crate::{
    Engine, EngineError, Principal,
    engine::{Loaded, MAX_TRIES, decode},
};

/// The answer to a command on what is in force, or to reading it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyAnswer {
    /// What is in force, and what is evaluated beside it.
    pub policy: Arc<State>,
    /// Position of the last event about it; [`GlobalPosition::START`] where there is none.
    pub position: GlobalPosition,
    /// Whether nothing changed.
    pub already: bool,
}

/// One change of what is in force, or of what is evaluated beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyChange {
    /// What changed.
    pub change: Change,
    /// Position of the event.
    pub position: GlobalPosition,
}

/// The files of a policy set, by name.
pub type PolicyFiles = BTreeMap<String, String>;

impl Engine {
    /// Asked for by every proposal.
    pub(crate) async fn load_policy(&self, tenant: &TenantId) -> Result<Loaded<Arc<State>>, EngineError> {
        self.load_folded(&self.policies, tenant, &StreamId::policy(), |state: State, recorded, event| {
            match event {
                Event::Policy(event) => {
                    let (by, at) = (&recorded.event.actor, recorded.event.recorded_at);
                    evolve(state, Happened { by, at, event })
                }
                _ => state,
            }
        })
        .await
    }

    /// A stored set of the tenant, ready to decide with; it is made ready once.
    ///
    /// # Errors
    /// `policy_unreadable` where there is none, or this program cannot use what an earlier one took; the log's errors.
    pub(crate) async fn policy_set(
        &self,
        tenant: &TenantId,
        policy_set: &Digest,
    ) -> Result<Arc<PolicySet>, EngineError> {
        if let Some(set) = self.policy_sets.get(tenant, *policy_set) {
            return Ok(set);
        }
        let _making = self.policy_sets.making.lock().await;
        if let Some(set) = self.policy_sets.get(tenant, *policy_set) {
            return Ok(set);
        }
        let unreadable = |reason: String| EngineError::PolicyUnreadable { policy_set: *policy_set, reason };
        let files = self.policy_files(tenant, policy_set).await?;
        let files = files.ok_or_else(|| unreadable("it is not in the log".to_owned()))?;
        let source = PolicySource::new(files).map_err(|error| unreadable(error.to_string()))?;
        let set = parse(*policy_set, source).await?.map_err(|errors| unreadable(errors.to_string()))?;
        self.policy_sets.put(tenant, *policy_set, Arc::clone(&set));
        Ok(set)
    }

    pub(crate) async fn check(
        &self,
        tenant: &TenantId,
        files: PolicyFiles,
    ) -> Result<Arc<PolicySet>, EngineError> {
        let source = PolicySource::new(files)?;
        let policy_set = source.digest();
        match self.policy_sets.get(tenant, policy_set) {
            Some(set) => Ok(set),
            None => Ok(parse(policy_set, source).await??),
        }
    }

    /// Decides on what is in force and appends, with the set's bytes where they are not on the log yet.
    async fn change_policy(
        &self,
        principal: &Principal,
        set: Option<Arc<PolicySet>>,
        action: Action,
    ) -> Result<PolicyAnswer, EngineError> {
        let (tenant, correlation_id) = (&principal.tenant, self.correlation_id(principal));
        for _ in 0..MAX_TRIES {
            let loaded = self.load_policy(tenant).await?;
            let at = self.clock.now();
            let command = Command { by: principal.actor.clone(), at, action: action.clone() };
            let events = decide(&loaded.state, &command)?;
            if events.is_empty() {
                let position = loaded.position();
                return Ok(PolicyAnswer { policy: loaded.state, position, already: true });
            }
            let expected = loaded.expected();
            let policy = Arc::unwrap_or_clone(loaded.state).then(&command.by, at, &events);
            let mut writes = Vec::new();
            if let Some(set) = &set {
                let stream = StreamId::policy_set(&set.digest());
                let head = self.log.stream_head(tenant, &stream).await?;
                let stored = store(head.is_some(), set.digest(), set.source().files())?;
                let expected = ExpectedVersion::after(head.map(|head| head.version));
                let stored = stored.into_iter().map(Event::Policy);
                let events = self.envelopes(principal, at, correlation_id, stored)?;
                writes.push(StreamWrite { stream, expected, events });
            }
            let events =
                self.envelopes(principal, at, correlation_id, events.into_iter().map(Event::Policy))?;
            writes.push(StreamWrite { stream: StreamId::policy(), expected, events });
            if let Some(appended) = self.append(tenant, writes).await? {
                if let Some(set) = set {
                    self.policy_sets.put(tenant, set.digest(), set);
                }
                return Ok(PolicyAnswer {
                    policy: Arc::new(policy),
                    position: appended.last,
                    already: false,
                });
            }
        }
        Err(EngineError::Contention { tries: MAX_TRIES })
    }

    /// Puts a policy set in force, stored with all its bytes. With `expected_former` only where that is in force now
    /// (`Some(None)`: no set). Takes the role `admin`.
    ///
    /// # Errors
    /// `missing_role`; `policy_invalid` with every fault and its place, and the codes of [`vidimus_policy::SourceError`];
    /// `policy_changed_meanwhile`; the domain's other rejections; the log's errors.
    pub async fn apply_policy(
        &self,
        principal: &Principal,
        files: PolicyFiles,
        expected_former: Option<Option<Digest>>,
        reason: Option<String>,
    ) -> Result<PolicyAnswer, EngineError> {
        principal.require(Role::Admin)?;
        let set = self.check(&principal.tenant, files).await?;
        let action = Action::Activate { policy_set: Some(set.digest()), expected_former, reason };
        self.change_policy(principal, Some(set), action).await
    }

    /// Puts no set in force any more. Takes the role `admin`.
    ///
    /// # Errors
    /// `missing_role`; the domain's rejections; the log's errors.
    pub async fn clear_policy(
        &self,
        principal: &Principal,
        expected_former: Option<Option<Digest>>,
        reason: Option<String>,
    ) -> Result<PolicyAnswer, EngineError> {
        principal.require(Role::Admin)?;
        let action = Action::Activate { policy_set: None, expected_former, reason };
        self.change_policy(principal, None, action).await
    }

    /// Evaluates a set beside the one in force from now on, without effect; `None`: none any more. Takes the role `admin`.
    ///
    /// # Errors
    /// As for [`Engine::apply_policy`].
    pub async fn shadow_policy(
        &self,
        principal: &Principal,
        files: Option<PolicyFiles>,
        reason: Option<String>,
    ) -> Result<PolicyAnswer, EngineError> {
        principal.require(Role::Admin)?;
        let set = match files {
            Some(files) => Some(self.check(&principal.tenant, files).await?),
            None => None,
        };
        let policy_set = set.as_ref().map(|set| set.digest());
        self.change_policy(principal, set, Action::Shadow { policy_set, reason }).await
    }

    /// What is in force in the tenant, and what is evaluated beside it.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub async fn policy(&self, tenant: &TenantId) -> Result<PolicyAnswer, EngineError> {
        let loaded = self.load_policy(tenant).await?;
        let position = loaded.position();
        Ok(PolicyAnswer { policy: loaded.state, position, already: true })
    }

    /// The files of a set that the tenant ever put in force or beside, if it did.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub async fn policy_files(
        &self,
        tenant: &TenantId,
        policy_set: &Digest,
    ) -> Result<Option<PolicyFiles>, EngineError> {
        let stream = StreamId::policy_set(policy_set);
        let first = self.log.read_stream(tenant, &stream, StreamVersion::FIRST, 1).await?;
        let Some(recorded) = first.first() else { return Ok(None) };
        Ok(match decode(recorded)? {
            Event::Policy(PolicyEvent::Stored(stored)) => Some(stored.files),
            _ => None,
        })
    }

    /// The last hundred changes of what is in force and beside, newest first, and the position of the last one.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub async fn policy_history(
        &self,
        tenant: &TenantId,
    ) -> Result<(Vec<PolicyChange>, GlobalPosition), EngineError> {
        let loaded = self.load_policy(tenant).await?;
        let (history, Some(head)) = (&loaded.state.history, loaded.head) else {
            return Ok((Vec::new(), GlobalPosition::START));
        };
        // Each event of the stream is one change: the last of them have the positions of the last changes.
        let first = StreamVersion::new((head.version.get() + 1).saturating_sub(history.len() as u64));
        let stream = StreamId::policy();
        let places = self.fold(tenant, &stream, first, Vec::new(), |mut places, recorded, _| {
            places.push(recorded.position);
            places
        });
        let places = places.await?.state;
        let change =
            |(change, position): (&Change, GlobalPosition)| PolicyChange { change: change.clone(), position };
        let mut changes: Vec<_> = history.iter().zip(places).map(change).collect();
        changes.reverse();
        Ok((changes, loaded.position()))
    }
}

/// Makes a set ready, aside: that of a thousand rules takes longer than others should wait.
async fn parse(
    policy_set: Digest,
    source: PolicySource,
) -> Result<Result<Arc<PolicySet>, PolicyErrors>, EngineError> {
    let parsing = tokio::task::spawn_blocking(move || PolicySet::parse(&source).map(Arc::new));
    let stopped = |error: tokio::task::JoinError| EngineError::PolicyUnreadable {
        policy_set,
        reason: error.to_string(),
    };
    parsing.await.map_err(stopped)
}
