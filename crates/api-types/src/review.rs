//! How people decided on a call, and how far they are.

use proto_events::{Actor, Card, Layer, Reviewers, RiskLevel, Timestamp, ToolType};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{DueEscalation, stage::named};

/// What the catalogue said of the function when the call came on record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CatalogueEntry {
    /// What it is for; at most 1,000 characters.
    pub purpose: Option<String>,
    /// What kind of tool it was.
    pub tool_type: Option<ToolType>,
    /// How much could go wrong.
    pub risk: Option<RiskLevel>,
}

/// The finding that decided: the strictest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Deciding {
    /// The layer.
    pub layer: Layer,
    /// Stable code of the reason.
    pub code: String,
    /// The reason in words.
    pub reason: String,
}

named! {
    /// What came of the decision and of the people that were asked, in the words of the audit record.
    AuditOutcome {
        /// It may run, or might: nobody had to be asked, or reviewers approved.
        Allowed = "allowed",
        /// The requesting user confirmed, and nobody else had to be asked.
        Confirmed = "confirmed",
        /// Somebody has still to be asked.
        PendingApproval = "pending_approval",
        /// It may not run.
        Blocked = "blocked",
        /// Somebody said no, or nobody said yes in time, or it was called off while it waited for people.
        Rejected = "rejected",
        /// There is nothing to do.
        NoAction = "no_action",
    }
}

/// How far an approval is; kept after it was resolved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ApprovalProgress {
    /// The stage that it is at, from 0.
    pub stage: u32,
    /// How many stages there are.
    pub stages: u32,
    /// How many reviewers accepted in that stage.
    pub accepted: u32,
    /// How many acceptances that stage asks for, one for each of its needs where nobody counts for two.
    #[serde(default)]
    pub needed: u32,
    /// How many acceptances it still misses; 0 where the reviewers were passed over in an emergency.
    pub missing: u32,
    /// The acceptances of all stages, in order; only in answers about one execution.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub votes: Vec<Vote>,
    /// Reviewers that were added to that stage because nobody had resolved it for so long, in order; only in answers about
    /// one execution.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub added: Vec<Reviewers>,
    /// Who will be added, and when; only in answers about one execution, and while it waits for reviewers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub escalations: Vec<DueEscalation>,
}

/// What somebody who commented on a call said last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LastComment {
    /// Who.
    pub by: Actor,
    /// What.
    pub text: String,
}

/// An acceptance by one reviewer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Vote {
    /// The stage that it counts in, from 0.
    pub stage: u32,
    /// Who accepted.
    pub by: Actor,
    /// In whose place, where they decided for somebody else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_behalf_of: Option<Actor>,
    /// The groups by which it counts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
    /// What the reviewer said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// When.
    pub at: Timestamp,
    /// The card that the reviewer saw, where they said which.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub card: Option<Card>,
}

named! {
    /// How a confirmation or an approval was resolved.
    Verdict {
        /// The requesting user confirmed.
        Confirmed = "confirmed",
        /// The requesting user declined.
        Declined = "declined",
        /// The requesting user did not confirm in time.
        ConfirmationExpired = "confirmation_expired",
        /// Reviewers approved.
        Approved = "approved",
        /// A reviewer denied it.
        Denied = "denied",
        /// A reviewer aborted it, with feedback.
        Aborted = "aborted",
        /// A reviewer edited the arguments: a new attempt took its place.
        Revised = "revised",
        /// Nobody resolved the approval in time.
        ApprovalExpired = "approval_expired",
    }
}

/// How a confirmation or an approval was resolved, and what was said with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Resolution {
    /// How.
    pub verdict: Verdict,
    /// A comment, a reason, the feedback; cut to 1,000 characters in lists.
    pub comment: Option<String>,
    /// In whose place.
    pub on_behalf_of: Option<Actor>,
    /// Why the reviewers that were asked for were passed over in an emergency.
    pub break_glass: Option<String>,
    /// The new attempt with the arguments that the reviewer edited.
    pub revised_as: Option<Uuid>,
    /// The card that whoever resolved it saw, where they said which; only in answers about one execution.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub card: Option<Card>,
}
