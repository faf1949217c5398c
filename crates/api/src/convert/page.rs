//! Pages of the views.

use proto_events::GlobalPosition;
use vidimus_api_types as wire;
use vidimus_projection::{Cursor, Page, PageRequest, QueryError};

use crate::problem::ApiError;

/// Which page is asked for. Its limit is checked before anybody waits for a view; its cursor is the view's to check.
pub(crate) fn page_request(limit: Option<u32>, cursor: Option<String>) -> Result<PageRequest, ApiError> {
    Ok(PageRequest { limit: self::limit(limit)?, after: cursor.map(Cursor::new) })
}

/// How many items are asked for.
pub(crate) fn limit(limit: Option<u32>) -> Result<usize, ApiError> {
    // A number that no `usize` holds is too large as well.
    let asked = |limit| usize::try_from(limit).unwrap_or(usize::MAX);
    let limit = limit.map_or(PageRequest::DEFAULT_LIMIT, asked);
    if (1..=PageRequest::MAX_LIMIT).contains(&limit) {
        return Ok(limit);
    }
    Err(QueryError::InvalidLimit { limit, max: PageRequest::MAX_LIMIT }.into())
}

/// The number that a cursor is, where a list counts its items.
pub(crate) fn number(cursor: Option<&str>) -> Result<Option<u64>, ApiError> {
    let Some(cursor) = cursor else { return Ok(None) };
    // Digits alone: `+1` would be a second spelling of the same place.
    let digits = !cursor.is_empty() && cursor.bytes().all(|byte| byte.is_ascii_digit());
    match cursor.parse() {
        Ok(number) if digits => Ok(Some(number)),
        _ => {
            let shown: String = cursor.chars().take(80).flat_map(char::escape_debug).collect();
            Err(QueryError::InvalidCursor { cursor: shown }.into())
        }
    }
}

/// A page of a view, which has seen the log up to `position`.
pub fn page<T, U>(page: Page<T>, position: GlobalPosition, item: impl FnMut(T) -> U) -> wire::Page<U> {
    let next = page.next.map(|cursor| cursor.as_str().to_owned());
    wire::Page { items: page.items.into_iter().map(item).collect(), next, position }
}
