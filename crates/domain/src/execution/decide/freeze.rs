//! What a freeze does to a call: nothing begins, and deadlines stand still.

use std::time::Duration;

use proto_events::{ActorKind, ExecutionEvent as E, Resumed, Suspended, Timestamp};
use uuid::Uuid;

use super::{Decided, Given};
use crate::execution::{Action, Rejection, state::open_deadline};

impl Given<'_> {
    /// What was decided, unless a freeze forbids it. Commands that stop or report are left alone; so is the answer to
    /// one that took effect before, but for a start: who hears again that it started may run it.
    pub(super) fn unless_frozen(&self, action: &Action, events: Vec<E>) -> Decided {
        let forbidden = match action {
            Action::Start { .. } => true,
            Action::Confirm { .. }
            | Action::Approve { .. }
            | Action::Expire
            | Action::Escalate
            | Action::Remind
            | Action::Resume => !events.is_empty(),
            _ => false,
        };
        match self.frozen {
            Some(frozen) if forbidden => Err(Rejection::Frozen(Box::new(frozen.clone()))),
            _ => Ok(events),
        }
    }

    /// The time as deadlines see it: it stops when a freeze begins, and goes on when the call is resumed.
    pub(super) fn running_time(&self) -> Timestamp {
        let suspended = self.execution.suspended.as_ref().map(|held| held.since);
        match suspended.or_else(|| self.frozen.map(|frozen| frozen.since)) {
            Some(since) => self.at.min(self.held_from(since)),
            None => self.at,
        }
    }

    /// A deadline that was set during the freeze stands still from then on.
    fn held_from(&self, since: Timestamp) -> Timestamp {
        self.execution.deadline_set_at.map_or(since, |set_at| set_at.max(since))
    }

    pub(super) fn does_not_stand_still(&self) -> Result<(), Rejection> {
        match (&self.execution.suspended, self.frozen) {
            (None, _) => Ok(()),
            (Some(_), Some(frozen)) => Err(Rejection::Frozen(Box::new(frozen.clone()))),
            (Some(held), None) => Err(Rejection::StandsStill { since: held.since }),
        }
    }

    /// Nothing where no deadline of people or of a permit is open: a running call's lease goes on.
    pub(super) fn suspend(&self, freeze_id: Uuid, since: Timestamp) -> Decided {
        self.is_system()?;
        if self.execution.suspended.is_some() || !self.execution.stage.is_open() {
            return Ok(Vec::new());
        }
        let since = since.min(self.at);
        Ok(vec![E::Suspended(Suspended { call: self.execution.call().clone(), freeze_id, since })])
    }

    pub(super) fn resume(&self) -> Decided {
        self.is_system()?;
        let open = open_deadline(self.execution);
        let (Some(held), Some((deadline, _))) = (&self.execution.suspended, open) else {
            return Ok(Vec::new());
        };
        let from = self.held_from(held.since);
        let micros = self.at.as_micros().saturating_sub(from.as_micros());
        let stood_still = Duration::from_micros(u64::try_from(micros).unwrap_or_default());
        let deadline = deadline.plus(stood_still);
        Ok(vec![E::Resumed(Resumed { call: self.execution.call().clone(), deadline })])
    }

    fn is_system(&self) -> Result<(), Rejection> {
        match self.by.kind {
            ActorKind::System => Ok(()),
            _ => Err(Rejection::SystemOnly { actor: self.by.clone() }),
        }
    }
}
