//! Lifecycles as text: the files in `scenarios/`, one step per line with its answer.
//!
//! ```text
//! # a comment
//! <actor> <verb> [; option]... -> <event types> | nothing | no: <code>
//! <n>s pass
//! policy <set>                    the policy set in force from now on
//! frozen | unfrozen               a freeze covers the call from now on, or no longer
//! now <stage>, <status>, <approval status>
//! due <deadline> at <n>s          what comes next by itself; <n> seconds after the beginning
//! missing <n> [, <n>]             acceptances that the needs of the present stage miss
//! ```
//!
//! What is asked is written `asks 2 of finance, 1 of ops|user:eve / 1 of any`: needs are separated by commas, stages by
//! slashes. Time-outs are 60 seconds each. `agent:a1` proposes on behalf of `user:ann` unless the line says otherwise.

use std::{fs, path::Path, time::Duration};

use proto_events::{Access, Decision, Escalation, Requirement, ResultStatus, Timestamp};

use super::fixtures::*;
use crate::execution::{Action, Command, FrozenBy, Report, Reviewer, StandsInFor, State, decide};

struct Play {
    state: State,
    at: Timestamp,
    policy_set: Option<String>,
    frozen: Option<FrozenBy>,
}

/// What stands after the verb: `; option value`.
struct Options<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Options<'a> {
    fn of(text: &'a str) -> Self {
        Self(text.split(';').skip(1).map(|option| Self::split(option.trim())).collect())
    }

    /// Name and value; some names have several words.
    fn split(option: &str) -> (&str, &str) {
        let several = [
            "standing in for",
            "breaking the glass",
            "of stage",
            "as admin",
            "confirmation first",
            "asked by",
        ];
        let long = several.iter().find_map(|name| Some((*name, option.strip_prefix(name)?)));
        let (name, value) = long.or_else(|| option.split_once(' ')).unwrap_or((option, ""));
        (name, value.trim())
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

fn need_of(text: &str) -> proto_events::ApprovalNeed {
    let (quorum, who) = text.trim().split_once(" of ").expect("so many of these");
    let who: Vec<&str> = if who == "any" { Vec::new() } else { who.split('|').collect() };
    need(&who, quorum.parse().unwrap())
}

fn asked(options: &mut Options<'_>) -> Option<Requirement> {
    let confirmation = options.take("confirmation first").is_some();
    let stages = options.take("asks")?;
    let stages = stages.split('/').map(|stage| stage.split(',').map(need_of).collect());
    let mut requirement = requirement(stages.collect());
    requirement.confirmation = confirmation;
    requirement.self_review = options.take("self-review").is_some();
    requirement.expires_after_seconds = options.take("within").map(|seconds| seconds.parse().unwrap());
    requirement.remind_after_seconds = options.take("reminding").map(|seconds| seconds.parse().unwrap());
    while let Some(escalation) = options.take("escalating") {
        let (seconds, who) = escalation.split_once(' ').expect("when, and to whom");
        let reviewers = need_of(&format!("1 of {who}")).reviewers;
        requirement.escalations.push(Escalation { after_seconds: seconds.parse().unwrap(), reviewers });
    }
    Some(requirement)
}

fn to_decide(options: &mut Options<'_>, digest: proto_events::ArgumentsDigest) -> Decision {
    let requirement = asked(options);
    let outcome = match (options.take("access"), options.take("decision"), &requirement) {
        (Some("unset"), None, None) => return decision_by_access(None, digest),
        (Some(access), None, None) => {
            let access: Access = access.parse().unwrap();
            return decision_by_access(Some(access), digest);
        }
        (None, Some(outcome), _) => serde_json::from_value(outcome.into()).expect("an outcome"),
        (None, None, Some(_)) => proto_events::Outcome::AwaitingApproval,
        _ => panic!("say either `access`, or `decision`, or what it `asks`"),
    };
    Decision { requirement, ..decision(outcome, digest) }
}

fn reviewing(options: &mut Options<'_>) -> Reviewer {
    let mut reviewer = eligible(options.take("not").is_none());
    reviewer.admin = options.take("as admin").is_some();
    if let Some(groups) = options.take("in") {
        reviewer.groups = groups.split('|').map(str::to_owned).collect();
    }
    while let Some(other) = options.take("standing in for") {
        let (other, groups) = other.split_once(" in ").unwrap_or((other, ""));
        let groups = groups.split('|').filter(|group| !group.is_empty()).map(str::to_owned).collect();
        reviewer.stands_in_for.push(StandsInFor { actor: actor(other), groups });
    }
    reviewer
}

impl Play {
    fn propose(&mut self, options: &mut Options<'_>) -> Action {
        let mut proposal = proposal(proto_events::Outcome::Allowed);
        if let Some(text) = options.take("arguments") {
            proposal.arguments = arguments(text);
        }
        if let Some(requester) = options.take("for") {
            proposal.requester = actor(requester);
        }
        if let Some(other) = options.take("asked by") {
            proposal.asked_by.push(actor(other));
        }
        proposal.decision = to_decide(options, proposal.arguments.digest());
        self.policy_set.clone_from(&proposal.decision.policy_set);
        Action::Propose(proposal)
    }

    fn redecide(&self, options: &mut Options<'_>) -> Action {
        let mut decision = to_decide(options, usual_arguments().digest());
        decision.policy_set.clone_from(&self.policy_set);
        redecide_as(decision)
    }

    fn action(&mut self, verb: &str, options: &mut Options<'_>) -> Action {
        match verb {
            "proposes" => return self.propose(options),
            "redecides" => return self.redecide(options),
            _ => {}
        }
        let permit_id = if options.take("another").is_some() { OTHER_PERMIT } else { PERMIT };
        let arguments_digest = options.take("seeing").map(|text| arguments(text).digest());
        let text = options.take("saying").map(str::to_owned);
        let said = || text.clone().unwrap_or_else(|| "because".to_owned());
        let ended =
            |result: Option<&str>| Report { reason: text.clone(), ..report(result.unwrap_or("\"done\"")) };
        let (lease, permit_ttl, approval_ttl) = (MINUTE, MINUTE, MINUTE);
        match verb {
            "confirms" => Action::Confirm { arguments_digest, permit_id, permit_ttl, approval_ttl },
            "declines" => Action::Decline { reason: text },
            "approves" => Action::Approve {
                arguments_digest,
                stage: options.take("of stage").map(|stage| stage.parse().unwrap()),
                reviewer: reviewing(options),
                break_glass: options.take("breaking the glass").map(str::to_owned),
                comment: text,
                permit_id,
                permit_ttl,
                approval_ttl,
            },
            "denies" => Action::Deny { reason: said(), reviewer: reviewing(options) },
            "aborts" => {
                let revised_as = options.take("revised").map(|_| RECORDED);
                Action::Abort { feedback: said(), reviewer: reviewing(options), revised_as }
            }
            "comments" => Action::Comment { text: said(), eligible: options.take("not").is_none() },
            "expires" => Action::Expire,
            "escalates" => Action::Escalate,
            "reminds" => Action::Remind,
            "suspends" => {
                let since = self.frozen.as_ref().map_or(self.at, |frozen| frozen.since);
                Action::Suspend { freeze_id: FREEZE, since }
            }
            "resumes" => Action::Resume,
            "starts" => {
                Action::Start { permit_id, arguments_digest, lease, policy_set: self.policy_set.clone() }
            }
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
                eligible: options.take("not").is_none(),
            },
            "records" => Action::Record(record(status(options.take("as").expect("as what")))),
            other => panic!("no such verb: {other}"),
        }
    }

    /// A line that is no step: what is so around the call, or what is asked about it.
    fn around(&mut self, line: &str) -> Option<String> {
        if let Some(seconds) = line.strip_suffix("s pass") {
            self.at = self.at.plus(Duration::from_secs(seconds.parse().unwrap()));
        } else if let Some(set) = line.strip_prefix("policy ") {
            self.policy_set = Some(set.to_owned());
        } else if line == "frozen" {
            self.frozen = Some(FrozenBy { since: self.at, ..frozen_since(0) });
        } else if line == "unfrozen" {
            self.frozen = None;
        } else if line.starts_with("due ") {
            let Some((at, kind)) = self.state.deadline() else { return Some("due nothing".to_owned()) };
            let seconds = (at.as_micros() - start_of_time().as_micros()) / 1_000_000;
            return Some(format!("due {kind} at {seconds}s"));
        } else if line.starts_with("missing ") {
            let execution = self.state.execution().expect("an execution");
            let approval = execution.approval.as_ref().expect("an approval");
            let missing = approval.missing_by_need(&execution.requirement);
            let missing: Vec<String> = missing.iter().map(u32::to_string).collect();
            return Some(format!("missing {}", missing.join(", ")));
        } else if line.starts_with("now ") {
            let execution = self.state.execution().expect("an execution");
            let (stage, status, approval) = (execution.stage, execution.status(), execution.approval_status);
            return Some(format!("now {stage}, {status}, {approval}"));
        } else {
            return None;
        }
        Some(line.to_owned())
    }

    /// The line as it should be.
    fn line(&mut self, line: &str) -> String {
        if let Some(line) = self.around(line) {
            return line;
        }
        let (step, _) = line.split_once(" -> ").expect("an answer");
        let (by, rest) = step.split_once(' ').expect("an actor and a verb");
        let verb = rest.split(';').next().unwrap().trim();
        let mut options = Options::of(rest);
        let (at, frozen) = (self.at, self.frozen.clone());
        let command =
            Command { by: actor(by), at, frozen, card: None, action: self.action(verb, &mut options) };
        assert!(options.0.is_empty(), "nobody knows {:?} in: {line}", options.0);
        let answer = decide(&self.state, &command);
        if let Ok(events) = &answer {
            self.state = std::mem::take(&mut self.state).then(&command, events);
        }
        format!("{step} -> {}", words(&answer))
    }
}

fn play(text: &str) -> String {
    let mut play = Play { state: State::initial(), at: start_of_time(), policy_set: None, frozen: None };
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
