//! The execution table in SQL.
//!
//! What can be large is in tables of its own, each written once: a list never reads it, and a change of the row does
//! not write it again. The same schema fits PostgreSQL but for the word index, where `tsvector` takes FTS5's place.

use proto_events::{Actor, Outcome, ResultStatus};
use rusqlite::Row;
use vidimus_domain::execution::{ApprovalStatus, ExecutionStatus, Stage};

use super::{ExecutionRow, OriginKind, Progress};
use crate::sql::{Cell, Columns, Schema, SqlError};

pub(crate) static SCHEMA: Schema = Schema {
    version: 1,
    tables: "
        CREATE TABLE executions (
            position INTEGER PRIMARY KEY,
            tenant TEXT NOT NULL, execution_id BLOB NOT NULL,
            agent TEXT NOT NULL, conversation TEXT NOT NULL, request_id TEXT, function TEXT NOT NULL,
            origin TEXT NOT NULL,
            requester_kind TEXT NOT NULL, requester_id TEXT NOT NULL,
            initiated_by_kind TEXT NOT NULL, initiated_by_id TEXT NOT NULL,
            arguments_digest BLOB, idempotency_key TEXT, former_execution BLOB, created_at INTEGER NOT NULL,
            stage TEXT NOT NULL, status TEXT NOT NULL, approval_status TEXT NOT NULL,
            outcome TEXT, result_status TEXT, reason_code TEXT, reason TEXT,
            started_by_kind TEXT, started_by_id TEXT,
            policy_set TEXT, matched_rules TEXT,
            approval_deadline INTEGER, permit_id BLOB, permit_expires_at INTEGER, lease_expires_at INTEGER,
            has_progress INTEGER NOT NULL, progress_message TEXT, progress_percent INTEGER,
            updated_at INTEGER NOT NULL, started_at INTEGER, finished_at INTEGER,
            resolved_at INTEGER, resolved_by_kind TEXT, resolved_by_id TEXT,
            attempts INTEGER NOT NULL, last_position INTEGER NOT NULL, last_version INTEGER NOT NULL,
            row_check INTEGER NOT NULL
        ) STRICT;
        -- Events name their execution by its id, so this index is needed from the start.
        CREATE UNIQUE INDEX executions_by_id ON executions (execution_id, tenant);

        CREATE TABLE inputs (
            position INTEGER PRIMARY KEY, arguments TEXT, context TEXT, activity TEXT,
            decision TEXT, missing_requirement TEXT, next_owner TEXT, row_check INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE results (
            position INTEGER PRIMARY KEY, result TEXT, error TEXT, timing TEXT, row_check INTEGER NOT NULL
        ) STRICT;
        -- The words of a text, and those that stand for what never changes about a row.
        CREATE VIRTUAL TABLE words USING fts5 (
            word, content = '', contentless_delete = 1, detail = none, tokenize = 'ascii'
        );
        -- What is in the word index, to compare two of them.
        CREATE VIRTUAL TABLE word_rows USING fts5vocab (words, instance);",
    indexes: "
        CREATE INDEX executions_by_status ON executions (tenant, status);
        CREATE INDEX executions_by_stage ON executions (tenant, stage);
        CREATE INDEX executions_by_approval_status ON executions (tenant, approval_status);
        CREATE INDEX executions_by_resolver ON executions (tenant, resolved_by_id) WHERE resolved_by_id IS NOT NULL;",
    bulk: (
        "INSERT INTO words (words, rank) VALUES ('hashsize', 33554432), ('automerge', 0);",
        "INSERT INTO words (words, rank) VALUES ('hashsize', 1048576), ('automerge', 4);",
    ),
    contents: &[
        "SELECT * FROM executions ORDER BY position",
        "SELECT * FROM inputs ORDER BY position",
        "SELECT * FROM results ORDER BY position",
        "SELECT term, doc FROM word_rows",
    ],
};

/// The columns of `executions`, in the order of [`cells`], and the check.
pub(super) const COLUMNS: &str = "position, tenant, execution_id, agent, conversation, request_id, function, origin,
    requester_kind, requester_id, initiated_by_kind, initiated_by_id, arguments_digest, idempotency_key,
    former_execution, created_at, stage, status, approval_status, outcome, result_status, reason_code, reason,
    started_by_kind, started_by_id, policy_set, matched_rules, approval_deadline, permit_id, permit_expires_at,
    lease_expires_at, has_progress, progress_message, progress_percent, updated_at, started_at, finished_at,
    resolved_at, resolved_by_kind, resolved_by_id, attempts, last_position, last_version, row_check";
/// How many they are.
pub(super) const COLUMN_COUNT: usize = 44;

pub(super) const INSERT: &str = "INSERT INTO executions VALUES
    (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25,
     ?26, ?27, ?28, ?29, ?30, ?31, ?32, ?33, ?34, ?35, ?36, ?37, ?38, ?39, ?40, ?41, ?42, ?43, ?44)";
/// Only what can change, so that the indexes over the rest are left alone.
pub(super) const UPDATE: &str = "UPDATE executions SET stage = ?17, status = ?18, approval_status = ?19, outcome = ?20,
    result_status = ?21, reason_code = ?22, reason = ?23, started_by_kind = ?24, started_by_id = ?25, policy_set = ?26,
    matched_rules = ?27, approval_deadline = ?28, permit_id = ?29, permit_expires_at = ?30, lease_expires_at = ?31,
    has_progress = ?32, progress_message = ?33, progress_percent = ?34, updated_at = ?35, started_at = ?36,
    finished_at = ?37, resolved_at = ?38, resolved_by_kind = ?39, resolved_by_id = ?40, attempts = ?41,
    last_position = ?42, last_version = ?43, row_check = ?44 WHERE position = ?1";

const OUTCOMES: [Outcome; 5] = [
    Outcome::NoOp,
    Outcome::Allowed,
    Outcome::ConfirmationRequired,
    Outcome::AwaitingApproval,
    Outcome::Blocked,
];
const RESULT_STATUSES: [ResultStatus; 6] = [
    ResultStatus::Succeeded,
    ResultStatus::Failed,
    ResultStatus::TimedOut,
    ResultStatus::Skipped,
    ResultStatus::Cancelled,
    ResultStatus::Unknown,
];
const ORIGINS: [OriginKind; 2] = [OriginKind::Proposed, OriginKind::Recorded];

const fn origin(kind: OriginKind) -> &'static str {
    match kind {
        OriginKind::Proposed => "proposed",
        OriginKind::Recorded => "recorded",
    }
}

