//! Pages of a view, and where the next one begins.

mod codec;

use std::fmt;

pub(crate) use codec::Kind;

/// A page of rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// The rows. Fewer than asked for does not mean that these are the last: `next` says so.
    pub items: Vec<T>,
    /// Where the next page begins; `None` where this one is the last.
    pub next: Option<Cursor>,
}

/// Which page: how many rows, after which one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageRequest {
    /// How many rows at most, 1 to [`PageRequest::MAX_LIMIT`].
    pub limit: usize,
    /// The `next` of the page before; `None`: from the beginning.
    pub after: Option<Cursor>,
}

impl PageRequest {
    /// The largest `limit`.
    pub const MAX_LIMIT: usize = 1000;
    /// The `limit` unless told otherwise.
    pub const DEFAULT_LIMIT: usize = 50;

    /// The first page of at most `limit` rows.
    pub const fn first(limit: usize) -> Self {
        Self { limit, after: None }
    }

    /// The page of at most `limit` rows after `cursor`.
    pub const fn after(cursor: Cursor, limit: usize) -> Self {
        Self { limit, after: Some(cursor) }
    }
}

impl Default for PageRequest {
    fn default() -> Self {
        Self::first(Self::DEFAULT_LIMIT)
    }
}

/// A place in the rows of one query, as an opaque text. It is checked when it is used: one that is damaged, or that
/// another kind of query gave out, is an `invalid_cursor`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Cursor(String);

impl Cursor {
    /// The cursor that was handed in as `text`.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The cursor as text: letters, digits, `-` and `_`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
