//! What a decision on a call rests on: looked up, decided in `vidimus-policy`, and guarded in the append.
//!
//! Every stream that the decision read is named in the append with the version that it was read at: if one moved meanwhile,
//! the call is decided again. History facts are folds of the log up to a position that the decision names; calls that share a
//! history are decided one after the other ([`crate::lanes`]).

use std::{collections::BTreeSet, sync::Arc};

use proto_events::{
    Actor, CallRef, Decision, Digest, Event, PolicyEvent, ShadowDiffered, StreamId, TenantId, Timestamp,
    ToolSetRecorded,
};
use serde_json::Value;
use uuid::Uuid;
use vidimus_domain::{
    agent, arguments::Arguments, connection, execution::FrozenBy, freeze, function, grant, policy, reviewer,
};
use vidimus_log::StreamWrite;
use vidimus_policy::{
    About, ArgumentSchema, FreezeInForce, HistoryFacts, HistoryReads, Inputs, PolicySet, decide_call,
};

use crate::{
    Engine, EngineError,
    engine::Loaded,
    follower::ToolSet,
    lanes::{Held, Shared},
};

/// A call, as it is decided on.
#[derive(Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub(crate) execution_id: Uuid,
    pub(crate) call: &'a CallRef,
    pub(crate) requester: &'a Actor,
    pub(crate) digest: Digest,
    /// The arguments, parsed.
    pub(crate) arguments: &'a Value,
    /// What the caller says about the circumstances, parsed.
    pub(crate) context: Option<&'a Value>,
}

/// Arguments and circumstances as values: parsed once, however often it is decided.
pub(crate) struct Parsed {
    pub(crate) arguments: Value,
    pub(crate) context: Option<Value>,
}

impl Parsed {
    pub(crate) fn of(arguments: &Arguments, context: Option<&proto_events::Json>) -> Self {
        Self {
            arguments: arguments.canonical().to_value(),
            context: context.map(proto_events::Json::to_value),
        }
    }
}

/// What was looked up about a tenant and a call, each with the version that it was read at.
pub(crate) struct Ground {
    pub(crate) function: Loaded<Arc<function::State>>,
    schema: Option<Arc<ArgumentSchema>>,
    connection: Loaded<Arc<connection::State>>,
    freezes: Loaded<Arc<freeze::State>>,
    scopes: Loaded<Arc<agent::State>>,
    reviewers: Loaded<Arc<reviewer::State>>,
    policy: Loaded<Arc<policy::State>>,
    set: Option<Arc<PolicySet>>,
    shadow: Option<Arc<PolicySet>>,
    grants: Loaded<Arc<grant::State>>,
}

/// A decision, and what else goes on record with it.
pub(crate) struct Governed {
    pub(crate) decision: Decision,
    /// Members that the catalogue calls sensitive.
    pub(crate) sensitive: Vec<String>,
    /// Streams that are written or guarded beside the execution's.
    pub(crate) beside: Vec<(StreamId, proto_events::ExpectedVersion, Vec<Event>)>,
}

/// Which grant may lift the approval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Grants {
    /// Any that covers the call and has room; it is used.
    Use,
    /// The one that was used when the call was decided on first, as long as it is in force; it is not used again.
    Keep(Option<Uuid>),
}

impl Ground {
    /// What the decision shares with others; nothing where it reads no history and no grant could be used.
    fn shared<'a>(&self, call: &'a CallRef, grants: Grants) -> Vec<Shared<'a>> {
        let mut shared = Vec::new();
        let sets = || self.set.iter().chain(&self.shadow);
        let reads = |what: fn(&HistoryReads) -> bool| sets().any(|set| what(&set.history_reads()));
        if reads(|reads| reads.conversation) {
            shared.push(Shared::Conversation(&call.agent, &call.conversation));
        }
        if reads(|reads| reads.agent) {
            shared.push(Shared::Agent(&call.agent));
        }
        if reads(|reads| reads.tenant) {
            shared.push(Shared::Tenant);
        }
        if grants == Grants::Use && self.grants.state.covers_any(&call.agent, &call.function) {
            shared.push(Shared::Grants);
        }
        shared
    }

    fn reads_log(&self) -> bool {
        let description = self.function.state.description.is_some();
        description || self.connection.head.is_some() || self.set.is_some() || self.shadow.is_some()
    }

    /// The freeze that covers the call.
    pub(crate) fn frozen_by(&self, call: &CallRef) -> Option<FrozenBy> {
        self.freezes.state.covering(&call.agent, &call.function).map(frozen_by)
    }
}

pub(crate) fn frozen_by(freeze: &freeze::Freeze) -> FrozenBy {
    FrozenBy {
        freeze_id: freeze.freeze_id,
        scope: freeze.scope.clone(),
        reason: freeze.reason.clone(),
        since: freeze.since,
    }
}

