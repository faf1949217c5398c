//! What the views say no to.

use axum::http::StatusCode;
use vidimus_projection::{PastError, QueryError};

use super::{ApiError, RETRY_AFTER_SECONDS};

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

impl From<PastError> for ApiError {
    fn from(error: PastError) -> Self {
        match error {
            PastError::PositionUnknown { .. } | PastError::TimeUnknown { .. } => {
                Self::field(StatusCode::CONFLICT, error.code(), "query.as_of", &error)
            }
            PastError::Building { .. } | PastError::BuildingOther { .. } => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, error.code(), &error)
                    .retry_after(RETRY_AFTER_SECONDS)
            }
            PastError::Failed { .. } => {
                tracing::error!(code = error.code(), %error, "views of the past could not be built");
                let detail = "the views of then could not be built: try again in a moment; an operator finds the reason in the server's log, by the request id";
                Self::new(StatusCode::SERVICE_UNAVAILABLE, error.code(), detail)
                    .retry_after(RETRY_AFTER_SECONDS)
            }
            PastError::Query(error) => error.into(),
            PastError::Log(error) => {
                Self::below(StatusCode::INTERNAL_SERVER_ERROR, error.code(), error.is_retryable(), &error)
            }
        }
    }
}
