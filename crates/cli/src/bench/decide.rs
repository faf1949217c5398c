//! The decision alone, without log and disk: 100 rules, history facts on.

use std::{collections::BTreeSet, fmt::Write as _};

use proto_events::{
    Access, Actor, CallRef, ConversationEvent, Effect, Event, ExecutionEvent, Finished, FunctionDescribed,
    FunctionDescription, FunctionEvent, GlobalPosition, Initiated, Json, LeafHash, Origin, Outcome,
    RecordedEvent, RiskLevel, StreamId, StreamVersion, TenantId, Timestamp, ToolType, Trust, UserSpoke,
};
use serde::Serialize;
use vidimus_domain::arguments::Arguments;
use vidimus_policy::{About, History, Inputs, PolicySet, PolicySource, decide_call};

use super::{Clock, Failure, percentile, sample};

const RULES: usize = 100;
const CONVERSATIONS: usize = 64;
const CALLS: usize = 40_000;

/// How long decisions took.
#[derive(Serialize)]
pub(crate) struct DecideBench {
    /// Rules of the policy set.
    pub(crate) rules: usize,
    /// Decisions.
    pub(crate) decisions: usize,
    /// Of those, allowed.
    pub(crate) allowed: usize,
    /// Rules that a call matched, permits included: the mean.
    pub(crate) matched_mean: f64,
    /// Facts and decision, in microseconds.
    pub(crate) p50_us: f64,
    pub(crate) p99_us: f64,
    /// The history facts alone.
    pub(crate) facts_p50_us: f64,
    /// One thread.
    pub(crate) decisions_per_second: f64,
}

/// A permit for each effect, and rules that hold a call by its amount, its text, its effect and what happened before. As in
/// practice a call matches few of them: amounts fall into one band, most are below all, and most conversations are short.
fn rules() -> String {
    let mut text = String::from(
        "@id(\"reads\")\npermit(principal, action == Action::\"call\", resource) when { resource.effect == \"read\" };\n\
         @id(\"acts\")\npermit(principal, action == Action::\"call\", resource) when { resource.described };\n",
    );
    for rule in 2..RULES {
        let condition = match rule % 4 {
            0 => format!(
                "context.number.hasTag(\"amount\") && context.number.getTag(\"amount\") > {} && \
                 context.number.getTag(\"amount\") <= {}",
                rule * 500,
                (rule + 4) * 500
            ),
            1 => format!("resource.effect == \"send\" && context.history.calls > {}", rule + 4),
            2 => format!(
                "context.text.hasTag(\"subject\") && context.text.getTag(\"subject\") like \"*secret {rule}*\""
            ),
            _ => format!("context.history.untrusted_since_user && context.history.failures > {rule}"),
        };
        // Writing to a text cannot fail.
        let _ = write!(
            text,
            "@id(\"rule-{rule}\")\n@require(\"approval\")\n@reviewers(\"finance\")\n@reason(\"limit {rule}\")\n\
             forbid(principal, action == Action::\"call\", resource) when {{ {condition} }};\n"
        );
    }
    text
}

fn recorded(
    position: u64,
    tenant: &TenantId,
    stream: StreamId,
    event: &Event,
) -> Result<RecordedEvent, Failure> {
    let (event_type, schema_version) = event.event_type();
    Ok(RecordedEvent {
        position: GlobalPosition::new(position),
        tenant: tenant.clone(),
        stream,
        version: StreamVersion::FIRST,
        previous: None,
        leaf_hash: LeafHash::new([0; 32]),
        event: proto_events::NewEvent {
            event_id: uuid::Uuid::from_u128(u128::from(position)),
            event_type: event_type.into(),
            schema_version,
            recorded_at: Timestamp::from_micros(i64::try_from(position)? * 1_000_000),
            actor: Actor::agent("runtime"),
            correlation_id: uuid::Uuid::nil(),
            causation_id: None,
            payload: event.encode()?,
        },
    })
}

fn description(effect: Effect) -> FunctionDescription {
    FunctionDescription {
        purpose: "Sends what it is given to whom it is told.".to_owned(),
        tool_type: if effect == Effect::Read { ToolType::Lookup } else { ToolType::Action },
        effect,
        risk: RiskLevel::Medium,
        results: if effect == Effect::Read { Trust::Untrusted } else { Trust::Trusted },
        arguments_schema: None,
        scopes: Vec::new(),
        sensitive: Vec::new(),
        required_context: Vec::new(),
        max_data_age_seconds: None,
        intended_use_required: false,
        owner: None,
        amount: Some("/amount".to_owned()),
    }
}

