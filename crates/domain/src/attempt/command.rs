//! What can be asked of an idempotency key's stream.

use proto_events::{ArgumentsDigest, FunctionName};
use uuid::Uuid;

/// Open an attempt under the key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Open {
    /// The key.
    pub idempotency_key: String,
    /// The attempt's execution.
    pub execution_id: Uuid,
    /// What is to be called.
    pub function: FunctionName,
    /// With which arguments.
    pub arguments_digest: Option<ArgumentsDigest>,
}
