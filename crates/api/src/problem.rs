//! Errors as answers: `application/problem+json` (RFC 9457) with a stable code.

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use vidimus_api_types::{FieldError, PROBLEM_JSON, Problem};
use vidimus_domain::{
    attempt,
    execution::{self, Rejection},
    field::InvalidField,
    function, key, registry, webhook,
};
use vidimus_engine::EngineError;
use vidimus_projection::QueryError;

use crate::telemetry::{self, AppendTrouble};

/// How long to wait before what is retryable is tried again, in seconds.
const RETRY_AFTER_SECONDS: u64 = 1;

/// Why a request has no answer.
#[derive(Clone, Debug)]
pub(crate) struct ApiError {
    status: StatusCode,
    code: &'static str,
    detail: String,
    errors: Vec<FieldError>,
    retry_after: Option<u64>,
    append_trouble: Option<AppendTrouble>,
}

impl ApiError {
    pub(crate) fn new(status: StatusCode, code: &'static str, detail: impl ToString) -> Self {
        let detail = detail.to_string();
        Self { status, code, detail, errors: Vec::new(), retry_after: None, append_trouble: None }
    }

    /// One field is at fault.
    pub(crate) fn field(
        status: StatusCode,
        code: &'static str,
        field: impl Into<String>,
        detail: impl ToString,
    ) -> Self {
        let detail = detail.to_string();
        let errors = vec![FieldError { field: field.into(), detail: detail.clone() }];
        Self { errors, ..Self::new(status, code, detail) }
    }

    pub(crate) fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// There is no such thing, or it is another tenant's.
    pub(crate) fn not_found(code: &'static str, detail: impl ToString) -> Self {
        Self::new(StatusCode::NOT_FOUND, code, detail)
    }

    pub(crate) fn status(&self) -> StatusCode {
        self.status
    }

    pub(crate) fn code(&self) -> &'static str {
        self.code
    }

    pub(crate) fn detail(&self) -> &str {
        &self.detail
    }

    /// An error of a layer below, by what kind of error it is. What went wrong on our side is told to the log of the
    /// server in full, to the caller by its code.
    fn below(status: StatusCode, code: &'static str, retryable: bool, error: &dyn std::error::Error) -> Self {
        if retryable {
            return Self::new(StatusCode::SERVICE_UNAVAILABLE, code, error).retry_after(RETRY_AFTER_SECONDS);
        }
        if status.is_server_error() {
            tracing::error!(code, %error, "a request failed on our side");
            let detail =
                "the server could not do this; an operator finds the reason in its log, by the request id";
            return Self::new(status, code, detail);
        }
        Self::new(status, code, error)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let problem = Problem {
            problem_type: format!("urn:vidimus:problem:{}", self.code),
            title: self.status.canonical_reason().unwrap_or("Error").to_owned(),
            status: self.status.as_u16(),
            code: self.code.to_owned(),
            detail: self.detail,
            retryable: self.retry_after.is_some(),
            errors: self.errors,
            request_id: telemetry::current_request_id(),
        };
        let mut response = (self.status, Json(problem)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(trouble) = self.append_trouble {
            response.extensions_mut().insert(trouble);
        }
        response
    }
}

/// The status of a decided no: the caller's field, not there, not theirs, or too late.
const fn rejected(rejection: &Rejection) -> StatusCode {
    use Rejection as R;
    match rejection {
        R::Field(_) | R::SettledAsUnknown => StatusCode::UNPROCESSABLE_ENTITY,
        R::NotFound => StatusCode::NOT_FOUND,
        R::NotTheRequester { .. }
        | R::AgentCannotConfirm
        | R::RequesterCannotReview { .. }
        | R::NotAReviewer { .. }
        | R::NotTheExecutor { .. }
        | R::NotYoursToCancel { .. }
        | R::CannotSettle { .. } => StatusCode::FORBIDDEN,
        R::Incomplete { .. } | R::DecisionMismatch { .. } => StatusCode::INTERNAL_SERVER_ERROR,
        R::IdTaken { .. }
        | R::AwaitingConfirmation { .. }
        | R::AwaitingApproval
        | R::NoConfirmationAsked
        | R::NoApprovalAsked
        | R::ArgumentsMismatch { .. }
        | R::TooLate { .. }
        | R::NotDue { .. }
        | R::NothingToExpire { .. }
        | R::Blocked { .. }
        | R::NothingToDo
        | R::AlreadyConfirmed { .. }
        | R::AlreadyDeclined { .. }
        | R::AlreadyAccepted { .. }
        | R::AlreadyDenied { .. }
        | R::AlreadyAborted { .. }
        | R::AlreadyExpired { .. }
        | R::PermitMismatch { .. }
        | R::NotStarted
        | R::AlreadyStarted { .. }
        | R::TooMuchProgress
        | R::ResultUnknown
        | R::NothingToSettle { .. }
        | R::AlreadyFinished { .. }
        | R::ResultDiffers { .. }
        | R::AlreadyCancelled { .. }
        | R::AlreadySettled { .. } => StatusCode::CONFLICT,
    }
}

