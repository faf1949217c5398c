//! The bytes of a cursor: what it is a place in, the place, and a check.

use super::Cursor;
use crate::{PageRequest, QueryError, sql::Check};

/// What a cursor is a place in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Kind {
    Executions = 1,
    Approvals = 2,
    AuditNewestFirst = 3,
    AuditOldestFirst = 4,
    Unsettled = 5,
}

const VERSION: u8 = 1;
const BYTES: usize = 22;

fn encode(kind: Kind, major: i64, position: i64) -> [u8; BYTES] {
    let mut bytes = [0; BYTES];
    bytes[0] = VERSION;
    bytes[1] = kind as u8;
    bytes[2..10].copy_from_slice(&major.to_be_bytes());
    bytes[10..18].copy_from_slice(&position.to_be_bytes());
    let check = Check::default().bytes(&bytes[..18]).finish();
    bytes[18..].copy_from_slice(&check.to_be_bytes()[4..]);
    bytes
}

fn int(bytes: &[u8]) -> i64 {
    bytes.iter().fold(0, |int, byte| (int << 8) | i64::from(*byte))
}

impl Cursor {
    /// The place after the row with these keys: the view's own sort key (0 where there is none) and its position.
    pub(crate) fn at(kind: Kind, major: i64, position: i64) -> Self {
        Self(hex::encode(encode(kind, major, position)))
    }

    /// The keys of the row that it stands after.
    fn place(&self, kind: Kind) -> Option<(i64, i64)> {
        let mut bytes = [0; BYTES];
        hex::decode_to_slice(&self.0, &mut bytes).ok()?;
        let (major, position) = (int(&bytes[2..10]), int(&bytes[10..18]));
        (bytes == encode(kind, major, position) && position > 0).then_some((major, position))
    }
}

impl PageRequest {
    /// The limit, and the keys of the row that the page stands after.
    pub(crate) fn check(&self, kind: Kind) -> Result<(usize, Option<(i64, i64)>), QueryError> {
        if !(1..=Self::MAX_LIMIT).contains(&self.limit) {
            return Err(QueryError::InvalidLimit { limit: self.limit, max: Self::MAX_LIMIT });
        }
        let Some(cursor) = &self.after else { return Ok((self.limit, None)) };
        let place = cursor.place(kind).ok_or_else(|| QueryError::InvalidCursor {
            cursor: cursor.0.chars().take(80).flat_map(char::escape_debug).collect(),
        })?;
        Ok((self.limit, Some(place)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_back_by_its_own_kind_only() {
        let cursor = Cursor::at(Kind::Approvals, -5, 77);
        let place = |kind| PageRequest::after(cursor.clone(), 1).check(kind);
        assert_eq!(place(Kind::Approvals), Ok((1, Some((-5, 77)))));
        for kind in [Kind::Executions, Kind::AuditNewestFirst, Kind::AuditOldestFirst, Kind::Unsettled] {
            assert_eq!(place(kind).unwrap_err().code(), "invalid_cursor");
        }
    }

    #[test]
    fn every_changed_digit_makes_it_invalid() {
        let cursor = Cursor::at(Kind::Executions, 0, 123_456);
        for index in 0..cursor.as_str().len() {
            let mut text = cursor.as_str().to_owned().into_bytes();
            text[index] = if text[index] == b'0' { b'1' } else { b'0' };
            let changed = Cursor::new(String::from_utf8(text).unwrap());
            assert_eq!(changed.place(Kind::Executions), None, "{changed}");
        }
        for text in ["", "x", "\u{1F600}", &cursor.as_str()[2..], &format!("{cursor}00")] {
            let error = PageRequest::after(Cursor::new(text), 1).check(Kind::Executions).unwrap_err();
            assert_eq!(error.code(), "invalid_cursor", "{text}");
        }
    }

    #[test]
    fn a_limit_is_one_to_a_thousand() {
        for limit in [0, 1001, usize::MAX] {
            let error = PageRequest::first(limit).check(Kind::Executions).unwrap_err();
            assert_eq!(error, QueryError::InvalidLimit { limit, max: 1000 });
        }
        assert_eq!(PageRequest::first(1).check(Kind::Executions), Ok((1, None)));
        assert_eq!(PageRequest::first(1000).check(Kind::Executions), Ok((1000, None)));
    }
}
