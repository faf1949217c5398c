//! The approval queue in SQL.

use proto_events::{Actor, ApprovalNeed, Json, LayerFinding};
use rusqlite::Row;
use serde::{Deserialize, Serialize};

use super::{ApprovalKind, DueEscalation, Escalated, PendingApproval, Vote, fold::Call};
use crate::{
    executions::names,
    sql::{Cell, Columns, Schema, SqlError},
};

pub(crate) static SCHEMA: Schema = Schema {
    version: 3,
    // The indexes are there from the start: the queue is short, whatever the length of the log.
    tables: "
        CREATE TABLE approvals (
            position INTEGER PRIMARY KEY, version INTEGER NOT NULL,
            tenant TEXT NOT NULL, execution_id BLOB NOT NULL, kind TEXT NOT NULL,
            agent TEXT NOT NULL, conversation TEXT NOT NULL, request_id TEXT, function TEXT NOT NULL,
            arguments TEXT NOT NULL, redacted TEXT, arguments_digest BLOB NOT NULL,
            requester_kind TEXT NOT NULL, requester_id TEXT NOT NULL,
            proposed_by_kind TEXT NOT NULL, proposed_by_id TEXT NOT NULL,
            reviewers TEXT, quorum INTEGER NOT NULL, stage INTEGER NOT NULL, stages INTEGER NOT NULL,
            missing INTEGER NOT NULL, self_review INTEGER NOT NULL, course TEXT NOT NULL,
            remind_after_seconds INTEGER, remind_at INTEGER, reminders INTEGER NOT NULL,
            comments INTEGER NOT NULL, suspended INTEGER NOT NULL, redecisions INTEGER NOT NULL,
            requested_at INTEGER NOT NULL, deadline INTEGER NOT NULL,
            reason_code TEXT, reason TEXT, policy_set TEXT, matched_rules TEXT,
            row_check INTEGER NOT NULL
        ) STRICT;
        CREATE UNIQUE INDEX approvals_by_id ON approvals (execution_id, tenant);
        CREATE INDEX approvals_by_tenant ON approvals (tenant, deadline);
        CREATE INDEX approvals_by_requester ON approvals (tenant, requester_id, deadline);
        CREATE INDEX approvals_by_agent ON approvals (tenant, agent, deadline);
        CREATE INDEX approvals_by_conversation ON approvals (tenant, conversation, deadline);
        CREATE INDEX approvals_by_function ON approvals (tenant, function, deadline);
        -- Texts that a row is found by: who can vote, and who did. The row itself has the last word.
        CREATE TABLE marks (
            position INTEGER NOT NULL, mark TEXT NOT NULL, PRIMARY KEY (position, mark)
        ) STRICT, WITHOUT ROWID;
        -- The calls that may be asked for, or be asked for again.
        CREATE TABLE calls (
            position INTEGER PRIMARY KEY, tenant TEXT NOT NULL, execution_id BLOB NOT NULL,
            proposed_by_kind TEXT NOT NULL, proposed_by_id TEXT NOT NULL, sensitive TEXT,
            redecisions INTEGER NOT NULL, comments INTEGER NOT NULL, suspended INTEGER NOT NULL,
            row_check INTEGER NOT NULL
        ) STRICT;
        CREATE UNIQUE INDEX calls_by_id ON calls (execution_id, tenant);",
    indexes: "",
    bulk: ("", ""),
    contents: &[
        "SELECT * FROM approvals ORDER BY position",
        "SELECT * FROM marks ORDER BY position, mark",
        "SELECT * FROM calls ORDER BY position",
    ],
};

/// The columns of `approvals`, in the order of [`cells`], and the check.
pub(super) const COLUMNS: &str = "position, version, tenant, execution_id, kind, agent, conversation, request_id,
    function, arguments, redacted, arguments_digest, requester_kind, requester_id, proposed_by_kind, proposed_by_id,
    reviewers, quorum, stage, stages, missing, self_review, course, remind_after_seconds, remind_at, reminders, comments,
    suspended, redecisions, requested_at, deadline, reason_code, reason, policy_set, matched_rules, row_check";
const COLUMN_COUNT: usize = 36;

pub(super) const INSERT: &str =
    "INSERT INTO approvals VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13,
    ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?29, ?30, ?31, ?32, ?33, ?34, ?35, ?36)";
pub(super) const INSERT_MARK: &str = "INSERT INTO marks VALUES (?1, ?2)";
pub(super) const DELETE_MARKS: &str = "DELETE FROM marks WHERE position IN
    (SELECT position FROM approvals WHERE execution_id = ?1 AND tenant = ?2)";
pub(super) const DELETE: &str = "DELETE FROM approvals WHERE execution_id = ?1 AND tenant = ?2";

/// The columns of `calls`, in the order of [`call_cells`], and the check.
pub(super) const CALL_COLUMNS: &str =
    "position, tenant, execution_id, proposed_by_kind, proposed_by_id, sensitive,
    redecisions, comments, suspended, row_check";
pub(super) const INSERT_CALL: &str =
    "INSERT OR REPLACE INTO calls VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
pub(super) const DELETE_CALL: &str = "DELETE FROM calls WHERE execution_id = ?1 AND tenant = ?2";

/// What belongs together and is never asked for alone, as one JSON text.
#[derive(Serialize, Deserialize)]
struct Course {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    needs: Vec<ApprovalNeed>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    votes: Vec<Vote>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    escalated: Vec<Escalated>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    escalations: Vec<DueEscalation>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    reasons: Vec<LayerFinding>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    sensitive: Vec<String>,
}

