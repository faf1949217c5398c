//! The execution table in SQL.
//!
//! What can be large is in tables of its own, each written once: a list never reads it, and a change of the row does
//! not write it again. The same schema fits PostgreSQL but for the word index, where `tsvector` takes FTS5's place.

use std::sync::LazyLock;

use crate::sql::Schema;

pub(crate) static SCHEMA: Schema = Schema {
    version: 4,
    tables: "
        CREATE TABLE executions (
            position INTEGER PRIMARY KEY,
            tenant TEXT NOT NULL, execution_id BLOB NOT NULL,
            agent TEXT NOT NULL, conversation TEXT NOT NULL, request_id TEXT, function TEXT NOT NULL,
            purpose TEXT, tool_type TEXT, risk TEXT, input_summary TEXT, sensitive TEXT,
            origin TEXT NOT NULL,
            requester_kind TEXT NOT NULL, requester_id TEXT NOT NULL,
            initiated_by_kind TEXT NOT NULL, initiated_by_id TEXT NOT NULL,
            arguments_digest BLOB, idempotency_key TEXT, former_execution BLOB, created_at INTEGER NOT NULL,
            stage TEXT NOT NULL, status TEXT NOT NULL, approval_status TEXT NOT NULL,
            outcome TEXT, audit_outcome TEXT, deciding_layer TEXT, deciding_code TEXT, deciding_reason TEXT,
            missing_requirement TEXT, next_owner TEXT, result_status TEXT, reason_code TEXT, reason TEXT,
            started_by_kind TEXT, started_by_id TEXT,
            policy_set TEXT, matched_rules TEXT, asking_rules TEXT, asking_layers TEXT, visible_tools BLOB, grant_id BLOB, redecisions INTEGER NOT NULL,
            suspended INTEGER NOT NULL, deadline INTEGER, approval_deadline INTEGER,
            approval_stage INTEGER, approval_stages INTEGER NOT NULL,
            votes INTEGER NOT NULL, votes_needed INTEGER NOT NULL, votes_missing INTEGER NOT NULL,
            confirmed_at INTEGER, confirmed_by_kind TEXT, confirmed_by_id TEXT,
            verdict TEXT, verdict_comment TEXT, on_behalf_of_kind TEXT, on_behalf_of_id TEXT,
            break_glass TEXT, revised_as BLOB,
            permit_id BLOB, permit_expires_at INTEGER, lease_expires_at INTEGER,
            has_progress INTEGER NOT NULL, progress_message TEXT, progress_percent INTEGER,
            updated_at INTEGER NOT NULL, started_at INTEGER, finished_at INTEGER,
            resolved_at INTEGER, resolved_by_kind TEXT, resolved_by_id TEXT,
            attempts INTEGER NOT NULL, reused INTEGER NOT NULL, final_record TEXT,
            last_position INTEGER NOT NULL, last_version INTEGER NOT NULL,
            row_check INTEGER NOT NULL
        ) STRICT;
        -- Events name their execution by its id, so this index is needed from the start.
        CREATE UNIQUE INDEX executions_by_id ON executions (execution_id, tenant);

        CREATE TABLE inputs (
            position INTEGER PRIMARY KEY, arguments TEXT, redacted TEXT, context TEXT, activity TEXT, decision TEXT,
            row_check INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE results (
            position INTEGER PRIMARY KEY, result TEXT, redacted TEXT, error TEXT, timing TEXT,
            row_check INTEGER NOT NULL
        ) STRICT;
        -- What the catalogue says now: a row takes it over when it begins.
        CREATE TABLE functions (
            tenant TEXT NOT NULL, function TEXT NOT NULL, purpose TEXT NOT NULL, tool_type TEXT NOT NULL,
            risk TEXT NOT NULL, row_check INTEGER NOT NULL,
            PRIMARY KEY (tenant, function)
        ) STRICT, WITHOUT ROWID;
        -- The words of a text, and those that stand for what seldom or never changes about a row.
        CREATE VIRTUAL TABLE words USING fts5 (
            word, content = '', contentless_delete = 1, detail = none, tokenize = 'ascii'
        );
        -- What is in the word index, to compare two of them.
        CREATE VIRTUAL TABLE word_rows USING fts5vocab (words, instance);",
    indexes: "
        CREATE INDEX executions_by_status ON executions (tenant, status);
        CREATE INDEX executions_by_stage ON executions (tenant, stage);
        CREATE INDEX executions_by_approval_status ON executions (tenant, approval_status);
        CREATE INDEX executions_by_audit_outcome ON executions (tenant, audit_outcome) WHERE audit_outcome IS NOT NULL;
        CREATE INDEX executions_by_resolver ON executions (tenant, resolved_by_id) WHERE resolved_by_id IS NOT NULL;
        CREATE INDEX executions_suspended ON executions (tenant) WHERE suspended = 1;
        -- The queue of those that wait to be settled, in its order.
        CREATE INDEX executions_unsettled ON executions (tenant, lease_expires_at) WHERE stage = 'unknown';",
    bulk: (
        "INSERT INTO words (words, rank) VALUES ('hashsize', 33554432), ('automerge', 0);",
        "INSERT INTO words (words, rank) VALUES ('hashsize', 1048576), ('automerge', 4);",
    ),
    contents: &[
        "SELECT * FROM executions ORDER BY position",
        "SELECT * FROM inputs ORDER BY position",
        "SELECT * FROM results ORDER BY position",
        "SELECT * FROM functions ORDER BY tenant, function",
        "SELECT term, doc FROM word_rows",
    ],
};

/// What is known of an execution from its first event on, and never changes.
const FIXED: [&str; 21] = [
    "position",
    "tenant",
    "execution_id",
    "agent",
    "conversation",
    "request_id",
    "function",
    "purpose",
    "tool_type",
    "risk",
    "input_summary",
    "sensitive",
    "origin",
    "requester_kind",
    "requester_id",
    "initiated_by_kind",
    "initiated_by_id",
    "arguments_digest",
    "idempotency_key",
    "former_execution",
    "created_at",
];
/// What can change, and the check.
const CHANGING: [&str; 57] = [
    "stage",
    "status",
    "approval_status",
    "outcome",
    "audit_outcome",
    "deciding_layer",
    "deciding_code",
    "deciding_reason",
    "missing_requirement",
    "next_owner",
    "result_status",
    "reason_code",
    "reason",
    "started_by_kind",
    "started_by_id",
    "policy_set",
    "matched_rules",
    "asking_rules",
    "asking_layers",
    "visible_tools",
    "grant_id",
    "redecisions",
    "suspended",
    "deadline",
    "approval_deadline",
    "approval_stage",
    "approval_stages",
    "votes",
    "votes_needed",
    "votes_missing",
    "confirmed_at",
    "confirmed_by_kind",
    "confirmed_by_id",
    "verdict",
    "verdict_comment",
    "on_behalf_of_kind",
    "on_behalf_of_id",
    "break_glass",
    "revised_as",
    "permit_id",
    "permit_expires_at",
    "lease_expires_at",
    "has_progress",
    "progress_message",
    "progress_percent",
    "updated_at",
    "started_at",
    "finished_at",
    "resolved_at",
    "resolved_by_kind",
    "resolved_by_id",
    "attempts",
    "reused",
    "final_record",
    "last_position",
    "last_version",
    "row_check",
];

/// How many columns there are.
pub(super) const COLUMN_COUNT: usize = FIXED.len() + CHANGING.len();

fn columns() -> impl Iterator<Item = &'static str> {
    FIXED.into_iter().chain(CHANGING)
}

/// The columns of `executions`, in the order of the cells, and the check.
pub(super) static COLUMNS: LazyLock<String> = LazyLock::new(|| columns().collect::<Vec<_>>().join(", "));

pub(super) static INSERT: LazyLock<String> = LazyLock::new(|| {
    let values: Vec<_> = (1..=COLUMN_COUNT).map(|index| format!("?{index}")).collect();
    format!("INSERT INTO executions ({}) VALUES ({})", *COLUMNS, values.join(", "))
});

/// Only what can change, so that the indexes over the rest are left alone.
pub(super) static UPDATE: LazyLock<String> = LazyLock::new(|| {
    let set = columns().enumerate().skip(FIXED.len());
    let set: Vec<_> = set.map(|(index, column)| format!("{column} = ?{}", index + 1)).collect();
    format!("UPDATE executions SET {} WHERE position = ?1", set.join(", "))
});
