//! The audit trail.

use vidimus_api_types as wire;
use vidimus_projection::{AuditCategory, AuditEntry, AuditFilter, Direction};

/// Which entries a query asks for, whatever the page.
pub fn audit_filter(query: wire::AuditQuery) -> AuditFilter {
    let newest_first = !query.oldest_first.unwrap_or_default();
    AuditFilter {
        actor_kind: query.actor_kind,
        actor_id: query.actor,
        category: query.category.map(audit_category),
        event_type: query.event_type,
        execution_id: query.execution_id,
        agent: query.agent,
        conversation: query.conversation,
        function: query.function,
        from: query.from,
        to: query.to,
        direction: if newest_first { Direction::NewestFirst } else { Direction::OldestFirst },
    }
}

const fn audit_category(category: wire::AuditCategory) -> AuditCategory {
    match category {
        wire::AuditCategory::Execution => AuditCategory::Execution,
        wire::AuditCategory::Administrative => AuditCategory::Administrative,
        wire::AuditCategory::Conversation => AuditCategory::Conversation,
        wire::AuditCategory::Shadow => AuditCategory::Shadow,
    }
}

/// An entry of the audit trail.
pub fn audit_entry(entry: AuditEntry) -> wire::AuditEntry {
    wire::AuditEntry {
        position: entry.position,
        stream: entry.stream,
        version: entry.version,
        event_id: entry.event_id,
        recorded_at: entry.recorded_at,
        actor: entry.actor,
        event_type: entry.event_type,
        category: match entry.category {
            AuditCategory::Execution => wire::AuditCategory::Execution,
            AuditCategory::Administrative => wire::AuditCategory::Administrative,
            AuditCategory::Conversation => wire::AuditCategory::Conversation,
            AuditCategory::Shadow => wire::AuditCategory::Shadow,
        },
        subject: entry.subject,
        execution_id: entry.execution_id,
        agent: entry.agent,
        conversation: entry.conversation,
        function: entry.function,
        summary: entry.summary,
        correlation_id: entry.correlation_id,
        causation_id: entry.causation_id,
    }
}
