//! A card of the queue: an item in the words of its page.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use vidimus_api_types::{
    ActorKind, ApprovalKind, Execution, Me, Outcome, PendingApproval, Reviewers, Role, Timestamp,
};

use super::{
    asked::{Around, Item},
    happened::Happened,
};
use crate::{
    ask::Refused,
    exact,
    pages::conversation::{Call, Said},
    words::{self, When},
};

/// From how much time left on a card is urgent, in microseconds.
const URGENT: i64 = 600 * 1_000_000;

/// How many other calls are shown of an agent, and of a conversation.
const OTHERS: (usize, usize) = (5, 3);

pub(super) struct Card {
    pub(super) id: String,
    pub(super) function: String,
    pub(super) tool: String,
    /// As filters have it.
    pub(super) full_name: String,
    pub(super) agent: String,
    pub(super) conversation: String,
    pub(super) requester: String,
    pub(super) proposed_by: String,
    pub(super) purpose: Option<String>,
    pub(super) risk: Option<&'static str>,
    pub(super) tool_type: Option<&'static str>,
    pub(super) arguments: String,
    pub(super) has_unseen: bool,
    pub(super) redacted: Vec<String>,
    pub(super) digest: String,
    pub(super) context: Option<String>,
    pub(super) reason: Option<String>,
    pub(super) reasons: Vec<Reason>,
    pub(super) rules: Vec<String>,
    pub(super) requested_at: When,
    pub(super) deadline: When,
    pub(super) left: Left,
    pub(super) progress: Progress,
    pub(super) self_review: bool,
    pub(super) suspended: bool,
    pub(super) redecisions: u64,
    pub(super) comments: u64,
    /// What each who commented said last: who, what.
    pub(super) last_comments: Vec<(String, String)>,
    pub(super) of_agent: Vec<Call>,
    pub(super) of_conversation: Vec<Call>,
    /// What the user said last, oldest first.
    pub(super) said: Vec<Said>,
    pub(super) offers: Offers,
    /// What surrounds the call could not be read: its risk is not known here.
    pub(super) is_partial: bool,
    /// It waited then: how much time is left now says nothing.
    pub(super) is_past: bool,
    pub(super) stage: u32,
    /// What goes back with the decision.
    pub(super) card: String,
    /// What changes when the card does, but not with time.
    pub(super) state: String,
    /// Whether it is chosen for a decision on several.
    pub(super) is_picked: bool,
    pub(super) refusal: Option<Refusal>,
}

/// A layer that asks for people.
pub(super) struct Reason {
    pub(super) layer: String,
    pub(super) outcome: String,
    /// Why, where it is not what the whole card is asked for.
    pub(super) words: Option<String>,
    pub(super) code: String,
}

/// The time that is left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Left {
    pub(super) seconds: i64,
    pub(super) said: String,
    pub(super) is_urgent: bool,
}

/// How far the approval is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Progress {
    /// Who has to do what, in sentences.
    pub(super) said: Vec<String>,
    /// Who agreed so far: who, when, what they said.
    pub(super) votes: Vec<(String, When, Option<String>)>,
    /// Who was or will be added: text and time.
    pub(super) escalations: Vec<(String, When)>,
}

/// What this visitor is offered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Offers {
    pub(super) decide: bool,
    pub(super) confirm: bool,
    pub(super) revise: bool,
    pub(super) comment: bool,
    pub(super) break_glass: bool,
    /// Why they cannot decide.
    pub(super) why_not: Option<&'static str>,
}

/// Why what the visitor did on this card was refused, and what happened meanwhile.
pub(super) struct Refusal {
    pub(super) detail: String,
    pub(super) code: String,
    pub(super) happened: Option<Happened>,
    /// What they had typed, by the name of its field.
    pub(super) typed: Vec<(String, String)>,
}

impl Refusal {
    pub(super) fn new(refused: &Refused, happened: Option<Happened>, typed: Vec<(String, String)>) -> Self {
        Self { detail: refused.detail.clone(), code: refused.code.clone(), happened, typed }
    }

    fn typed(&self, name: &str) -> Option<&str> {
        self.typed.iter().find(|(known, _)| known == name).map(|(_, typed)| typed.as_str())
    }
}

