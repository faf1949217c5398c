//! Random interleavings of reviewers, deadlines, new decisions, freezes and retries, against a model that knows only the
//! events: nothing runs twice, without a permit, or with other arguments than were decided on, and nobody is counted who
//! must not be.

mod model;
mod steps;

use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};
use proto_events::{ExecutionEvent as E, Timestamp};
use uuid::Uuid;

use self::{
    model::{Around, Model},
    steps::{Act, Step, decided, proposed, steps},
};
use super::fixtures::*;
use crate::execution::{Action, Command, FrozenBy, State, Ttls, decide};

/// The world around the call.
struct World {
    state: State,
    at: Timestamp,
    frozen: Option<FrozenBy>,
    /// The policy set in force, and what it decides.
    policy: (String, steps::Ask),
    /// The ids of permits drawn so far.
    drawn: u128,
    history: Vec<(Around, E)>,
}

impl World {
    fn new(ask: steps::Ask) -> Self {
        let mut world = Self {
            state: State::initial(),
            at: start_of_time(),
            frozen: None,
            policy: ("set-0".to_owned(), ask.clone()),
            drawn: 1_000,
            history: Vec::new(),
        };
        let proposal = proposed(&ask, "set-0", world.permit_id());
        world.give("service:chat", Action::Propose(proposal));
        world
    }

    fn permit_id(&mut self) -> Uuid {
        self.drawn += 1;
        Uuid::from_u128(self.drawn)
    }

    fn give(&mut self, by: &str, action: Action) {
        let (at, frozen) = (self.at, self.frozen.clone());
        let command = Command { by: actor(by), at, frozen, card: None, action };
        let Ok(events) = decide(&self.state, &command) else { return };
        let around = Around {
            by: command.by.clone(),
            at,
            frozen: self.frozen.is_some(),
            policy_set: self.policy.0.clone(),
        };
        self.history.extend(events.iter().map(|event| (around.clone(), event.clone())));
        self.state = std::mem::take(&mut self.state).then(&command, &events);
        // Given again at once, it changes nothing more.
        // An acceptance that names no stage is about whichever stage is open, and the next one may be.
        let opened = events.iter().any(|event| matches!(event, E::ApprovalRequired(_)));
        let repeatable = match command.action {
            Action::Progress { .. } => true,
            Action::Approve { stage: None, .. } => opened,
            _ => false,
        };
        if !events.is_empty() && !repeatable {
            let again = decide(&self.state, &command);
            assert!(again.as_ref().is_ok_and(Vec::is_empty), "{}: {again:?}", command.action.as_str());
        }
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Wait(seconds) => self.at = self.at.plus(std::time::Duration::from_secs(seconds)),
            Step::Freeze => {
                let since = self.at;
                self.frozen.get_or_insert_with(|| FrozenBy { since, ..frozen_since(0) });
            }
            Step::Unfreeze => self.frozen = None,
            Step::Policy(set, ask) => self.policy = (set, ask),
            Step::Give(_, Act::Suspend) if self.frozen.is_none() => {}
            Step::Give(by, act) => {
                let action = self.action(by, act);
                self.give(by, action);
            }
        }
    }

    fn action(&mut self, by: &str, act: Act) -> Action {
        let fresh = self.permit_id();
        let ttls = Ttls { confirmation: MINUTE, approval: MINUTE, permit: MINUTE };
        match act {
            Act::Plain(action) => *action,
            Act::Confirm => Action::Confirm {
                arguments_digest: None,
                permit_id: fresh,
                permit_ttl: MINUTE,
                approval_ttl: MINUTE,
            },
            Act::Approve { comment, stage, other, glass } => Action::Approve {
                comment,
                arguments_digest: Some(if other { other_digest() } else { usual_arguments().digest() }),
                stage,
                reviewer: model::reviewer_of(by),
                break_glass: glass.then(|| "the site is down".to_owned()),
                permit_id: fresh,
                permit_ttl: MINUTE,
                approval_ttl: MINUTE,
            },
            Act::Deny => Action::Deny { reason: "no".to_owned(), reviewer: model::reviewer_of(by) },
            Act::Start { former, other } => {
                let current = self.state.execution().and_then(|execution| execution.permit.as_ref());
                let former = former.then(|| Uuid::from_u128(1_001));
                Action::Start {
                    permit_id: former.or(current.map(|permit| permit.id)).unwrap_or(PERMIT),
                    arguments_digest: other.then(other_digest),
                    lease: MINUTE,
                    policy_set: Some(self.policy.0.clone()),
                }
            }
            Act::Redecide => Action::Redecide {
                decision: decided(&self.policy.1, &self.policy.0),
                cause: "policy_set_activated".to_owned(),
                sensitive: Vec::new(),
                permit_id: fresh,
                ttls,
            },
            Act::Suspend => {
                let since = self.frozen.as_ref().map_or(self.at, |frozen| frozen.since);
                Action::Suspend { freeze_id: FREEZE, since }
            }
        }
    }
}

fn play(ask: steps::Ask, steps: Vec<Step>) -> World {
    let mut world = World::new(ask);
    steps.into_iter().for_each(|step| world.step(step));
    world
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn no_interleaving_breaks_the_rules((ask, steps) in steps()) {
        let world = play(ask, steps);
        let mut model = Model::default();
        for (around, event) in &world.history {
            model.see(around, event);
        }
        model.agrees_with(&world.state);
    }
}

/// The property above says nothing if nothing happens: every kind of event has to occur, and often enough.
#[test]
fn interleavings_reach_everything() {
    let mut runner = TestRunner::deterministic();
    let strategy = steps();
    let mut seen = std::collections::BTreeMap::<&str, usize>::new();
    let (mut after_quorum, mut under_new_set) = (0, 0);
    for _ in 0..4_000 {
        let (ask, steps) = strategy.new_tree(&mut runner).unwrap().current();
        let world = play(ask, steps);
        for (_, event) in &world.history {
            *seen.entry(event.event_type().0).or_default() += 1;
        }
        let has = |wanted: fn(&E) -> bool| world.history.iter().any(|(_, event)| wanted(event));
        let started = has(|event| matches!(event, E::InProgress(_)));
        after_quorum += usize::from(started && has(|event| matches!(event, E::ApprovalVoted(_))));
        under_new_set += usize::from(started && has(|event| matches!(event, E::PermitWithdrawn(_))));
    }
    let rare = ["succeeded", "result_unknown", "permit_expired", "confirmation_expired", "approval_expired"];
    let of_people = ["approval_voted", "approval_accepted", "approval_escalated", "approval_reminded"];
    let of_policy = ["redecided", "permit_withdrawn", "blocked", "suspended", "resumed", "in_progress"];
    for kind in rare.iter().chain(&of_people).chain(&of_policy) {
        let times = seen.get(kind).copied().unwrap_or_default();
        assert!(times >= 30, "{kind} occurred {times} times: {seen:?}");
    }
    assert!(after_quorum >= 30, "{after_quorum} runs started after a quorum");
    assert!(under_new_set >= 30, "{under_new_set} runs started after a permit was withdrawn");
}
