//! The parts that events share: the call and what came of it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{ArgumentsDigest, FunctionName, TenantId, Timestamp, identity::attempt_execution_id};

/// Which call an event is about; every event of an execution repeats it, so that each can be read alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CallRef {
    /// The agent that wants to make the call; 1 to 255 characters.
    pub agent: String,
    /// The conversation that triggered it; 1 to 255 characters. The notification's `threadId`.
    pub conversation: String,
    /// The caller's id of the request; at most 255 characters. The notification's `requestId`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// What is to be called.
    pub function: FunctionName,
}

impl CallRef {
    /// The id of the execution for an attempt under `idempotency_key`: the same tenant, key, function and arguments
    /// always give the same id (UUIDv5), so that a retry lands on the same stream.
    pub fn attempt_id(
        tenant: &TenantId,
        idempotency_key: &str,
        function: &FunctionName,
        digest: &ArgumentsDigest,
    ) -> Uuid {
        attempt_execution_id([tenant.as_str(), idempotency_key, function.as_str(), &digest.to_string()])
    }
}

/// How an execution came to be on record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Origin {
    /// It was proposed and decided here.
    Proposed,
    /// It ran elsewhere and was handed in when it was over; nothing was decided here.
    Recorded(ActivityReport),
}

/// What a runtime says about a call that it handed in after the fact.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ActivityReport {
    /// The runtime's id of the tool; at most 255 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_id: Option<String>,
    /// The runtime's kind of the tool, for example `webhook`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_kind: Option<String>,
    /// Who invoked it: `system` or `contextual`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invocation_source: Option<String>,
    /// The event that triggered the call; at most 64 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trigger_event: Option<String>,
    /// The tool that this call came from; at most 255 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_tool_id: Option<String>,
    /// HTTP status of the tool's answer, 100 to 999.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http_status: Option<u16>,
    /// Whether the agent waited for the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait_for_response: Option<bool>,
    /// Whether the answer was shown to the model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub show_results_to_llm: Option<bool>,
    /// Where the call went, without query and fragment; at most 1,024 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_url: Option<String>,
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ResultStatus {
    /// The tool did it.
    Succeeded,
    /// The tool reported an error.
    Failed,
    /// The tool did not answer in time, as its caller says.
    TimedOut,
    /// The caller decided not to run it after all.
    Skipped,
    /// It was called off.
    Cancelled,
    /// It started and never reported.
    Unknown,
}

impl ResultStatus {
    /// The status's stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::TimedOut => "timed_out",
            Self::Skipped => "skipped",
            Self::Cancelled => "cancelled",
            Self::Unknown => "unknown",
        }
    }
}

/// Why a call failed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CallError {
    /// What the tool said; at most 5,000 characters when handed in after the fact, 256 KiB otherwise.
    pub message: String,
    /// The tool's code; at most 128 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The error's type; at most 200 characters.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub error_type: Option<String>,
    /// Stack trace; at most 20,000 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stack_trace: Option<String>,
}

/// When a call ran, as its runtime measured it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Timing {
    /// When it started.
    pub started_at: Timestamp,
    /// When it ended.
    pub finished_at: Timestamp,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
}
