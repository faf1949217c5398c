//! An execution from its own events alone: as it was when the last of them was recorded.

use proto_events::{Decision, Event, ExecutionEvent as E, Origin, RecordedEvent};

use super::{
    ExecutionDetail, ExecutionRow,
    fold::{self, Described},
    payload::{Ended, Input},
};

impl ExecutionDetail {
    /// The execution as it was when the last of `events` was recorded, which are its first ones. `listed`: its row as it is
    /// now, for what the catalogue said when it came on record; `None` where the events do not begin one.
    pub fn folded(events: &[RecordedEvent], listed: Option<&ExecutionRow>) -> Option<Self> {
        let mut detail: Option<Self> = None;
        for recorded in events {
            let new = &recorded.event;
            let Ok(Event::Execution(event)) =
                Event::decode(&new.event_type, new.schema_version, &new.payload)
            else {
                continue;
            };
            match (&mut detail, &event) {
                (None, E::Initiated(initiated)) => {
                    let described = listed.and_then(Described::of_row);
                    let row = fold::begin(recorded, initiated, described.as_ref());
                    let shown = Input::of(initiated).arguments;
                    let (arguments, redacted_arguments) =
                        shown.map(|shown| (shown.json.into_owned(), shown.redacted)).unzip();
                    let activity = match &initiated.origin {
                        Origin::Proposed => None,
                        Origin::Recorded(report) => Some(report.clone()),
                    };
                    detail = Some(Self {
                        row,
                        arguments,
                        redacted_arguments: redacted_arguments.unwrap_or_default(),
                        context: initiated.context.clone(),
                        activity,
                        decision: None,
                        result: None,
                        redacted_result: Vec::new(),
                        error: None,
                        timing: None,
                    });
                }
                (Some(detail), event) => detail.evolve(recorded, event),
                (None, _) => {}
            }
        }
        detail
    }

    fn evolve(&mut self, recorded: &RecordedEvent, event: &E) {
        if !fold::evolve(&mut self.row, recorded, event) {
            return;
        }
        if let Some(decision) = decided(event) {
            self.decision = Some(decision.clone());
        }
        let Some(ended) = Ended::of(event, &self.row.sensitive) else { return };
        if ended.result.is_none() && ended.error.is_none() && ended.timing.is_none() {
            return;
        }
        let (result, redacted) = ended.result.map(|shown| (shown.json.into_owned(), shown.redacted)).unzip();
        (self.result, self.redacted_result) = (result, redacted.unwrap_or_default());
        (self.error, self.timing) = (ended.error.cloned(), ended.timing.cloned());
    }
}

/// The decision that an event has.
pub(super) const fn decided(event: &E) -> Option<&Decision> {
    match event {
        E::Allowed(event) | E::NoOp(event) => Some(&event.decision),
        E::ConfirmationRequired(event) => Some(&event.decision),
        E::ApprovalRequired(event) => Some(&event.decision),
        E::Blocked(event) => Some(&event.decision),
        E::Redecided(event) => Some(&event.decision),
        _ => None,
    }
}