pub(super) const fn kind(kind: ApprovalKind) -> &'static str {
    match kind {
        ApprovalKind::Approval => "approval",
        ApprovalKind::Confirmation => "confirmation",
    }
}

fn actor(actor: &Actor) -> [Cell<'_>; 2] {
    [actor.kind.as_str().into(), (&*actor.id).into()]
}

fn json<T: Serialize>(value: &T) -> Result<Cell<'static>, SqlError> {
    serde_json::to_string(value).map(Cell::from).map_err(|error| SqlError::Other(error.to_string()))
}

/// The row's values, in the order of [`COLUMNS`].
pub(super) fn cells(row: &PendingApproval) -> Result<[Cell<'_>; COLUMN_COUNT - 1], SqlError> {
    let [requester_kind, requester_id] = actor(&row.requester);
    let [proposed_by_kind, proposed_by_id] = actor(&row.proposed_by);
    let course = Course {
        needs: row.needs.clone(),
        votes: row.votes.clone(),
        escalated: row.escalated.clone(),
        escalations: row.escalations.clone(),
        reasons: row.reasons.clone(),
        sensitive: row.sensitive.clone(),
    };
    Ok([
        row.position.get().into(),
        row.version.get().into(),
        row.tenant.as_str().into(),
        (&row.execution_id).into(),
        kind(row.kind).into(),
        (&row.agent).into(),
        (&row.conversation).into(),
        row.request_id.as_ref().into(),
        row.function.as_str().into(),
        row.arguments.as_str().into(),
        names(&row.redacted),
        (&row.arguments_digest).into(),
        requester_kind,
        requester_id,
        proposed_by_kind,
        proposed_by_id,
        row.reviewers.as_ref().map(json).transpose()?.into(),
        row.quorum.into(),
        row.stage.into(),
        row.stages.into(),
        row.missing.into(),
        row.self_review.into(),
        json(&course)?,
        row.remind_after_seconds.into(),
        row.remind_at.into(),
        row.reminders.into(),
        row.comments.into(),
        row.suspended.into(),
        row.redecisions.into(),
        row.requested_at.into(),
        row.deadline.into(),
        row.reason_code.as_ref().into(),
        row.reason.as_ref().into(),
        row.policy_set.as_ref().into(),
        names(&row.matched_rules),
    ])
}

/// Reads [`COLUMNS`].
pub(super) fn read(row: &Row<'_>) -> Result<PendingApproval, SqlError> {
    let mut c = Columns::checked(row, 0, COLUMN_COUNT)?;
    let missing = |what: &str| SqlError::Damaged(format!("an approval has no {what}"));
    let (position, version, tenant, execution_id) = (c.position()?, c.version()?, c.parse()?, c.id()?);
    let kind = c.opt_named(&[ApprovalKind::Approval, ApprovalKind::Confirmation], kind)?;
    let kind = kind.ok_or_else(|| missing("kind"))?;
    let (agent, conversation, request_id, function) = (c.string()?, c.string()?, c.opt_string()?, c.parse()?);
    let arguments = Json::from_text(c.string()?).map_err(|error| SqlError::Damaged(error.to_string()))?;
    let redacted = c.opt_json()?.unwrap_or_default();
    let arguments_digest = c.opt_digest()?.ok_or_else(|| missing("digest"))?;
    let (requester, proposed_by, reviewers) = (c.actor()?, c.actor()?, c.opt_json()?);
    let (quorum, stage, stages) = (c.small()?, c.small()?, c.small()?);
    let (missing_votes, self_review) = (c.small()?, c.flag()?);
    let course: Course = c.opt_json()?.ok_or_else(|| missing("course"))?;
    Ok(PendingApproval {
        position,
        version,
        tenant,
        execution_id,
        kind,
        agent,
        conversation,
        request_id,
        function,
        arguments,
        redacted,
        arguments_digest,
        requester,
        proposed_by,
        reviewers,
        quorum,
        stage,
        stages,
        needs: course.needs,
        votes: course.votes,
        missing: missing_votes,
        self_review,
        escalated: course.escalated,
        escalations: course.escalations,
        remind_after_seconds: c.opt_count()?,
        remind_at: c.opt_time()?,
        reminders: c.small()?,
        comments: c.count()?,
        suspended: c.flag()?,
        redecisions: c.count()?,
        requested_at: c.time()?,
        deadline: c.time()?,
        reason_code: c.opt_string()?,
        reason: c.opt_string()?,
        policy_set: c.opt_string()?,
        matched_rules: c.opt_json()?.unwrap_or_default(),
        reasons: course.reasons,
        sensitive: course.sensitive,
    })
}

/// The call's values, in the order of [`CALL_COLUMNS`].
pub(super) fn call_cells<'c>(tenant: &'c str, id: &'c uuid::Uuid, call: &'c Call) -> [Cell<'c>; 9] {
    let [proposed_by_kind, proposed_by_id] = actor(&call.proposed_by);
    [
        call.position.into(),
        tenant.into(),
        id.into(),
        proposed_by_kind,
        proposed_by_id,
        names(&call.sensitive),
        call.redecisions.into(),
        call.comments.into(),
        call.suspended.into(),
    ]
}

/// Reads [`CALL_COLUMNS`].
pub(super) fn read_call(row: &Row<'_>) -> Result<Call, SqlError> {
    let mut c = Columns::checked(row, 0, 10)?;
    let position = c.count()?;
    c.str()?;
    c.id()?;
    Ok(Call {
        position,
        proposed_by: c.actor()?,
        sensitive: c.opt_json()?.unwrap_or_default(),
        redecisions: c.count()?,
        comments: c.count()?,
        suspended: c.flag()?,
    })
}
