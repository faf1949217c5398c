//! What somebody saw who decided on a call.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Digest;

/// The card of a call that waits for people: what it showed, as digests. It changes with what is decided on, and not with what
/// happens beside that (votes, comments, reminders, deadlines).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Card {
    /// SHA-256 of the canonical JSON (RFC 8785) of what was shown.
    pub digest: Digest,
    /// SHA-256 of the canonical JSON of the rules by which something is left out of what is shown: which version of them was in
    /// force.
    pub redaction: Digest,
}
