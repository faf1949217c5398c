//! Lifecycles as text: the files in `scenarios/`, one step per line with its answer.
//!
//! ```text
//! # a comment
//! <actor> <verb> [; option]... -> <event types> | nothing | no: <code>
//! <n>s pass
//! now <stage>, <status>, <approval status>
//! ```
//!
//! Time-outs are 60 seconds each. `agent:a1` proposes on behalf of `user:ann` unless the line says otherwise.

use std::{fs, path::Path, time::Duration};

use proto_events::{Access, ResultStatus, Timestamp};

use super::fixtures::*;
use crate::{
    access_policy::decision_from_access,
    execution::{Action, Command, Report, State, decide},
};

struct Play {
    state: State,
    at: Timestamp,
}

/// What stands after the verb: `; option value`.
struct Options<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Options<'a> {
    fn of(text: &'a str) -> Self {
        Self(
            text.split(';')
                .skip(1)
                .map(|option| option.trim().split_once(' ').unwrap_or((option.trim(), "")))
                .collect(),
        )
    }

    /// Takes the option; what nobody takes is a mistake in the scenario.
    fn take(&mut self, name: &str) -> Option<&'a str> {
        let at = self.0.iter().position(|(key, _)| *key == name)?;
        Some(self.0.remove(at).1)
    }
}

fn status(text: &str) -> ResultStatus {
    let all = [
        ResultStatus::Succeeded,
        ResultStatus::Failed,
        ResultStatus::TimedOut,
        ResultStatus::Skipped,
        ResultStatus::Cancelled,
        ResultStatus::Unknown,
    ];
    all.into_iter()
        .find(|status| status.as_str() == text)
        .unwrap_or_else(|| panic!("no result status: {text}"))
}

fn propose(options: &mut Options<'_>) -> Action {
    let mut proposal = proposal(proto_events::Outcome::Allowed);
    if let Some(text) = options.take("arguments") {
        proposal.arguments = arguments(text);
    }
    if let Some(requester) = options.take("for") {
        proposal.requester = actor(requester);
    }
    let digest = proposal.arguments.digest();
    proposal.decision = match (options.take("access"), options.take("decision")) {
        (Some("unset"), None) => decision_from_access(&proposal.call.function, None, None, digest),
        (Some(access), None) => {
            let access: Access = access.parse().unwrap();
            decision_from_access(&proposal.call.function, Some(access), None, digest)
        }
        (None, Some(outcome)) => {
            let outcome = serde_json::from_value(outcome.into()).expect("an outcome");
            decision(outcome, digest)
        }
        _ => panic!("say either `access` or `decision`"),
    };
    Action::Propose(proposal)
}

fn action(verb: &str, options: &mut Options<'_>) -> Action {
    let permit_id = if options.take("another").is_some() { OTHER_PERMIT } else { PERMIT };
    let eligible = options.take("not").is_none();
    let arguments_digest = options.take("seeing").map(|text| arguments(text).digest());
    let text = options.take("saying").map(str::to_owned);
    let said = || text.clone().unwrap_or_else(|| "because".to_owned());
    let ended =
        |result: Option<&str>| Report { reason: text.clone(), ..report(result.unwrap_or("\"done\"")) };
    let (lease, permit_ttl) = (MINUTE, MINUTE);
    match verb {
        "proposes" => propose(options),
        "confirms" => Action::Confirm { arguments_digest, permit_id, permit_ttl },
        "declines" => Action::Decline { reason: text },
        "approves" => Action::Approve { comment: text, arguments_digest, eligible, permit_id, permit_ttl },
        "denies" => Action::Deny { reason: said(), eligible },
        "aborts" => Action::Abort { feedback: said(), eligible },
        "expires" => Action::Expire,
        "starts" => Action::Start { permit_id, arguments_digest, lease },
        "progresses" => Action::Progress { message: text, percent: None, lease },
        "succeeds" => Action::Succeed(ended(options.take("result"))),
        "fails" => Action::Fail(ended(options.take("result"))),
        "times out" => Action::TimeOut(ended(options.take("result"))),
        "skips" => Action::Skip(ended(options.take("result"))),
        "cancels" => Action::Cancel { reason: text },
        "marks unknown" => Action::MarkUnknown,
        "retries" => {
            let times = options.take("times").expect("how often").parse().unwrap();
            Action::Reattempt { seen: times }
        }
        "settles" => Action::Settle {
            status: status(options.take("as").expect("as what")),
            evidence: said(),
            result: None,
            eligible,
        },
        "records" => Action::Record(record(status(options.take("as").expect("as what")))),
        other => panic!("no such verb: {other}"),
    }
}

impl Play {
    /// The line as it should be.
    fn line(&mut self, line: &str) -> String {
        if let Some(seconds) = line.strip_suffix("s pass") {
            self.at = self.at.plus(Duration::from_secs(seconds.parse().unwrap()));
            return line.to_owned();
        }
        if line.starts_with("now ") {
            let execution = self.state.execution().expect("an execution");
            return format!("now {}, {}, {}", execution.stage, execution.status(), execution.approval_status);
        }
        let (step, _) = line.split_once(" -> ").expect("an answer");
        let (by, rest) = step.split_once(' ').expect("an actor and a verb");
        let verb = rest.split(';').next().unwrap().trim();
        let mut options = Options::of(rest);
        let command = Command { by: actor(by), at: self.at, action: action(verb, &mut options) };
        assert!(options.0.is_empty(), "nobody knows {:?} in: {line}", options.0);
        let answer = decide(&self.state, &command);
        if let Ok(events) = &answer {
            self.state = std::mem::take(&mut self.state).then(&command, events);
        }
        format!("{step} -> {}", words(&answer))
    }
}

fn play(text: &str) -> String {
    let mut play = Play { state: State::initial(), at: start_of_time() };
    let lines = text.lines().map(|line| match line.trim() {
        "" => String::new(),
        comment if comment.starts_with('#') => line.to_owned(),
        step => play.line(step),
    });
    lines.map(|line| line + "\n").collect()
}

#[test]
fn every_scenario_plays_as_written() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let mut files: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "txt"));
    files.sort();
    assert!(files.len() >= 12, "{} scenarios in {}", files.len(), folder.display());
    for path in files {
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(" -> "), "{} has no steps", path.display());
        for (number, (written, played)) in text.lines().zip(play(&text).lines()).enumerate() {
            assert_eq!(played, written, "{}:{}", path.display(), number + 1);
        }
    }
}

#[test]
fn a_scenario_can_fail() {
    let played = play("agent:a1 proposes; access Enabled -> no: blocked\n");
    assert_eq!(played, "agent:a1 proposes; access Enabled -> initiated, allowed, permitted\n");
}
