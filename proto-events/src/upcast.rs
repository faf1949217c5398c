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

/// Every step that there is, in no particular order. Empty: every event type is still at version 1.
pub const UPCASTS: &[Upcast] = &[];

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
