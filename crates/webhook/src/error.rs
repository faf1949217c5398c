//! Why nothing is delivered at all.

use vidimus_engine::EngineError;
use vidimus_log::ReadError;

/// Why nothing is delivered at all. What concerns one webhook is in its own state.
#[derive(Debug, thiserror::Error)]
pub enum DelivererError {
    /// There is no HTTP client to be had.
    #[error("webhooks cannot be delivered here: {0}")]
    Client(String),
    /// The log cannot be read.
    #[error(transparent)]
    Log(#[from] ReadError),
    /// An event of a webhook cannot be read, or a secret cannot be derived.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

impl DelivererError {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Client(_) => "webhook_client_unusable",
            Self::Log(error) => error.code(),
            Self::Engine(error) => error.code(),
        }
    }

    /// Whether it passes by itself.
    pub const fn is_retryable(&self) -> bool {
        match self {
            Self::Log(error) => error.is_retryable(),
            Self::Engine(error) => error.is_retryable(),
            Self::Client(_) => false,
        }
    }
}
