//! One rule of a policy set.

use std::collections::BTreeMap;

use cedar_policy::Expression;
use proto_events::Actor;

use crate::{
    reads::Reads,
    text::{ConditionKind, Position},
};

/// Whether a rule lets calls through or stops them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleEffect {
    /// It lets calls through.
    Permit,
    /// It stops calls, or holds them where it has a [`Demand`].
    Forbid,
}

impl RuleEffect {
    /// The effect's stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Permit => "permit",
            Self::Forbid => "forbid",
        }
    }
}

/// What a `forbid` waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Demand {
    /// That the requesting user confirms.
    Confirmation {
        /// For so many seconds.
        expires_seconds: Option<u32>,
    },
    /// That reviewers approve.
    Approval(ApprovalDemand),
}

/// What a rule asks of reviewers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ApprovalDemand {
    /// Groups whose members may decide.
    pub groups: Vec<String>,
    /// People and services who may decide.
    pub people: Vec<Actor>,
    /// How many distinct people have to approve.
    pub quorum: u8,
    /// When in the order of approvals.
    pub stage: u8,
    /// After how many seconds the call expires.
    pub expires_seconds: Option<u32>,
    /// Seconds, groups and people: who may decide as well from then on.
    pub escalations: Vec<(u32, Vec<String>, Vec<Actor>)>,
    /// After how many seconds reviewers are reminded.
    pub remind_seconds: Option<u32>,
    /// Whether the requester may review.
    pub self_review: bool,
}

/// Which calls a rule can match at all, by its scope; nothing is any.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scope {
    pub(crate) agent: Option<String>,
    pub(crate) function: Option<String>,
    pub(crate) connection: Option<String>,
    /// It admits no other calls than these.
    pub(crate) is_exact: bool,
}

impl Scope {
    pub(crate) fn admits(&self, agent: &str, function: &str, connection: &str) -> bool {
        let fits =
            |wanted: &Option<String>, found: &str| wanted.as_deref().is_none_or(|wanted| wanted == found);
        fits(&self.function, function) && fits(&self.connection, connection) && fits(&self.agent, agent)
    }
}

/// A part of a rule's condition that must hold by itself.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    /// As it stands in the file, with `!( )` around what must not hold.
    pub(crate) text: String,
    /// Where it stands.
    pub(crate) at: Position,
}

impl Part {
    pub(crate) fn new(kind: ConditionKind, text: &str, at: Position) -> Self {
        let text = match kind {
            ConditionKind::When => text.to_owned(),
            ConditionKind::Unless => format!("!({text})"),
        };
        Self { text, at }
    }
}

/// One rule: a Cedar policy with what its annotations say.
#[derive(Clone, Debug)]
pub struct Rule {
    pub(crate) id: String,
    pub(crate) file: String,
    pub(crate) at: Position,
    pub(crate) effect: RuleEffect,
    pub(crate) demand: Option<Demand>,
    pub(crate) reason: Option<String>,
    pub(crate) owner: Option<String>,
    pub(crate) missing: Option<String>,
    pub(crate) text: String,
    pub(crate) annotations: BTreeMap<String, String>,
    /// The policy in Cedar's JSON form, without annotations: equal for what means the same.
    pub(crate) meaning: serde_json::Value,
    pub(crate) scope: Scope,
    /// The whole condition: scope, `when` and `unless`.
    pub(crate) condition: Expression,
    pub(crate) parts: Vec<Part>,
    pub(crate) reads: Reads,
}

impl Rule {
    /// Its id, unique in its set.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The file that it stands in.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The line on which it begins, from 1.
    pub const fn line(&self) -> usize {
        self.at.line
    }

    /// Whether it lets calls through or stops them.
    pub const fn effect(&self) -> RuleEffect {
        self.effect
    }

    /// What it waits for; nothing on a `permit` and on a plain `forbid`.
    pub const fn demand(&self) -> Option<&Demand> {
        self.demand.as_ref()
    }

    /// Why, for people.
    pub fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }

    /// Who answers for it.
    pub fn owner(&self) -> Option<&str> {
        self.owner.as_deref()
    }

    /// What would have to be there.
    pub fn missing(&self) -> Option<&str> {
        self.missing.as_deref()
    }

    /// Its text, as it stands in the file, annotations included.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Its annotations, by name.
    pub const fn annotations(&self) -> &BTreeMap<String, String> {
        &self.annotations
    }
}
