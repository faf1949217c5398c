//! What SQLite says, sorted by what to do about it.

use rusqlite::ErrorCode;

use crate::{ProjectionError, QueryError, View};

/// Why a statement has no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SqlError {
    /// The file is not what it should be: rebuild it.
    #[error("{0}")]
    Damaged(String),
    /// There is no room.
    #[error("the disk is full")]
    Full,
    /// Anything else.
    #[error("{0}")]
    Other(String),
    /// The query itself is wrong.
    #[error(transparent)]
    Query(#[from] QueryError),
}

impl From<rusqlite::Error> for SqlError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::Error as E;
        match &error {
            E::SqliteFailure(failure, text) => match failure.code {
                ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => Self::Damaged(error.to_string()),
                // A read past the end of a file that was cut.
                _ if failure.extended_code == rusqlite::ffi::SQLITE_IOERR_SHORT_READ => {
                    Self::Damaged(error.to_string())
                }
                ErrorCode::DiskFull => Self::Full,
                _ if text.as_deref().is_some_and(|text| text.starts_with("no such")) => {
                    Self::Damaged(error.to_string())
                }
                _ => Self::Other(error.to_string()),
            },
            E::SqlInputError { msg, .. } if msg.starts_with("no such") => Self::Damaged(error.to_string()),
            E::FromSqlConversionFailure(..)
            | E::IntegralValueOutOfRange(..)
            | E::InvalidColumnType(..)
            | E::InvalidColumnIndex(..)
            | E::Utf8Error(..)
            | E::QueryReturnedNoRows => Self::Damaged(error.to_string()),
            _ => Self::Other(error.to_string()),
        }
    }
}

impl SqlError {
    pub(crate) fn of_query(self, view: View) -> QueryError {
        match self {
            Self::Damaged(reason) => QueryError::Damaged { view, reason },
            Self::Full => QueryError::Storage { view, reason: "the disk is full".to_owned() },
            Self::Other(reason) => QueryError::Storage { view, reason },
            Self::Query(error) => error,
        }
    }

    pub(crate) fn of_projection(self, view: View) -> ProjectionError {
        match self {
            Self::Damaged(reason) => ProjectionError::Damaged { view, reason },
            Self::Full => ProjectionError::StorageFull { view },
            Self::Other(reason) => ProjectionError::Storage { view, reason },
            Self::Query(error) => ProjectionError::Storage { view, reason: error.to_string() },
        }
    }
}
