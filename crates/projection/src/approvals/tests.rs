//! The folding alone, without SQLite.

use std::{collections::BTreeMap, time::Duration};

use proto_events::{Event, Redaction, Reviewers, Timestamp};
use vidimus_domain::execution::{Execution, MAX_REMINDERS, Stage};

use super::{
    ApprovalKind, ForReviewer, PendingApproval, Reviewer,
    fold::{Effect, begin, effect, evolve},
    reviewing,
};
use crate::testing::{decoded, full_history, reviewer};

#[tokio::test]
async fn the_queue_holds_exactly_what_the_deciders_state_says_is_waiting() {
    let history = full_history(5, 6_000).await;
    let mut queue = BTreeMap::new();
    for decoded in decoded(&history.log).await {
        let Event::Execution(event) = &decoded.event else { continue };
        let id = decoded.recorded.stream.execution_id().unwrap();
        let key = (decoded.recorded.tenant.clone(), id);
        match (effect(event), event) {
            (Effect::Begins, proto_events::ExecutionEvent::Initiated(initiated)) => {
                if let Some(open) = begin(&decoded.recorded, initiated) {
                    queue.insert(key, open);
                }
            }
            (Effect::Changes, event) => evolve(queue.get_mut(&key).unwrap(), &decoded.recorded, id, event),
            (Effect::Ends, _) => drop(queue.remove(&key)),
            (Effect::Begins | Effect::None, _) => {}
        }
    }
    let is = |stage: Option<Stage>, wanted: &[Stage]| stage.is_some_and(|stage| wanted.contains(&stage));
    let open = [Stage::AwaitingApproval, Stage::AwaitingConfirmation, Stage::Permitted];
    let expected: Vec<_> =
        history.executions.iter().filter(|(_, state)| is(state.stage(), &open)).map(|(key, _)| key).collect();
    assert_eq!(queue.keys().collect::<Vec<_>>(), expected);
    queue.retain(|_, open| open.asked.is_some());
    let expected: Vec<_> =
        history.executions.iter().filter(|(_, state)| is(state.stage(), &open[..2])).collect();
    assert!(expected.len() > 30);
    assert_eq!(queue.keys().collect::<Vec<_>>(), expected.iter().map(|(key, _)| *key).collect::<Vec<_>>());
    let (mut voted, mut stages, mut suspended, mut escalated, mut redacted) = (0, 0, 0, 0, 0);
    for (key, state) in expected {
        let row = queue[key].asked.as_ref().unwrap();
        says_what_the_state_says(row, state.execution().unwrap());
        voted += usize::from(!row.votes.is_empty());
        stages += usize::from(row.stage > 0);
        suspended += usize::from(row.suspended);
        escalated += usize::from(!row.escalated.is_empty());
        redacted += usize::from(!row.redacted.is_empty());
    }
    let seen = [voted, stages, suspended, escalated, redacted];
    assert!(seen.iter().all(|count| *count > 0), "{seen:?}");
}

