//! Keys of what is held: the tenant is in each of them.

use std::fmt::Write as _;

use proto_events::TenantId;

/// The key of a conversation of an agent. The agent's length keeps two pairs apart that would read alike.
pub(super) fn conversation(key: &mut String, tenant: &TenantId, agent: &str, conversation: &str) {
    key.clear();
    // Writing to a text cannot fail.
    let _ = write!(key, "{tenant}:{}:{agent}{conversation}", agent.len());
}

/// The key of an agent, or of the tenant where none is named.
pub(super) fn counted(key: &mut String, tenant: &TenantId, agent: Option<&str>) {
    key.clear();
    key.push_str(tenant.as_str());
    if let Some(agent) = agent {
        key.push(':');
        key.push_str(agent);
    }
}
