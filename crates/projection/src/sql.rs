//! SQLite, held at arm's length: rows as cells with a check, files with an identity, readers in a bounded pool.

mod cell;
mod check;
mod error;
mod file;
mod pool;
mod select;

pub(crate) use cell::{Cell, Columns, insert, write};
pub(crate) use check::Check;
pub(crate) use error::SqlError;
pub(crate) use file::{
    Opened, Schema, bulk, checkpoint, delete, digest, finish_bulk, open, position_before, positions_of,
    save_checkpoint, save_time, size,
};
pub(crate) use pool::{Pool, connect_reader};
pub(crate) use select::Select;