fn kind(actor: Option<&Actor>) -> Cell<'_> {
    actor.map(|actor| actor.kind.as_str()).into()
}

fn id(actor: Option<&Actor>) -> Cell<'_> {
    actor.map(|actor| &*actor.id).into()
}

/// A list of names as JSON text; none where it is empty.
pub(crate) fn names(names: &[String]) -> Cell<'_> {
    if names.is_empty() { Cell::Null } else { serde_json::to_string(names).ok().into() }
}

/// The row's values, in the order of [`COLUMNS`].
pub(super) fn cells(row: &ExecutionRow) -> [Cell<'_>; COLUMN_COUNT - 1] {
    let progress = row.progress.as_ref();
    [
        row.position.get().into(),
        row.tenant.as_str().into(),
        (&row.execution_id).into(),
        (&row.agent).into(),
        (&row.conversation).into(),
        row.request_id.as_ref().into(),
        row.function.as_str().into(),
        origin(row.origin).into(),
        kind(Some(&row.requester)),
        id(Some(&row.requester)),
        kind(Some(&row.initiated_by)),
        id(Some(&row.initiated_by)),
        row.arguments_digest.as_ref().into(),
        row.idempotency_key.as_ref().into(),
        row.former_execution.as_ref().into(),
        row.created_at.into(),
        row.stage.as_str().into(),
        row.status.as_str().into(),
        row.approval_status.as_str().into(),
        row.outcome.map(Outcome::as_str).into(),
        row.result_status.map(ResultStatus::as_str).into(),
        row.reason_code.as_ref().into(),
        row.reason.as_ref().into(),
        kind(row.started_by.as_ref()),
        id(row.started_by.as_ref()),
        row.policy_set.as_ref().into(),
        names(&row.matched_rules),
        row.approval_deadline.into(),
        row.permit_id.as_ref().into(),
        row.permit_expires_at.into(),
        row.lease_expires_at.into(),
        u64::from(progress.is_some()).into(),
        progress.and_then(|progress| progress.message.as_ref()).into(),
        progress.and_then(|progress| progress.percent).map(u64::from).into(),
        row.updated_at.into(),
        row.started_at.into(),
        row.finished_at.into(),
        row.resolved_at.into(),
        kind(row.resolved_by.as_ref()),
        id(row.resolved_by.as_ref()),
        row.attempts.into(),
        row.last_position.get().into(),
        row.last_version.get().into(),
    ]
}

/// Reads [`COLUMNS`], from the row's first column on.
pub(super) fn read(row: &Row<'_>) -> Result<ExecutionRow, SqlError> {
    let mut c = Columns::checked(row, 0, COLUMN_COUNT)?;
    let missing = || SqlError::Damaged("an execution has no origin".to_owned());
    Ok(ExecutionRow {
        position: c.position()?,
        tenant: c.parse()?,
        execution_id: c.id()?,
        agent: c.string()?,
        conversation: c.string()?,
        request_id: c.opt_string()?,
        function: c.parse()?,
        origin: c.opt_named(&ORIGINS, origin)?.ok_or_else(missing)?,
        requester: c.actor()?,
        initiated_by: c.actor()?,
        arguments_digest: c.opt_digest()?,
        idempotency_key: c.opt_string()?,
        former_execution: c.opt_id()?,
        created_at: c.time()?,
        stage: c.parse::<Stage>()?,
        status: c.parse::<ExecutionStatus>()?,
        approval_status: c.parse::<ApprovalStatus>()?,
        outcome: c.opt_named(&OUTCOMES, Outcome::as_str)?,
        result_status: c.opt_named(&RESULT_STATUSES, ResultStatus::as_str)?,
        reason_code: c.opt_string()?,
        reason: c.opt_string()?,
        started_by: c.opt_actor()?,
        policy_set: c.opt_string()?,
        matched_rules: c.opt_json()?.unwrap_or_default(),
        approval_deadline: c.opt_time()?,
        permit_id: c.opt_id()?,
        permit_expires_at: c.opt_time()?,
        lease_expires_at: c.opt_time()?,
        progress: read_progress(&mut c)?,
        updated_at: c.time()?,
        started_at: c.opt_time()?,
        finished_at: c.opt_time()?,
        resolved_at: c.opt_time()?,
        resolved_by: c.opt_actor()?,
        attempts: c.count()?,
        last_position: c.position()?,
        last_version: c.version()?,
    })
}

fn read_progress(c: &mut Columns<'_>) -> Result<Option<Progress>, SqlError> {
    let is_there = c.int()? != 0;
    let message = c.opt_string()?;
    let percent = c.opt_int()?.map(u8::try_from).transpose();
    let percent = percent.map_err(|_| SqlError::Damaged("a percentage is out of range".to_owned()))?;
    Ok(is_there.then_some(Progress { message, percent }))
}
