//! What several rules ask for, added up: all of it, and of two deadlines the sooner.

use std::collections::BTreeMap;

use crate::{Approval, ApprovalDemand, Confirmation, Demand, Escalation, Need, Requirement, Rule, Stage};

/// The demands of these rules as one requirement.
pub(super) fn add_up(demands: &[(&Rule, &Demand)]) -> Requirement {
    let mut requirement = Requirement::default();
    let mut approvals = Vec::new();
    for (rule, demand) in demands {
        match demand {
            Demand::Confirmation { expires_seconds } => {
                let confirmation = requirement.confirmation.get_or_insert_with(Confirmation::default);
                confirmation.rules.push(rule.id().to_owned());
                confirmation.expires_seconds = sooner(confirmation.expires_seconds, *expires_seconds);
            }
            Demand::Approval(demand) => approvals.push((*rule, demand)),
        }
    }
    requirement.approval = approval(&approvals);
    requirement
}

fn approval(demands: &[(&Rule, &ApprovalDemand)]) -> Option<Approval> {
    if demands.is_empty() {
        return None;
    }
    let mut approval = Approval { self_review: true, ..Approval::default() };
    let mut stages: BTreeMap<u8, Vec<Need>> = BTreeMap::new();
    for (rule, demand) in demands {
        let rule = rule.id().to_owned();
        stages.entry(demand.stage).or_default().push(Need {
            rule: rule.clone(),
            groups: demand.groups.clone(),
            people: demand.people.clone(),
            quorum: demand.quorum,
        });
        approval.expires_seconds = sooner(approval.expires_seconds, demand.expires_seconds);
        approval.remind_seconds = sooner(approval.remind_seconds, demand.remind_seconds);
        approval.self_review &= demand.self_review;
        let escalation = |(after, groups, people): &(u32, Vec<String>, Vec<_>)| Escalation {
            rule: rule.clone(),
            after_seconds: *after,
            groups: groups.clone(),
            people: people.clone(),
        };
        approval.escalations.extend(demand.escalations.iter().map(escalation));
    }
    // What would come after the end of all is left out.
    let ends = |seconds: u32| approval.expires_seconds.is_some_and(|expires| seconds >= expires);
    approval.escalations.retain(|escalation| !ends(escalation.after_seconds));
    approval.remind_seconds = approval.remind_seconds.filter(|seconds| !ends(*seconds));
    approval.escalations.sort_by_key(|escalation| escalation.after_seconds);
    approval.stages = stages.into_iter().map(|(number, needs)| Stage { number, needs }).collect();
    Some(approval)
}

fn sooner(a: Option<u32>, b: Option<u32>) -> Option<u32> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}
