//! Reading shapes that are no longer written.

use std::collections::BTreeMap;

use crate::Json;

/// A payload's fields by name, each as the text it was written as. A step that leaves a field alone leaves every byte
/// of it: arguments stay canonical.
pub type PayloadFields = BTreeMap<String, Json>;

/// One step from a shape to the next: version `from` of `event_type` becomes version `from + 1`.
#[derive(Clone, Copy, Debug)]
pub struct Upcast {
    /// Stable name of the event type.
    pub event_type: &'static str,
    /// The version that this step reads.
    pub from: u16,
    /// The new shape of the payload.
    pub step: fn(PayloadFields) -> PayloadFields,
}

/// A step to a shape that only has more: fields that may be absent, variants that were not there.
const fn grown(event_type: &'static str, from: u16) -> Upcast {
    Upcast { event_type, from, step: |payload| payload }
}

/// Every step that there is, in no particular order.
pub const UPCASTS: &[Upcast] = &[
    grown("initiated", 1),
    grown("allowed", 1),
    grown("blocked", 1),
    grown("no_op", 1),
    grown("confirmation_required", 1),
    grown("approval_required", 1),
    grown("approval_accepted", 1),
    grown("approval_denied", 1),
    grown("approval_aborted", 1),
    grown("webhook_created", 1),
    grown("confirmed", 1),
    grown("declined", 1),
    grown("approval_voted", 1),
    grown("approval_accepted", 2),
    grown("approval_denied", 2),
    grown("approval_aborted", 2),
];

/// Takes `payload` of version `from` to version `to` by `steps`; `None` where a step is missing, also back in time.
pub fn upcast_with(
    steps: &[Upcast],
    event_type: &str,
    from: u16,
    to: u16,
    payload: PayloadFields,
) -> Option<PayloadFields> {
    if from > to {
        return None;
    }
    (from..to).try_fold(payload, |payload, version| {
        let step = steps.iter().find(|step| step.event_type == event_type && step.from == version)?;
        Some((step.step)(payload))
    })
}
