//! The layer of tool type and risk level.
//!
//! Where no policy set is in force it is all that tells a lookup from a payment, and asks: a draft is confirmed by its
//! user, an action of high risk approved by its owner. Where one is in force its rules say that, and only what is
//! critical is asked for here, whatever they say.

use proto_events::{Layer, Outcome, Requirement, RiskLevel, ToolType};

use super::{Found, Inputs, one_approval, owner_as_reviewers};

pub(super) fn found(inputs: &Inputs<'_>) -> Option<Found> {
    let description = inputs.description?;
    let (function, layer) = (&inputs.call.function, Layer::ToolRisk);
    let governed = inputs.policy.is_some();
    let (tool_type, risk) = (description.tool_type, description.risk);
    let asks_approval = risk == RiskLevel::Critical
        || (!governed && tool_type == ToolType::Action && risk >= RiskLevel::High);
    Some(if asks_approval {
        let reason =
            format!("`{function}` is of type `{tool_type}` and {risk} risk: its owner has to approve");
        let code = if risk == RiskLevel::Critical { "risk_critical" } else { "risk_high" };
        let reviewers = owner_as_reviewers(description.owner.as_deref());
        Found::new(layer, Outcome::AwaitingApproval, code, reason).asking(one_approval(code, reviewers))
    } else if !governed && tool_type == ToolType::Draft {
        let reason = format!("`{function}` makes a draft: its user has to confirm");
        let requirement = Requirement { confirmation: true, ..Requirement::default() };
        Found::new(layer, Outcome::ConfirmationRequired, "draft_needs_confirmation", reason)
            .asking(requirement)
    } else {
        let reason = format!("`{function}` is of type `{tool_type}` and {risk} risk");
        Found::new(layer, Outcome::Allowed, "risk_accepted", reason)
    })
}
