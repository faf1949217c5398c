//! A row of the audit log.

use vidimus_api_types::AuditEntry;

use crate::{
    fields::{address, query},
    words::{self, When},
};

pub(super) struct Row {
    pub(super) position: String,
    pub(super) at: When,
    pub(super) actor: String,
    /// The query for what else this actor did.
    pub(super) actor_query: String,
    pub(super) category: &'static str,
    pub(super) event: String,
    pub(super) event_query: String,
    pub(super) about: String,
    /// Where in the console that is shown.
    pub(super) about_address: Option<String>,
    pub(super) summary: String,
}

impl Row {
    /// `then` leads its links to the same past.
    pub(super) fn of(entry: &AuditEntry, then: &[(&str, &str)]) -> Self {
        let kind = entry.actor.kind.as_str();
        let (about, execution) = about(entry);
        let query = |pairs: &[(&str, &str)]| query(&[pairs, then].concat());
        Self {
            position: entry.position.to_string(),
            at: entry.recorded_at.into(),
            actor: words::actor(&entry.actor),
            actor_query: query(&[("actor_kind", kind), ("actor", &entry.actor.id)]),
            category: entry.category.as_str(),
            event: entry.event_type.replace('_', " "),
            event_query: query(&[("type", &entry.event_type)]),
            about,
            about_address: execution.map(|page| address(&page, then)),
            summary: entry.summary.clone(),
        }
    }
}

/// What an entry is about: an execution by its function, all else by its own name.
pub(super) fn about(entry: &AuditEntry) -> (String, Option<String>) {
    match (&entry.execution_id, &entry.function) {
        (Some(id), Some(function)) => (function.to_string(), Some(format!("/console/executions/{id}"))),
        (Some(id), None) => (id.to_string(), Some(format!("/console/executions/{id}"))),
        (None, _) => (entry.subject.clone(), None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_execution_is_linked_and_what_comes_from_outside_is_encoded_in_addresses() {
        let entry = |execution: serde_json::Value, subject: &str| -> AuditEntry {
            serde_json::from_value(serde_json::json!({
                "position": 9, "stream": "keys-all", "version": 0,
                "event_id": "00000000-0000-4000-8000-000000000001", "recorded_at": "2026-01-15T10:30:00Z",
                "actor": {"kind": "agent", "id": "a\"&b"}, "event_type": "call_proposed",
                "category": "execution", "subject": subject, "execution_id": execution, "agent": null,
                "conversation": null, "function": "mail.send", "summary": "<b>", "causation_id": null,
                "correlation_id": "00000000-0000-4000-8000-000000000002",
            }))
            .unwrap()
        };
        let id = "00000000-0000-4000-8000-000000000003";
        let row = Row::of(&entry(id.into(), id), &[]);
        assert_eq!((row.about.as_str(), row.event.as_str()), ("mail.send", "call proposed"));
        assert_eq!(row.about_address.unwrap(), format!("/console/executions/{id}"));
        assert_eq!(row.actor_query, "actor_kind=agent&actor=a%22%26b");
        let row = Row::of(&entry(id.into(), id), &[("as_of", "2026-01-15T10:00:00Z")]);
        assert_eq!(row.event_query, "type=call_proposed&as_of=2026-01-15T10%3A00%3A00Z");
        assert_eq!(
            row.about_address.unwrap(),
            format!("/console/executions/{id}?as_of=2026-01-15T10%3A00%3A00Z")
        );
        let row = Row::of(&entry(serde_json::Value::Null, "the tenant"), &[]);
        assert_eq!((row.about.as_str(), row.about_address), ("the tenant", None));
    }
}
