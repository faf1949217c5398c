//! Questions to the execution table.

use std::sync::LazyLock;

use proto_events::{Json, TenantId};
use rusqlite::Connection;
use uuid::Uuid;

use super::{ExecutionDetail, ExecutionFilter, ExecutionRow, cells, filter, table::COLUMNS};
use crate::{
    Cursor, Page, PageRequest,
    facet::AllOf,
    page::Kind,
    search,
    sql::{Cell, Columns, Select, SqlError, positions_of},
};

pub(super) fn row_by_id(
    connection: &Connection,
    tenant: &TenantId,
    id: Uuid,
) -> Result<Option<ExecutionRow>, SqlError> {
    static SQL: LazyLock<String> = LazyLock::new(|| {
        format!("SELECT {} FROM executions WHERE execution_id = ?1 AND tenant = ?2", *COLUMNS)
    });
    let mut statement = connection.prepare_cached(&SQL)?;
    let mut rows = statement.query((id.as_bytes(), tenant.as_str()))?;
    rows.next()?.map(cells::read).transpose()
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
        redacted_arguments: Vec::new(),
        context: None,
        activity: None,
        decision: None,
        result: None,
        redacted_result: Vec::new(),
        error: None,
        timing: None,
    };
    side(connection, "SELECT * FROM inputs WHERE position = ?1", position, 7, |c| {
        detail.arguments = opt_json_text(c)?;
        detail.redacted_arguments = c.opt_json()?.unwrap_or_default();
        detail.context = opt_json_text(c)?;
        detail.activity = c.opt_json()?;
        detail.decision = c.opt_json()?;
        Ok(())
    })?;
    side(connection, "SELECT * FROM results WHERE position = ?1", position, 6, |c| {
        detail.result = opt_json_text(c)?;
        detail.redacted_result = c.opt_json()?.unwrap_or_default();
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
    let (changing, lasting) = (filter::changing(filter), filter::lasting(filter));
    let index = changing.first().map(|changing| changing.index);
    let by_index = index.filter(|_| !has_text && (lasting.is_empty() || filter::is_narrow(filter)));
    let (position, mut select) = match by_index {
        Some(index) => {
            let head = format!("SELECT {} FROM executions INDEXED BY {index}", *COLUMNS);
            ("executions.position", Select::new(head))
        }
        // The outer loop is over what the words find, which FTS5 gives in the order of the row ids.
        None => {
            lasting.iter().for_each(|lasting| words.facet(lasting.facet, tenant, &lasting.word));
            let columns = COLUMNS.replacen("position", "executions.position", 1);
            let head = format!(
                "SELECT {columns} FROM words CROSS JOIN executions ON executions.position = words.rowid"
            );
            ("words.rowid", Select::new(head).and("words MATCH", words.into_string().into()))
        }
    };
    // The words may find too much (two values may share one), never too little.
    select = select.and("tenant =", Cell::from(tenant.as_str()));
    for changing in changing {
        select = match changing.value {
            Some(value) => select.and_each(changing.condition, value),
            None => select.and_is(changing.condition),
        };
    }
    for lasting in lasting {
        select = select.and_each(lasting.condition, lasting.value);
    }
    for usual in filter::usual(filter) {
        select = select.and_is(usual);
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
    let mut items = select.rows(connection, cells::read)?;
    let more = items.len() > limit;
    items.truncate(limit);
    let next = items.last().filter(|_| more).map(|row| Cursor::at(Kind::Executions, 0, position_of(row)));
    Ok(Page { items, next })
}

/// The statement for a page of those that wait to be settled, in the order in which their leases ran out.
pub(crate) fn select_unsettled(tenant: &TenantId, after: Option<(i64, i64)>, limit: usize) -> Select<'_> {
    let mut select =
        Select::new(format!("SELECT {} FROM executions INDEXED BY executions_unsettled", *COLUMNS))
            .and("tenant =", tenant.as_str().into())
            .and_is("stage = 'unknown'");
    if let Some(after) = after {
        select = select.and_after("lease_expires_at, position", after);
    }
    select.finish("ORDER BY lease_expires_at, position", limit)
}

/// A page of the executions that wait to be settled, those whose lease ran out first come first.
pub(crate) fn unsettled(
    connection: &Connection,
    tenant: &TenantId,
    request: &PageRequest,
) -> Result<Page<ExecutionRow>, SqlError> {
    let (limit, after) = request.check(Kind::Unsettled)?;
    let mut items = select_unsettled(tenant, after, limit + 1).rows(connection, cells::read)?;
    let more = items.len() > limit;
    items.truncate(limit);
    let next = items.last().filter(|_| more).map(|row| {
        let lease = row.lease_expires_at.map_or(i64::MIN, |lease| lease.as_micros());
        Cursor::at(Kind::Unsettled, lease, position_of(row))
    });
    Ok(Page { items, next })
}

fn position_of(row: &ExecutionRow) -> i64 {
    i64::try_from(row.position.get()).unwrap_or(i64::MAX)
}