impl From<&InvalidField> for ApiError {
    fn from(error: &InvalidField) -> Self {
        let field = format!("body.{}", error.field());
        Self::field(StatusCode::UNPROCESSABLE_ENTITY, error.code(), field, error)
    }
}

impl From<EngineError> for ApiError {
    fn from(error: EngineError) -> Self {
        let at_fault =
            |status, field: &'static str| Self::field(status, error.code(), format!("body.{field}"), &error);
        let status = match &error {
            EngineError::Execution(execution::Rejection::Field(field))
            | EngineError::Function(function::Rejection::Field(field))
            | EngineError::Attempt(attempt::Rejection::Field(field))
            | EngineError::Key(key::Rejection::Field(field))
            | EngineError::Registry(registry::Rejection::Field(field))
            | EngineError::Webhook(webhook::Rejection::Field(field)) => {
                return at_fault(StatusCode::UNPROCESSABLE_ENTITY, field.field());
            }
            EngineError::Key(key::Rejection::SystemActor { .. }) => {
                return at_fault(StatusCode::UNPROCESSABLE_ENTITY, "actor");
            }
            EngineError::Key(key::Rejection::RolesMissing) => {
                return at_fault(StatusCode::UNPROCESSABLE_ENTITY, "roles");
            }
            // The clock decides that, not the form of the request.
            EngineError::Key(key::Rejection::ExpiryInThePast { .. }) => {
                return at_fault(StatusCode::CONFLICT, "expires_at");
            }
            // It has the form that the document asks for, and still is no address.
            EngineError::Webhook(webhook::Rejection::AddressUnusable { .. }) => {
                return at_fault(StatusCode::CONFLICT, "url");
            }
            // Where the log ends decides that, not the form of the request.
            EngineError::Webhook(webhook::Rejection::PositionUnknown { .. }) => {
                return at_fault(StatusCode::CONFLICT, "after");
            }
            EngineError::Execution(rejection) => rejected(rejection),
            EngineError::Key(key::Rejection::Exists { .. })
            | EngineError::Webhook(webhook::Rejection::Exists { .. } | webhook::Rejection::TooMany { .. }) => {
                StatusCode::CONFLICT
            }
            EngineError::Key(key::Rejection::NotFound)
            | EngineError::Webhook(webhook::Rejection::NotFound) => StatusCode::NOT_FOUND,
            EngineError::Key(key::Rejection::AgentCannotManageKeys { .. })
            | EngineError::Function(function::Rejection::AgentCannotSetAccess { .. })
            | EngineError::Webhook(webhook::Rejection::AgentCannotManageWebhooks { .. })
            | EngineError::MissingRole { .. } => StatusCode::FORBIDDEN,
            EngineError::Append(append) if append.code() == "append_too_large" => {
                StatusCode::PAYLOAD_TOO_LARGE
            }
            EngineError::Append(_)
            | EngineError::Read(_)
            | EngineError::Contention { .. }
            | EngineError::KeyPepperMissing
            | EngineError::Event { .. }
            | EngineError::Encode(_) => StatusCode::INTERNAL_SERVER_ERROR,
        };
        let append_trouble = match &error {
            EngineError::Append(append) => AppendTrouble::of(append.code()),
            _ => None,
        };
        Self { append_trouble, ..Self::below(status, error.code(), error.is_retryable(), &error) }
    }
}

