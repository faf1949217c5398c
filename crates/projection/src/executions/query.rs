//! Questions to the execution table.

use std::sync::LazyLock;

use proto_events::{Json, TenantId};
use rusqlite::Connection;
use uuid::Uuid;
use vidimus_domain::execution::{ApprovalStatus, ExecutionStatus};

use super::{
    ExecutionDetail, ExecutionFilter, ExecutionRow,
    table::{self, COLUMNS},
};
use crate::{
    Cursor, Page, PageRequest,
    facet::{AllOf, Facet},
    page::Kind,
    search,
    sql::{Cell, Columns, Select, SqlError, positions_of},
};

pub(super) fn row_by_id(
    connection: &Connection,
    tenant: &TenantId,
    id: Uuid,
) -> Result<Option<ExecutionRow>, SqlError> {
    static SQL: LazyLock<String> =
        LazyLock::new(|| format!("SELECT {COLUMNS} FROM executions WHERE execution_id = ?1 AND tenant = ?2"));
    let mut statement = connection.prepare_cached(&SQL)?;
    let mut rows = statement.query((id.as_bytes(), tenant.as_str()))?;
    rows.next()?.map(table::read).transpose()
}

/// One execution with all that is known of it.
pub(crate) fn detail(
    connection: &Connection,
    tenant: &TenantId,
    id: Uuid,
) -> Result<Option<ExecutionDetail>, SqlError> {
    let Some(row) = row_by_id(connection, tenant, id)? else { return Ok(None) };
    let position = i64::try_from(row.position.get()).unwrap_or(i64::MAX);
    let mut detail = ExecutionDetail {
        row,
        arguments: None,
        context: None,
        activity: None,
        decision: None,
        missing_requirement: None,
        next_owner: None,
        result: None,
        error: None,
        timing: None,
    };
    side(connection, "SELECT * FROM inputs WHERE position = ?1", position, 8, |c| {
        detail.arguments = opt_json_text(c)?;
        detail.context = opt_json_text(c)?;
        detail.activity = c.opt_json()?;
        detail.decision = c.opt_json()?;
        detail.missing_requirement = c.opt_string()?;
        detail.next_owner = c.opt_string()?;
        Ok(())
    })?;
    side(connection, "SELECT * FROM results WHERE position = ?1", position, 5, |c| {
        detail.result = opt_json_text(c)?;
        detail.error = c.opt_json()?;
        detail.timing = c.opt_json()?;
        Ok(())
    })?;
    Ok(Some(detail))
}

fn opt_json_text(columns: &mut Columns<'_>) -> Result<Option<Json>, SqlError> {
    let json = columns.opt_string()?.map(Json::from_text).transpose();
    json.map_err(|error| SqlError::Damaged(error.to_string()))
}

/// Reads the row at `position` of a table beside `executions`, if it has one, after its position.
pub(super) fn side(
    connection: &Connection,
    sql: &str,
    position: i64,
    columns: usize,
    mut read: impl FnMut(&mut Columns<'_>) -> Result<(), SqlError>,
) -> Result<(), SqlError> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query([position])?;
    let Some(row) = rows.next()? else { return Ok(()) };
    let mut columns = Columns::checked(row, 0, columns)?;
    columns.int()?;
    read(&mut columns)
}

/// The filters over what changes about an execution, which have ordinary indexes; the most telling first.
fn changing(filter: &ExecutionFilter) -> [(&'static str, &'static str, Option<&str>); 4] {
    [
        ("resolved_by_id", "executions_by_resolver", filter.resolved_by.as_deref()),
        ("stage", "executions_by_stage", filter.stage.map(|stage| stage.as_str())),
        (
            "approval_status",
            "executions_by_approval_status",
            filter.approval_status.map(|status| status.as_str()),
        ),
        ("status", "executions_by_status", filter.status.map(|status| status.as_str())),
    ]
}

