//! A request as it was when it was decided on, from what is on record.

use proto_events::{Actor, CallRef, Facts, Timestamp};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::{AgentData, FunctionData, HistoryFacts, RequestData, RequesterData, layers::attributes};

impl RequestData {
    /// The request behind a decision: the call as it was initiated, and the facts that the decision kept. What no rule of its
    /// policy set read is not on record, and makes no difference to that set.
    pub fn of_record(
        call: &CallRef,
        requester: &Actor,
        arguments: Value,
        context: Option<&Value>,
        at: Timestamp,
        facts: &Facts,
    ) -> Self {
        let function = FunctionData { name: call.function.to_string(), ..read(facts, "function.") };
        let agent = AgentData { id: call.agent.clone(), ..read(facts, "agent.") };
        let requester =
            RequesterData { id: requester.id.to_string(), kind: requester.kind, ..read(facts, "requester.") };
        Self {
            agent,
            requester,
            function,
            arguments,
            conversation: call.conversation.clone(),
            attributes: attributes(context),
            now: at,
            history: read::<HistoryFacts>(facts, "history."),
        }
    }
}

/// The facts of a family as the data that they came from; what is of another shape, or not on record, is as if not said.
fn read<T: DeserializeOwned + Default>(facts: &Facts, family: &str) -> T {
    let of_family =
        |(name, value): (&String, &Value)| Some((name.strip_prefix(family)?.to_owned(), value.clone()));
    let whole: Map<String, Value> = facts.iter().filter_map(of_family).collect();
    if let Ok(data) = serde_json::from_value(Value::Object(whole.clone())) {
        return data;
    }
    // Facts that are no members of the data (`function.access`) would refuse the whole: one at a time, then.
    let mut kept = Map::new();
    for (name, value) in whole {
        kept.insert(name.clone(), value);
        if serde_json::from_value::<T>(Value::Object(kept.clone())).is_err() {
            kept.remove(&name);
        }
    }
    serde_json::from_value(Value::Object(kept)).unwrap_or_default()
}