/// Measures the decision on calls of conversations that have a history.
pub(crate) fn decide() -> Result<DecideBench, Failure> {
    let set = PolicySet::parse(&PolicySource::new([("bench.cedar".to_owned(), rules())].into())?)?;
    let tenant: TenantId = "bench".parse()?;
    let functions =
        [("mail.send", Effect::Send), ("bank.transfer", Effect::Send), ("files.read", Effect::Read)];
    let mut random = sample::Random::new(7);
    let (mut history, mut position) = (History::new(), 0);
    let mut descriptions = Vec::new();
    let mut apply = |history: &mut History, stream: StreamId, event: Event| -> Result<(), Failure> {
        position += 1;
        history.apply(&recorded(position, &tenant, stream, &event)?, &event);
        Ok(())
    };
    for (name, effect) in functions {
        let (function, description) = (name.parse::<proto_events::FunctionName>()?, description(effect));
        let stream = StreamId::function(&function);
        let described = FunctionDescribed { function: function.clone(), description: description.clone() };
        apply(&mut history, stream, Event::Function(FunctionEvent::Described(described)))?;
        descriptions.push((function, description));
    }
    for number in 0..CONVERSATIONS {
        // One in four is long, and in one in eight calls fail.
        let (calls, failures) = (if number % 4 == 0 { 16 } else { 8 }, if number % 8 == 1 { 5 } else { 0 });
        let (agent, conversation) = ("agent".to_owned(), format!("conversation-{number}"));
        let text = format!("please pay the invoice of anna{}@example.org and tell her", random.next() % 1000);
        let spoke = UserSpoke { agent: agent.clone(), conversation: conversation.clone(), text };
        let stream = StreamId::conversation(&agent, &conversation);
        apply(&mut history, stream, Event::Conversation(ConversationEvent::UserSpoke(spoke)))?;
        for index in 0..calls {
            let execution_id = uuid::Uuid::from_u128(u128::from(random.next()));
            let stream = StreamId::execution(execution_id);
            let function = "files.read".parse()?;
            let call = CallRef {
                agent: agent.clone(),
                conversation: conversation.clone(),
                request_id: None,
                function,
            };
            let initiated = Initiated {
                call: call.clone(),
                execution_id,
                origin: Origin::Proposed,
                arguments: Some(Json::from_text(r#"{"path":"/inbox/1"}"#.to_owned())?),
                arguments_digest: None,
                requester: Actor::user("ana"),
                idempotency_key: None,
                asked_by: Vec::new(),
                former_execution: None,
                context: None,
                sensitive: Vec::new(),
            };
            apply(&mut history, stream.clone(), Event::Execution(ExecutionEvent::Initiated(initiated)))?;
            let text =
                format!("{} anna{}@example.org DE{}", random.words(120), random.next() % 1000, random.next());
            let result = Some(Json::from_value(&serde_json::Value::from(text)));
            let finished = Finished { call, result, error: None, reason: None, timing: None };
            let ended = if index < failures { ExecutionEvent::Failed } else { ExecutionEvent::Succeeded };
            apply(&mut history, stream, Event::Execution(ended(finished)))?;
        }
    }

    let (requester, scopes) = (Actor::user("ana"), BTreeSet::new());
    let (mut whole, mut facts_only, mut allowed) = (Vec::new(), Vec::new(), 0);
    let mut matched = 0;
    let begun = Clock.now();
    for index in 0..CALLS {
        let (function, description) = &descriptions[index % descriptions.len()];
        let call = CallRef {
            agent: "agent".to_owned(),
            conversation: format!("conversation-{}", random.next() % CONVERSATIONS as u64),
            request_id: None,
            function: function.clone(),
        };
        // One amount in eight is large, and one subject in sixteen has what rules look for.
        let largest = if random.next().is_multiple_of(8) { 60_000 } else { 2_000 };
        let mut subject = random.words(5);
        if random.next().is_multiple_of(16) {
            let _ = write!(subject, "secret {}", random.next() % RULES as u64);
        }
        let text = format!(
            r#"{{"amount":{},"recipient":"anna{}@example.org","subject":"{subject}"}}"#,
            random.next() % largest,
            random.next() % 1000,
        );
        let arguments = Arguments::parse(text.as_bytes())?;
        let value = arguments.canonical().to_value();
        let now = Timestamp::from_micros(i64::try_from(index)? + 2_000_000_000);
        let about = About {
            tenant: &tenant,
            call: &call,
            requester: &requester,
            description: Some(description),
            arguments: &value,
            now,
            except: None,
        };
        let start = Clock.now();
        let facts = history.facts(&about);
        let between = Clock.now();
        let decision = decide_call(&Inputs {
            call: &call,
            requester: &requester,
            requester_groups: &[],
            agent_scopes: &scopes,
            arguments: &value,
            arguments_digest: arguments.digest(),
            context: None,
            now,
            freeze: None,
            access: Some(Access::Enabled),
            function_version: Some(StreamVersion::FIRST),
            description: Some(description),
            connection_described: false,
            schema: None,
            policy: Some(&set),
            history: Some((&facts, GlobalPosition::new(1))),
            grant: None,
            visible_tools: None,
        });
        let end = Clock.now();
        allowed += usize::from(decision.outcome == Outcome::Allowed);
        matched += decision.matched_rules.len();
        whole.push(end - start);
        facts_only.push(between - start);
    }
    let seconds = (Clock.now() - begun).as_secs_f64();
    whole.sort_unstable();
    facts_only.sort_unstable();
    Ok(DecideBench {
        rules: set.rules().len(),
        decisions: CALLS,
        allowed,
        matched_mean: matched as f64 / CALLS as f64,
        p50_us: percentile(&whole, 0.5) * 1000.0,
        p99_us: percentile(&whole, 0.99) * 1000.0,
        facts_p50_us: percentile(&facts_only, 0.5) * 1000.0,
        decisions_per_second: CALLS as f64 / seconds,
    })
}