/// The filters over what never changes, which are words of the word index.
fn lasting(filter: &ExecutionFilter) -> [(&'static str, Facet, Option<&str>); 3] {
    [
        ("agent", Facet::Agent, filter.agent.as_deref()),
        ("conversation", Facet::Conversation, filter.conversation.as_deref()),
        ("function", Facet::Function, filter.function.as_deref()),
    ]
}

/// Whether the filter asks for something that few executions are at any time, or that one person did.
fn is_narrow(filter: &ExecutionFilter) -> bool {
    filter.resolved_by.is_some()
        || filter.stage.is_some_and(|stage| !stage.is_terminal())
        || filter.approval_status == Some(ApprovalStatus::Pending)
        || matches!(filter.status, Some(ExecutionStatus::Pending | ExecutionStatus::PendingApproval))
}

/// The statement for a page of executions. Every order is that of the positions, latest first, which every index gives:
/// nothing is ever sorted.
pub(crate) fn select<'f>(
    connection: &Connection,
    tenant: &'f TenantId,
    filter: &'f ExecutionFilter,
    after: Option<i64>,
    limit: usize,
) -> Result<Select<'f>, SqlError> {
    let mut words = AllOf::tenant(tenant);
    let has_text = match &filter.search {
        Some(text) => search::require(&mut words, text)?,
        None => false,
    };
    let (changing, lasting) = (changing(filter), lasting(filter));
    let index = changing.iter().find(|(_, _, value)| value.is_some()).map(|(_, index, _)| index);
    let has_lasting = lasting.iter().any(|(_, _, value)| value.is_some());
    let by_index = index.filter(|_| !has_text && (!has_lasting || is_narrow(filter)));
    let (position, mut select) = match by_index {
        Some(index) => {
            let head = format!("SELECT {COLUMNS} FROM executions INDEXED BY {index}");
            ("executions.position", Select::new(head))
        }
        // The outer loop is over what the words find, which FTS5 gives in the order of the row ids.
        None => {
            for (_, facet, value) in lasting {
                if let Some(value) = value {
                    words.facet(facet, tenant, value.as_bytes());
                }
            }
            let columns = COLUMNS.replacen("position", "executions.position", 1);
            let head = format!(
                "SELECT {columns} FROM words CROSS JOIN executions ON executions.position = words.rowid"
            );
            ("words.rowid", Select::new(head).and("words MATCH", words.into_string().into()))
        }
    };
    // The words may find too much (two values may share one), never too little.
    select = select.and("tenant =", Cell::from(tenant.as_str()));
    let columns = changing.map(|(column, _, value)| (column, value));
    for (column, value) in columns.into_iter().chain(lasting.map(|(column, _, value)| (column, value))) {
        if let Some(value) = value {
            select = select.and(&format!("{column} ="), Cell::from(value));
        }
    }
    let (first, last) = positions_of(connection, filter.from, filter.to)?;
    let last = after.map_or(last, |after| last.min(after - 1));
    if first > 1 {
        select = select.and(&format!("{position} >="), Cell::Int(first));
    }
    if last < i64::MAX {
        select = select.and(&format!("{position} <="), Cell::Int(last));
    }
    if let Some(from) = filter.from {
        select = select.and("created_at >=", from.into());
    }
    if let Some(to) = filter.to {
        select = select.and("created_at <", to.into());
    }
    Ok(select.finish(&format!("ORDER BY {position} DESC"), limit))
}

/// A page of executions, newest first.
pub(crate) fn page(
    connection: &Connection,
    tenant: &TenantId,
    filter: &ExecutionFilter,
    request: &PageRequest,
) -> Result<Page<ExecutionRow>, SqlError> {
    let (limit, after) = request.check(Kind::Executions)?;
    // One more than asked for tells whether there is a next page.
    let select = select(connection, tenant, filter, after.map(|(_, position)| position), limit + 1)?;
    let mut items = select.rows(connection, table::read)?;
    let more = items.len() > limit;
    items.truncate(limit);
    let next = items.last().filter(|_| more).map(|row| Cursor::at(Kind::Executions, 0, position_of(row)));
    Ok(Page { items, next })
}

fn position_of(row: &ExecutionRow) -> i64 {
    i64::try_from(row.position.get()).unwrap_or(i64::MAX)
}
