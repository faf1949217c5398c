//! JSON that callers hand in: within bounds, and said where it is not.

use axum::http::StatusCode;
use proto_events::Json;
use vidimus_domain::arguments::{self, Arguments};

use crate::problem::ApiError;

fn refused(code: &'static str, field: &str, detail: impl ToString) -> ApiError {
    ApiError::field(StatusCode::UNPROCESSABLE_ENTITY, code, format!("body.{field}"), detail)
}

/// The arguments of a call.
pub(crate) fn arguments(json: &Json) -> Result<Arguments, ApiError> {
    let parsed = Arguments::parse(json.as_str().as_bytes());
    parsed.map_err(|error| refused(error.code(), "arguments", error))
}

/// What a tool returned, as it came.
pub(crate) fn payload(field: &str, json: Option<Json>) -> Result<Option<Json>, ApiError> {
    let Some(json) = json else { return Ok(None) };
    let checked = arguments::payload(json.as_str().as_bytes());
    checked.map(Some).map_err(|error| refused(error.code(), field, error))
}

/// The circumstances of a call: an object, so that whoever reads them finds names.
pub(crate) fn context(json: Option<Json>) -> Result<Option<Json>, ApiError> {
    let json = payload("context", json)?;
    if json.as_ref().is_some_and(|json| !json.as_str().starts_with('{')) {
        let detail = "`context` is no object: send it as `{\"name\": value}`";
        return Err(refused("payload_not_object", "context", detail));
    }
    Ok(json)
}
