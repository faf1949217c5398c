//! A call that ran elsewhere, handed in when it was over. The shapes of this endpoint are fixed from outside.

use proto_events::{Json, Timestamp};
use serde::{Deserialize, Serialize};

use crate::stage::named;

named! {
    /// What kind of tool it was.
    ToolKind {
        /// A web request.
        Webhook = "webhook",
        /// A template.
        Template = "template",
        /// A handover to a person.
        HumanTransfer = "human_transfer",
        /// Built into the runtime.
        BuiltIn = "built_in",
    }
}

named! {
    /// Who invoked it.
    InvocationSource {
        /// The runtime itself.
        System = "system",
        /// The conversation.
        Contextual = "contextual",
    }
}

named! {
    /// How it ended.
    ToolOutcome {
        /// The tool did it.
        Succeeded = "succeeded",
        /// The tool reported an error.
        Failed = "failed",
        /// The tool did not answer in time.
        TimedOut = "timed_out",
        /// It was not run after all.
        Skipped = "skipped",
        /// It was called off.
        Cancelled = "cancelled",
    }
}

/// A finished call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ToolExecutionCreate {
    /// The runtime's id of the tool; at most 255 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(max_length = 255))]
    pub tool_id: Option<String>,
    /// The tool's name; 1 to 255 characters.
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 255))]
    pub tool_name: String,
    /// What kind of tool it was.
    pub tool_kind: ToolKind,
    /// Who invoked it.
    pub invocation_source: InvocationSource,
    /// The event that triggered the call; 1 to 64 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 64))]
    pub trigger_event: Option<String>,
    /// The tool that this call came from; at most 255 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(max_length = 255))]
    pub source_tool_id: Option<String>,
    /// When it started.
    pub started_at: Timestamp,
    /// When it ended.
    pub finished_at: Timestamp,
    /// How long it took, in milliseconds; what is beyond 2^64 − 1 is recorded as that.
    #[cfg_attr(feature = "openapi", schema(schema_with = openapi::duration_ms))]
    pub duration_ms: u64,
    /// How it ended.
    pub outcome: ToolOutcome,
    /// HTTP status of the tool's answer, 100 to 999.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(schema_with = openapi::http_status, required = false))]
    pub http_status: Option<u16>,
    /// The tool's error code; at most 128 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(max_length = 128))]
    pub error_code: Option<String>,
    /// The error's type; at most 200 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(max_length = 200))]
    pub error_type: Option<String>,
    /// Whether the agent waited for the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait_for_response: Option<bool>,
    /// Whether the answer was shown to the model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub show_results_to_llm: Option<bool>,
    /// Where the call went, without query and fragment; at most 1,024 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(max_length = 1024))]
    pub target_url: Option<String>,
    /// The arguments, or as much of them as the runtime shows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(schema_with = openapi::preview, required = false))]
    pub arguments_preview: Option<Json>,
    /// The result, or as much of it as the runtime shows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(schema_with = openapi::preview, required = false))]
    pub result_preview: Option<Json>,
    /// What the tool said; at most 5,000 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(max_length = 5000))]
    pub error_message: Option<String>,
    /// Stack trace; at most 20,000 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(max_length = 20000))]
    pub stack_trace: Option<String>,
}

/// Why a finished call was not recorded: `{"detail": "…"}`, or with a list where fields are at fault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SubmissionError {
    /// What is wrong.
    pub detail: SubmissionErrorDetail,
}

/// What is wrong with a submission.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(untagged)]
pub enum SubmissionErrorDetail {
    /// In words.
    Message(String),
    /// Field by field.
    Validation(Vec<ValidationItem>),
}

/// What is wrong with one field of a submission.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ValidationItem {
    /// Where it is: `body` or `path`, then names.
    pub loc: Vec<String>,
    /// What is wrong with it.
    pub msg: String,
    /// Stable code of what is wrong with it, for example `string_type`, `missing`, `extra_forbidden`.
    #[serde(rename = "type")]
    pub code: String,
}

/// What the derived descriptions would say otherwise than the document that this endpoint follows.
#[cfg(feature = "openapi")]
mod openapi {
    use utoipa::openapi::{
        ObjectBuilder, Schema,
        schema::{SchemaType, Type},
    };

    /// No format: the document has no upper bound.
    pub(super) fn duration_ms() -> Schema {
        ObjectBuilder::new()
            .schema_type(Type::Integer)
            .minimum(Some(0))
            .description(Some(
                "How long it took, in milliseconds; what is beyond 2^64 − 1 is recorded as that.",
            ))
            .build()
            .into()
    }

    pub(super) fn http_status() -> Schema {
        ObjectBuilder::new()
            .schema_type(SchemaType::from_iter([Type::Integer, Type::Null]))
            .minimum(Some(100))
            .maximum(Some(999))
            .description(Some("HTTP status of the tool's answer."))
            .build()
            .into()
    }

    /// Any JSON, `null` among it.
    pub(super) fn preview() -> Schema {
        ObjectBuilder::new()
            .schema_type(SchemaType::AnyValue)
            .description(Some(
                "As much of the arguments or of the result as the runtime shows: any JSON value.",
            ))
            .build()
            .into()
    }
}
