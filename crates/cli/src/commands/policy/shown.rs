//! What people are shown of policy sets.

use vidimus_api_types::{Policy, PolicyActivation, PolicyChange, PolicyFiles};
use vidimus_policy::SetDiff;

use crate::{
    commands::or_dash,
    output::{Output, cut, instant},
};

fn by(activation: Option<&PolicyActivation>) -> String {
    let Some(PolicyActivation { at, by, reason }) = activation else { return String::new() };
    let reason = reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
    format!(" since {} by {by}{reason}", instant(*at))
}

pub(super) fn policy(policy: &Policy) -> String {
    let in_force = match &policy.policy_set {
        Some(digest) => format!("{digest} is in force{}", by(policy.activated.as_ref())),
        None => "no policy set is in force: freezes, access and the catalogue decide".to_owned(),
    };
    match &policy.shadow {
        Some(digest) => {
            format!("{in_force}\n{digest} is evaluated beside it{}", by(policy.shadowed.as_ref()))
        }
        None => in_force,
    }
}

pub(super) fn applied(policy: &Policy) -> String {
    let before = if policy.already == Some(true) { "was already" } else { "is now" };
    match &policy.policy_set {
        Some(digest) => format!("{digest} {before} in force (position {})", policy.position),
        None => format!("no policy set {before} in force (position {})", policy.position),
    }
}

pub(super) fn shadowed(policy: &Policy) -> String {
    let before = if policy.already == Some(true) { "was already" } else { "is now" };
    match &policy.shadow {
        Some(digest) => format!("{digest} {before} evaluated, without effect (position {})", policy.position),
        None => format!("nothing {before} evaluated beside what is in force (position {})", policy.position),
    }
}

/// One file after the other, each under its name.
pub(super) fn files(files: &PolicyFiles) -> String {
    let file = |(name, text): (&String, &String)| format!("// {name}\n{}", text.trim_end());
    files.iter().map(file).collect::<Vec<_>>().join("\n\n")
}

pub(super) fn history(history: &[PolicyChange]) -> String {
    if history.is_empty() {
        return "no policy set was ever in force".to_owned();
    }
    let row = |change: &PolicyChange| {
        vec![
            change.position.to_string(),
            instant(change.at),
            if change.shadow { "beside" } else { "in force" }.to_owned(),
            or_dash(change.policy_set),
            cut(&change.by.to_string(), 60),
            cut(&or_dash(change.reason.as_ref()), 80),
        ]
    };
    let header = ["Position", "At", "What", "Policy set", "By", "Reason"];
    Output::table_to_fit(&header, history.iter().map(row), &["Reason", "By"])
}

pub(super) fn difference(diff: &SetDiff) -> String {
    if diff.is_empty() {
        return "nothing differs: both decide every call alike, for the same reasons".to_owned();
    }
    let mut lines: Vec<String> = Vec::new();
    lines.extend(diff.added.iter().map(|id| format!("+ {id}")));
    lines.extend(diff.removed.iter().map(|id| format!("- {id}")));
    for change in &diff.changed {
        let what = if change.meaning { "its meaning" } else { "its annotations" };
        lines.push(format!("~ {} ({what})", change.id));
        for annotation in &change.annotations {
            let (before, after) = (or_dash(annotation.before.as_ref()), or_dash(annotation.after.as_ref()));
            lines.push(format!("    @{}: {before} -> {after}", annotation.name));
        }
        if change.meaning {
            lines.extend(change.before.lines().map(|line| format!("    - {line}")));
            lines.extend(change.after.lines().map(|line| format!("    + {line}")));
        }
    }
    lines.join("\n")
}
