//! The layer of grants: lifts an approval, never a block.

use proto_events::{Layer, LayerFinding, Outcome, Requirement};
use uuid::Uuid;

use super::Found;

/// Takes the approvals out of the requirement; what is left is the outcome.
pub(super) fn lift(
    requirement: &mut Requirement,
    findings: &mut Vec<LayerFinding>,
    grant_id: Uuid,
) -> Outcome {
    requirement.stages.clear();
    requirement.escalations.clear();
    requirement.remind_after_seconds = None;
    requirement.self_review = false;
    let outcome = if requirement.confirmation { Outcome::ConfirmationRequired } else { Outcome::Allowed };
    let reason = format!("grant `{grant_id}` covers the call: nobody has to approve it");
    findings.push(Found::new(Layer::Grant, outcome, "grant_used", reason).finding);
    outcome
}
