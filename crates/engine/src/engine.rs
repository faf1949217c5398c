//! What every command shares: the log, the clock, the ids, loading and appending.

use std::{sync::Arc, time::Duration};

use proto_events::{
    Event, ExecutionEvent, ExpectedVersion, GlobalPosition, NewEvent, RecordedEvent, StreamId, StreamVersion,
    TenantId, Timestamp,
};
use uuid::Uuid;
use vidimus_domain::{
    agent, connection,
    execution::{Happened, State, evolve},
    freeze, function, grant, policy, reviewer, webhook,
};
use vidimus_log::{Append, AppendError, Appended, EventLog, StreamHead, StreamWrite};

use crate::{
    Clock, EngineError, Ids, KeyPepper, Principal, RandomIds, SystemClock, cache::Cache,
    checkpoint::CheckpointSigner, explain::decision_of, folded::Folded, follower::Follower,
    function::Schemas, keys::Credential, lanes::Lanes, permit_token::PermitSigner, policies::PolicySets,
    reattempts::Reattempts, replay::Running,
};

/// Most tries of one command before it answers `contention`.
pub(crate) const MAX_TRIES: u32 = 32;
/// Most streams of each kind that decisions rest on and that are held as states.
const MAX_HELD: usize = 8_192;
/// Events of a stream that are asked for at once; the log may answer with fewer.
const PAGE: usize = 1024;

/// How long things may take, to the microsecond. A deadline is the first instant that is too late, so zero is too late
/// at once; one past the year 9999 is the end of that year.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// How long a requester has to confirm.
    pub confirmation_ttl: Duration,
    /// How long reviewers have to resolve an approval.
    pub approval_ttl: Duration,
    /// How long a permit may wait to be used.
    pub permit_ttl: Duration,
    /// How long a running call may be silent before its result counts as unknown.
    pub lease: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        const HOUR: Duration = Duration::from_secs(3600);
        Self {
            confirmation_ttl: HOUR,
            approval_ttl: HOUR.saturating_mul(24),
            permit_ttl: HOUR,
            lease: Duration::from_secs(300),
        }
    }
}

/// Decides commands and puts what was decided on the log.
pub struct Engine {
    pub(crate) log: Arc<dyn EventLog>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn Ids>,
    pub(crate) settings: Settings,
    pub(crate) reattempts: Reattempts,
    pub(crate) key_pepper: Option<KeyPepper>,
    /// Signs permits; where there is a pepper.
    pub(crate) permit_signer: Option<PermitSigner>,
    /// Signs checkpoints; where there is a pepper.
    pub(crate) checkpoint_signer: Option<CheckpointSigner>,
    pub(crate) lanes: Lanes,
    pub(crate) follower: Follower,
    /// Scopes of agents, for every proposal.
    pub(crate) agent_scopes: Folded<agent::State>,
    /// Keys, for every request; without labels and reasons about 40 MiB at most.
    pub(crate) keys: Cache<Arc<Credential>>,
    /// Functions, for every proposal; with the largest schemas half a gibibyte.
    pub(crate) functions: Folded<function::State>,
    /// Their argument schemas, ready.
    pub(crate) schemas: Schemas,
    /// Connections, for every proposal.
    pub(crate) connections: Folded<connection::State>,
    /// A tenant's freezes, grants, policy and reviewers, for every proposal.
    pub(crate) freezes: Folded<freeze::State>,
    pub(crate) grants: Folded<grant::State>,
    pub(crate) policies: Folded<policy::State>,
    pub(crate) reviewers: Folded<reviewer::State>,
    /// Policy sets, ready.
    pub(crate) policy_sets: PolicySets,
    /// The tenants whose replays run.
    pub(crate) replays: Running,
    /// A tenant's webhooks, for every request about them.
    pub(crate) webhooks: Folded<webhook::State>,
}

/// One stream as it was loaded: what is so, and where it ends.
pub(crate) struct Loaded<S> {
    pub(crate) state: S,
    pub(crate) head: Option<StreamHead>,
}

