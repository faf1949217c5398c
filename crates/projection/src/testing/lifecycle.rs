//! What happens to a call that is open: whatever can, by the real decider.

use std::time::Duration;

use proto_events::{Actor, Json, Outcome, ResultStatus, Timestamp};
use uuid::Uuid;
use vidimus_domain::{
    arguments::Arguments,
    execution::{Action, Execution, Report, Reviewer, Stage, StandsInFor, State, Ttls},
};

use super::{HOUR, History};

/// What the people of the tests review as.
pub(crate) fn reviewer(actor: &Actor) -> Reviewer {
    let groups = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let (admin, mine, place): (_, &[&str], Option<(&str, &[&str])>) = match &*actor.id {
        "carol" => (false, &["finance", "people"], None),
        "dan" => (false, &["finance"], None),
        "erin" => (false, &["ops"], None),
        // In the place of somebody of another group.
        "fred" => (false, &["people"], Some(("gina", &["finance", "ops"]))),
        "root" => (true, &[], None),
        _ => (false, &[], None),
    };
    let stands_in_for =
        place.map(|(actor, of)| StandsInFor { actor: Actor::user(actor), groups: groups(of) });
    Reviewer {
        approver: true,
        admin,
        groups: groups(mine),
        stands_in_for: stands_in_for.into_iter().collect(),
    }
}

/// An approval by `actor`.
pub(crate) fn approve(actor: &Actor, comment: Option<&str>, permit_id: Uuid) -> Action {
    Action::Approve {
        comment: comment.map(str::to_owned),
        arguments_digest: None,
        stage: None,
        reviewer: reviewer(actor),
        break_glass: None,
        permit_id,
        permit_ttl: HOUR * 9,
        approval_ttl: HOUR * 4,
    }
}

const TTLS: Ttls = Ttls { confirmation: HOUR, approval: HOUR, permit: HOUR };

impl History {
    /// Something happens to one of the open calls.
    pub(super) async fn act(&mut self) {
        if self.open.is_empty() {
            return;
        }
        let index = usize::try_from(self.random.below(self.open.len() as u64)).unwrap();
        let (tenant, id) = self.open[index].clone();
        let state = self.executions[&(tenant.clone(), id)].clone();
        let stage = state.stage().unwrap();
        if stage.is_terminal() && self.random.below(2) == 0 {
            self.open.swap_remove(index);
            return;
        }
        // The clock is put forward for the one command that needs it, and back again.
        let now = self.now;
        let Some((by, action)) = self.choose(&state) else { return };
        self.command(&tenant, id, by, action).await;
        self.now = now;
    }

