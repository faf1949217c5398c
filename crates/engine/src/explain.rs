//! Why a call was decided on as it was.

use proto_events::{
    Decision, Digest, Event, ExecutionEvent, GlobalPosition, LayerFinding, TenantId, Timestamp,
};
use serde::Serialize;
use uuid::Uuid;
use vidimus_policy::RequestData;

use crate::{Engine, EngineError, engine::decode};

/// Why a call was decided on as it was, from what is on record.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Explanation {
    /// The execution.
    pub execution_id: Uuid,
    /// The last decision on it.
    pub decision: Decision,
    /// Position of the event that has it.
    pub position: GlobalPosition,
    /// When it was decided.
    pub decided_at: Timestamp,
    /// How often it was decided on.
    pub decisions: usize,
    /// The finding that decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deciding: Option<LayerFinding>,
    /// What the rules of the policy set saw, which of them decided, and what would have had to differ; absent where no policy
    /// set was in force, or another layer blocked the call before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rules: Option<vidimus_policy::Explanation>,
}

/// The decision that an event has.
pub(crate) fn decision_of(event: &ExecutionEvent) -> Option<&Decision> {
    use ExecutionEvent as E;
    match event {
        E::Allowed(decided) | E::NoOp(decided) => Some(&decided.decision),
        E::Blocked(blocked) => Some(&blocked.decision),
        E::ConfirmationRequired(required) => Some(&required.decision),
        E::ApprovalRequired(required) => Some(&required.decision),
        E::Redecided(redecided) => Some(&redecided.decision),
        _ => None,
    }
}

impl Engine {
    /// Why the call was decided on as it was; `None` if the tenant has no such execution, or it was handed in after the fact
    /// and nothing was decided.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub async fn explain(
        &self,
        tenant: &TenantId,
        execution_id: Uuid,
    ) -> Result<Option<Explanation>, EngineError> {
        let mut initiated = None;
        let mut last: Option<(Decision, GlobalPosition, Timestamp)> = None;
        let (mut decisions, mut next) = (0, Some(proto_events::StreamVersion::FIRST));
        while let Some(from) = next {
            let Some(page) = self.execution_events(tenant, execution_id, from, 1_000).await? else {
                return Ok(None);
            };
            for recorded in &page.events {
                let Event::Execution(event) = decode(recorded)? else { continue };
                if let Some(decision) = decision_of(&event) {
                    // Where it was decided on again, the event after repeats the decision.
                    if last.as_ref().is_none_or(|(known, ..)| known != decision) {
                        decisions += 1;
                        last = Some((decision.clone(), recorded.position, recorded.event.recorded_at));
                    }
                }
                if let ExecutionEvent::Initiated(event) = event {
                    initiated = Some(event);
                }
            }
            next = page.next;
        }
        let (Some(initiated), Some((decision, position, decided_at))) = (initiated, last) else {
            return Ok(None);
        };
        let set = decision.policy_set.as_deref().and_then(|digest| digest.parse::<Digest>().ok());
        let put_to_rules =
            decision.findings.iter().any(|finding| finding.layer == proto_events::Layer::Policy);
        let rules = match (set, &initiated.arguments) {
            (Some(digest), Some(arguments)) if put_to_rules => {
                let set = self.policy_set(tenant, &digest).await?;
                let context = initiated.context.as_ref().map(proto_events::Json::to_value);
                let request = RequestData::of_record(
                    &initiated.call,
                    &initiated.requester,
                    arguments.to_value(),
                    context.as_ref(),
                    decided_at,
                    &decision.facts,
                );
                let request = request.as_request();
                let mut rules = set.explain(&request, &set.evaluate(&request));
                if !initiated.sensitive.is_empty() {
                    rules.leave_out_arguments();
                }
                Some(rules)
            }
            _ => None,
        };
        let deciding = decision.deciding().cloned();
        Ok(Some(Explanation { execution_id, decision, position, decided_at, decisions, deciding, rules }))
    }
}