/// Whether it could be a cursor of a view.
fn is_cursor(text: &str) -> bool {
    text.len() == 44 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

impl From<QueryError> for ApiError {
    fn from(error: QueryError) -> Self {
        let field = match &error {
            QueryError::InvalidLimit { .. } => Some("query.limit"),
            // What has the form that the document asks for, and still is no place in this list, or nothing that it can
            // be searched for.
            QueryError::InvalidCursor { cursor } if is_cursor(cursor) => {
                return Self::field(StatusCode::CONFLICT, error.code(), "query.cursor", &error);
            }
            QueryError::InvalidSearch { .. } => {
                return Self::field(StatusCode::CONFLICT, error.code(), "query.search", &error);
            }
            QueryError::InvalidCursor { .. } => Some("query.cursor"),
            // What SQLite or the operating system said is for an operator.
            QueryError::Damaged { .. } | QueryError::Storage { .. } => {
                tracing::error!(code = error.code(), %error, "a view could not be read");
                let detail = "the view cannot be read for now: try again in a moment; an operator finds the reason in the server's log, by the request id";
                return Self::new(StatusCode::SERVICE_UNAVAILABLE, error.code(), detail)
                    .retry_after(RETRY_AFTER_SECONDS);
            }
            QueryError::Rebuilding { .. } | QueryError::Overloaded { .. } | QueryError::NotReached { .. } => {
                None
            }
        };
        match field {
            Some(field) => Self::field(StatusCode::UNPROCESSABLE_ENTITY, error.code(), field, &error),
            None => {
                Self::below(StatusCode::INTERNAL_SERVER_ERROR, error.code(), error.is_retryable(), &error)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proto_events::{Actor, Timestamp};
    use uuid::Uuid;
    use vidimus_projection::View;

    use super::*;

    fn told(error: EngineError) -> (u16, &'static str, Vec<String>) {
        let ApiError { status, code, errors, .. } = error.into();
        (status.as_u16(), code, errors.into_iter().map(|error| error.field).collect())
    }

    #[test]
    fn a_field_is_at_fault_whatever_was_decided_on() {
        let no = InvalidField::Missing { field: "reason" };
        for error in [
            EngineError::from(execution::Rejection::from(no.clone())),
            function::Rejection::from(no.clone()).into(),
            attempt::Rejection::from(no.clone()).into(),
            key::Rejection::from(no.clone()).into(),
            registry::Rejection::from(no.clone()).into(),
            webhook::Rejection::from(no).into(),
        ] {
            assert_eq!(told(error), (422, "text_missing", vec!["body.reason".to_owned()]));
        }
    }

    #[test]
    fn a_decided_no_about_a_key_or_a_function_has_its_status() {
        let actor = Actor::agent("bot");
        let expires_at = Timestamp::from_micros(0);
        for (no, status, code, field) in [
            (key::Rejection::SystemActor { actor: actor.clone() }, 422, "system_actor", Some("body.actor")),
            (key::Rejection::RolesMissing, 422, "roles_missing", Some("body.roles")),
            (
                key::Rejection::ExpiryInThePast { expires_at },
                409,
                "expiry_in_the_past",
                Some("body.expires_at"),
            ),
            (
                key::Rejection::AgentCannotManageKeys { actor: actor.clone() },
                403,
                "agent_cannot_manage_keys",
                None,
            ),
            (key::Rejection::Exists { key_id: Uuid::nil() }, 409, "key_exists", None),
            (key::Rejection::NotFound, 404, "key_not_found", None),
        ] {
            let fields = field.into_iter().map(str::to_owned).collect();
            assert_eq!(told(no.into()), (status, code, fields));
        }
        let no = function::Rejection::AgentCannotSetAccess { actor };
        assert_eq!(told(no.into()), (403, "agent_cannot_set_access", vec![]));
    }

    #[test]
    fn a_decided_no_about_a_webhook_has_its_status() {
        let position = proto_events::GlobalPosition::new(9);
        let tail = proto_events::GlobalPosition::new(8);
        for (no, status, code, field) in [
            (
                webhook::Rejection::AgentCannotManageWebhooks { actor: Actor::agent("bot") },
                403,
                "agent_cannot_manage_webhooks",
                None,
            ),
            (
                webhook::Rejection::AddressUnusable { problem: "is not" },
                409,
                "address_unusable",
                Some("body.url"),
            ),
            (webhook::Rejection::TooMany { max: 100 }, 409, "too_many_webhooks", None),
            (
                webhook::Rejection::PositionUnknown { position, tail },
                409,
                "position_unknown",
                Some("body.after"),
            ),
            (webhook::Rejection::Exists { webhook_id: Uuid::nil() }, 409, "webhook_exists", None),
            (webhook::Rejection::NotFound, 404, "webhook_not_found", None),
        ] {
            let fields = field.into_iter().map(str::to_owned).collect();
            assert_eq!(told(no.into()), (status, code, fields));
        }
    }

    #[test]
    fn what_the_operating_system_says_is_not_told_to_the_caller() {
        let (view, reason) = (View::Executions, "disk I/O error in /srv/vidimus".to_owned());
        for (error, code) in [
            (QueryError::Storage { view, reason: reason.clone() }, "view_storage_failed"),
            (QueryError::Damaged { view, reason }, "view_damaged"),
        ] {
            let error = ApiError::from(error);
            assert_eq!((error.status.as_u16(), error.code), (503, code));
            assert_eq!(error.retry_after, Some(1));
            assert!(!error.detail.contains("disk") && !error.detail.contains("/srv"), "{}", error.detail);
        }
    }
}
