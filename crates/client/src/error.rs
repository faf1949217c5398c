//! Why a request has no answer.

use std::{error::Error, fmt::Write as _, time::Duration};

use vidimus_api_types::{FieldError, Problem, SubmissionError, SubmissionErrorDetail};

/// Why a request has no answer.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ClientError {
    /// The server said no, and why.
    #[error("{problem}")]
    Problem {
        /// What it said.
        problem: Box<Problem>,
        /// How long it asks to wait before trying again.
        retry_after: Option<Duration>,
    },
    /// The request or its answer did not get through. Unless it is [`TransportKind::Unreachable`], the server may have
    /// done what it was asked to.
    #[error("{message}")]
    Transport {
        /// What broke.
        kind: TransportKind,
        /// What broke, in words.
        message: String,
    },
    /// An answer came that is none of this API's: of a proxy, of another program, or of a newer server.
    #[error("{message}")]
    Unexpected {
        /// The HTTP status.
        status: u16,
        /// How long it asks to wait before trying again.
        retry_after: Option<Duration>,
        /// What is wrong with it.
        message: String,
    },
    /// The client was given something that it cannot work with; nothing was sent.
    #[error("{0}")]
    Unusable(String),
}

/// What broke between client and server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransportKind {
    /// There was no connection: the server never saw the request.
    Unreachable,
    /// The connection broke before the answer was complete.
    Broken,
    /// The answer did not come in time.
    TimedOut,
}

impl ClientError {
    /// The stable code: the server's own, or one of `unreachable`, `connection_broken`, `timed_out`,
    /// `unexpected_answer` and `client_unusable`.
    pub fn code(&self) -> &str {
        match self {
            Self::Problem { problem, .. } => &problem.code,
            Self::Transport { kind: TransportKind::Unreachable, .. } => "unreachable",
            Self::Transport { kind: TransportKind::Broken, .. } => "connection_broken",
            Self::Transport { kind: TransportKind::TimedOut, .. } => "timed_out",
            Self::Unexpected { .. } => "unexpected_answer",
            Self::Unusable(_) => "client_unusable",
        }
    }

    /// The problem that the server answered with.
    pub fn problem(&self) -> Option<&Problem> {
        match self {
            Self::Problem { problem, .. } => Some(problem),
            _ => None,
        }
    }

    /// Whether the same may pass later, without a change. That it is safe to try again is another question where the
    /// request was sent: see [`Self::was_not_done`].
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Problem { problem, .. } => problem.retryable || is_passing(problem.status),
            Self::Transport { .. } => true,
            Self::Unexpected { status, .. } => is_passing(*status),
            Self::Unusable(_) => false,
        }
    }

    /// Whether it is certain that the server did nothing: it was not reached, or it said so.
    pub fn was_not_done(&self) -> bool {
        match self {
            // An answer of the server itself: what it refuses, it refuses whole.
            Self::Problem { problem, .. } => problem.retryable || problem.status < 500,
            Self::Transport { kind, .. } => *kind == TransportKind::Unreachable,
            Self::Unexpected { .. } => false,
            Self::Unusable(_) => true,
        }
    }

    pub(crate) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Problem { retry_after, .. } | Self::Unexpected { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// The connection, not the request.
    pub(crate) fn transport(error: &reqwest::Error) -> Self {
        let kind = if error.is_connect() {
            TransportKind::Unreachable
        } else if error.is_timeout() {
            TransportKind::TimedOut
        } else {
            TransportKind::Broken
        };
        let what = match kind {
            TransportKind::Unreachable => "the server cannot be reached",
            TransportKind::TimedOut => "the server did not answer in time",
            TransportKind::Broken => "the connection broke before the answer was complete",
        };
        let mut message = what.to_owned();
        // The error's own text is only that of its kind; the reason is below it. The address is the caller's to name.
        let mut source = error.source();
        let mut last = String::new();
        while let Some(cause) = source {
            let text = cause.to_string();
            if !last.contains(&text) {
                let _ = write!(message, ": {text}");
                last = text;
            }
            source = cause.source();
        }
        Self::Transport { kind, message }
    }

    pub(crate) fn timed_out(after: Duration) -> Self {
        let message = format!("the server did not answer within {} s: try again", after.as_secs_f32());
        Self::Transport { kind: TransportKind::TimedOut, message }
    }

    /// The problem in an answer that is no success.
    pub(crate) fn of_answer(status: u16, retry_after: Option<Duration>, body: &[u8]) -> Self {
        if let Ok(problem) = serde_json::from_slice::<Problem>(body) {
            return Self::Problem { problem: Box::new(problem), retry_after };
        }
        if let Ok(error) = serde_json::from_slice::<SubmissionError>(body) {
            let problem = Box::new(of_submission(status, error, retry_after.is_some()));
            return Self::Problem { problem, retry_after };
        }
        let message = format!(
            "status {status} with an answer that is not of Vidimus ({}): check the server's address",
            beginning(body)
        );
        Self::Unexpected { status, retry_after, message }
    }

    /// A success whose body is not what it should be.
    pub(crate) fn unreadable(status: u16, error: &serde_json::Error, body: &[u8]) -> Self {
        let message = format!(
            "the answer cannot be read ({error}; {}): check the server's address and version",
            beginning(body)
        );
        Self::Unexpected { status, retry_after: None, message }
    }
}

/// Statuses that say "not now", whoever says it.
fn is_passing(status: u16) -> bool {
    matches!(status, 429 | 502 | 503 | 504)
}

fn beginning(body: &[u8]) -> String {
    if body.is_empty() {
        return "it is empty".to_owned();
    }
    let text: String = String::from_utf8_lossy(body.get(..400).unwrap_or(body)).chars().take(100).collect();
    format!("it begins `{}`", text.escape_debug())
}

/// The errors of the endpoint whose shapes are fixed from outside, in the shape of all others.
fn of_submission(status: u16, error: SubmissionError, retryable: bool) -> Problem {
    let (detail, errors) = match error.detail {
        SubmissionErrorDetail::Message(detail) => (detail, Vec::new()),
        SubmissionErrorDetail::Validation(items) => {
            let errors: Vec<_> = items
                .into_iter()
                .map(|item| FieldError { field: item.loc.join("."), detail: item.msg })
                .collect();
            let said: Vec<_> =
                errors.iter().map(|error| format!("`{}`: {}", error.field, error.detail)).collect();
            (said.join("; "), errors)
        }
    };
    let code = match status {
        401 => "unauthenticated",
        403 => "forbidden",
        404 => "not_found",
        422 => "validation_failed",
        _ => "submission_failed",
    };
    Problem {
        problem_type: format!("urn:vidimus:problem:{code}"),
        title: String::new(),
        status,
        code: code.to_owned(),
        detail,
        retryable,
        errors,
        policy_errors: Vec::new(),
        request_id: None,
    }
}
