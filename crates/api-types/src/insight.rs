//! What many executions come to.

use proto_events::{Actor, GlobalPosition, Timestamp};
use serde::{Deserialize, Serialize};

/// Over which span of time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams), into_params(parameter_in = Query))]
#[serde(default, deny_unknown_fields)]
pub struct InsightQuery {
    /// Only executions that came on record from this time on; seven days before `to` unless told otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Timestamp>,
    /// Only those before this time; now unless told otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<Timestamp>,
}

/// What the executions of a span of time come to. Where they are more than 50,000, the newest of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Insight {
    /// From when on.
    pub from: Timestamp,
    /// Before when.
    pub to: Timestamp,
    /// It has seen every event up to here.
    pub position: GlobalPosition,
    /// How many executions are in it.
    pub executions: u64,
    /// Where there were more than are looked at: since when they are all in it.
    pub whole_from: Option<Timestamp>,
    /// How wide a column is, in seconds.
    pub width_seconds: u64,
    /// Calls over time by what came of them, oldest first; a span without calls is not in it.
    pub columns: Vec<InsightColumn>,
    /// Who resolved approvals and confirmations: those who resolved most, first; at most 20.
    pub reviewers: Vec<InsightReviewer>,
    /// Rules whose calls people were asked about: those that asked most, first; at most 20.
    pub rules: Vec<InsightRule>,
    /// Why calls were blocked: the reasons that blocked most, first; at most 20.
    pub blocked: Vec<InsightBlocked>,
}

/// How many calls came on record in a span of time, by what came of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct InsightColumn {
    /// When the span begins.
    pub from: Timestamp,
    /// Nobody had to be asked, or reviewers approved.
    pub allowed: u64,
    /// The requesting user confirmed.
    pub confirmed: u64,
    /// People have still to be asked.
    pub pending_approval: u64,
    /// They may not run.
    pub blocked: u64,
    /// Somebody said no, or nobody said yes in time.
    pub rejected: u64,
    /// There was nothing to do.
    pub no_action: u64,
    /// They ran elsewhere and were handed in afterwards.
    pub recorded: u64,
}

/// How approvals and confirmations were resolved.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct InsightResolved {
    /// With yes.
    pub approved: u64,
    /// With no, by a person.
    pub denied: u64,
    /// By nobody, in time.
    pub expired: u64,
    /// From when it was asked for to when a person resolved it, in seconds: half of them took no longer.
    pub median_seconds: Option<f64>,
    /// Nine of ten took no longer.
    pub p90_seconds: Option<f64>,
}

/// What one person resolved.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct InsightReviewer {
    /// Who.
    pub by: Actor,
    /// What.
    pub resolved: InsightResolved,
}

/// How calls that a rule asked people about were resolved. Which rule asked for a confirmation is not on record: each that
/// matched counts then.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct InsightRule {
    /// Its id, or the code of the layer that asked.
    pub rule: String,
    /// Whether it is the code of a layer and no rule.
    #[serde(default)]
    pub is_layer: bool,
    /// How many, also those that still wait.
    pub asked: u64,
    /// What came of them.
    pub resolved: InsightResolved,
}

/// A reason that blocked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct InsightBlocked {
    /// Its stable code.
    pub code: String,
    /// The reason of the newest call that it blocked, in words.
    pub reason: String,
    /// How many calls it blocked.
    pub calls: u64,
}
