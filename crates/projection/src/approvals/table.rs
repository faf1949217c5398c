//! The approval queue in SQL.

use proto_events::{Actor, Json};
use rusqlite::Row;

use super::{ApprovalKind, PendingApproval};
use crate::{
    executions::names,
    sql::{Cell, Columns, Schema, SqlError},
};

pub(crate) static SCHEMA: Schema = Schema {
    version: 1,
    // The indexes are there from the start: the queue is short, whatever the length of the log.
    tables: "
        CREATE TABLE approvals (
            position INTEGER PRIMARY KEY, version INTEGER NOT NULL,
            tenant TEXT NOT NULL, execution_id BLOB NOT NULL, kind TEXT NOT NULL,
            agent TEXT NOT NULL, conversation TEXT NOT NULL, request_id TEXT, function TEXT NOT NULL,
            arguments TEXT NOT NULL, arguments_digest BLOB NOT NULL,
            requester_kind TEXT NOT NULL, requester_id TEXT NOT NULL,
            proposed_by_kind TEXT NOT NULL, proposed_by_id TEXT NOT NULL,
            reviewers TEXT, quorum INTEGER NOT NULL,
            requested_at INTEGER NOT NULL, deadline INTEGER NOT NULL,
            reason_code TEXT, reason TEXT, policy_set TEXT, matched_rules TEXT,
            row_check INTEGER NOT NULL
        ) STRICT;
        CREATE UNIQUE INDEX approvals_by_id ON approvals (execution_id, tenant);
        CREATE INDEX approvals_by_tenant ON approvals (tenant, deadline);
        CREATE INDEX approvals_by_requester ON approvals (tenant, requester_id, deadline);
        CREATE INDEX approvals_by_agent ON approvals (tenant, agent, deadline);
        CREATE INDEX approvals_by_conversation ON approvals (tenant, conversation, deadline);
        CREATE INDEX approvals_by_function ON approvals (tenant, function, deadline);",
    indexes: "",
    bulk: ("", ""),
    contents: &["SELECT * FROM approvals ORDER BY position"],
};

/// The columns of `approvals`, in the order of [`cells`], and the check.
pub(super) const COLUMNS: &str = "position, version, tenant, execution_id, kind, agent, conversation, request_id,
    function, arguments, arguments_digest, requester_kind, requester_id, proposed_by_kind, proposed_by_id, reviewers,
    quorum, requested_at, deadline, reason_code, reason, policy_set, matched_rules, row_check";
const COLUMN_COUNT: usize = 24;

pub(super) const INSERT: &str =
    "INSERT INTO approvals VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13,
    ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24)";
pub(super) const DELETE: &str = "DELETE FROM approvals WHERE execution_id = ?1 AND tenant = ?2";

pub(super) const fn kind(kind: ApprovalKind) -> &'static str {
    match kind {
        ApprovalKind::Approval => "approval",
        ApprovalKind::Confirmation => "confirmation",
    }
}

fn actor(actor: &Actor) -> [Cell<'_>; 2] {
    [actor.kind.as_str().into(), (&*actor.id).into()]
}

/// The row's values, in the order of [`COLUMNS`].
pub(super) fn cells(row: &PendingApproval) -> Result<[Cell<'_>; COLUMN_COUNT - 1], SqlError> {
    let [requester_kind, requester_id] = actor(&row.requester);
    let [proposed_by_kind, proposed_by_id] = actor(&row.proposed_by);
    let reviewers = row.reviewers.as_ref().map(serde_json::to_string).transpose();
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
        (&row.arguments_digest).into(),
        requester_kind,
        requester_id,
        proposed_by_kind,
        proposed_by_id,
        reviewers.map_err(|error| SqlError::Other(error.to_string()))?.into(),
        u64::from(row.quorum).into(),
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
    Ok(PendingApproval {
        position: c.position()?,
        version: c.version()?,
        tenant: c.parse()?,
        execution_id: c.id()?,
        kind: c
            .opt_named(&[ApprovalKind::Approval, ApprovalKind::Confirmation], kind)?
            .ok_or_else(|| missing("kind"))?,
        agent: c.string()?,
        conversation: c.string()?,
        request_id: c.opt_string()?,
        function: c.parse()?,
        arguments: Json::from_text(c.string()?).map_err(|error| SqlError::Damaged(error.to_string()))?,
        arguments_digest: c.opt_digest()?.ok_or_else(|| missing("digest"))?,
        requester: c.actor()?,
        proposed_by: c.actor()?,
        reviewers: c.opt_json()?,
        quorum: u32::try_from(c.int()?).map_err(|_| missing("quorum"))?,
        requested_at: c.time()?,
        deadline: c.time()?,
        reason_code: c.opt_string()?,
        reason: c.opt_string()?,
        policy_set: c.opt_string()?,
        matched_rules: c.opt_json()?.unwrap_or_default(),
    })
}
