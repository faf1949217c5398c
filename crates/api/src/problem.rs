//! Errors as answers: `application/problem+json` (RFC 9457) with a stable code.

mod query;

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use vidimus_api_types::{FieldError, PROBLEM_JSON, PolicyFault, Problem};
use vidimus_domain::{
    agent, attempt, connection, conversation,
    execution::{self, Rejection},
    field::InvalidField,
    freeze, function, grant, key, policy, registry, reviewer, webhook,
};
use vidimus_engine::{EngineError, PolicyErrors, ProofError};

use crate::{
    convert,
    telemetry::{self, AppendTrouble},
};

/// How long to wait before what is retryable is tried again, in seconds.
const RETRY_AFTER_SECONDS: u64 = 1;
/// The same where a replay has to end before; few take longer.
const RETRY_AFTER_REPLAY_SECONDS: u64 = 5;

/// Why a request has no answer.
#[derive(Clone, Debug)]
pub(crate) struct ApiError {
    status: StatusCode,
    code: &'static str,
    detail: String,
    errors: Vec<FieldError>,
    policy_errors: Vec<PolicyFault>,
    retry_after: Option<u64>,
    append_trouble: Option<AppendTrouble>,
}

impl ApiError {
    pub(crate) fn new(status: StatusCode, code: &'static str, detail: impl ToString) -> Self {
        let detail = detail.to_string();
        let (errors, policy_errors) = (Vec::new(), Vec::new());
        Self { status, code, detail, errors, policy_errors, retry_after: None, append_trouble: None }
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

    /// A parameter of the query is at fault.
    pub(crate) fn of_query(error: &InvalidField) -> Self {
        let field = format!("query.{}", error.field());
        Self::field(StatusCode::UNPROCESSABLE_ENTITY, error.code(), field, error)
    }

    /// Decision `index` of a batch is refused.
    fn in_batch(index: usize, error: &EngineError, why: EngineError) -> Self {
        let at = format!("body.decisions[{index}]");
        let refused = Self::from(why);
        // On our side nothing is at fault with the decision.
        if refused.status.is_server_error() {
            return refused;
        }
        let inner = |inner: &FieldError| match inner.field.strip_prefix("body.") {
            Some(field) => format!("{at}.verdict.{field}"),
            None => at.clone(),
        };
        let field = refused.errors.first().map_or_else(|| at.clone(), inner);
        Self::field(refused.status, refused.code, field, error)
    }

    /// A policy set has faults.
    fn policy(code: &'static str, errors: &PolicyErrors) -> Self {
        let count = errors.errors().len().saturating_add(errors.left_out());
        let first = errors.errors().first().map(|error| format!(": {error}")).unwrap_or_default();
        let s = if count == 1 { "" } else { "s" };
        let detail = format!("the policy set has {count} error{s}, which `policy_errors` lists{first}");
        let policy_errors = errors.errors().iter().map(convert::policy_fault).collect();
        Self { policy_errors, ..Self::field(StatusCode::CONFLICT, code, "body.files", detail) }
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
            policy_errors: self.policy_errors,
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

/// The field at fault, where the description of the API cannot say its form in full: what is wrong with it then is no fault
/// of its form.
fn beyond_form(error: &EngineError) -> Option<&'static str> {
    use InvalidField::Invalid;
    Some(match error {
        // An address; a sum over zero; so many bytes.
        EngineError::Connection(connection::Rejection::Field(Invalid { field: "endpoint", .. })) => {
            "endpoint"
        }
        EngineError::Grant(grant::Rejection::Field(Invalid { field: "max_sum", .. })) => "max_sum",
        EngineError::Conversation(conversation::Rejection::Field(Invalid { field: "text", .. })) => "text",
        EngineError::Policy(policy::Rejection::Field(Invalid { field: "files", .. })) => "files",
        EngineError::Function(function::Rejection::Field(Invalid { field: "arguments_schema", .. })) => {
            "arguments_schema"
        }
        // Somebody who can review.
        EngineError::Function(function::Rejection::Field(Invalid { field: "owner", .. })) => "owner",
        // The caller, where nobody is named.
        EngineError::Reviewer(reviewer::Rejection::Field(Invalid { field: "from", .. })) => "from",
        _ => return None,
    })
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
        | R::AgentCannotReview { .. }
        | R::NotAReviewer { .. }
        | R::NotTheAgent { .. }
        | R::NotTheExecutor { .. }
        | R::NotYoursToCancel { .. }
        | R::CannotSettle { .. }
        | R::BreakGlassNotAllowed { .. }
        | R::SystemOnly { .. }
        | R::CannotComment { .. } => StatusCode::FORBIDDEN,
        R::Incomplete { .. } | R::DecisionMismatch { .. } => StatusCode::INTERNAL_SERVER_ERROR,
        R::IdTaken { .. }
        | R::AwaitingConfirmation { .. }
        | R::AwaitingApproval
        | R::NoConfirmationAsked
        | R::NoApprovalAsked
        | R::ArgumentsMismatch { .. }
        | R::CardChanged { .. }
        | R::AlreadyVoted { .. }
        | R::VoteNotNeeded { .. }
        | R::StageMismatch { .. }
        | R::Frozen(_)
        | R::StandsStill { .. }
        | R::NothingToEscalate { .. }
        | R::NothingToRedecide { .. }
        | R::TooManyRedecisions
        | R::NotWaiting { .. }
        | R::TooManyComments
        | R::PermitStale
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
        if let Some(field) = beyond_form(&error) {
            return at_fault(StatusCode::CONFLICT, field);
        }
        let status = match &error {
            EngineError::Batch { index, error: why, .. } => {
                return Self::in_batch(*index, &error, EngineError::clone(why));
            }
            EngineError::PolicyInvalid(errors) => return Self::policy(error.code(), errors),
            EngineError::PolicySource(_) => return at_fault(StatusCode::CONFLICT, "files"),
            EngineError::SchemaInvalid(_) => return at_fault(StatusCode::CONFLICT, "arguments_schema"),
            EngineError::BatchSize { .. } => return at_fault(StatusCode::UNPROCESSABLE_ENTITY, "decisions"),
            EngineError::BatchRepeats { .. } => return at_fault(StatusCode::CONFLICT, "decisions"),
            EngineError::Execution(execution::Rejection::Field(field))
            | EngineError::Function(function::Rejection::Field(field))
            | EngineError::Attempt(attempt::Rejection::Field(field))
            | EngineError::Key(key::Rejection::Field(field))
            | EngineError::Registry(registry::Rejection::Field(field))
            | EngineError::Webhook(webhook::Rejection::Field(field))
            | EngineError::Agent(agent::Rejection::Field(field))
            | EngineError::Connection(connection::Rejection::Field(field))
            | EngineError::Conversation(conversation::Rejection::Field(field))
            | EngineError::Freeze(freeze::Rejection::Field(field))
            | EngineError::Grant(grant::Rejection::Field(field))
            | EngineError::Policy(policy::Rejection::Field(field))
            | EngineError::Reviewer(reviewer::Rejection::Field(field)) => {
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
            EngineError::Grant(
                grant::Rejection::ExpiryInThePast { .. } | grant::Rejection::ExpiryTooFar { .. },
            ) => return at_fault(StatusCode::CONFLICT, "expires_at"),
            EngineError::Reviewer(
                reviewer::Rejection::EndsBeforeItStarts { .. } | reviewer::Rejection::TooLong { .. },
            ) => return at_fault(StatusCode::CONFLICT, "ends_at"),
            EngineError::Reviewer(reviewer::Rejection::StartsTooFar { .. }) => {
                return at_fault(StatusCode::CONFLICT, "starts_at");
            }
            EngineError::Reviewer(reviewer::Rejection::ToOneself { .. }) => {
                return at_fault(StatusCode::CONFLICT, "to");
            }
            // It has the form that the document asks for, and still is no address.
            EngineError::Webhook(webhook::Rejection::AddressUnusable { .. }) => {
                return at_fault(StatusCode::CONFLICT, "url");
            }
            // Where the log ends decides that, not the form of the request.
            EngineError::Webhook(webhook::Rejection::PositionUnknown { .. }) => {
                return at_fault(StatusCode::CONFLICT, "after");
            }
            // Where the log ends decides that, not the form of the request.
            EngineError::Proof(ProofError::OutOfRange { .. }) => {
                return Self::field(StatusCode::CONFLICT, error.code(), "query.from", &error);
            }
            EngineError::Execution(rejection) => rejected(rejection),
            EngineError::Key(key::Rejection::Exists { .. })
            | EngineError::Webhook(webhook::Rejection::Exists { .. } | webhook::Rejection::TooMany { .. })
            | EngineError::Freeze(freeze::Rejection::Exists { .. } | freeze::Rejection::TooMany { .. })
            | EngineError::Grant(
                grant::Rejection::Exists { .. }
                | grant::Rejection::TooMany { .. }
                | grant::Rejection::Revoked { .. }
                | grant::Rejection::UsedUp { .. }
                | grant::Rejection::Expired { .. }
                | grant::Rejection::SumExceeded { .. }
                | grant::Rejection::AmountUnreadable { .. },
            )
            | EngineError::Policy(
                policy::Rejection::ChangedMeanwhile { .. } | policy::Rejection::FilesMissing,
            )
            | EngineError::Reviewer(
                reviewer::Rejection::Exists { .. }
                | reviewer::Rejection::TooManyGroups { .. }
                | reviewer::Rejection::TooManyDelegations { .. },
            ) => StatusCode::CONFLICT,
            EngineError::Key(key::Rejection::NotFound)
            | EngineError::Webhook(webhook::Rejection::NotFound)
            | EngineError::Freeze(freeze::Rejection::NotFound)
            | EngineError::Grant(grant::Rejection::NotFound)
            | EngineError::Reviewer(reviewer::Rejection::DelegationNotFound) => StatusCode::NOT_FOUND,
            EngineError::Key(key::Rejection::AgentCannotManageKeys { .. })
            | EngineError::Function(
                function::Rejection::AgentCannotSetAccess { .. }
                | function::Rejection::AgentCannotManageCatalogue { .. },
            )
            | EngineError::Agent(agent::Rejection::AgentCannotSetScopes { .. })
            | EngineError::Connection(connection::Rejection::AgentCannotManageCatalogue { .. })
            | EngineError::Conversation(conversation::Rejection::NotTheAgent { .. })
            | EngineError::Freeze(freeze::Rejection::AgentCannotFreeze { .. })
            | EngineError::Grant(grant::Rejection::AgentCannotManageGrants { .. })
            | EngineError::Policy(policy::Rejection::AgentCannotManagePolicy { .. })
            | EngineError::Reviewer(
                reviewer::Rejection::AgentCannotManageReviewers { .. }
                | reviewer::Rejection::NotTheirs { .. },
            )
            | EngineError::Webhook(webhook::Rejection::AgentCannotManageWebhooks { .. })
            | EngineError::MissingRole { .. } => StatusCode::FORBIDDEN,
            EngineError::Append(append) if append.code() == "append_too_large" => {
                StatusCode::PAYLOAD_TOO_LARGE
            }
            EngineError::ReplayRunning => {
                let refused = Self::new(StatusCode::TOO_MANY_REQUESTS, error.code(), &error);
                return refused.retry_after(RETRY_AFTER_REPLAY_SECONDS);
            }
            EngineError::Append(_)
            | EngineError::Read(_)
            | EngineError::Proof(_)
            | EngineError::Contention { .. }
            | EngineError::KeyPepperMissing
            | EngineError::PolicyUnreadable { .. }
            | EngineError::TooManyReplays { .. }
            | EngineError::ReplayEnded(_)
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

#[cfg(test)]
mod tests;
