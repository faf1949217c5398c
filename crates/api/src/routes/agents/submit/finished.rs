//! What was handed in, as a finished call. Where a thing goes is told in `docs/reference/submit.md`.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use proto_events::{ActivityReport, CallError, CallRef, FunctionName, Json, ResultStatus, Timing};
use serde_json::json;
use uuid::Uuid;
use vidimus_api_types::{ToolExecutionCreate, ToolOutcome};
use vidimus_domain::{
    arguments::{Arguments, MAX_PAYLOAD_BYTES, payload},
    execution::{MAX_RECORDED_CONTEXT_BYTES, Report},
};
use vidimus_engine::FinishedCall;

use crate::problem::ApiError;

/// Of a preview that cannot be kept as JSON, so much of its text is kept, in bytes.
const MAX_EXCERPT_BYTES: usize = 64 * 1024;
/// What stands in a context beside the preview, in bytes: generously, a tool's name with every character escaped.
const BESIDE_PREVIEW_BYTES: usize = 4 * 1024;

pub(super) fn finished(
    agent: Uuid,
    call: Uuid,
    body: ToolExecutionCreate,
    idempotency_key: Option<String>,
) -> Result<FinishedCall, ApiError> {
    let name = printable(&body.tool_name);
    let mut context = BTreeMap::new();
    if name != body.tool_name {
        context.insert("tool_name", Json::from_value(&json!(body.tool_name)));
    }
    let mut arguments = None;
    if let Some(preview) = body.arguments_preview {
        match Arguments::parse(preview.as_str().as_bytes()) {
            Ok(parsed) => arguments = Some(parsed),
            Err(_) => {
                let max = MAX_RECORDED_CONTEXT_BYTES - BESIDE_PREVIEW_BYTES;
                context.insert("arguments_preview", kept(preview, max));
            }
        }
    }
    // The name was checked for its length and rid of what no function's name has, so that this cannot fail.
    let function = format!("{}.{name}", body.tool_kind).parse::<FunctionName>();
    Ok(FinishedCall {
        call: CallRef {
            agent: agent.to_string(),
            conversation: call.to_string(),
            request_id: None,
            function: function.map_err(|error| bug(&error))?,
        },
        arguments,
        requester: None,
        idempotency_key,
        context: if context.is_empty() { None } else { Some(object(&context)?) },
        activity: ActivityReport {
            tool_id: body.tool_id,
            tool_kind: Some(body.tool_kind.to_string()),
            invocation_source: Some(body.invocation_source.to_string()),
            trigger_event: body.trigger_event,
            source_tool_id: body.source_tool_id,
            http_status: body.http_status,
            wait_for_response: body.wait_for_response,
            show_results_to_llm: body.show_results_to_llm,
            target_url: body.target_url.map(without_query),
        },
        status: match body.outcome {
            ToolOutcome::Succeeded => ResultStatus::Succeeded,
            ToolOutcome::Failed => ResultStatus::Failed,
            ToolOutcome::TimedOut => ResultStatus::TimedOut,
            ToolOutcome::Skipped => ResultStatus::Skipped,
            ToolOutcome::Cancelled => ResultStatus::Cancelled,
        },
        report: Report {
            result: body.result_preview.map(|preview| kept(preview, MAX_PAYLOAD_BYTES)),
            error: error(body.error_message, body.error_code, body.error_type, body.stack_trace),
            reason: None,
            timing: Some(Timing {
                started_at: body.started_at,
                finished_at: body.finished_at,
                duration_ms: body.duration_ms,
            }),
        },
    })
}

fn bug(error: &dyn std::error::Error) -> ApiError {
    tracing::error!(%error, "a submission that was checked could not be taken");
    let detail = "the server could not take this; report this as a bug";
    ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "submission_not_taken", detail)
}

fn object(fields: &BTreeMap<&str, Json>) -> Result<Json, ApiError> {
    let text = serde_json::to_string(fields).map_err(|error| bug(&error))?;
    Json::from_text(text).map_err(|error| bug(&error))
}

/// The name as a function's name can have it, and a page can show it: a picture in the place of each control character.
fn printable(name: &str) -> String {
    let picture = |char: char| match char {
        '\0'..='\x1f' => char::from_u32(0x2400 + u32::from(char)).unwrap_or(char::REPLACEMENT_CHARACTER),
        '\x7f' => '\u{2421}',
        char if char.is_control() => char::REPLACEMENT_CHARACTER,
        char => char,
    };
    name.chars().map(picture).collect()
}

/// A preview as it can be kept: as it came, or where it is too large, too deep or more than a parser takes, as the text
/// that it came as, cut.
fn kept(preview: Json, max: usize) -> Json {
    let text = preview.as_str();
    if text.len() <= max && payload(text.as_bytes()).is_ok() {
        return preview;
    }
    let start = &text[..text.floor_char_boundary(MAX_EXCERPT_BYTES)];
    Json::from_value(&json!({"json": start, "bytes": text.len()}))
}

/// The document says that the URL comes without query and fragment, where secrets are; what comes with them is cut, as
/// nothing that is on the log can be taken off it.
fn without_query(mut url: String) -> String {
    url.truncate(url.find(['?', '#']).unwrap_or(url.len()));
    url
}

fn error(
    message: Option<String>,
    code: Option<String>,
    error_type: Option<String>,
    stack_trace: Option<String>,
) -> Option<CallError> {
    let any = message.is_some() || code.is_some() || error_type.is_some() || stack_trace.is_some();
    any.then(|| CallError { message: message.unwrap_or_default(), code, error_type, stack_trace })
}