    fn choose(&mut self, state: &State) -> Option<(Actor, Action)> {
        let execution = state.execution().unwrap();
        let agent = Actor::agent(execution.call().agent.as_str());
        if self.random.below(18) == 0 {
            return Some((agent, Action::Reattempt { seen: 1 }));
        }
        match execution.stage {
            Stage::AwaitingApproval | Stage::AwaitingConfirmation | Stage::Permitted
                if self.random.below(3) == 0 =>
            {
                Some(self.interfere(state, execution))
            }
            Stage::AwaitingApproval => Some(self.review(state, execution)),
            Stage::AwaitingConfirmation => self.confirm(state, execution),
            Stage::Permitted => self.start(state, execution, agent),
            Stage::InProgress => Some(self.report_on(state, agent)),
            Stage::Unknown => {
                let result = Json::from_text(r#"{"found":"ledgerentry"}"#.to_owned()).ok();
                let (status, evidence) = (ResultStatus::Succeeded, "seen in the ledger".to_owned());
                (self.random.below(3) > 0).then(|| {
                    (Actor::user("carol"), Action::Settle { status, evidence, result, eligible: true })
                })
            }
            _ => None,
        }
    }

    /// What is due next by itself, when it is due.
    fn due(&mut self, state: &State) -> Option<(Actor, Action)> {
        let (at, kind) = state.deadline()?;
        self.now = at.max(self.now);
        Some((Actor::system("deadlines"), kind.action()))
    }

    fn interfere(&mut self, state: &State, execution: &Execution) -> (Actor, Action) {
        let system = Actor::system("freezes");
        match self.random.below(4) {
            0 if execution.suspended.is_some() => {
                self.now = self.now.plus(Duration::from_secs(60));
                (system, Action::Resume)
            }
            0 => {
                let since = Timestamp::from_micros(self.now.as_micros() - 1_000_000);
                (system, Action::Suspend { freeze_id: Uuid::from_u128(5), since })
            }
            1 => (Actor::system("policy"), self.redecide(execution)),
            2 => self.due(state).unwrap_or((system, Action::Resume)),
            _ => {
                let reason = text().filter(|_| self.random.below(3) == 0);
                match reason {
                    Some(_) => (execution.requester().clone(), Action::Cancel { reason }),
                    None => {
                        let text = "who is that".to_owned();
                        (Actor::user("carol"), Action::Comment { text, eligible: true })
                    }
                }
            }
        }
    }

    fn redecide(&mut self, execution: &Execution) -> Action {
        let arguments = Arguments::from_value(&execution.arguments().unwrap().to_value()).unwrap();
        let outcomes = [
            Outcome::Allowed,
            Outcome::AwaitingApproval,
            Outcome::AwaitingApproval,
            Outcome::ConfirmationRequired,
            Outcome::Blocked,
            Outcome::NoOp,
        ];
        let outcome = outcomes[usize::try_from(self.random.below(6)).unwrap()];
        let mut decision = self.decision_on(outcome, &arguments);
        if self.random.below(2) == 0 {
            // The same is asked of people, by another set.
            decision = execution.decision.clone().unwrap();
            decision.policy_set = Some(format!("set-{}", self.random.below(3)));
            decision.matched_rules = vec!["rule-e".to_owned()];
        }
        Action::Redecide {
            decision,
            cause: "policy_set_activated".to_owned(),
            sensitive: execution.sensitive.clone(),
            permit_id: self.random.id(),
            ttls: TTLS,
        }
    }

    fn review(&mut self, state: &State, execution: &Execution) -> (Actor, Action) {
        let people = ["carol", "dan", "erin", "fred", "ann", "bob"];
        let by = Actor::user(self.random.of(&people));
        let reviewer = reviewer(&by);
        match self.random.below(16) {
            0..=8 => {
                let permit_id = self.random.id();
                let action = approve(&by, Some("for a reason"), permit_id);
                (by, action)
            }
            9 => (by, Action::Deny { reason: "too dear".to_owned(), reviewer }),
            10 => {
                let revised_as = (self.random.below(2) == 0).then(|| self.random.id());
                (by, Action::Abort { feedback: "ask first".to_owned(), reviewer, revised_as })
            }
            11 => {
                let root = Actor::user("root");
                let mut action = approve(&root, None, self.random.id());
                if let Action::Approve { break_glass, .. } = &mut action {
                    *break_glass = Some("the house is on fire".to_owned());
                }
                (root, action)
            }
            _ => {
                self.due(state).unwrap_or((execution.requester().clone(), Action::Cancel { reason: text() }))
            }
        }
    }

    fn confirm(&mut self, state: &State, execution: &Execution) -> Option<(Actor, Action)> {
        let requester = execution.requester().clone();
        match self.random.below(8) {
            0..=3 => {
                let permit_id = self.random.id();
                let (permit_ttl, approval_ttl) = (HOUR * 9, HOUR * 4);
                Some((
                    requester,
                    Action::Confirm { arguments_digest: None, permit_id, permit_ttl, approval_ttl },
                ))
            }
            4 | 5 => Some((requester, Action::Decline { reason: text() })),
            6 => self.due(state),
            _ => Some((requester, Action::Cancel { reason: text() })),
        }
    }

    fn start(&mut self, state: &State, execution: &Execution, agent: Actor) -> Option<(Actor, Action)> {
        let permit = execution.permit.as_ref().unwrap();
        match self.random.below(8) {
            0..=5 => {
                let policy_set = permit.policy_set.clone();
                let start = Action::Start {
                    permit_id: permit.id,
                    arguments_digest: None,
                    lease: HOUR * 9,
                    policy_set,
                };
                Some((agent, start))
            }
            6 => self.due(state),
            _ => Some((execution.requester().clone(), Action::Cancel { reason: text() })),
        }
    }

    fn report_on(&mut self, state: &State, agent: Actor) -> (Actor, Action) {
        let due = self.random.below(6);
        if due == 0
            && let Some(due) = self.due(state)
        {
            return due;
        }
        let action = match due {
            1 => Action::Progress { message: text(), percent: Some(50), lease: HOUR * 9 },
            2 => Action::Succeed(self.report(false)),
            3 => Action::Fail(self.report(true)),
            4 => Action::TimeOut(self.report(true)),
            _ => Action::Skip(Report { reason: text(), ..Report::default() }),
        };
        (agent, action)
    }
}

fn text() -> Option<String> {
    Some("for a reason".to_owned())
}
