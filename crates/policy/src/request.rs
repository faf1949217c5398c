//! What a decision is about: the call and what is known about it, borrowed from the caller.

use std::collections::BTreeMap;

use proto_events::{ActorKind, Effect, RiskLevel, Timestamp, ToolType};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::HistoryFacts;

/// The agent that wants to make the call.
#[derive(Clone, Copy, Debug)]
pub struct Agent<'a> {
    /// Its id.
    pub id: &'a str,
    /// What its key may do.
    pub scopes: &'a [String],
}

/// Who asked the agent for it.
#[derive(Clone, Copy, Debug)]
pub struct Requester<'a> {
    /// Its id.
    pub id: &'a str,
    /// What kind of principal it is.
    pub kind: ActorKind,
    /// The groups that it is in.
    pub groups: &'a [String],
}

/// What is to be called, as the catalogue describes it.
#[derive(Clone, Copy, Debug)]
pub struct Function<'a> {
    /// `connection.function`.
    pub name: &'a str,
    /// What it is for.
    pub tool_type: ToolType,
    /// What it does to the world.
    pub effect: Effect,
    /// How bad a wrong call can be.
    pub risk: RiskLevel,
    /// What an agent needs to call it.
    pub scopes: &'a [String],
    /// Whether the catalogue describes it.
    pub described: bool,
    /// Whether what it returns comes from sources that the tenant controls.
    pub results_trusted: bool,
}

impl<'a> Function<'a> {
    /// The connection: what stands before the first dot of the name; empty where there is no dot.
    pub fn connection(&self) -> &'a str {
        self.name.split_once('.').map_or("", |(connection, _)| connection)
    }
}

/// A call and all that a decision on it may look at.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The agent.
    pub agent: Agent<'a>,
    /// Who asked for it.
    pub requester: Requester<'a>,
    /// What is to be called.
    pub function: Function<'a>,
    /// With which arguments: an object.
    pub arguments: &'a Value,
    /// In which conversation.
    pub conversation: &'a str,
    /// What the caller says about the circumstances.
    pub attributes: &'a BTreeMap<String, String>,
    /// When it is decided.
    pub now: Timestamp,
    /// What earlier events say.
    pub history: &'a HistoryFacts,
}

/// [`Agent`] as data of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AgentData {
    /// Its id.
    pub id: String,
    /// What its key may do.
    pub scopes: Vec<String>,
}

impl Default for AgentData {
    fn default() -> Self {
        Self { id: "agent".to_owned(), scopes: Vec::new() }
    }
}

/// [`Requester`] as data of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RequesterData {
    /// Its id.
    pub id: String,
    /// What kind of principal it is.
    pub kind: ActorKind,
    /// The groups that it is in.
    pub groups: Vec<String>,
}

impl Default for RequesterData {
    fn default() -> Self {
        Self { id: "user".to_owned(), kind: ActorKind::User, groups: Vec::new() }
    }
}

/// [`Function`] as data of its own. What is left out is the worst that it may be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct FunctionData {
    /// `connection.function`.
    pub name: String,
    /// What it is for.
    pub tool_type: ToolType,
    /// What it does to the world.
    pub effect: Effect,
    /// How bad a wrong call can be.
    pub risk: RiskLevel,
    /// What an agent needs to call it.
    pub scopes: Vec<String>,
    /// Whether the catalogue describes it.
    pub described: bool,
    /// Whether what it returns comes from sources that the tenant controls.
    pub results_trusted: bool,
}

impl Default for FunctionData {
    fn default() -> Self {
        Self {
            name: "connection.function".to_owned(),
            tool_type: ToolType::Action,
            effect: Effect::Destroy,
            risk: RiskLevel::Critical,
            scopes: Vec::new(),
            described: false,
            results_trusted: false,
        }
    }
}

/// [`Request`] as data of its own: what a test case says, and what may be written to a file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RequestData {
    /// The agent.
    pub agent: AgentData,
    /// Who asked for it.
    pub requester: RequesterData,
    /// What is to be called.
    pub function: FunctionData,
    /// With which arguments: an object.
    pub arguments: Value,
    /// In which conversation.
    pub conversation: String,
    /// What the caller says about the circumstances.
    pub attributes: BTreeMap<String, String>,
    /// When it is decided; 1970-01-01T00:00:00Z where nothing is said.
    pub now: Timestamp,
    /// What earlier events say.
    pub history: HistoryFacts,
}

impl Default for RequestData {
    fn default() -> Self {
        Self {
            agent: AgentData::default(),
            requester: RequesterData::default(),
            function: FunctionData::default(),
            arguments: Value::Object(Map::new()),
            conversation: "conversation".to_owned(),
            attributes: BTreeMap::new(),
            now: Timestamp::from_micros(0),
            history: HistoryFacts::default(),
        }
    }
}

impl RequestData {
    /// The request that this is the data of.
    pub fn as_request(&self) -> Request<'_> {
        Request {
            agent: Agent { id: &self.agent.id, scopes: &self.agent.scopes },
            requester: Requester {
                id: &self.requester.id,
                kind: self.requester.kind,
                groups: &self.requester.groups,
            },
            function: Function {
                name: &self.function.name,
                tool_type: self.function.tool_type,
                effect: self.function.effect,
                risk: self.function.risk,
                scopes: &self.function.scopes,
                described: self.function.described,
                results_trusted: self.function.results_trusted,
            },
            arguments: &self.arguments,
            conversation: &self.conversation,
            attributes: &self.attributes,
            now: self.now,
            history: &self.history,
        }
    }
}
