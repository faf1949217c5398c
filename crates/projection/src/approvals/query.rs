//! Questions to the approval queue.

use proto_events::{ActorKind, TenantId};
use rusqlite::Connection;
use uuid::Uuid;

use super::{
    ApprovalFilter, ApprovalKind, PendingApproval,
    fold::Open,
    reviewing,
    table::{self, CALL_COLUMNS, COLUMNS},
};
use crate::{
    Cursor, Page, PageRequest,
    page::Kind,
    sql::{Cell, Select, SqlError},
};

/// A page ends early where its arguments come to more than this: each of them may have 256 KiB.
const MAX_PAGE_BYTES: usize = 4 * 1024 * 1024;

/// What one execution waits for.
pub(crate) fn one(
    connection: &Connection,
    tenant: &TenantId,
    id: Uuid,
) -> Result<Option<PendingApproval>, SqlError> {
    let select = Select::new(format!("SELECT {COLUMNS} FROM approvals"))
        .and("execution_id =", Cell::Blob(id.as_bytes()))
        .and("tenant =", tenant.as_str().into());
    Ok(select.rows(connection, table::read)?.pop())
}

/// A call that may be asked for, and what is asked now; `None` where nobody will be asked.
pub(super) fn open(connection: &Connection, tenant: &TenantId, id: Uuid) -> Result<Option<Open>, SqlError> {
    let select = Select::new(format!("SELECT {CALL_COLUMNS} FROM calls"))
        .and("execution_id =", Cell::Blob(id.as_bytes()))
        .and("tenant =", tenant.as_str().into());
    let Some(call) = select.rows(connection, table::read_call)?.pop() else { return Ok(None) };
    Ok(Some(Open { call, asked: one(connection, tenant, id)?.map(Box::new) }))
}

/// The statement for a page of the queue, in the order of deadline and position, which every index has at its end.
pub(crate) fn select<'f>(
    tenant: &'f TenantId,
    filter: &'f ApprovalFilter,
    after: Option<(i64, i64)>,
    limit: usize,
) -> Select<'f> {
    let requester = filter.requester.as_ref();
    let equalities = [
        ("conversation", "approvals_by_conversation", filter.conversation.as_deref()),
        ("requester_id", "approvals_by_requester", requester.map(|requester| &*requester.id)),
        ("agent", "approvals_by_agent", filter.agent.as_deref()),
        ("function", "approvals_by_function", filter.function.as_deref()),
        ("requester_kind", "approvals_by_requester", requester.map(|requester| requester.kind.as_str())),
        ("kind", "approvals_by_tenant", filter.kind.map(table::kind)),
    ];
    let index = equalities.iter().find(|(_, _, value)| value.is_some());
    let index = index.map_or("approvals_by_tenant", |(_, index, _)| index);
    let mut select = Select::new(format!("SELECT {COLUMNS} FROM approvals INDEXED BY {index}"))
        .and("tenant =", tenant.as_str().into());
    for (column, _, value) in equalities {
        if let Some(value) = value {
            select = select.and(&format!("{column} ="), value.into());
        }
    }
    if let Some(suspended) = filter.suspended {
        select = select.and("suspended =", suspended.into());
    }
    if let Some(wanted) = &filter.for_reviewer {
        let can = "EXISTS (SELECT 1 FROM marks WHERE marks.position = approvals.position
             AND mark IN (SELECT value FROM json_each(?)))";
        let did = "NOT EXISTS (SELECT 1 FROM marks WHERE marks.position = approvals.position AND mark = ?)";
        select = select
            .and("kind =", table::kind(ApprovalKind::Approval).into())
            .and_each(can, reviewing::wanted_marks(wanted).into())
            .and_each(did, reviewing::voter(&wanted.reviewer.actor).into());
    }
    if let Some(actor) = &filter.resolvable_by {
        // Kind and id as one text: an id may hold any character, a kind holds no colon.
        let asked = "CASE kind WHEN 'confirmation' THEN requester_kind || ':' || requester_id = ?
             ELSE self_review = 1 AND requester_kind = 'user' AND requester_kind || ':' || requester_id = ?
             OR requester_kind || ':' || requester_id <> ? AND proposed_by_kind || ':' || proposed_by_id <> ? END";
        select = select.and_each(asked, actor.to_string().into());
        if actor.kind == ActorKind::Agent {
            select = select.and("agent <>", (&*actor.id).into());
        }
    }
    if let Some(after) = after {
        select = select.and_after("deadline, position", after);
    }
    select.finish("ORDER BY deadline, position", limit)
}

/// A page of the queue, the most urgent first.
pub(crate) fn page(
    connection: &Connection,
    tenant: &TenantId,
    filter: &ApprovalFilter,
    request: &PageRequest,
) -> Result<Page<PendingApproval>, SqlError> {
    let (limit, after) = request.check(Kind::Approvals)?;
    let mut bytes = 0;
    let mut more = false;
    let mut count = 0;
    let whole = if filter.for_reviewer.is_some() { usize::MAX >> 1 } else { limit + 1 };
    let items = select(tenant, filter, after, whole).rows_while(connection, |row| {
        if count == limit || bytes > MAX_PAGE_BYTES {
            more = true;
            return Ok(None);
        }
        let approval = table::read(row)?;
        // The marks find what is for the reviewer as far as a row tells by itself; they may find too much, never too little.
        if filter.for_reviewer.as_ref().is_some_and(|wanted| !reviewing::can_vote(&approval, wanted)) {
            return Ok(Some(None));
        }
        count += 1;
        bytes += approval.arguments.as_str().len();
        Ok(Some(Some(approval)))
    })?;
    let items: Vec<_> = items.into_iter().flatten().collect();
    let next = items.last().filter(|_| more).map(|last| {
        let position = i64::try_from(last.position.get()).unwrap_or(i64::MAX);
        Cursor::at(Kind::Approvals, last.deadline.as_micros(), position)
    });
    Ok(Page { items, next })
}
