//! Why there is no copy of the log.

use vidimus_log::ReadError;

/// Why a copy of the log could not be opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RemoteError {
    /// The stream could not be read.
    #[error(transparent)]
    Stream(#[from] vidimus_bus::ReadError),
    /// What is on it is no log.
    #[error(transparent)]
    Log(#[from] ReadError),
}

impl RemoteError {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Stream(error) => error.code(),
            Self::Log(error) => error.code(),
        }
    }

    /// Whether it can pass without anybody doing something.
    pub const fn is_retryable(&self) -> bool {
        match self {
            Self::Stream(error) => error.is_retryable(),
            Self::Log(error) => error.is_retryable(),
        }
    }
}
