//! One conversation, decided call by call.
//!
//! For each call the events are made up that an engine would have recorded, and folded in the order in which it would have:
//! what the user said, the call as proposed, the decision on it. Calls of one turn were issued together, so what came of them
//! is folded when the turn is over. In a recording nobody answered a call that was held for approval: it stays held as far as
//! facts are concerned, but its agent went on with what it returned, so that is folded. A call that is blocked does not run,
//! and what it returned in the recording is not known here.

use std::collections::{BTreeSet, HashSet};

use bytes::Bytes;
use proto_events::{
    Actor, ApprovalRequired, Blocked, CallError, CallRef, ConfirmationRequired, ConversationEvent, Decided,
    Decision, Digest, Event, ExecutionEvent, Finished, FunctionDescribed, FunctionEvent, FunctionName,
    GlobalPosition, Initiated, Json, NewEvent, Origin, Outcome, RecordedEvent, Reviewers, StreamId,
    StreamVersion, TenantId, Timestamp, UserSpoke,
};
use serde::Serialize;
use uuid::Uuid;
use vidimus_domain::arguments::{Arguments, payload};
use vidimus_policy::{About, History, Inputs, decide_call};

use super::{Job, Known, TraceError, error::Problem, line::Call, pool::Counts};

/// The agent of every recorded call: which model it was makes no difference.
const AGENT: &str = "recorded-agent";
/// Who asked the agent.
const USER: &str = "user";
/// When every conversation begins; a recording has no times. 2000-01-01T00:00:00Z.
const BEGIN: i64 = 946_684_800_000_000;
/// Between two events, in microseconds.
const TICK: i64 = 1_000;

/// A line of the answer.
#[derive(Serialize)]
struct Answer<'a> {
    conversation: &'a str,
    seq: u64,
    decision: &'static str,
    outcome: Outcome,
    code: &'a str,
    rules: &'a [String],
}

/// The word that a scorer reads.
const fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::NoOp | Outcome::Allowed => "allow",
        Outcome::ConfirmationRequired => "confirm",
        Outcome::AwaitingApproval => "approve",
        Outcome::Blocked => "block",
    }
}

/// What came of a call, to be folded when its turn is over.
struct Outstanding {
    execution_id: Uuid,
    finished: ExecutionEvent,
}

/// A conversation that is being decided.
struct Conversation<'a> {
    known: &'a Known,
    tenant: TenantId,
    history: History,
    described: HashSet<FunctionName>,
    events: u64,
    outstanding: Vec<Outstanding>,
}

/// Decides the calls of a conversation; answers the lines.
///
/// # Errors
/// At a line that is no call.
pub(crate) fn decide(known: &Known, job: &Job, counts: &mut Counts) -> Result<Vec<u8>, TraceError> {
    let mut conversation = Conversation {
        known,
        tenant: TenantId::from_record("trace".into()),
        history: History::new(),
        described: HashSet::new(),
        events: 0,
        outstanding: Vec::new(),
    };
    if let Some(text) = &job.prompt {
        let spoke =
            UserSpoke { agent: AGENT.to_owned(), conversation: job.conversation.clone(), text: text.clone() };
        let stream = StreamId::conversation(AGENT, &job.conversation);
        conversation.fold(stream, Event::Conversation(ConversationEvent::UserSpoke(spoke)));
    }
    let (mut lines, mut turn, mut last) = (Vec::new(), None, None);
    for (number, line) in &job.calls {
        let at = |problem| TraceError::at(*number, problem);
        let call = Call::read(line).map_err(at)?;
        if let Some(before) = last.replace(call.seq).filter(|before| *before >= call.seq) {
            let (conversation, seq) = (job.conversation.clone(), call.seq);
            return Err(at(Problem::Order { conversation, seq, before }));
        }
        // A call without a turn is a turn of its own.
        if call.turn.is_none() || turn != call.turn {
            conversation.turn_ends();
        }
        turn = call.turn;
        let decision = conversation.call(&job.conversation, &call).map_err(at)?;
        counts.add(decision.outcome);
        let answer = Answer {
            conversation: &job.conversation,
            seq: call.seq,
            decision: word(decision.outcome),
            outcome: decision.outcome,
            code: decision.deciding().map_or("", |finding| &finding.code),
            rules: &decision.matched_rules,
        };
        // Texts and numbers can always be written.
        let _ = serde_json::to_writer(&mut lines, &answer);
        lines.push(b'\n');
    }
    Ok(lines)
}