impl Card {
    pub(super) fn of(item: &Item, around: &Around, me: &Me) -> Self {
        let e = &item.pending;
        let (function, tool) = words::function(&e.function);
        let execution = around.executions.get(&e.execution_id);
        let entry = execution.and_then(|execution| execution.catalogue.as_ref());
        let of_agent = around.agents.get(&e.agent);
        let talk = around.conversations.get(&(e.agent.clone(), e.conversation.clone()));
        let said = talk.and_then(|talk| talk.said.as_ref());
        let others = |executions: Option<&Vec<Execution>>, most| others(executions, e, most);
        let mut state = DefaultHasher::new();
        format!("{item:?}").hash(&mut state);
        Self {
            id: e.execution_id.to_string(),
            function: function.to_owned(),
            tool: tool.to_owned(),
            full_name: e.function.to_string(),
            agent: e.agent.clone(),
            conversation: e.conversation.clone(),
            requester: words::actor(&e.requester),
            proposed_by: words::actor(&e.proposed_by),
            purpose: entry.and_then(|entry| entry.purpose.clone()),
            risk: entry.and_then(|entry| entry.risk).map(|risk| risk.as_str()),
            tool_type: entry.and_then(|entry| entry.tool_type).map(|kind| kind.as_str()),
            arguments: exact::spread(e.arguments.as_str()),
            has_unseen: exact::has_unseen(e.arguments.as_str()),
            redacted: e.redacted.clone(),
            digest: e.arguments_digest.to_string(),
            context: execution
                .and_then(|execution| execution.context.as_ref())
                .map(|context| exact::spread(context.as_str()))
                .filter(|context| context != "{}" && context != "null"),
            reason: e.reason.clone(),
            reasons: e.reasons.iter().map(|finding| reason(finding, e)).collect(),
            rules: e.matched_rules.clone(),
            requested_at: e.requested_at.into(),
            deadline: e.deadline.into(),
            left: left(e.deadline, me.now),
            progress: progress(e),
            self_review: e.self_review,
            suspended: e.suspended,
            redecisions: e.redecisions,
            comments: e.comments,
            last_comments: execution.map(last_comments).unwrap_or_default(),
            of_agent: others(of_agent, OTHERS.0),
            of_conversation: others(talk.map(|talk| &talk.calls), OTHERS.1),
            said: said.into_iter().flatten().rev().map(Said::from).collect(),
            offers: offers(e, me),
            is_partial: execution.is_none() || said.is_none(),
            is_past: false,
            stage: e.stage,
            card: item.card.clone(),
            state: format!("{:016x}", state.finish()),
            is_picked: false,
            refusal: None,
        }
    }

    /// What was typed before it was refused.
    pub(super) fn typed(&self, name: &str) -> &str {
        self.refusal.as_ref().and_then(|refusal| refusal.typed(name)).unwrap_or_default()
    }

    /// The arguments to edit: as they were edited before it was refused.
    pub(super) fn edited(&self) -> &str {
        self.refusal.as_ref().and_then(|refusal| refusal.typed("arguments")).unwrap_or(&self.arguments)
    }

    /// Whether much could go wrong.
    pub(super) fn is_risky(&self) -> bool {
        matches!(self.risk, Some("high" | "critical"))
    }

    /// Whether the whole of the arguments is left out.
    pub(super) fn all_redacted(&self) -> bool {
        self.redacted.iter().any(String::is_empty)
    }
}

fn reason(finding: &vidimus_api_types::LayerFinding, asked: &PendingApproval) -> Reason {
    Reason {
        layer: finding.layer.as_str().replace('_', " "),
        outcome: match finding.outcome {
            Outcome::AwaitingApproval => "an approval".to_owned(),
            Outcome::ConfirmationRequired => "a confirmation".to_owned(),
            outcome => outcome.as_str().replace('_', " "),
        },
        words: (asked.reason.as_ref() != Some(&finding.reason)).then(|| finding.reason.clone()),
        code: finding.code.clone(),
    }
}

fn last_comments(execution: &Execution) -> Vec<(String, String)> {
    let last = execution.last_comments.iter();
    last.map(|comment| (words::actor(&comment.by), exact::lines(&comment.text))).collect()
}

fn others(executions: Option<&Vec<Execution>>, asked: &PendingApproval, most: usize) -> Vec<Call> {
    let others = executions.into_iter().flatten().filter(|other| other.execution_id != asked.execution_id);
    others.take(most).map(Call::from).collect()
}

