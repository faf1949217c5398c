//! What is in force, and what was.

use vidimus_api_types as wire;
use vidimus_engine::{Change, ChangeKind, PolicyAnswer, PolicyChange, PolicyError, PolicyStanding};

fn activation(standing: &PolicyStanding) -> wire::PolicyActivation {
    let PolicyStanding { since, by, reason, .. } = standing.clone();
    wire::PolicyActivation { at: since, by, reason }
}

/// What is in force, and what is evaluated beside it.
pub fn policy(answer: &PolicyAnswer) -> wire::Policy {
    let state = &answer.policy;
    wire::Policy {
        policy_set: state.in_force(),
        activated: state.activated().map(activation),
        shadow: state.shadow(),
        shadowed: state.shadowed().map(activation),
        position: answer.position,
        already: None,
    }
}

/// The answer to changing it.
pub fn policy_set(answer: &PolicyAnswer) -> wire::Policy {
    wire::Policy { already: Some(answer.already), ..policy(answer) }
}

/// One change.
pub fn policy_change(change: PolicyChange) -> wire::PolicyChange {
    let PolicyChange { change, position } = change;
    let Change { kind, policy_set, former, at, by, reason } = change;
    wire::PolicyChange { shadow: kind == ChangeKind::Shadow, policy_set, former, at, by, reason, position }
}

/// A fault of a policy set.
pub fn policy_fault(error: &PolicyError) -> wire::PolicyFault {
    wire::PolicyFault {
        file: error.file.clone(),
        line: error.line as u64,
        column: error.column as u64,
        code: error.code().to_owned(),
        rule: error.rule.clone(),
        message: error.message.clone(),
        help: error.help.clone(),
    }
}
