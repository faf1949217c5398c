//! What events were before there were requirements, stages, groups and sensitive members; and before there were cards.

use proto_events::*;

/// What was in `event` before there were requirements, stages, groups and sensitive members.
pub(crate) fn as_in_version_1(mut event: Event) -> Event {
    use ExecutionEvent as E;
    event = without_card(event);
    match &mut event {
        Event::Execution(E::Initiated(event)) => {
            event.sensitive.clear();
            event.asked_by.clear();
        }
        Event::Execution(E::Allowed(event) | E::NoOp(event)) => decision_as_in_version_1(&mut event.decision),
        Event::Execution(E::Blocked(event)) => decision_as_in_version_1(&mut event.decision),
        Event::Execution(E::ConfirmationRequired(event)) => {
            decision_as_in_version_1(&mut event.decision);
            event.sensitive.clear();
        }
        Event::Execution(E::ApprovalRequired(event)) => {
            decision_as_in_version_1(&mut event.decision);
            event.reviewers = Reviewers::AnyApprover;
            event.stage = 0;
            event.sensitive.clear();
        }
        Event::Execution(E::ApprovalAccepted(event)) => {
            event.on_behalf_of = None;
            event.groups.clear();
            event.break_glass = None;
        }
        Event::Execution(E::ApprovalDenied(event)) => event.on_behalf_of = None,
        Event::Execution(E::ApprovalAborted(event)) => {
            event.on_behalf_of = None;
            event.revised_as = None;
        }
        Event::Webhook(WebhookEvent::Created(event)) => {
            let types = event.filter.types.iter_mut();
            types.filter(|kind| **kind == NotificationType::ApprovalEscalated).for_each(|kind| {
                *kind = NotificationType::Failed;
            });
        }
        _ => {}
    }
    event
}

/// What was in `event` before it was on record which card was shown.
pub(crate) fn without_card(mut event: Event) -> Event {
    use ExecutionEvent as E;
    match &mut event {
        Event::Execution(E::Confirmed(event)) => event.card = None,
        Event::Execution(E::Declined(event)) => event.card = None,
        Event::Execution(E::ApprovalVoted(event)) => event.card = None,
        Event::Execution(E::ApprovalAccepted(event)) => event.card = None,
        Event::Execution(E::ApprovalDenied(event)) => event.card = None,
        Event::Execution(E::ApprovalAborted(event)) => event.card = None,
        _ => {}
    }
    event
}

fn decision_as_in_version_1(decision: &mut Decision) {
    decision.requirement = None;
    decision.as_of = None;
    decision.grant = None;
    decision.visible_tools = None;
    for finding in &mut decision.findings {
        finding.missing_requirement = None;
        finding.next_owner = None;
    }
}
