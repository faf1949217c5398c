//! What a log answers that has a hook before its appends.

use proto_events::{ExpectedVersion, StreamVersion};
pub(crate) use vidimus_log::Hooked;
use vidimus_log::{AppendError, Conflict, Unavailable};

pub(crate) fn conflict() -> AppendError {
    let stream = "execution-1".parse().unwrap();
    Conflict { stream, expected: ExpectedVersion::NoStream, actual: Some(StreamVersion::FIRST) }.into()
}

pub(crate) fn overloaded() -> AppendError {
    Unavailable::Overloaded { what: "appends", waiting: 9 }.into()
}