/// A small stream after a command: what is so, where it ends, and whether it was so already.
pub(crate) struct Changed<S> {
    pub(crate) state: S,
    pub(crate) position: GlobalPosition,
    pub(crate) already: bool,
}

impl<S> Loaded<S> {
    pub(crate) fn expected(&self) -> ExpectedVersion {
        ExpectedVersion::after(self.head.map(|head| head.version))
    }

    /// Where its last event stands.
    pub(crate) fn position(&self) -> GlobalPosition {
        self.head.map_or(GlobalPosition::START, |head| head.position)
    }
}

impl Engine {
    /// An engine on `log`, with the system's clock and random ids.
    pub fn new(log: Arc<dyn EventLog>, settings: Settings) -> Self {
        Self::with(log, settings, Arc::new(SystemClock), Arc::new(RandomIds))
    }

    /// An engine with a clock and ids of the caller's.
    pub fn with(
        log: Arc<dyn EventLog>,
        settings: Settings,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn Ids>,
    ) -> Self {
        Self {
            follower: Follower::new(Arc::clone(&log)),
            log,
            clock,
            ids,
            settings,
            reattempts: Reattempts::default(),
            key_pepper: None,
            permit_signer: None,
            checkpoint_signer: None,
            lanes: Lanes::default(),
            agent_scopes: Folded::new(MAX_HELD),
            keys: Cache::default(),
            functions: Folded::new(MAX_HELD),
            schemas: Schemas::default(),
            connections: Folded::new(MAX_HELD),
            freezes: Folded::new(MAX_HELD),
            grants: Folded::new(MAX_HELD),
            policies: Folded::new(MAX_HELD),
            reviewers: Folded::new(MAX_HELD),
            policy_sets: PolicySets::default(),
            replays: Running::default(),
            webhooks: Folded::new(MAX_HELD),
        }
    }

    /// The log that it appends to.
    pub fn log(&self) -> &Arc<dyn EventLog> {
        &self.log
    }

    /// A fresh id from the engine's source of ids: for those above it who name a request or a trace.
    pub fn fresh_id(&self) -> Uuid {
        self.ids.fresh()
    }

    /// What the events of one command of the principal belong to: its request, or the command itself.
    pub(crate) fn correlation_id(&self, principal: &Principal) -> Uuid {
        principal.correlation_id.unwrap_or_else(|| self.ids.fresh())
    }

    /// Folds the stream from version `from` on, page by page, oldest event first.
    pub(crate) async fn fold<S>(
        &self,
        tenant: &TenantId,
        stream: &StreamId,
        from: StreamVersion,
        mut state: S,
        evolve: fn(S, &RecordedEvent, &Event) -> S,
    ) -> Result<Loaded<S>, EngineError> {
        let (mut head, mut next) = (None, from);
        loop {
            let page = self.log.read_stream(tenant, stream, next, PAGE).await?;
            // A log answers with fewer events than asked for where that suits it: only an empty page is the end.
            let Some(last) = page.last() else { return Ok(Loaded { state, head }) };
            head = Some(StreamHead { version: last.version, position: last.position });
            next = last.version.next();
            for recorded in &page {
                state = evolve(state, recorded, &decode(recorded)?);
            }
        }
    }

    /// Loads a stream whose state is what its last event says (access, attempts): reads that one alone, so that the
    /// thousandth proposal under one key, or of one function, costs what the first did.
    pub(crate) async fn load_last<S: Default>(
        &self,
        tenant: &TenantId,
        stream: &StreamId,
        evolve: fn(S, &RecordedEvent, &Event) -> S,
    ) -> Result<Loaded<S>, EngineError> {
        match self.log.stream_head(tenant, stream).await? {
            None => Ok(Loaded { state: S::default(), head: None }),
            Some(head) => self.fold(tenant, stream, head.version, S::default(), evolve).await,
        }
    }

    pub(crate) async fn load_execution(
        &self,
        tenant: &TenantId,
        execution_id: Uuid,
    ) -> Result<Loaded<State>, EngineError> {
        Ok(self.load_decided(tenant, execution_id).await?.0)
    }