fn says_what_the_state_says(row: &PendingApproval, execution: &Execution) {
    let is_approval = execution.stage == Stage::AwaitingApproval;
    let kind = if is_approval { ApprovalKind::Approval } else { ApprovalKind::Confirmation };
    assert_eq!(row.kind, kind);
    assert_eq!(Some(row.arguments_digest), execution.arguments_digest(), "of all of them");
    let is_sensitive = !execution.initiated.sensitive.is_empty();
    assert_eq!(row.redacted, if is_sensitive { vec!["/invoice"] } else { vec![] });
    assert_eq!(Some(&row.arguments) == execution.arguments(), !is_sensitive);
    assert_eq!(&row.requester, execution.requester());
    assert_eq!(row.proposed_by, execution.initiated_by);
    assert_eq!(Some(row.deadline), execution.human_deadline);
    assert_eq!(row.function, execution.call().function);
    assert_eq!(row.redecisions, u64::from(execution.redecisions));
    for redaction in [Redaction::none(), Redaction::default()] {
        assert_eq!(
            Some(row.card(&redaction)),
            execution.card(&redaction),
            "the card of the queue is the decider's"
        );
    }
    assert_eq!(row.comments, u64::from(execution.comments));
    assert_eq!(row.suspended, execution.suspended.is_some());
    let decision = execution.decision.as_ref().unwrap();
    assert_eq!(row.reason.as_deref(), Some("the access says so"));
    assert_eq!(row.reasons, decision.findings);
    assert_eq!(row.matched_rules, decision.matched_rules);
    assert_eq!(row.policy_set, decision.policy_set);
    assert_eq!(row.stages as usize, execution.requirement.stages.len());
    if !is_approval {
        assert_eq!((&row.reviewers, row.quorum, row.missing), (&None, 1, 1));
        return;
    }
    let approval = execution.approval.as_ref().unwrap();
    let needs = &approval.asks(&execution.requirement).unwrap().needs;
    assert_eq!(&row.needs, needs);
    assert_eq!(row.quorum, needs.iter().map(|need| need.quorum).sum::<u32>());
    assert_eq!((row.stage, row.missing), (approval.stage, approval.missing(&execution.requirement)));
    assert_eq!(row.self_review, execution.requirement.self_review);
    let votes = row.votes.iter().map(|vote| (&vote.by, &vote.on_behalf_of, vote.at, &vote.counts_for));
    let expected =
        approval.current_votes().map(|vote| (&vote.by, &vote.on_behalf_of, vote.at, &vote.counts_for));
    assert_eq!(votes.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
    let added: Vec<_> = row.escalated.iter().map(|escalated| &escalated.reviewers).collect();
    assert_eq!(added, approval.added.iter().collect::<Vec<_>>());
    let after = |seconds: u64| approval.counts_from.plus(Duration::from_secs(seconds));
    let due: Vec<(Timestamp, &Reviewers)> =
        row.escalations.iter().map(|due| (due.at, &due.reviewers)).collect();
    let expected = execution.requirement.escalations.iter().skip(approval.added.len());
    assert_eq!(due, expected.map(|due| (after(due.after_seconds), &due.reviewers)).collect::<Vec<_>>());
    let every = execution.requirement.remind_after_seconds.filter(|_| approval.reminders < MAX_REMINDERS);
    assert_eq!(row.reminders, approval.reminders);
    assert_eq!(row.remind_at, every.map(|every| after(every * u64::from(approval.reminders + 1))));
    votes_as_the_decider(row, execution);
}

/// Who can vote by the row is who the decider lets vote.
fn votes_as_the_decider(row: &PendingApproval, execution: &Execution) {
    let approval = execution.approval.as_ref().unwrap();
    for name in ["carol", "dan", "erin", "fred", "gina", "ann", "bob", "root"] {
        let actor = proto_events::Actor::user(name);
        let known = reviewer(&actor);
        let wanted = for_reviewer(&actor);
        let is_new = |person: &proto_events::Actor| {
            approval
                .current_votes()
                .all(|vote| vote.by != *person && vote.on_behalf_of.as_ref() != Some(person))
        };
        let can = reviewing::can_vote(row, &wanted);
        // The decider has more to say (needs that are met already), never less.
        assert!(!can || execution.may_review(&actor, &known) && is_new(&actor), "{name}");
        let marks = reviewing::marks(row);
        let found: Vec<String> = serde_json::from_str(&reviewing::wanted_marks(&wanted)).unwrap();
        let is_found =
            found.iter().any(|mark| marks.contains(mark)) && !marks.contains(&reviewing::voter(&actor));
        assert!(!can || is_found, "{name}: the marks find too little");
    }
}

/// The person of the tests, with what was looked up.
pub(crate) fn for_reviewer(actor: &proto_events::Actor) -> ForReviewer {
    let known = reviewer(actor);
    let one = |actor: &proto_events::Actor, groups: &std::collections::BTreeSet<String>| Reviewer {
        actor: actor.clone(),
        groups: groups.iter().cloned().collect(),
    };
    ForReviewer {
        reviewer: one(actor, &known.groups),
        stands_in_for: known.stands_in_for.iter().map(|other| one(&other.actor, &other.groups)).collect(),
    }
}
