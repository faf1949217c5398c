//! Questions to the audit trail.

use proto_events::{GlobalPosition, TenantId};
use rusqlite::Connection;

use super::{
    AuditEntry, AuditFilter, Direction,
    table::{self, COLUMNS},
    view,
};
use crate::{
    Cursor, Page, PageRequest,
    facet::{AllOf, Facet},
    page::Kind,
    sql::{Cell, Select, SqlError, positions_of},
};

fn int(position: GlobalPosition) -> i64 {
    i64::try_from(position.get()).unwrap_or(i64::MAX)
}

/// The entry at `position`.
pub(crate) fn one(
    connection: &Connection,
    tenant: &TenantId,
    position: GlobalPosition,
) -> Result<Option<AuditEntry>, SqlError> {
    let select = Select::new(format!("SELECT {COLUMNS} FROM entries"))
        .and("position =", Cell::Int(int(position)))
        .and("tenant =", tenant.as_str().into());
    Ok(select.rows(connection, table::read)?.pop())
}

/// The statement for a page of entries, in the order of the positions, in which FTS5 gives what the words find.
pub(crate) fn select<'f>(
    connection: &Connection,
    tenant: &'f TenantId,
    filter: &'f AuditFilter,
    after: Option<i64>,
    limit: usize,
) -> Result<Select<'f>, SqlError> {
    let text = |value: &'f Option<String>| value.as_deref().map(|text| (text.as_bytes(), Cell::from(text)));
    let execution = filter.execution_id.as_ref().map(|id| (&id.as_bytes()[..], Cell::Blob(id.as_bytes())));
    let kind = filter.actor_kind.map(|kind| (kind.as_str().as_bytes(), Cell::from(kind.as_str())));
    let equalities = [
        ("execution_id =", Facet::Execution, execution),
        ("conversation =", Facet::Conversation, text(&filter.conversation)),
        ("actor_id =", Facet::ActorId, text(&filter.actor_id)),
        ("actor_kind =", Facet::ActorKind, kind),
        ("agent =", Facet::Agent, text(&filter.agent)),
        ("function =", Facet::Function, text(&filter.function)),
        ("event_type =", Facet::EventType, text(&filter.event_type)),
    ];
    let mut words = AllOf::tenant(tenant);
    for (_, facet, value) in &equalities {
        if let Some((bytes, _)) = value {
            words.facet(*facet, tenant, bytes);
        }
    }
    if let Some(facet) = filter.category.and_then(view::category) {
        words.facet(facet, tenant, &[]);
    }
    // The words may find too much (two values may share one), never too little.
    let columns = COLUMNS.replacen("position", "entries.position", 1);
    let head = format!("SELECT {columns} FROM facets CROSS JOIN entries ON entries.position = facets.rowid");
    let mut select = Select::new(head)
        .and("facets MATCH", words.into_string().into())
        .and("tenant =", tenant.as_str().into());
    for (condition, _, value) in equalities {
        if let Some((_, cell)) = value {
            select = select.and(condition, cell);
        }
    }
    if let Some(category) = filter.category {
        select = select.and("category =", table::category(category).into());
    }
    let (mut first, mut last) = positions_of(connection, filter.from, filter.to)?;
    let order = match filter.direction {
        Direction::NewestFirst => {
            last = after.map_or(last, |after| last.min(after - 1));
            "ORDER BY facets.rowid DESC"
        }
        Direction::OldestFirst => {
            first = after.map_or(first, |after| first.max(after + 1));
            "ORDER BY facets.rowid"
        }
    };
    if first > 1 {
        select = select.and("facets.rowid >=", Cell::Int(first));
    }
    if last < i64::MAX {
        select = select.and("facets.rowid <=", Cell::Int(last));
    }
    if let Some(from) = filter.from {
        select = select.and("recorded_at >=", from.into());
    }
    if let Some(to) = filter.to {
        select = select.and("recorded_at <", to.into());
    }
    Ok(select.finish(order, limit))
}

/// A page of entries.
pub(crate) fn page(
    connection: &Connection,
    tenant: &TenantId,
    filter: &AuditFilter,
    request: &PageRequest,
) -> Result<Page<AuditEntry>, SqlError> {
    let kind = match filter.direction {
        Direction::NewestFirst => Kind::AuditNewestFirst,
        Direction::OldestFirst => Kind::AuditOldestFirst,
    };
    let (limit, after) = request.check(kind)?;
    // One more than asked for tells whether there is a next page.
    let select = select(connection, tenant, filter, after.map(|(_, position)| position), limit + 1)?;
    let mut items = select.rows(connection, table::read)?;
    let more = items.len() > limit;
    items.truncate(limit);
    let next = items.last().filter(|_| more).map(|row| Cursor::at(kind, 0, int(row.position)));
    Ok(Page { items, next })
}
