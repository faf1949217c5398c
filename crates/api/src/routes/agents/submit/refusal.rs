//! The errors of this endpoint: `{"detail": …}` as `application/json`, with the statuses that the document has.

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use uuid::Uuid;
use vidimus_api_types::{SubmissionError, SubmissionErrorDetail};
use vidimus_domain::execution::Rejection;
use vidimus_engine::EngineError;

use super::validation::{Fault, Faults};
use crate::problem::ApiError;

/// Where the idempotency key is.
pub(super) const IDEMPOTENCY_KEY: [&str; 2] = ["header", "idempotency-key"];

/// Why nothing is recorded.
pub(crate) enum Refusal {
    /// As the document says it.
    Said(StatusCode, SubmissionErrorDetail),
    /// As our other routes say it.
    Ours(ApiError),
}

impl Refusal {
    fn text(status: StatusCode, detail: impl Into<String>) -> Self {
        Self::Said(status, SubmissionErrorDetail::Message(detail.into()))
    }

    fn fault(place: &[&str], fault: Fault) -> Self {
        let mut faults = Faults::default();
        faults.add(place, fault);
        faults.into()
    }

    pub(super) fn not_found(agent: Uuid, call: Uuid) -> Self {
        let detail = format!(
            "there is no call `{call}` of an agent `{agent}`: register it with `PUT /v1/agents/{agent}/calls/{call}` first"
        );
        Self::text(StatusCode::NOT_FOUND, detail)
    }
}

impl From<Faults> for Refusal {
    fn from(faults: Faults) -> Self {
        Self::Said(StatusCode::UNPROCESSABLE_ENTITY, faults.into())
    }
}

impl From<ApiError> for Refusal {
    fn from(error: ApiError) -> Self {
        Self::Ours(error)
    }
}

impl From<EngineError> for Refusal {
    fn from(error: EngineError) -> Self {
        match &error {
            EngineError::Execution(Rejection::Field(field)) if field.field() == "idempotency_key" => {
                Self::fault(&IDEMPOTENCY_KEY, Fault::new(field.code(), field.to_string()))
            }
            EngineError::Execution(Rejection::IdTaken { .. }) => {
                let detail = "the idempotency key names another record: use one key for one record";
                Self::text(StatusCode::CONFLICT, detail)
            }
            _ => Self::Ours(error.into()),
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let error = match self {
            Self::Said(status, detail) => return (status, Json(SubmissionError { detail })).into_response(),
            Self::Ours(error) => error,
        };
        let status = match error.status() {
            // That is said in front of this endpoint, which the document is not about.
            StatusCode::TOO_MANY_REQUESTS => return error.into_response(),
            status @ (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::NOT_FOUND) => status,
            // The document has one status for what is the client's fault and one for what is ours.
            status if status.is_client_error() => {
                return Self::fault(&["body"], error.into()).into_response();
            }
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        let said = Self::text(status, error.detail()).into_response();
        // Beside the body ours says the same: when to try again, how to authenticate, what the metrics count.
        let (mut parts, _) = error.into_response().into_parts();
        parts.status = status;
        parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        Response::from_parts(parts, said.into_body())
    }
}
