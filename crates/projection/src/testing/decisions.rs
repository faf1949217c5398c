//! Decisions for tests, with whatever one can hold.

use proto_events::{
    Actor, ApprovalNeed, ApprovalStage, Decision, Digest, Escalation, Facts, Layer, LayerFinding, Outcome,
    Requirement, Reviewers,
};
use uuid::Uuid;
use vidimus_domain::arguments::Arguments;

use super::History;

pub(crate) fn decision(outcome: Outcome, arguments: &Arguments) -> Decision {
    let code = format!("because_{}", outcome.as_str());
    let finding = LayerFinding {
        layer: Layer::FunctionAccess,
        outcome,
        code,
        reason: "the access says so".to_owned(),
        missing_requirement: (outcome == Outcome::Blocked).then(|| "access".to_owned()),
        next_owner: (outcome == Outcome::Blocked).then(|| "administrators".to_owned()),
    };
    Decision {
        outcome,
        arguments_digest: arguments.digest(),
        policy_set: Some("set-1".to_owned()),
        findings: vec![finding],
        matched_rules: vec!["rule-a".to_owned(), "rule-b".to_owned()],
        facts: Facts::new(),
        requirement: None,
        as_of: None,
        grant: None,
        visible_tools: None,
    }
}

pub(crate) fn named(groups: &[&str], people: &[&str]) -> Reviewers {
    Reviewers::Named {
        groups: groups.iter().map(|group| (*group).to_owned()).collect(),
        people: people.iter().map(|person| Actor::user(*person)).collect(),
    }
}

pub(crate) fn need(reviewers: Reviewers, quorum: u32) -> ApprovalNeed {
    ApprovalNeed { rule: "rule-a".to_owned(), reviewers, quorum }
}

/// Two stages, the second with two needs; reminders after 10 minutes, somebody else after half an hour and after an hour.
pub(crate) fn demanding() -> Requirement {
    let escalation = |after_seconds, reviewers| Escalation { after_seconds, reviewers };
    Requirement {
        confirmation: false,
        stages: vec![
            ApprovalStage { needs: vec![need(named(&["finance"], &[]), 2)] },
            ApprovalStage {
                needs: vec![need(named(&["finance"], &["erin"]), 1), need(named(&["ops"], &[]), 1)],
            },
        ],
        expires_after_seconds: Some(4 * 3600),
        remind_after_seconds: Some(600),
        escalations: vec![escalation(1_800, named(&["ops"], &[])), escalation(3_600, Reviewers::AnyApprover)],
        self_review: false,
    }
}

impl History {
    /// A decision with whatever one can hold.
    pub(crate) fn decision_on(&mut self, outcome: Outcome, arguments: &Arguments) -> Decision {
        let mut decision = decision(outcome, arguments);
        decision.policy_set = Some(format!("set-{}", self.random.below(3)));
        decision.visible_tools = Some(Digest::new([u8::from(self.random.below(2) == 0); 32]));
        decision.as_of = Some(self.log.tail());
        if self.random.below(2) == 0 {
            decision.matched_rules = vec!["rule-c".to_owned(), "rule \"d\"".to_owned()];
            decision.findings[0].layer = Layer::Policy;
        }
        decision.requirement = match (outcome, self.random.below(4)) {
            (Outcome::ConfirmationRequired, 0) => {
                Some(Requirement { confirmation: true, ..Requirement::default() })
            }
            (Outcome::AwaitingApproval, 0) => Some(demanding()),
            (Outcome::AwaitingApproval, 1) => Some(Requirement { confirmation: true, ..demanding() }),
            (Outcome::AwaitingApproval, 2) => {
                let stages = vec![ApprovalStage { needs: vec![need(Reviewers::AnyApprover, 2)] }];
                Some(Requirement { stages, self_review: true, ..Requirement::default() })
            }
            _ => None,
        };
        if outcome == Outcome::Allowed && self.random.below(3) == 0 {
            decision.grant = Some(Uuid::from_u128(u128::from(self.random.below(2))));
            let lifted = decision.findings[0].clone();
            decision.findings.push(LayerFinding {
                layer: Layer::Grant,
                code: "grant_used".to_owned(),
                ..lifted
            });
        }
        decision
    }
}
