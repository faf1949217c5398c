//! A `SELECT` that is put together from conditions; values are only ever parameters.

use rusqlite::{Connection, Row};

use super::{Cell, SqlError};

/// A statement and its parameters.
pub(crate) struct Select<'v> {
    sql: String,
    cells: Vec<Cell<'v>>,
    has_conditions: bool,
}

impl<'v> Select<'v> {
    /// What comes before the conditions.
    pub(crate) fn new(head: String) -> Self {
        Self { sql: head, cells: Vec::new(), has_conditions: false }
    }

    fn conjunction(&mut self) {
        let word = if self.has_conditions { " AND " } else { " WHERE " };
        self.has_conditions = true;
        self.sql.push_str(word);
    }

    /// And this condition; the value goes where it ends.
    pub(crate) fn and(mut self, condition: &str, value: Cell<'v>) -> Self {
        self.conjunction();
        self.cells.push(value);
        self.sql.push_str(&format!("{condition} ?{}", self.cells.len()));
        self
    }

    /// And this condition, which has no value.
    pub(crate) fn and_is(mut self, condition: &'static str) -> Self {
        self.conjunction();
        self.sql.push_str(condition);
        self
    }

    /// And this condition, in which `?` stands for the value, as often as it occurs.
    pub(crate) fn and_each(mut self, condition: &str, value: Cell<'v>) -> Self {
        self.conjunction();
        self.cells.push(value);
        self.sql.push_str(&condition.replace('?', &format!("?{}", self.cells.len())));
        self
    }

    /// And only what comes after these values of two columns.
    pub(crate) fn and_after(mut self, columns: &'static str, after: (i64, i64)) -> Self {
        self.conjunction();
        self.cells.extend([Cell::Int(after.0), Cell::Int(after.1)]);
        self.sql.push_str(&format!("({columns}) > (?{}, ?{})", self.cells.len() - 1, self.cells.len()));
        self
    }

    /// The order, and how many rows.
    pub(crate) fn finish(mut self, order: &str, limit: usize) -> Self {
        self.sql.push_str(&format!(" {order} LIMIT {limit}"));
        self
    }

    /// Reads rows for as long as `read` wants another (answers one).
    pub(crate) fn rows_while<T>(
        &self,
        connection: &Connection,
        mut read: impl FnMut(&Row<'_>) -> Result<Option<T>, SqlError>,
    ) -> Result<Vec<T>, SqlError> {
        let mut statement = connection.prepare_cached(&self.sql)?;
        for (index, cell) in self.cells.iter().enumerate() {
            cell.bind(&mut statement, index + 1)?;
        }
        let mut rows = statement.raw_query();
        let mut items = Vec::new();
        while let Some(row) = rows.next()? {
            match read(row)? {
                Some(item) => items.push(item),
                None => break,
            }
        }
        Ok(items)
    }

    /// Reads all rows.
    pub(crate) fn rows<T>(
        &self,
        connection: &Connection,
        read: impl Fn(&Row<'_>) -> Result<T, SqlError>,
    ) -> Result<Vec<T>, SqlError> {
        self.rows_while(connection, |row| read(row).map(Some))
    }

    /// How SQLite goes about it.
    #[cfg(test)]
    pub(crate) fn plan(&self, connection: &Connection) -> String {
        let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {}", self.sql)).unwrap();
        let mut rows = statement.raw_query();
        let mut plan = Vec::new();
        while let Some(row) = rows.next().unwrap() {
            plan.push(row.get::<_, String>(3).unwrap());
        }
        plan.join("; ")
    }
}