impl Engine {
    /// Looks up what a decision on `call` rests on.
    pub(crate) async fn ground(&self, tenant: &TenantId, call: &CallRef) -> Result<Ground, EngineError> {
        let function = self.load_function(tenant, &call.function).await?;
        let schema = self.argument_schema(tenant, &call.function, &function)?;
        let policy = self.load_policy(tenant).await?;
        let set = match policy.state.in_force() {
            Some(digest) => Some(self.policy_set(tenant, &digest).await?),
            None => None,
        };
        let shadow = match policy.state.shadow() {
            Some(digest) => Some(self.policy_set(tenant, &digest).await?),
            None => None,
        };
        Ok(Ground {
            schema,
            connection: self.load_connection(tenant, call.function.connection()).await?,
            freezes: self.load_freezes(tenant).await?,
            scopes: self.load_agent_scopes(tenant, &call.agent).await?,
            reviewers: self.load_reviewers(tenant).await?,
            grants: self.load_grants(tenant).await?,
            function,
            policy,
            set,
            shadow,
        })
    }

    /// What a decision on `call` rests on, in the lanes of everything that it shares with others. `held` is what was entered
    /// before, and is left where it is not enough any more.
    pub(crate) async fn ground_in_lanes<'e>(
        &'e self,
        tenant: &TenantId,
        call: &CallRef,
        grants: Grants,
        held: &mut Option<Held<'e>>,
    ) -> Result<Ground, EngineError> {
        loop {
            let ground = self.ground(tenant, call).await?;
            let shared = ground.shared(call, grants);
            if self.lanes.cover(held.as_ref(), tenant, &shared) {
                return Ok(ground);
            }
            // Left before others are entered, so that two never wait for each other.
            *held = None;
            *held = Some(self.lanes.enter(tenant, &shared).await);
            // Those before it have changed what this rests on: it is looked up again.
        }
    }

    /// Decides on a call. `at` is when; history is as of the tail.
    pub(crate) async fn govern(
        &self,
        tenant: &TenantId,
        ground: &Ground,
        asked: &Asked<'_>,
        at: Timestamp,
        grants: Grants,
    ) -> Result<Governed, EngineError> {
        let call = asked.call;
        let description = ground.function.state.description.as_deref();
        let (mut history, mut tools): (Option<(HistoryFacts, _)>, Option<Arc<ToolSet>>) = (None, None);
        if ground.reads_log() {
            let mut followed = self.follower.caught_up(&self.log).await?;
            if ground.set.is_some() || ground.shadow.is_some() {
                let about = About {
                    tenant,
                    call,
                    requester: asked.requester,
                    description,
                    arguments: asked.arguments,
                    now: at,
                    except: Some(asked.execution_id),
                };
                history = Some((followed.history.facts(&about), followed.position()));
            }
            let catalogue = followed.catalogue(tenant);
            if catalogue.is_described() {
                let visible = catalogue.visible(&call.agent, &ground.scopes.state.scopes);
                tools = Some(ToolSet::in_context(visible, asked.context, at));
            }
        }
        let requester_groups = ground.reviewers.state.groups_of(asked.requester);
        let requester_groups: Vec<String> = requester_groups.into_iter().collect();
        let amount = description
            .and_then(|description| grant::amount_at(asked.arguments, description.amount.as_deref()?));
        let grant = match grants {
            Grants::Use => {
                let grants = &ground.grants.state;
                let found = grant::applicable(grants, at, call, asked.arguments, amount.as_deref());
                found.map(|grant| grant.grant_id)
            }
            Grants::Keep(grant) => grant.filter(|grant| ground.grants.state.may_be_kept(*grant, at)),
        };
        // What waits under a freeze is held, not decided by it: nothing starts before it ends.
        let freeze = match grants {
            Grants::Use => ground.freezes.state.covering(&call.agent, &call.function),
            Grants::Keep(_) => None,
        };
        let inputs = Inputs {
            call,
            requester: asked.requester,
            requester_groups: &requester_groups,
            agent_scopes: &ground.scopes.state.scopes,
            arguments: asked.arguments,
            arguments_digest: asked.digest,
            context: asked.context,
            now: at,
            freeze: freeze.map(|freeze| FreezeInForce {
                freeze_id: freeze.freeze_id,
                scope: &freeze.scope,
                reason: &freeze.reason,
            }),
            access: ground.function.state.access,
            function_version: ground.function.head.map(|head| head.version),
            description,
            connection_described: ground.connection.head.is_some(),
            schema: ground.schema.as_deref(),
            policy: ground.set.as_deref(),
            history: history.as_ref().map(|(facts, position)| (facts, *position)),
            grant,
            visible_tools: tools.as_ref().map(|tools| tools.digest),
        };
        let decision = decide_call(&inputs);

        let mut beside = vec![
            (StreamId::function(&call.function), ground.function.expected(), Vec::new()),
            (StreamId::freezes(), ground.freezes.expected(), Vec::new()),
            (StreamId::policy(), ground.policy.expected(), Vec::new()),
            (StreamId::agent_scopes(&call.agent), ground.scopes.expected(), Vec::new()),
            (StreamId::connection(call.function.connection()), ground.connection.expected(), Vec::new()),
        ];
        if ground.set.is_some() || ground.shadow.is_some() {
            beside.push((StreamId::reviewers(), ground.reviewers.expected(), Vec::new()));
        }
        if let (Some(grant_id), Grants::Use) = (decision.grant, grants) {
            let used = ground.grants.state.use_up(grant_id, asked.execution_id, amount, at)?;
            let used = used.into_iter().map(Event::Grant).collect();
            beside.push((StreamId::grants(), ground.grants.expected(), used));
        }
        if let (Some(_), Grants::Keep(_)) = (decision.grant, grants) {
            beside.push((StreamId::grants(), ground.grants.expected(), Vec::new()));
        }
        beside.extend(self.tool_set_record(tenant, tools.as_deref()).await?);
        beside.extend(shadow(ground, &inputs, asked, &decision));
        let sensitive = description.map(|description| description.sensitive.clone()).unwrap_or_default();
        Ok(Governed { decision, sensitive, beside })
    }

    /// The tool set goes on record with the first decision that names it.
    async fn tool_set_record(
        &self,
        tenant: &TenantId,
        tools: Option<&ToolSet>,
    ) -> Result<Option<(StreamId, proto_events::ExpectedVersion, Vec<Event>)>, EngineError> {
        let Some(tools) = tools else { return Ok(None) };
        let stream = StreamId::tool_set(&tools.digest);
        if self.log.stream_head(tenant, &stream).await?.is_some() {
            return Ok(None);
        }
        let functions = tools.tools.iter().map(|tool| tool.function.clone()).collect();
        let recorded = ToolSetRecorded { tool_set: tools.digest, functions };
        let event = Event::Catalogue(proto_events::CatalogueEvent::ToolSetRecorded(recorded));
        // Two that record it at once: one of them is decided again, and finds it there.
        Ok(Some((stream, proto_events::ExpectedVersion::NoStream, vec![event])))
    }

    /// The writes beside the execution's own.
    pub(crate) fn beside_writes(
        &self,
        principal: &crate::Principal,
        at: Timestamp,
        correlation_id: Uuid,
        beside: Vec<(StreamId, proto_events::ExpectedVersion, Vec<Event>)>,
    ) -> Result<Vec<StreamWrite>, EngineError> {
        let write = |(stream, expected, events)| {
            let events = self.envelopes(principal, at, correlation_id, events)?;
            Ok(StreamWrite { stream, expected, events })
        };
        beside.into_iter().map(write).collect()
    }

    /// What `agent` can see now: the functions that are not disabled, not frozen, in the catalogue where their connection is,
    /// and whose scopes the agent has. With `context`, the circumstances as a proposal has them, also only those that they
    /// are enough for.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub async fn visible_tools(
        &self,
        tenant: &TenantId,
        agent: &str,
        context: Option<&Value>,
    ) -> Result<ToolSet, EngineError> {
        let scopes = self.load_agent_scopes(tenant, agent).await?;
        let mut followed = self.follower.caught_up(&self.log).await?;
        let visible = followed.catalogue(tenant).visible(agent, &scopes.state.scopes);
        Ok(Arc::unwrap_or_clone(ToolSet::in_context(visible, context, self.clock.now())))
    }

    /// Every function of the tenant that has access set or is described, in order of their names.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub async fn function_names(
        &self,
        tenant: &TenantId,
    ) -> Result<BTreeSet<proto_events::FunctionName>, EngineError> {
        let mut followed = self.follower.caught_up(&self.log).await?;
        Ok(followed.catalogue(tenant).functions().cloned().collect())
    }

    /// Reads the log up to its tail, so that the first decision does not have to.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub async fn warm_up(&self) -> Result<(), EngineError> {
        self.follower.caught_up(&self.log).await.map(drop)
    }
}

/// What the candidate would have decided, where that differs.
fn shadow(
    ground: &Ground,
    inputs: &Inputs<'_>,
    asked: &Asked<'_>,
    decision: &Decision,
) -> Option<(StreamId, proto_events::ExpectedVersion, Vec<Event>)> {
    let candidate = ground.shadow.as_deref()?;
    let would_be = decide_call(&Inputs { policy: Some(candidate), ..*inputs });
    if would_be.outcome == decision.outcome && would_be.requirement == decision.requirement {
        return None;
    }
    let differed = ShadowDiffered {
        shadow: true,
        execution_id: asked.execution_id,
        call: asked.call.clone(),
        decided: decision.outcome,
        would_be,
    };
    let event = Event::Policy(PolicyEvent::ShadowDiffered(differed));
    Some((StreamId::shadow(asked.execution_id), proto_events::ExpectedVersion::Any, vec![event]))
}
