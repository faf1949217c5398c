//! The facts about a call.

use super::{
    About, History, amounts,
    arguments::Origins,
    catalogue::Described,
    conversation::{Conversation, Open},
    keys,
};
use crate::HistoryFacts;

impl History {
    /// What is known about a call.
    pub fn facts(&mut self, about: &About<'_>) -> HistoryFacts {
        let call = about.call;
        keys::conversation(&mut self.key, about.tenant, &call.agent, &call.conversation);
        let blank;
        let conversation = match self.conversations.get(&self.key) {
            Some(held) => held,
            None => {
                blank = self.conversations.blank(&self.key);
                &blank
            }
        };
        let derived;
        let described = match (self.catalogue.get(about.tenant, &call.function), about.description) {
            (Some(known), _) => known,
            (None, description) => {
                let of = |description| Described::of(&call.function, description);
                derived = description.map_or_else(Described::undescribed, of);
                &derived
            }
        };
        let own = about.except.and_then(|id| conversation.executions.open(id)).copied();
        let mut facts = of_conversation(conversation, described, about, own.as_ref());
        self.of_windows(about, own.as_ref(), &mut facts);
        facts
    }

    fn of_windows(&mut self, about: &About<'_>, own: Option<&Open>, facts: &mut HistoryFacts) {
        let now = about.now;
        let except = own.map(|open| open.proposal.at);
        let amount_today = |mut amounts: amounts::DaySum| {
            if let Some(open) = own {
                amounts.take_back(open.proposal.at, open.proposal.amount);
            }
            amounts.on_day_of(now)
        };
        let blank = self.agents.blank();
        keys::counted(&mut self.key, about.tenant, Some(&about.call.agent));
        let agent = self.agents.get(&self.key).unwrap_or(&blank);
        facts.agent_calls_last_hour = agent.calls_last_hour(now, except);
        facts.agent_calls_last_day = agent.calls_last_day(now, except);
        facts.agent_failures_last_hour = agent.failures_last_hour(now);
        facts.agent_amount_today = amount_today(agent.amounts);
        let blank = self.tenants.blank();
        keys::counted(&mut self.key, about.tenant, None);
        let tenant = self.tenants.get(&self.key).unwrap_or(&blank);
        facts.tenant_calls_last_hour = tenant.calls_last_hour(now, except);
        facts.tenant_calls_last_day = tenant.calls_last_day(now, except);
        facts.tenant_amount_today = amount_today(tenant.amounts);
        facts.known &= agent.is_whole(now) && tenant.is_whole(now);
    }
}

/// The facts that rest on the conversation.
fn of_conversation(
    conversation: &Conversation,
    described: &Described,
    about: &About<'_>,
    own: Option<&Open>,
) -> HistoryFacts {
    let origins = Origins::of(conversation, described, about.arguments);
    let is_own = i64::from(own.is_some());
    let mut amounts = conversation.amounts;
    if let Some(open) = own {
        amounts.take_back(open.proposal.at, open.proposal.amount);
    }
    HistoryFacts {
        calls: conversation.calls - is_own,
        calls_of_function: conversation
            .by_function
            .get(&about.call.function)
            .map_or(0, |calls| calls - is_own),
        failures: conversation.failures,
        waiting: conversation.executions.waiting(own),
        untrusted_read: conversation.untrusted_read,
        untrusted_since_user: conversation.untrusted_since_user,
        instructions_seen: conversation.instructions_seen,
        destinations: origins.destinations.names(),
        hosts: origins.hosts.names(),
        objects: origins.objects.names(),
        origins: origins.destinations.and(origins.hosts).and(origins.objects).names(),
        objects_linked: origins.objects_linked,
        has_title: origins.has_title,
        titles_related: origins.titles_related,
        secrets_known: origins.secrets_known,
        user_asked: described.kinds.meets(conversation.user_kinds),
        user_delegated: conversation.delegated,
        one_time_code: described.one_time_code,
        continues_held: conversation.executions.continues_held(own),
        amount: described.amount.as_deref().map_or(0, |place| amounts::amount(about.arguments, place)),
        amount_today: amounts.on_day_of(about.now),
        known: conversation.is_whole,
        ..HistoryFacts::default()
    }
}
