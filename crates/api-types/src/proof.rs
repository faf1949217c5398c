//! Signed checkpoints of the log, and proofs against them.

use proto_events::{Digest, GlobalPosition, StreamVersion};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Size and root of the log, signed. What is signed is the `note`; the other members say the same for reading.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Checkpoint {
    /// The log's name.
    pub origin: String,
    /// How many events the log has.
    pub size: u64,
    /// Merkle root (RFC 6962) over all of them.
    pub root: Digest,
    /// The checkpoint itself (C2SP `tlog-checkpoint`), as a signed note (C2SP `signed-note`).
    pub note: String,
    /// The verifier key (C2SP `signed-note`) that the note is signed with.
    pub key: String,
}

/// That an event is in the log of a checkpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EventProof {
    /// Which event of its execution it is, from 0.
    pub version: StreamVersion,
    /// Its position in the log, from 1.
    pub position: GlobalPosition,
    /// Its id.
    pub event_id: Uuid,
    /// Stable name of its type.
    pub event_type: String,
    /// The index of its leaf, from 0: one less than `position`.
    pub leaf_index: u64,
    /// The hash of its leaf: SHA-256 of a zero byte and the record.
    pub leaf_hash: Digest,
    /// The nodes beside the way from the leaf to the root, the leaf's sibling first (RFC 6962, section 2.1.1).
    pub path: Vec<Digest>,
}

/// That events of an execution are in the log of one checkpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ExecutionProof {
    /// The execution.
    pub execution_id: Uuid,
    /// What the events are proved against.
    pub checkpoint: Checkpoint,
    /// The events, oldest first.
    pub events: Vec<EventProof>,
    /// The `cursor` that proves the events after these; `null` where these are the last.
    pub next: Option<String>,
}

/// That the log of a checkpoint begins with all that it was at an earlier size.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ConsistencyProof {
    /// The earlier size.
    pub from: u64,
    /// The root at that size.
    pub from_root: Digest,
    /// The log as it is.
    pub checkpoint: Checkpoint,
    /// The nodes that lead from the one to the other (RFC 6962, section 2.1.2).
    pub path: Vec<Digest>,
}

/// Which events of an execution are to be proved.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams), into_params(parameter_in = Query))]
#[serde(default, deny_unknown_fields)]
pub struct ProofQuery {
    /// How many events at most; 50 unless told otherwise.
    #[cfg_attr(feature = "openapi", param(minimum = 1, maximum = 250))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// The `next` of the proof before.
    #[cfg_attr(feature = "openapi", param(pattern = "^[0-9]{1,19}$"))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// From where on the log is to be consistent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams), into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct ConsistencyQuery {
    /// The size that an earlier checkpoint says.
    #[cfg_attr(feature = "openapi", param(minimum = 1, maximum = 1099511627775_u64))]
    pub from: u64,
}
