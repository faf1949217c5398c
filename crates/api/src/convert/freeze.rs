//! Freezes.

use proto_events::GlobalPosition;
use vidimus_api_types as wire;
use vidimus_engine::{Freeze, FreezeAnswer};

/// A freeze in force.
pub fn freeze(freeze: Freeze, position: GlobalPosition) -> wire::Freeze {
    let Freeze { freeze_id, scope, reason, since, by } = freeze;
    wire::Freeze { id: freeze_id, scope, reason, since, by, position, already: None }
}

/// The answer to beginning one.
pub fn freeze_set(answer: FreezeAnswer) -> wire::Freeze {
    wire::Freeze { already: Some(answer.already), ..freeze(answer.freeze, answer.position) }
}
