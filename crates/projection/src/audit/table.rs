//! The audit trail in SQL.

use proto_events::{FunctionName, RecordedEvent, StreamId};
use rusqlite::Row;

use super::{AuditCategory, AuditEntry, fold::Said};
use crate::sql::{Cell, Columns, Schema, SqlError};

pub(crate) static SCHEMA: Schema = Schema {
    version: 2,
    tables: "
        CREATE TABLE entries (
            position INTEGER PRIMARY KEY,
            tenant TEXT NOT NULL,
            -- NULL: that of the execution.
            stream TEXT, version INTEGER NOT NULL, event_id BLOB NOT NULL,
            recorded_at INTEGER NOT NULL, actor_kind TEXT NOT NULL, actor_id TEXT NOT NULL,
            event_type TEXT NOT NULL, category TEXT NOT NULL,
            -- NULL: it follows from the rest.
            subject TEXT,
            execution_id BLOB, agent TEXT, conversation TEXT, function TEXT,
            summary TEXT NOT NULL, correlation_id BLOB NOT NULL, causation_id BLOB,
            row_check INTEGER NOT NULL
        ) STRICT;
        -- Entries never change: all filters are words.
        CREATE VIRTUAL TABLE facets USING fts5 (
            facet, content = '', columnsize = 0, detail = none, tokenize = 'ascii'
        );
        -- What is in that index, to compare two of them.
        CREATE VIRTUAL TABLE facet_rows USING fts5vocab (facets, instance);",
    indexes: "",
    bulk: (
        "INSERT INTO facets (facets, rank) VALUES ('hashsize', 33554432), ('automerge', 0);",
        "INSERT INTO facets (facets, rank) VALUES ('hashsize', 1048576), ('automerge', 4);",
    ),
    contents: &["SELECT * FROM entries ORDER BY position", "SELECT term, doc FROM facet_rows"],
};

/// The columns of `entries`, in the order of [`cells`], and the check.
pub(super) const COLUMNS: &str =
    "position, tenant, stream, version, event_id, recorded_at, actor_kind, actor_id,
    event_type, category, subject, execution_id, agent, conversation, function, summary, correlation_id, causation_id,
    row_check";
const COLUMN_COUNT: usize = 19;

pub(super) const INSERT: &str = "INSERT INTO entries VALUES
    (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19)";

const CATEGORIES: [AuditCategory; 4] = [
    AuditCategory::Execution,
    AuditCategory::Administrative,
    AuditCategory::Conversation,
    AuditCategory::Shadow,
];

pub(super) const fn category(category: AuditCategory) -> &'static str {
    match category {
        AuditCategory::Execution => "execution",
        AuditCategory::Administrative => "administrative",
        AuditCategory::Conversation => "conversation",
        AuditCategory::Shadow => "shadow",
    }
}

/// The row's values, in the order of [`COLUMNS`].
pub(super) fn cells<'e>(recorded: &'e RecordedEvent, said: &'e Said<'e>) -> [Cell<'e>; COLUMN_COUNT - 1] {
    let new = &recorded.event;
    let is_of_execution = recorded.stream.execution_id().is_some_and(|id| said.execution_id == Some(id));
    [
        recorded.position.get().into(),
        recorded.tenant.as_str().into(),
        (!is_of_execution).then(|| recorded.stream.as_str()).into(),
        recorded.version.get().into(),
        (&new.event_id).into(),
        new.recorded_at.into(),
        new.actor.kind.as_str().into(),
        (&*new.actor.id).into(),
        (&*new.event_type).into(),
        category(said.category).into(),
        said.subject.as_deref().into(),
        said.execution_id.as_ref().into(),
        said.agent.into(),
        said.conversation.into(),
        said.function.map(FunctionName::as_str).into(),
        (&*said.summary).into(),
        (&new.correlation_id).into(),
        new.causation_id.as_ref().into(),
    ]
}

/// Reads [`COLUMNS`].
pub(super) fn read(row: &Row<'_>) -> Result<AuditEntry, SqlError> {
    let mut c = Columns::checked(row, 0, COLUMN_COUNT)?;
    let position = c.position()?;
    let (tenant, stream, version, event_id) = (c.parse()?, c.opt_parse()?, c.version()?, c.id()?);
    let (recorded_at, actor, event_type) = (c.time()?, c.actor()?, c.string()?);
    let category = c.opt_named(&CATEGORIES, category)?;
    let category = category.ok_or_else(|| SqlError::Damaged("an entry has no category".to_owned()))?;
    let subject = c.opt_string()?;
    let execution_id = c.opt_id()?;
    let stream = stream.or_else(|| execution_id.map(StreamId::execution));
    let stream = stream.ok_or_else(|| SqlError::Damaged("an entry has no stream".to_owned()))?;
    let (agent, conversation) = (c.opt_string()?, c.opt_string()?);
    let function: Option<FunctionName> = c.opt_parse()?;
    // Mostly it follows from the rest, so that the table need not hold it.
    let subject = match (subject, &execution_id, &function) {
        (Some(subject), ..) => subject,
        (None, Some(id), _) => id.to_string(),
        (None, None, Some(function)) => function.to_string(),
        (None, None, None) => setting(&stream, agent.as_deref(), conversation.as_deref()),
    };
    Ok(AuditEntry {
        position,
        tenant,
        stream,
        version,
        event_id,
        recorded_at,
        actor,
        event_type,
        category,
        subject,
        execution_id,
        agent,
        conversation,
        function,
        summary: c.string()?,
        correlation_id: c.id()?,
        causation_id: c.opt_id()?,
    })
}

/// What a setting of no function is about: an agent, a conversation of one, a key, or the webhooks.
fn setting(stream: &StreamId, agent: Option<&str>, conversation: Option<&str>) -> String {
    match (agent, conversation) {
        (Some(agent), Some(conversation)) => format!("{agent}/{conversation}"),
        (Some(agent), None) => agent.to_owned(),
        (None, _) if stream.category() == StreamId::WEBHOOK => "webhooks".to_owned(),
        (None, _) => stream.key_id().map(|id| id.to_string()).unwrap_or_default(),
    }
}
