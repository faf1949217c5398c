//! What reviewers decide: one who denies or aborts ends it, acceptances are counted.

use proto_events::{
    Actor, ActorKind, ApprovalAborted, ApprovalAccepted, ApprovalDenied, ApprovalVoted, ArgumentsDigest,
    ExecutionEvent as E,
};
use uuid::Uuid;

use super::{Decided, Given, Next, Said, resolved, standing};
use crate::{
    execution::{
        Approval, DeadlineKind, MAX_TEXT_CHARS, Rejection, Reviewer, Stage, Verdict, Vote, state::Seat,
    },
    field,
};

impl Given<'_> {
    pub(super) fn approve(
        &self,
        said: Said<'_>,
        digest: Option<ArgumentsDigest>,
        reviewer: &Reviewer,
        next: Next,
    ) -> Decided {
        field::optional("comment", said.comment.map(String::as_str), MAX_TEXT_CHARS)?;
        if let Some(reason) = said.break_glass {
            field::text("break_glass", reason, MAX_TEXT_CHARS)?;
        }
        let about_these = self.about_these_arguments(digest);
        if about_these.is_ok() && self.accepted(said, reviewer) {
            return Ok(Vec::new());
        }
        if let Some(reason) = said.break_glass {
            if !reviewer.admin || self.execution.is_asked_by(self.by) {
                return Err(Rejection::BreakGlassNotAllowed { actor: self.by.clone() });
            }
            if self.by.kind == ActorKind::Agent {
                return Err(Rejection::AgentCannotReview { actor: self.by.clone() });
            }
            self.is_awaiting_approval()?;
            self.is_about_stage(said, &self.execution.approval_or_first())?;
            about_these?;
            let card = self.about_this_card()?;
            return self.break_glass(Said { card, ..said }, reason, next);
        }
        let seats = self.may_review(reviewer)?;
        let approval = self.execution.approval_or_first();
        self.is_about_stage(said, &approval)?;
        about_these?;
        let said = Said { card: self.about_this_card()?, ..said };
        let seat = self.free_seat(&approval, &seats)?;
        self.vote(said, &approval, seat, next)
    }

    /// The reviewers that were asked for, their quorum and stages are passed over.
    fn break_glass(&self, said: Said<'_>, reason: &str, next: Next) -> Decided {
        let case = self.case()?;
        let accepted = E::ApprovalAccepted(ApprovalAccepted {
            call: case.call.clone(),
            arguments_digest: case.arguments_digest,
            comment: said.comment.cloned(),
            on_behalf_of: None,
            groups: Vec::new(),
            break_glass: Some(reason.to_owned()),
            card: said.card,
        });
        Ok(vec![accepted, case.permitted(next.permit_id, next.ttls())])
    }

    /// The acceptance that completes the last stage is the approval itself.
    fn vote(&self, said: Said<'_>, approval: &Approval, seat: Seat<'_>, next: Next) -> Decided {
        let case = self.case()?;
        let counts_for = seat.counts_for(self.execution, approval);
        let missing = approval.missing_by_need(case.requirement).into_iter().enumerate().fold(
            0_u32,
            |sum, (need, missing)| {
                sum.saturating_add(missing.saturating_sub(u32::from(counts_for.contains(&need))))
            },
        );
        let groups = seat.groups_that_count(self.execution, approval);
        let next_stage = approval.stage.saturating_add(1);
        let is_last = usize::try_from(next_stage).is_ok_and(|stage| stage >= case.requirement.stages.len());
        if missing == 0 && is_last {
            let accepted = E::ApprovalAccepted(ApprovalAccepted {
                call: case.call.clone(),
                arguments_digest: case.arguments_digest,
                comment: said.comment.cloned(),
                on_behalf_of: seat.on_behalf_of(),
                groups,
                break_glass: None,
                card: said.card,
            });
            return Ok(vec![accepted, case.permitted(next.permit_id, next.ttls())]);
        }
        let mut events = vec![E::ApprovalVoted(ApprovalVoted {
            call: case.call.clone(),
            arguments_digest: case.arguments_digest,
            comment: said.comment.cloned(),
            on_behalf_of: seat.on_behalf_of(),
            groups,
            stage: approval.stage,
            missing,
            card: said.card,
        })];
        if missing == 0 {
            events.push(case.next_stage(next_stage, next.permit_id, next.ttls()));
        }
        Ok(events)
    }

    pub(super) fn deny(&self, reason: &String, reviewer: &Reviewer) -> Decided {
        field::text("reason", reason, MAX_TEXT_CHARS)?;
        if self.ended_it(Verdict::Denied, reason, None) {
            return Ok(Vec::new());
        }
        let seats = self.may_review(reviewer)?;
        let card = self.about_this_card()?;
        Ok(vec![E::ApprovalDenied(ApprovalDenied {
            call: self.execution.call().clone(),
            reason: reason.clone(),
            on_behalf_of: seats.first().and_then(Seat::on_behalf_of),
            card,
        })])
    }

    pub(super) fn abort(&self, feedback: &String, reviewer: &Reviewer, revised_as: Option<Uuid>) -> Decided {
        field::text("feedback", feedback, MAX_TEXT_CHARS)?;
        if self.ended_it(Verdict::Aborted, feedback, revised_as) {
            return Ok(Vec::new());
        }
        let seats = self.may_review(reviewer)?;
        let card = self.about_this_card()?;
        Ok(vec![E::ApprovalAborted(ApprovalAborted {
            call: self.execution.call().clone(),
            feedback: feedback.clone(),
            on_behalf_of: seats.first().and_then(Seat::on_behalf_of),
            revised_as,
            card,
        })])
    }

    /// Whether this principal accepted in these words: the stage that it names; where it names none, the present stage, or
    /// an earlier one if it is no reviewer of the present one.
    fn accepted(&self, said: Said<'_>, reviewer: &Reviewer) -> bool {
        let execution = self.execution;
        let present = execution.approval.as_ref().map(|approval| approval.stage);
        let is_asked_now =
            execution.stage == Stage::AwaitingApproval && execution.may_review(self.by, reviewer);
        let is_meant = |vote: &Vote| match said.stage {
            Some(stage) => stage == vote.stage,
            None => !is_asked_now || present == Some(vote.stage),
        };
        let votes = execution.approval.iter().flat_map(|approval| &approval.votes);
        let voted = said.break_glass.is_none()
            && votes
                .filter(|vote| vote.by == *self.by && vote.comment.as_ref() == said.comment)
                .any(is_meant);
        voted
            || execution.resolution.as_ref().is_some_and(|resolution| {
                resolution.verdict == Verdict::Accepted
                    && resolution.by == *self.by
                    && resolution.text.as_ref() == said.comment
                    && said.break_glass.is_some()
                    && resolution.break_glass.as_ref() == said.break_glass
            })
    }

    /// Whether this principal ended it in this way and these words.
    fn ended_it(&self, verdict: Verdict, text: &String, revised_as: Option<Uuid>) -> bool {
        self.execution.resolution.as_ref().is_some_and(|resolution| {
            resolution.verdict == verdict
                && resolution.by == *self.by
                && resolution.text.as_ref() == Some(text)
                && resolution.revised_as == revised_as
        })
    }

    /// Who may review comes before how it stands: those who may not are told so, and no more.
    fn may_review<'a>(&'a self, reviewer: &'a Reviewer) -> Result<Vec<Seat<'a>>, Rejection> {
        let execution = self.execution;
        if !execution.may_be_reviewed_by(self.by) {
            return Err(self.barred(self.by));
        }
        let seats = execution.seats(self.by, reviewer);
        if seats.is_empty() {
            let nobody_asked = execution.requirement.stages.is_empty() && reviewer.approver;
            return Err(match execution.barred_seat(self.by, reviewer) {
                _ if nobody_asked => self.no_approval_open(),
                Some(seat) => self.barred(seat.person),
                None => Rejection::NotAReviewer { actor: self.by.clone() },
            });
        }
        self.is_awaiting_approval()?;
        Ok(seats)
    }

    /// Why `actor`, who asked for the call or is an agent, does not review it.
    fn barred(&self, actor: &Actor) -> Rejection {
        let actor = actor.clone();
        if self.execution.is_asked_by(&actor) {
            Rejection::RequesterCannotReview { actor }
        } else {
            Rejection::AgentCannotReview { actor }
        }
    }

    fn is_awaiting_approval(&self) -> Result<(), Rejection> {
        match self.execution.stage {
            Stage::AwaitingApproval => self.in_time(DeadlineKind::Approval, self.execution.human_deadline),
            _ => Err(self.no_approval_open()),
        }
    }

    /// Why there is nothing to resolve: it was resolved, or it has not come to that, or nobody was asked.
    fn no_approval_open(&self) -> Rejection {
        let execution = self.execution;
        if matches!(execution.stage, Stage::Blocked | Stage::NoOp) {
            return standing(execution);
        }
        match &execution.resolution {
            Some(resolution) if resolution.verdict.is_of_approval() => resolved(resolution),
            _ if execution.stage == Stage::Cancelled || !execution.requirement.stages.is_empty() => {
                standing(execution)
            }
            _ => Rejection::NoApprovalAsked,
        }
    }

    const fn is_about_stage(&self, said: Said<'_>, approval: &Approval) -> Result<(), Rejection> {
        match said.stage {
            Some(given) if given != approval.stage => {
                Err(Rejection::StageMismatch { given, current: approval.stage })
            }
            _ => Ok(()),
        }
    }

    /// The first of `seats` whose acceptance brings the stage nearer. Neither who voted in the stage nor in whose place
    /// can vote in it again.
    fn free_seat<'a>(&self, approval: &Approval, seats: &[Seat<'a>]) -> Result<Seat<'a>, Rejection> {
        let voted = |vote: &Vote| Rejection::AlreadyVoted { by: vote.by.clone(), at: vote.at };
        if let Some(vote) = approval.vote_of(self.by) {
            return Err(voted(vote));
        }
        let mut taken = None;
        let mut free = Vec::new();
        for seat in seats {
            match approval.vote_of(seat.person) {
                Some(vote) => taken = taken.or(Some(vote)),
                None => free.push(*seat),
            }
        }
        let missing = approval.missing_by_need(&self.execution.requirement);
        let is_missing = |need: &usize| missing.get(*need).is_some_and(|missing| *missing > 0);
        let needed =
            free.iter().find(|seat| seat.counts_for(self.execution, approval).iter().any(is_missing));
        match (needed, free.is_empty(), taken) {
            (Some(seat), ..) => Ok(*seat),
            (None, true, Some(vote)) => Err(voted(vote)),
            (None, ..) => Err(Rejection::VoteNotNeeded {
                actor: self.by.clone(),
                missing: approval.missing(&self.execution.requirement),
            }),
        }
    }
}
