//! Who may review a call.

use std::{borrow::Cow, collections::BTreeSet};

use proto_events::{Actor, ActorKind};

use crate::execution::{Approval, Execution, Reviewer};

/// One of the people that a principal can review as: itself, or somebody in whose place it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seat<'a> {
    /// Who counts.
    pub(crate) person: &'a Actor,
    /// The groups that they are in.
    pub(crate) groups: &'a BTreeSet<String>,
    /// Whether somebody else votes in their place.
    pub(crate) in_their_place: bool,
}

impl Seat<'_> {
    /// In whose place.
    pub(crate) fn on_behalf_of(&self) -> Option<Actor> {
        self.in_their_place.then(|| self.person.clone())
    }

    /// The needs of the approval's present stage that the person counts for.
    pub(crate) fn counts_for(&self, execution: &Execution, approval: &Approval) -> Vec<usize> {
        let in_group = |group: &str| self.groups.contains(group);
        approval.counts_for(&execution.requirement, self.person, &in_group)
    }

    /// Those of the person's groups that the present stage names.
    pub(crate) fn groups_that_count(&self, execution: &Execution, approval: &Approval) -> Vec<String> {
        let named = |group: &&String| approval.names_group(&execution.requirement, group);
        self.groups.iter().filter(named).cloned().collect()
    }
}

impl Execution {
    /// Whether `actor` may review the call for what it is, and is to it: never an agent, and never on the asking side, but
    /// the requester, who then has to be a person, where the requirement says so.
    pub fn may_be_reviewed_by(&self, actor: &Actor) -> bool {
        let themselves =
            self.requirement.self_review && actor == self.requester() && actor.kind == ActorKind::User;
        actor.kind != ActorKind::Agent && (!self.is_asked_by(actor) || themselves)
    }

    /// Whether `actor` is a reviewer of the present stage (of the first one, before it was asked for): itself, or in the
    /// place of somebody.
    pub fn may_review(&self, actor: &Actor, reviewer: &Reviewer) -> bool {
        self.may_be_reviewed_by(actor) && !self.seats(actor, reviewer).is_empty()
    }

    /// The approval as it is, or as it would begin.
    pub(crate) fn approval_or_first(&self) -> Cow<'_, Approval> {
        let first = || Cow::Owned(Approval::asked(0, self.initiated_at, Vec::new()));
        self.approval.as_ref().map_or_else(first, Cow::Borrowed)
    }

    /// Who `by` can review as, and counts as: itself first. A delegate never reviews in the place of the asking side
    /// or of an agent.
    pub(crate) fn seats<'a>(&self, by: &'a Actor, reviewer: &'a Reviewer) -> Vec<Seat<'a>> {
        let approval = self.approval_or_first();
        let counts = |seat: &Seat<'_>| !seat.counts_for(self, &approval).is_empty();
        let all = all_seats(by, reviewer)
            .filter(|seat| !seat.in_their_place || self.may_be_stood_in_for(seat.person));
        all.filter(counts).collect()
    }

    fn may_be_stood_in_for(&self, person: &Actor) -> bool {
        person.kind != ActorKind::Agent && !self.is_asked_by(person)
    }

    /// Somebody on the asking side, or an agent, in whose place `by` would count.
    pub(crate) fn barred_seat<'a>(&self, by: &'a Actor, reviewer: &'a Reviewer) -> Option<Seat<'a>> {
        let approval = self.approval_or_first();
        all_seats(by, reviewer)
            .filter(|seat| seat.in_their_place && !self.may_be_stood_in_for(seat.person))
            .find(|seat| !seat.counts_for(self, &approval).is_empty())
    }
}

/// Without the role of an approver, none.
fn all_seats<'a>(by: &'a Actor, reviewer: &'a Reviewer) -> impl Iterator<Item = Seat<'a>> {
    let own = Seat { person: by, groups: &reviewer.groups, in_their_place: false };
    let others = reviewer.stands_in_for.iter().map(|other| Seat {
        person: &other.actor,
        groups: &other.groups,
        in_their_place: true,
    });
    std::iter::once(own).chain(others.filter(move |seat| seat.person != by)).filter(|_| reviewer.approver)
}
