//! How far an approval is: its stage, its votes, and who was added.
//!
//! Quorum counts distinct people. A person counts at most once for each need of a stage, and one vote counts for every
//! need that the person fits: one need's quorum may be met by people that also count for another need. Who reviews in
//! somebody's place counts as that somebody. Neither who voted nor in whose place can vote again in the stage.

use proto_events::{Actor, ApprovalStage, Card, Requirement, Reviewers, Timestamp};

/// An approval that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approval {
    /// The stage of the requirement that it is at, from 0.
    pub stage: u32,
    /// When this stage was asked for, later by as much as deadlines stood still: escalations and reminders count from it.
    pub counts_from: Timestamp,
    /// Who was added to this stage by escalation, in order.
    pub added: Vec<Reviewers>,
    /// The last reminder of this stage, from 1; 0 before the first.
    pub reminders: u32,
    /// The votes of all stages, in order; at most the sum of all quorums.
    pub votes: Vec<Vote>,
}

/// An acceptance by one person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vote {
    /// The stage that it counts in.
    pub stage: u32,
    /// Who voted.
    pub by: Actor,
    /// In whose place.
    pub on_behalf_of: Option<Actor>,
    /// The groups by which the vote counts.
    pub groups: Vec<String>,
    /// What was said.
    pub comment: Option<String>,
    /// When.
    pub at: Timestamp,
    /// The card that the reviewer saw.
    pub card: Option<Card>,
    /// The needs of the stage that it counts for, by their places; fixed when it was cast.
    pub counts_for: Vec<usize>,
}

impl Vote {
    /// Who counts: in whose place, or who voted.
    pub fn person(&self) -> &Actor {
        self.on_behalf_of.as_ref().unwrap_or(&self.by)
    }
}

impl Approval {
    pub(super) const fn asked(stage: u32, at: Timestamp, votes: Vec<Vote>) -> Self {
        Self { stage, counts_from: at, added: Vec::new(), reminders: 0, votes }
    }

    /// What the present stage asks for.
    pub fn asks<'a>(&self, requirement: &'a Requirement) -> Option<&'a ApprovalStage> {
        requirement.stages.get(usize::try_from(self.stage).ok()?)
    }

    /// The votes that count in the present stage.
    pub fn current_votes(&self) -> impl Iterator<Item = &Vote> {
        self.votes.iter().filter(|vote| vote.stage == self.stage)
    }

    /// The vote of the present stage that `person` cast, or that was cast in their place.
    pub fn vote_of(&self, person: &Actor) -> Option<&Vote> {
        self.current_votes().find(|vote| vote.by == *person || vote.person() == person)
    }

    /// How many acceptances each need of the present stage still misses, in the order of the needs.
    pub fn missing_by_need(&self, requirement: &Requirement) -> Vec<u32> {
        let counted = |need: usize| {
            let votes = self.current_votes().filter(|vote| vote.counts_for.contains(&need)).count();
            u32::try_from(votes).unwrap_or(u32::MAX)
        };
        let needs = self.asks(requirement).map_or(&[][..], |stage| &stage.needs);
        needs.iter().enumerate().map(|(index, need)| need.quorum.saturating_sub(counted(index))).collect()
    }

    /// How many acceptances the present stage still misses. One person may make up for several, where it counts for
    /// several needs.
    pub fn missing(&self, requirement: &Requirement) -> u32 {
        self.missing_by_need(requirement).into_iter().fold(0, u32::saturating_add)
    }

    /// The needs of the present stage that `person`, who is in `groups`, counts for. Who was added by escalation counts
    /// for all of them.
    pub(super) fn counts_for(
        &self,
        requirement: &Requirement,
        person: &Actor,
        in_group: &dyn Fn(&str) -> bool,
    ) -> Vec<usize> {
        let Some(stage) = self.asks(requirement) else { return Vec::new() };
        let added = self.added.iter().any(|reviewers| fits(reviewers, person, in_group));
        let needs = stage.needs.iter().enumerate();
        needs
            .filter(|(_, need)| added || fits(&need.reviewers, person, in_group))
            .map(|(index, _)| index)
            .collect()
    }

    /// The groups that the present stage, or an escalation of it, names; what is recorded of a reviewer's groups.
    pub(super) fn names_group(&self, requirement: &Requirement, group: &str) -> bool {
        let named = |reviewers: &Reviewers| match reviewers {
            Reviewers::AnyApprover => false,
            Reviewers::Named { groups, .. } => groups.iter().any(|named| named == group),
        };
        let mut needs = self.asks(requirement).into_iter().flat_map(|stage| &stage.needs);
        needs.any(|need| named(&need.reviewers)) || self.added.iter().any(named)
    }
}

fn fits(reviewers: &Reviewers, person: &Actor, in_group: &dyn Fn(&str) -> bool) -> bool {
    match reviewers {
        Reviewers::AnyApprover => true,
        Reviewers::Named { groups, people } => {
            people.contains(person) || groups.iter().any(|group| in_group(group))
        }
    }
}
