//! Events to entries of the audit trail.

use proto_events::RecordedEvent;
use rusqlite::Connection;

use super::{
    AuditCategory,
    fold::{self, Said},
    table,
};
use crate::{
    DecodedEvent,
    facet::Facet,
    sql::{Schema, SqlError, write},
    view::SqlView,
};

/// The audit trail.
#[derive(Default)]
pub(crate) struct AuditView {
    words: String,
}

impl SqlView for AuditView {
    fn schema(&self) -> &'static Schema {
        &table::SCHEMA
    }

    fn apply(&mut self, txn: &Connection, events: &[&DecodedEvent]) -> Result<i64, SqlError> {
        let mut insert = txn.prepare_cached(table::INSERT)?;
        let mut index = txn.prepare_cached("INSERT INTO facets (rowid, facet) VALUES (?1, ?2)")?;
        let mut rows = 0;
        for DecodedEvent { recorded, event } in events {
            let Some(said) = fold::said(recorded, event) else { continue };
            rows += 1;
            write(&mut insert, &table::cells(recorded, &said))?;
            self.facets(recorded, &said);
            let position = i64::try_from(recorded.position.get()).unwrap_or(i64::MAX);
            index.execute((position, self.words.trim_ascii_end()))?;
        }
        Ok(rows)
    }

    fn forget(&mut self) {}
}

impl AuditView {
    /// The words that stand for what can be filtered by.
    fn facets(&mut self, recorded: &RecordedEvent, said: &Said<'_>) {
        self.words.clear();
        let mut push = |facet: Facet, value: &[u8]| facet.push(&mut self.words, &recorded.tenant, value);
        push(Facet::Tenant, &[]);
        push(Facet::ActorKind, recorded.event.actor.kind.as_str().as_bytes());
        push(Facet::ActorId, recorded.event.actor.id.as_bytes());
        push(Facet::EventType, recorded.event.event_type.as_bytes());
        if let Some(id) = &said.execution_id {
            push(Facet::Execution, id.as_bytes());
        }
        if let Some(agent) = said.agent {
            push(Facet::Agent, agent.as_bytes());
        }
        if let Some(conversation) = said.conversation {
            push(Facet::Conversation, conversation.as_bytes());
        }
        if let Some(function) = said.function {
            push(Facet::Function, function.as_str().as_bytes());
        }
        // Nearly every entry is of an execution: only the others are told apart.
        if let Some(facet) = category(said.category) {
            push(facet, &[]);
        }
    }
}

/// The word of a category, if it has one.
pub(super) const fn category(category: AuditCategory) -> Option<Facet> {
    match category {
        AuditCategory::Execution => None,
        AuditCategory::Administrative => Some(Facet::Administrative),
        AuditCategory::Conversation => Some(Facet::Conversational),
        AuditCategory::Shadow => Some(Facet::Shadow),
    }
}
