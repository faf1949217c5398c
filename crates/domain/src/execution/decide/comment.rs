//! What people say about a call that waits for one of them.

use proto_events::{Commented, ExecutionEvent as E};

use super::{Decided, Given};
use crate::{
    execution::{MAX_COMMENTS, MAX_TEXT_CHARS, Rejection},
    field,
};

impl Given<'_> {
    /// Who says the same twice in a row says it once.
    pub(super) fn comment(&self, text: &String, eligible: bool) -> Decided {
        field::text("text", text, MAX_TEXT_CHARS)?;
        let execution = self.execution;
        if execution.last_comments.get(self.by) == Some(text) {
            return Ok(Vec::new());
        }
        if !eligible && !execution.is_asked_by(self.by) {
            return Err(Rejection::CannotComment { actor: self.by.clone() });
        }
        if !execution.stage.is_waiting() {
            return Err(Rejection::NotWaiting { stage: execution.stage });
        }
        if execution.comments >= MAX_COMMENTS {
            return Err(Rejection::TooManyComments);
        }
        Ok(vec![E::Commented(Commented { call: execution.call().clone(), text: text.clone() })])
    }
}