/// The time from `now` to the deadline.
pub(super) fn left(deadline: Timestamp, now: Timestamp) -> Left {
    let micros = deadline.as_micros().saturating_sub(now.as_micros());
    let said = match micros {
        ..=0 => "its time is over".to_owned(),
        micros => format!("{} left", words::duration(micros)),
    };
    Left { seconds: micros.div_euclid(1_000_000), said, is_urgent: micros < URGENT }
}

fn people(count: u32) -> String {
    if count == 1 { "one person".to_owned() } else { format!("{count} people") }
}

/// How far it is, and who can bring it further.
pub(super) fn progress(pending: &PendingApproval) -> Progress {
    let Some(reviewers) = &pending.reviewers else {
        let said = vec![format!("{} has to confirm it.", words::actor(&pending.requester))];
        return Progress { said, ..Progress::default() };
    };
    let mut said = Vec::new();
    if pending.stages > 1 {
        said.push(format!("Stage {} of {}.", pending.stage.saturating_add(1), pending.stages));
    }
    let (approved, missing) = (pending.votes.len(), pending.missing);
    said.push(match approved {
        0 => format!("Nobody has approved yet; {} must.", people(missing)),
        _ => format!("{approved} approved so far; {} more must.", people(missing)),
    });
    if pending.needs.is_empty() {
        said.push(format!("Asked: {} of {}.", people(pending.quorum), reviewers.in_words()));
    }
    for need in &pending.needs {
        let (who, rule) = (need.reviewers.in_words(), &need.rule);
        said.push(format!("Asked: {} of {who}, by `{rule}`.", people(need.quorum)));
    }
    let votes = pending.votes.iter().map(|vote| {
        let mut by = words::actor(&vote.by);
        if let Some(behalf) = &vote.on_behalf_of {
            by.push_str(&format!(" in place of {}", words::actor(behalf)));
        }
        if !vote.groups.is_empty() {
            by.push_str(&format!(" for {}", vote.groups.join(", ")));
        }
        (by, vote.at.into(), vote.comment.clone())
    });
    let added = |reviewers: &Reviewers| reviewers.in_words();
    let done =
        pending.escalated.iter().map(|one| (format!("{} added", added(&one.reviewers)), one.due.into()));
    let due = pending.escalations.iter();
    let due = due.map(|one| (format!("{} to be added", added(&one.reviewers)), one.at.into()));
    Progress { said, votes: votes.collect(), escalations: done.chain(due).collect() }
}

/// What this visitor can be offered. What it takes beside that, the API knows: named reviewers, groups, delegates.
pub(super) fn offers(pending: &PendingApproval, me: &Me) -> Offers {
    let has = |roles: &[Role]| me.roles.iter().any(|role| roles.contains(role));
    let (is_requester, is_proposer) = (pending.requester == me.actor, pending.proposed_by == me.actor);
    let comment = has(&[Role::Approver, Role::Admin]) || is_requester || is_proposer;
    let none = |why_not| Offers { comment, why_not: Some(why_not), ..Offers::default() };
    if pending.suspended {
        return none("A freeze covers this call: nobody can decide on it until the freeze is lifted.");
    }
    if pending.kind == ApprovalKind::Confirmation {
        let confirm =
            is_requester && me.actor.kind != ActorKind::Agent && has(&[Role::Agent, Role::Approver]);
        let why_not = (!confirm).then_some("Only the requester can confirm or decline it.");
        return Offers { confirm, comment, why_not, ..Offers::default() };
    }
    if (is_requester && !pending.self_review) || (is_proposer && !is_requester) {
        return none("You asked for this call, so somebody else has to review it.");
    }
    let voted =
        pending.votes.iter().any(|vote| vote.by == me.actor || vote.on_behalf_of.as_ref() == Some(&me.actor));
    let break_glass = has(&[Role::Admin]);
    if !has(&[Role::Approver]) {
        let why_not = "Deciding takes the role approver.";
        return Offers { break_glass, ..none(why_not) };
    }
    if voted {
        return Offers { break_glass, ..none("You have approved it; others have to as well.") };
    }
    let revise = pending.redacted.is_empty();
    Offers { decide: true, confirm: false, revise, comment, break_glass, why_not: None }
}
