//! Who asks without a key.

use crate::{Actor, Role, TenantId};

/// Somebody whom a part of the same process signed in. In the extensions of a request it stands for a key; nothing that comes
/// over a wire can have it, as it is no header and no body, and has no form as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedIn {
    /// The tenant that they belong to.
    pub tenant: TenantId,
    /// The actor of every event that they cause.
    pub actor: Actor,
    /// What they may do.
    pub roles: Vec<Role>,
}