impl Conversation<'_> {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(BEGIN + i64::try_from(self.events).unwrap_or(0) * TICK)
    }

    /// Folds an event as if it had been recorded.
    fn fold(&mut self, stream: StreamId, event: Event) {
        self.events += 1;
        let (event_type, schema_version) = event.event_type();
        let recorded = RecordedEvent {
            position: GlobalPosition::new(self.events),
            tenant: self.tenant.clone(),
            stream,
            version: StreamVersion::FIRST,
            previous: None,
            leaf_hash: Digest::new([0; 32]),
            event: NewEvent {
                event_id: Uuid::from_u128(u128::from(self.events)),
                event_type: event_type.into(),
                schema_version,
                recorded_at: self.now(),
                actor: Actor::agent(AGENT),
                correlation_id: Uuid::nil(),
                causation_id: None,
                payload: Bytes::new(),
            },
        };
        self.history.apply(&recorded, &event);
    }

    fn execution(&mut self, execution_id: Uuid, event: ExecutionEvent) {
        self.fold(StreamId::execution(execution_id), Event::Execution(event));
    }

    /// The catalogue's word on a function is on record before its first call.
    fn describe(&mut self, function: &FunctionName) {
        let Some(known) = self.known.functions.get(function) else { return };
        if self.described.insert(function.clone()) {
            let described =
                FunctionDescribed { function: function.clone(), description: known.description.clone() };
            self.fold(StreamId::function(function), Event::Function(FunctionEvent::Described(described)));
        }
    }

    fn call(&mut self, conversation: &str, line: &Call<'_>) -> Result<Decision, Problem> {
        let connection = line.suite.as_deref().or(line.source.as_deref()).unwrap_or("imported");
        let refused = |problem: &dyn std::fmt::Display| Problem::Call(problem.to_string());
        let function: FunctionName =
            format!("{connection}.{}", line.tool).parse().map_err(|error| refused(&error))?;
        let arguments = Arguments::parse(line.arguments.get().as_bytes())
            .map_err(|error| Problem::Call(format!("`arguments`: {}", error.problem)))?;
        let result = line.result.map(|result| payload(result.get().as_bytes())).transpose();
        let result = result.map_err(|error| Problem::Call(format!("`result`: {}", error.problem)))?;
        self.describe(&function);
        let call = CallRef {
            agent: AGENT.to_owned(),
            conversation: conversation.to_owned(),
            request_id: None,
            function,
        };
        let execution_id = Uuid::from_u128(u128::from(self.events) + 1);
        let decision = self.decide(execution_id, &call, &arguments);
        self.propose(execution_id, &call, &arguments, &decision);
        if decision.outcome != Outcome::Blocked {
            let error = line.error.as_ref();
            let ended = Finished {
                call,
                result,
                error: error.map(|message| CallError { message: message.clone(), ..CallError::default() }),
                reason: None,
                timing: None,
            };
            let finished = match (decision.outcome, error) {
                // Not run as far as anybody here let it run; what it returned is read all the same.
                (Outcome::AwaitingApproval, _) => ExecutionEvent::Skipped(ended),
                (_, Some(_)) => ExecutionEvent::Failed(ended),
                (_, None) => ExecutionEvent::Succeeded(ended),
            };
            self.outstanding.push(Outstanding { execution_id, finished });
        }
        Ok(decision)
    }

    fn decide(&mut self, execution_id: Uuid, call: &CallRef, arguments: &Arguments) -> Decision {
        let known = self.known;
        let function = known.functions.get(&call.function);
        let description = function.map(|function| &function.description);
        let (requester, now, value) = (Actor::user(USER), self.now(), arguments.to_value());
        let facts = self.history.facts(&About {
            tenant: &self.tenant,
            call,
            requester: &requester,
            description,
            arguments: &value,
            now,
            except: Some(execution_id),
        });
        decide_call(&Inputs {
            call,
            requester: &requester,
            requester_groups: &[],
            agent_scopes: &BTreeSet::new(),
            arguments: &value,
            arguments_digest: arguments.digest(),
            context: None,
            now,
            freeze: None,
            access: function.map(|_| proto_events::Access::Enabled),
            function_version: function.map(|_| StreamVersion::FIRST),
            description,
            connection_described: true,
            schema: function.and_then(|function| function.schema.as_ref()),
            policy: Some(&known.set),
            history: Some((&facts, GlobalPosition::new(self.events))),
            grant: None,
            visible_tools: None,
        })
    }

    /// The call and the decision on it, as they go on record.
    fn propose(&mut self, execution_id: Uuid, call: &CallRef, arguments: &Arguments, decision: &Decision) {
        let (call, decision, requester) = (call.clone(), decision.clone(), Actor::user(USER));
        let arguments_digest = Some(arguments.digest());
        let initiated = Initiated {
            call: call.clone(),
            execution_id,
            origin: Origin::Proposed,
            arguments: Some(arguments.canonical().clone()),
            arguments_digest,
            requester: requester.clone(),
            idempotency_key: None,
            asked_by: Vec::new(),
            former_execution: None,
            context: None,
            sensitive: Vec::new(),
        };
        let expires_at = self.now().plus(std::time::Duration::from_secs(3_600));
        let canonical: Json = arguments.canonical().clone();
        let decided = match decision.outcome {
            Outcome::NoOp => ExecutionEvent::NoOp(Decided { call, decision }),
            Outcome::Allowed => ExecutionEvent::Allowed(Decided { call, decision }),
            Outcome::ConfirmationRequired => ExecutionEvent::ConfirmationRequired(ConfirmationRequired {
                call,
                decision,
                arguments: canonical,
                requester,
                expires_at,
                sensitive: Vec::new(),
            }),
            Outcome::AwaitingApproval => ExecutionEvent::ApprovalRequired(ApprovalRequired {
                call,
                execution_id,
                decision,
                arguments: canonical,
                requester,
                reviewers: Reviewers::AnyApprover,
                quorum: 1,
                expires_at,
                stage: 0,
                sensitive: Vec::new(),
            }),
            Outcome::Blocked => {
                let deciding = decision.deciding();
                ExecutionEvent::Blocked(Blocked {
                    call,
                    code: deciding.map(|finding| finding.code.clone()).unwrap_or_default(),
                    reason: deciding.map(|finding| finding.reason.clone()).unwrap_or_default(),
                    missing_requirement: None,
                    next_owner: None,
                    decision,
                })
            }
        };
        self.execution(execution_id, ExecutionEvent::Initiated(initiated));
        self.execution(execution_id, decided);
    }

    /// What came of the calls of the turn.
    fn turn_ends(&mut self) {
        for Outstanding { execution_id, finished } in std::mem::take(&mut self.outstanding) {
            self.execution(execution_id, finished);
        }
    }
}
