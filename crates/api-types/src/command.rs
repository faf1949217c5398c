//! The commands on an execution.

use proto_events::{ArgumentsDigest, CallError, Card, Json, ResultStatus, Timing};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Execution, given, stage::named};
#[cfg(feature = "openapi")]
use crate::{
    given::{GivenError, GivenTiming},
    i_json::IJsonObject,
};

/// The requesting user confirms.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Confirm {
    /// Digest of the arguments that the user saw; checked where it is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arguments_digest: Option<ArgumentsDigest>,
    /// The card that the user saw, as the queue has it. Where it is given, the decision is about that card or is refused
    /// (`card_changed`), and it goes on record with the decision.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub card: Option<Card>,
}

/// The requesting user declines.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Decline {
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(max_length = 5000))]
    pub reason: Option<String>,
    /// The card that the user saw, as the queue has it. Where it is given, the decision is about that card or is refused
    /// (`card_changed`), and it goes on record with the decision.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub card: Option<Card>,
}

/// A reviewer approves.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Approve {
    /// Digest of the arguments that the reviewer saw; checked where it is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arguments_digest: Option<ArgumentsDigest>,
    /// The stage of the approvals that the reviewer saw, from 0: `approval.stage` of the execution. Where it is given, the
    /// vote counts in that stage or not at all; without it, in the present one.
    #[serde(deserialize_with = "given::integer", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(maximum = 4_294_967_295_u32))]
    pub stage: Option<u32>,
    /// What the reviewer has to say.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(max_length = 5000))]
    pub comment: Option<String>,
    /// Why the reviewers that were asked for are passed over in an emergency; takes the role `admin`, and is on record as
    /// such.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 5000, pattern = "[^\\s\\x85]"))]
    pub break_glass: Option<String>,
    /// The card that the reviewer saw, as the queue has it. Where it is given, the decision is about that card or is refused
    /// (`card_changed`), and it goes on record with the decision.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub card: Option<Card>,
}

/// A reviewer denies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Deny {
    /// Why.
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 5000, pattern = "[^\\s\\x85]"))]
    pub reason: String,
    /// The card that the reviewer saw, as the queue has it. Where it is given, the decision is about that card or is refused
    /// (`card_changed`), and it goes on record with the decision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub card: Option<Card>,
}

/// A reviewer aborts, and tells the agent what to know or do instead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Abort {
    /// What the agent should know or do instead.
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 5000, pattern = "[^\\s\\x85]"))]
    pub feedback: String,
    /// The card that the reviewer saw, as the queue has it. Where it is given, the decision is about that card or is refused
    /// (`card_changed`), and it goes on record with the decision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub card: Option<Card>,
}

/// A reviewer edits the arguments: the call is aborted, and a new attempt with the others is decided on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Revise {
    /// The arguments of the new attempt: a JSON object of strict I-JSON (RFC 7493), at most 256 KiB and 64 levels deep.
    #[cfg_attr(feature = "openapi", schema(value_type = IJsonObject))]
    pub arguments: Json,
    /// What the agent should know.
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 5000, pattern = "[^\\s\\x85]"))]
    pub feedback: String,
    /// The card that the reviewer saw, as the queue has it. Where it is given, the decision is about that card or is refused
    /// (`card_changed`), and it goes on record with the decision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub card: Option<Card>,
}

/// What became of a call whose arguments a reviewer edited.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Revised {
    /// The call that was aborted.
    pub former: Execution,
    /// The new attempt, decided.
    pub new: Execution,
}

/// Comments on a call that waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct AddComment {
    /// What there is to say.
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 5000, pattern = "[^\\s\\x85]"))]
    pub text: String,
}

/// The call is about to run: its permit is used up.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Start {
    /// The permit; without it the execution's own, whatever it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub permit_id: Option<Uuid>,
    /// Digest of the arguments that are about to run; checked where it is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arguments_digest: Option<ArgumentsDigest>,
}

/// The running call is alive; its lease is renewed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Progress {
    /// What it is doing.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(max_length = 5000))]
    pub message: Option<String>,
    /// How far it is.
    #[serde(deserialize_with = "given::integer", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(maximum = 100))]
    pub percent: Option<u8>,
}

/// The running call ended well.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Complete {
    /// What the tool returned; at most 256 KiB.
    #[serde(deserialize_with = "given::present", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Json, required = false))]
    pub result: Option<Json>,
    /// When it ran, as its runtime measured it.
    #[serde(deserialize_with = "given::timing", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<GivenTiming>))]
    pub timing: Option<Timing>,
}

named! {
    /// How a call ended that did not succeed.
    FailureStatus {
        /// The tool reported an error.
        Failed = "failed",
        /// The tool did not answer in time, as its caller says.
        TimedOut = "timed_out",
        /// The caller decided not to run it after all.
        Skipped = "skipped",
    }
}

/// The running call ended without success.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Fail {
    /// How it ended; `failed` unless told otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<FailureStatus>,
    /// Why the tool failed.
    #[serde(deserialize_with = "given::error", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<GivenError>))]
    pub error: Option<CallError>,
    /// Why, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(max_length = 5000))]
    pub reason: Option<String>,
    /// What the tool returned all the same; at most 256 KiB.
    #[serde(deserialize_with = "given::present", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Json, required = false))]
    pub result: Option<Json>,
    /// When it ran, as its runtime measured it.
    #[serde(deserialize_with = "given::timing", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<GivenTiming>))]
    pub timing: Option<Timing>,
}

/// Calls it off: the requester or the proposing agent before it started, its executor after.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Cancel {
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(max_length = 5000))]
    pub reason: Option<String>,
}

/// Evidence shows how an unknown call ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Settle {
    /// How it ended; never `unknown`.
    #[cfg_attr(feature = "openapi", schema(schema_with = settled_status))]
    pub status: ResultStatus,
    /// What shows it.
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 5000, pattern = "[^\\s\\x85]"))]
    pub evidence: String,
    /// What the tool returned, if the evidence has it; at most 256 KiB.
    #[serde(default, deserialize_with = "given::present", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Json, required = false))]
    pub result: Option<Json>,
}

/// Every status but `unknown`, which settles nothing.
#[cfg(feature = "openapi")]
fn settled_status() -> utoipa::openapi::Schema {
    use ResultStatus as S;
    let known = [S::Succeeded, S::Failed, S::TimedOut, S::Skipped, S::Cancelled].map(S::as_str);
    utoipa::openapi::ObjectBuilder::new()
        .schema_type(utoipa::openapi::schema::Type::String)
        .enum_values(Some(known))
        .description(Some("How it ended."))
        .build()
        .into()
}
