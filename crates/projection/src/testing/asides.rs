//! What a history has beside its calls: descriptions of functions, what users say, tool sets.

use proto_events::{
    Actor, CallRef, CatalogueEvent, ConversationEvent, Digest, Effect, Event, FunctionDescription, RiskLevel,
    StreamId, TenantId, ToolSetRecorded, ToolType, Trust, UserSpoke,
};

use super::History;

impl History {
    /// A description of a function: one of several.
    pub(crate) fn description(&mut self) -> FunctionDescription {
        let tool_type = ToolType::ALL[usize::try_from(self.random.below(4)).unwrap()];
        let risk = RiskLevel::ALL[usize::try_from(self.random.below(4)).unwrap()];
        FunctionDescription {
            purpose: format!("does {tool_type} at {risk} risk"),
            tool_type,
            effect: Effect::Write,
            risk,
            results: Trust::Trusted,
            arguments_schema: None,
            scopes: Vec::new(),
            sensitive: Vec::new(),
            required_context: Vec::new(),
            max_data_age_seconds: None,
            intended_use_required: false,
            owner: None,
            amount: None,
        }
    }

    /// Something that is neither of a call nor of a function.
    pub(super) async fn aside(&mut self, tenant: &TenantId) {
        let CallRef { agent, conversation, function, .. } = self.call();
        let by = Actor::agent(agent.as_str());
        if self.random.below(2) == 0 {
            let stream = StreamId::conversation(&agent, &conversation);
            let spoke = UserSpoke { agent, conversation, text: "pay it".to_owned() };
            let event = Event::Conversation(ConversationEvent::UserSpoke(spoke));
            self.append(tenant, stream, &by, vec![event]).await;
        } else {
            let tool_set = Digest::new([u8::try_from(self.random.below(250)).unwrap(); 32]);
            let recorded = ToolSetRecorded { tool_set, functions: vec![function] };
            let event = Event::Catalogue(CatalogueEvent::ToolSetRecorded(recorded));
            self.append(tenant, StreamId::tool_set(&tool_set), &by, vec![event]).await;
        }
    }
}
