//! What people were asked for, and what they said.

use std::{collections::BTreeSet, time::Duration};

use proto_events::{Decision, Outcome, Requirement, Reviewers};
use vidimus_api_types as wire;
use vidimus_domain::execution::{self as domain, Stage};
use vidimus_projection as view;

use super::to_verdict;

/// Who may review in the present stage, in one.
pub(super) fn reviewers(requirement: &Requirement, approval: Option<&domain::Approval>) -> Reviewers {
    let first = requirement.stages.first();
    let stage = approval.map_or(first, |approval| approval.asks(requirement));
    let needs = stage.into_iter().flat_map(|stage| &stage.needs).map(|need| &need.reviewers);
    let added = approval.into_iter().flat_map(|approval| &approval.added);
    let (mut groups, mut people) = (BTreeSet::new(), BTreeSet::new());
    for reviewers in needs.chain(added) {
        match reviewers {
            Reviewers::AnyApprover => return Reviewers::AnyApprover,
            Reviewers::Named { groups: more, people: others } => {
                groups.extend(more.iter().cloned());
                people.extend(others.iter().cloned());
            }
        }
    }
    if groups.is_empty() && people.is_empty() {
        return Reviewers::AnyApprover;
    }
    Reviewers::Named { groups: groups.into_iter().collect(), people: people.into_iter().collect() }
}

/// How far the approval is; none where the last decision asks nobody any more.
pub(super) fn approval(execution: &domain::Execution) -> Option<wire::ApprovalProgress> {
    let approval = execution.approval.as_ref().filter(|_| !asks_nobody(execution.decision.as_ref()))?;
    let requirement = &execution.requirement;
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    let vote = |vote: &domain::Vote| wire::Vote {
        stage: vote.stage,
        by: vote.by.clone(),
        on_behalf_of: vote.on_behalf_of.clone(),
        groups: vote.groups.clone(),
        comment: vote.comment.clone(),
        at: vote.at,
        card: vote.card,
    };
    let needs = approval.asks(requirement).map(|stage| &*stage.needs).unwrap_or_default();
    let is_passed_over =
        execution.resolution.as_ref().is_some_and(|resolution| resolution.break_glass.is_some());
    let due = requirement.escalations.iter().skip(approval.added.len());
    let escalations = due.map(|escalation| wire::DueEscalation {
        at: approval.counts_from.plus(Duration::from_secs(escalation.after_seconds)),
        reviewers: escalation.reviewers.clone(),
    });
    let waits = execution.stage == Stage::AwaitingApproval;
    Some(wire::ApprovalProgress {
        stage: approval.stage,
        stages: number(requirement.stages.len()),
        accepted: number(approval.current_votes().count()),
        needed: needs.iter().fold(0, |sum, need| sum.saturating_add(need.quorum)),
        missing: if is_passed_over { 0 } else { approval.missing(requirement) },
        votes: approval.votes.iter().map(vote).collect(),
        added: approval.added.clone(),
        escalations: if waits { escalations.collect() } else { Vec::new() },
    })
}

/// Whether a decision lets a call through, or has nothing to do: what people were asked for under an earlier one stands no
/// longer.
pub(super) fn asks_nobody(decision: Option<&Decision>) -> bool {
    decision.is_some_and(|decision| matches!(decision.outcome, Outcome::Allowed | Outcome::NoOp))
}

/// Who confirmed, and when.
pub(super) fn confirmation(execution: &domain::Execution) -> Option<&domain::Resolution> {
    let confirmed = |said: &&domain::Resolution| said.verdict == domain::Verdict::Confirmed;
    execution.confirmation.as_ref().filter(confirmed)
}

pub(super) fn resolution(resolution: &domain::Resolution) -> wire::Resolution {
    use domain::Verdict as V;
    use view::Verdict;
    let verdict = match resolution.verdict {
        V::Confirmed => Verdict::Confirmed,
        V::Declined => Verdict::Declined,
        V::ConfirmationExpired => Verdict::ConfirmationExpired,
        V::Accepted => Verdict::Approved,
        V::Denied => Verdict::Denied,
        V::Aborted if resolution.revised_as.is_some() => Verdict::Revised,
        V::Aborted => Verdict::Aborted,
        V::ApprovalExpired => Verdict::ApprovalExpired,
    };
    wire::Resolution {
        verdict: to_verdict(verdict),
        comment: resolution.text.clone(),
        on_behalf_of: resolution.on_behalf_of.clone(),
        break_glass: resolution.break_glass.clone(),
        revised_as: resolution.revised_as,
        card: resolution.card,
    }
}

/// What was said with a "no"; a comment with a "yes" is no reason.
pub(super) fn refusal(resolution: Option<&domain::Resolution>) -> Option<String> {
    use domain::Verdict as V;
    let resolution = resolution?;
    match resolution.verdict {
        V::Declined | V::Denied | V::Aborted => resolution.text.clone(),
        V::Confirmed | V::Accepted | V::ConfirmationExpired | V::ApprovalExpired => None,
    }
}
