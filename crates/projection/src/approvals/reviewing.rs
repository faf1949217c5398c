//! Who can vote on what is asked, as the decider has it: quorum counts distinct people, whoever votes in somebody's place
//! counts as that somebody, and neither can vote again in the stage.

use std::collections::BTreeSet;

use proto_events::{Actor, ActorKind, Reviewers};

use super::{ApprovalKind, ForReviewer, PendingApproval, Reviewer};

fn fits(reviewers: &Reviewers, person: &Actor, groups: &[String]) -> bool {
    match reviewers {
        Reviewers::AnyApprover => true,
        Reviewers::Named { groups: named, people } => {
            people.contains(person) || named.iter().any(|group| groups.contains(group))
        }
    }
}

/// The needs that `person`, who is in `groups`, counts for, by their places. Who was added by escalation counts for all.
pub(super) fn counts_for(row: &PendingApproval, person: &Actor, groups: &[String]) -> Vec<usize> {
    let added = row.escalated.iter().any(|escalated| fits(&escalated.reviewers, person, groups));
    let needs = row.needs.iter().enumerate();
    needs.filter(|(_, need)| added || fits(&need.reviewers, person, groups)).map(|(index, _)| index).collect()
}

/// Whether the need at this place still misses somebody.
fn is_open(row: &PendingApproval, index: usize) -> bool {
    let votes = row.votes.iter().filter(|vote| vote.counts_for.contains(&index)).count();
    row.needs.get(index).is_some_and(|need| votes < usize::try_from(need.quorum).unwrap_or(usize::MAX))
}

/// Whether `actor` stands on the asking side: the requester, who proposed it, or the agent that wants the call.
fn asks(row: &PendingApproval, actor: &Actor) -> bool {
    let is_agent = actor.kind == ActorKind::Agent && *actor.id == *row.agent;
    *actor == row.requester || *actor == row.proposed_by || is_agent
}

/// Whether this person can still vote, in their own name or in somebody's place.
pub(crate) fn can_vote(row: &PendingApproval, wanted: &ForReviewer) -> bool {
    let actor = &wanted.reviewer.actor;
    let themselves = row.self_review && *actor == row.requester && actor.kind == ActorKind::User;
    if row.kind != ApprovalKind::Approval || asks(row, actor) && !themselves || has_voted(row, actor) {
        return false;
    }
    let counts = |reviewer: &Reviewer| {
        let groups: Vec<_> = groups(reviewer).cloned().collect();
        let needs = counts_for(row, &reviewer.actor, &groups);
        needs.into_iter().any(|need| is_open(row, need))
    };
    let in_place = |other: &Reviewer| {
        other.actor != *actor && !asks(row, &other.actor) && !has_voted(row, &other.actor) && counts(other)
    };
    counts(&wanted.reviewer) || others(wanted).any(in_place)
}

fn has_voted(row: &PendingApproval, actor: &Actor) -> bool {
    row.votes.iter().any(|vote| vote.by == *actor || vote.on_behalf_of.as_ref() == Some(actor))
}

fn groups(reviewer: &Reviewer) -> impl Iterator<Item = &String> {
    reviewer.groups.iter().take(Reviewer::MAX_GROUPS)
}

fn others(wanted: &ForReviewer) -> impl Iterator<Item = &Reviewer> {
    wanted.stands_in_for.iter().take(ForReviewer::MAX_STANDS_IN_FOR)
}

/// Stands for any approver.
const ANYBODY: &str = "*";

fn person(actor: &Actor) -> String {
    format!("person {actor}")
}

fn group(name: &str) -> String {
    format!("group {name}")
}

/// Stands for somebody who voted, or in whose place somebody did.
pub(super) fn voter(actor: &Actor) -> String {
    format!("voter {actor}")
}

/// Texts by which a row is found: who can vote as far as the needs go, and who did.
pub(super) fn marks(row: &PendingApproval) -> BTreeSet<String> {
    let mut marks = BTreeSet::new();
    let open = row
        .needs
        .iter()
        .enumerate()
        .filter(|(index, _)| is_open(row, *index))
        .map(|(_, need)| &need.reviewers);
    let added = row.escalated.iter().map(|escalated| &escalated.reviewers);
    for reviewers in open.chain(added) {
        match reviewers {
            Reviewers::AnyApprover => drop(marks.insert(ANYBODY.to_owned())),
            Reviewers::Named { groups, people } => {
                marks.extend(groups.iter().map(|name| group(name)));
                marks.extend(people.iter().map(person));
            }
        }
    }
    for vote in &row.votes {
        marks.extend([Some(&vote.by), vote.on_behalf_of.as_ref()].into_iter().flatten().map(voter));
    }
    marks
}

/// The marks of rows that this person may be able to vote on, as a JSON list.
pub(super) fn wanted_marks(wanted: &ForReviewer) -> String {
    let all = std::iter::once(&wanted.reviewer).chain(others(wanted));
    let marks = all.flat_map(|reviewer| {
        std::iter::once(person(&reviewer.actor)).chain(groups(reviewer).map(|name| group(name)))
    });
    let marks: BTreeSet<String> = marks.chain([ANYBODY.to_owned()]).collect();
    serde_json::Value::from_iter(marks).to_string()
}
