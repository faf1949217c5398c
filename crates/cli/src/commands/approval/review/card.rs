//! What a card shows, for people.

use proto_events::{LayerFinding, Reviewers, Timestamp};
use vidimus_api_types::{Execution, PendingApproval, Vote};
use vidimus_engine::{Clock as _, SystemClock};

use crate::output::{cut, instant};

/// Most of the arguments that a card shows; the rest is with `vidimus execution show`.
const MAX_ARGUMENTS_CHARS: usize = 8_000;
/// Most of a text by people or rules.
const MAX_TEXT_CHARS: usize = 1_000;

/// The card, each line under the name of what it is.
pub(super) fn text(item: &PendingApproval, execution: &Execution, others: &[Execution]) -> String {
    let mut lines: Vec<(&str, String)> = vec![
        ("call", format!("{} by {} for {}", item.function, item.agent, item.requester)),
        ("execution", item.execution_id.to_string()),
        ("conversation", item.conversation.clone()),
        ("arguments", arguments(item)),
        ("digest", item.arguments_digest.to_string()),
    ];
    if !item.redacted.is_empty() {
        lines.push(("left out", left_out(&item.redacted)));
    }
    if item.proposed_by != item.requester {
        lines.push(("proposed by", item.proposed_by.to_string()));
    }
    let reason = |finding: &LayerFinding| {
        let (layer, code) = (finding.layer.as_str(), &finding.code);
        format!("{} ({layer}, {code})", cut(&finding.reason, MAX_TEXT_CHARS))
    };
    lines.extend(item.reasons.iter().map(|finding| ("because", reason(finding))));
    if !item.matched_rules.is_empty() {
        lines.push(("rules", item.matched_rules.join(", ")));
    }
    if item.redecisions > 0 {
        lines.push(("decided", format!("{} times again since it was proposed", item.redecisions)));
    }
    lines.push(("quorum", quorum(item)));
    lines.extend(item.votes.iter().map(|vote| ("accepted", vote_of(vote))));
    let said = execution.last_comments.iter();
    lines.extend(said.map(|last| ("comment", format!("{}: {}", last.by, cut(&last.text, MAX_TEXT_CHARS)))));
    lines.push(("deadline", deadline(item)));
    lines.extend(others.iter().map(|other| ("also", also(other))));
    let width = lines.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    // A text of several lines stays in its column, so that none of them can pass for another field.
    let indent = format!("\n{:width$}  ", "");
    let line = |(name, value): &(&str, String)| format!("{name:width$}  {}", value.replace('\n', &indent));
    format!("----\n{}", lines.iter().map(line).collect::<Vec<_>>().join("\n"))
}

/// Over several lines, as they are long: a line break in a text is an escape there.
fn arguments(item: &PendingApproval) -> String {
    let pretty = serde_json::to_string_pretty(&item.arguments.to_value()).unwrap_or_default();
    let (shown, all) = (cut(&pretty, MAX_ARGUMENTS_CHARS), pretty.chars().count());
    if all <= MAX_ARGUMENTS_CHARS {
        return shown;
    }
    let id = item.execution_id;
    format!(
        "{shown}\nTHAT IS NOT ALL: {MAX_ARGUMENTS_CHARS} of {all} characters; the rest is with `vidimus execution show {id}`"
    )
}

fn left_out(pointers: &[String]) -> String {
    let named =
        |pointer: &String| if pointer.is_empty() { "all of them".to_owned() } else { pointer.clone() };
    cut(&pointers.iter().map(named).collect::<Vec<_>>().join(", "), MAX_TEXT_CHARS)
}

fn quorum(item: &PendingApproval) -> String {
    let who = match &item.reviewers {
        None | Some(Reviewers::AnyApprover) => "any approver".to_owned(),
        Some(Reviewers::Named { groups, people }) => {
            let groups = groups.iter().map(|group| format!("group {group}"));
            let people = people.iter().map(ToString::to_string);
            groups.chain(people).collect::<Vec<_>>().join(", ")
        }
    };
    let stage = match item.stages {
        0 | 1 => String::new(),
        stages => format!("; stage {} of {stages}", u64::from(item.stage) + 1),
    };
    format!("{} of {} still have to accept ({who}){stage}", item.missing, item.quorum)
}

fn vote_of(vote: &Vote) -> String {
    let place = vote.on_behalf_of.as_ref().map(|other| format!(" in the place of {other}"));
    let said = vote.comment.as_ref().map(|said| format!(": {}", cut(said, MAX_TEXT_CHARS)));
    format!("by {}{}{}", vote.by, place.unwrap_or_default(), said.unwrap_or_default())
}

fn deadline(item: &PendingApproval) -> String {
    if item.suspended {
        return format!("{}; it stands still, as a freeze covers the call", instant(item.deadline));
    }
    format!("{}, {}", instant(item.deadline), left(item.deadline, SystemClock.now()))
}

/// How much time is left at `now`, in whole minutes.
fn left(deadline: Timestamp, now: Timestamp) -> String {
    let seconds = deadline.as_micros().saturating_sub(now.as_micros()) / 1_000_000;
    let (hours, minutes) = (seconds / 3_600, seconds / 60 % 60);
    match (hours, minutes) {
        _ if seconds <= 0 => "which is over".to_owned(),
        (0, 0) => format!("in {seconds} s"),
        (0, minutes) => format!("in {minutes} min"),
        (hours, minutes) if hours < 48 => format!("in {hours} h {minutes} min"),
        (hours, _) => format!("in {} days", hours / 24),
    }
}

/// Another call of the agent, on one line.
fn also(other: &Execution) -> String {
    let (at, function) = (instant(other.created_at), cut(other.function.as_str(), 60));
    format!("{at}  {function}  {}  ({})", other.stage, cut(&other.conversation, 40).replace('\n', " "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_that_is_left_is_told_as_people_tell_it() {
        let cases = [
            (0, "which is over"),
            (59, "in 59 s"),
            (60, "in 1 min"),
            (3_599, "in 59 min"),
            (14_340, "in 3 h 59 min"),
            (48 * 3_600, "in 2 days"),
        ];
        for (seconds, text) in cases {
            let now = 1_000_000;
            let deadline = Timestamp::from_micros(now + seconds * 1_000_000);
            assert_eq!(left(deadline, Timestamp::from_micros(now)), text);
        }
        assert_eq!(left(Timestamp::from_micros(0), Timestamp::from_micros(i64::MAX)), "which is over");
    }
}
