//! Payloads of what people said to a call.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Actor, ArgumentsDigest, CallRef, Card};

/// The requesting user confirmed. Who: the envelope's actor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Confirmed {
    /// The call.
    pub call: CallRef,
    /// The arguments that were confirmed.
    pub arguments_digest: ArgumentsDigest,
    /// The card that was shown to who decided, where they said which.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub card: Option<Card>,
}

/// The requesting user declined. Who: the envelope's actor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Declined {
    /// The call.
    pub call: CallRef,
    /// Why, if the user said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The card that was shown to who decided, where they said which.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub card: Option<Card>,
}

/// A reviewer accepted, and more have to. Who: the envelope's actor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ApprovalVoted {
    /// The call.
    pub call: CallRef,
    /// The arguments that were approved.
    pub arguments_digest: ArgumentsDigest,
    /// What the reviewer said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// In whose place, where the reviewer decides for somebody else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_behalf_of: Option<Actor>,
    /// The groups that the reviewer was in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
    /// The stage that the vote counts in, from 0.
    pub stage: u32,
    /// How many acceptances the stage still needs.
    pub missing: u32,
    /// The card that was shown to who decided, where they said which.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub card: Option<Card>,
}

/// Approved. Who: the envelope's actor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ApprovalAccepted {
    /// The call.
    pub call: CallRef,
    /// The arguments that were approved.
    pub arguments_digest: ArgumentsDigest,
    /// What the reviewer said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// In whose place, where the reviewer decides for somebody else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_behalf_of: Option<Actor>,
    /// The groups that the reviewer was in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
    /// Why the reviewers that were asked for were passed over in an emergency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub break_glass: Option<String>,
    /// The card that was shown to who decided, where they said which.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub card: Option<Card>,
}

/// Denied. Who: the envelope's actor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ApprovalDenied {
    /// The call.
    pub call: CallRef,
    /// Why.
    pub reason: String,
    /// In whose place, where the reviewer decides for somebody else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_behalf_of: Option<Actor>,
    /// The card that was shown to who decided, where they said which.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub card: Option<Card>,
}

/// Aborted, with feedback to the agent. Who: the envelope's actor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ApprovalAborted {
    /// The call.
    pub call: CallRef,
    /// What the agent should know or do instead.
    pub feedback: String,
    /// In whose place, where the reviewer decides for somebody else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_behalf_of: Option<Actor>,
    /// The new attempt with the arguments that the reviewer edited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revised_as: Option<Uuid>,
    /// The card that was shown to who decided, where they said which.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub card: Option<Card>,
}