    /// An execution, and where the last decision on it stands: what an approval led to rests on what was so then.
    pub(crate) async fn load_decided(
        &self,
        tenant: &TenantId,
        execution_id: Uuid,
    ) -> Result<(Loaded<State>, GlobalPosition), EngineError> {
        let (stream, start) = (StreamId::execution(execution_id), (State::initial(), GlobalPosition::START));
        let evolved = |(state, decided_at), recorded: &RecordedEvent, event: &Event| match event {
            Event::Execution(event) => {
                let (by, at) = (&recorded.event.actor, recorded.event.recorded_at);
                let decided_at = decision_of(event).map_or(decided_at, |_| recorded.position);
                (evolve(state, Happened { by, at, event }), decided_at)
            }
            _ => (state, decided_at),
        };
        let Loaded { state: (state, decided_at), head } =
            self.fold(tenant, &stream, StreamVersion::FIRST, start, evolved).await?;
        Ok((Loaded { state, head }, decided_at))
    }

    /// The envelope of events that one command led to.
    pub(crate) fn envelopes(
        &self,
        principal: &Principal,
        at: Timestamp,
        correlation_id: Uuid,
        events: impl IntoIterator<Item = Event>,
    ) -> Result<Vec<NewEvent>, EngineError> {
        let envelope = |event: Event| {
            let (event_type, schema_version) = event.event_type();
            Ok(NewEvent {
                event_id: self.ids.fresh(),
                event_type: bytestring::ByteString::from_static(event_type),
                schema_version,
                recorded_at: at,
                actor: principal.actor.clone(),
                correlation_id,
                causation_id: None,
                payload: event.encode().map_err(|error| EngineError::Encode(error.to_string()))?,
            })
        };
        events.into_iter().map(envelope).collect()
    }

    /// Appends; `None` where another writer was first and the command has to be decided again.
    pub(crate) async fn append(
        &self,
        tenant: &TenantId,
        writes: Vec<StreamWrite>,
    ) -> Result<Option<Appended>, EngineError> {
        match self.log.append(Append { tenant: tenant.clone(), writes }).await {
            Ok(appended) => Ok(Some(appended)),
            Err(AppendError::Conflict(_)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Changes a small stream: loads it, decides, appends, and decides again where another writer was first. `decide`
    /// answers the events, and the state after them.
    pub(crate) async fn change<S, L>(
        &self,
        principal: &Principal,
        stream: &StreamId,
        load: impl Fn() -> L + Send,
        decide: impl Fn(S, Timestamp) -> Result<(S, Vec<Event>), EngineError> + Send,
    ) -> Result<Changed<S>, EngineError>
    where
        S: Send,
        L: Future<Output = Result<Loaded<S>, EngineError>> + Send,
    {
        let correlation_id = self.correlation_id(principal);
        for _ in 0..MAX_TRIES {
            let loaded = load().await?;
            let (expected, position) = (loaded.expected(), loaded.position());
            let now = self.clock.now();
            let (state, events) = decide(loaded.state, now)?;
            if events.is_empty() {
                return Ok(Changed { state, position, already: true });
            }
            let events = self.envelopes(principal, now, correlation_id, events)?;
            let write = StreamWrite { stream: stream.clone(), expected, events };
            if let Some(appended) = self.append(&principal.tenant, vec![write]).await? {
                return Ok(Changed { state, position: appended.last, already: false });
            }
        }
        Err(EngineError::Contention { tries: MAX_TRIES })
    }

    pub(crate) fn execution_write(
        &self,
        principal: &Principal,
        command: &vidimus_domain::execution::Command,
        stream: StreamId,
        expected: ExpectedVersion,
        events: &[ExecutionEvent],
        correlation_id: Uuid,
    ) -> Result<StreamWrite, EngineError> {
        let events = events.iter().cloned().map(Event::Execution);
        let events = self.envelopes(principal, command.at, correlation_id, events)?;
        Ok(StreamWrite { stream, expected, events })
    }
}

pub(crate) fn decode(recorded: &RecordedEvent) -> Result<Event, EngineError> {
    let event = &recorded.event;
    Event::decode(&event.event_type, event.schema_version, &event.payload)
        .map_err(|error| EngineError::Event { position: recorded.position, error })
}
