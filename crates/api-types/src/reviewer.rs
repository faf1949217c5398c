//! Reviewers: their groups, and who decides in whose place.

use proto_events::{Actor, GlobalPosition, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

#[cfg(feature = "openapi")]
use crate::given::{GivenPerson, GivenReviewer};
use crate::{given, stage::named};

/// Says who is in a group of reviewers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SetGroup {
    /// Everybody who is in it; nobody: there is no such group any more.
    #[serde(deserialize_with = "given::list::<given::GivenReviewer, _, _>")]
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<GivenReviewer>, max_items = 1000))]
    pub members: Vec<Actor>,
}

/// A group of reviewers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Group {
    /// The group.
    pub group: String,
    /// Who is in it.
    pub members: Vec<Actor>,
    /// Position of the last event about the tenant's reviewers.
    pub position: GlobalPosition,
    /// Only in the answer to setting it: whether it was so before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub already: Option<bool>,
}

/// Lets another decide in one's place for a time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CreateDelegation {
    /// In whose place; without it, the caller's. Only an administrator delegates for others.
    #[serde(default, deserialize_with = "given::person", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<GivenPerson>))]
    pub from: Option<Actor>,
    /// Who decides.
    #[serde(deserialize_with = "given::into::<given::GivenPerson, _, _>")]
    #[cfg_attr(feature = "openapi", schema(value_type = GivenPerson))]
    pub to: Actor,
    /// From when on; without it, from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub starts_at: Option<Timestamp>,
    /// Until when.
    pub ends_at: Timestamp,
    /// Why; goes on the audit trail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(max_length = 5000))]
    pub reason: Option<String>,
}

named! {
    /// Whether a delegation holds.
    DelegationStatus {
        /// Its time has not come.
        Planned = "planned",
        /// It holds.
        InForce = "in_force",
    }
}

/// A delegation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Delegation {
    /// Its id.
    pub id: Uuid,
    /// Whether it holds.
    pub status: DelegationStatus,
    /// In whose place.
    pub from: Actor,
    /// Who decides.
    pub to: Actor,
    /// From when on.
    pub starts_at: Timestamp,
    /// Until when.
    pub ends_at: Timestamp,
    /// Why, if they said.
    pub reason: Option<String>,
    /// When it was put on record.
    pub created_at: Timestamp,
    /// By whom.
    pub created_by: Actor,
    /// Position of the last event about the tenant's reviewers.
    pub position: GlobalPosition,
}

/// A delegation that was ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EndedDelegation {
    /// Its id.
    pub id: Uuid,
    /// Position of the last event about the tenant's reviewers.
    pub position: GlobalPosition,
}
