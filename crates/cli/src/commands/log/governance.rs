//! The events of governance in a line each.

use proto_events::{
    CatalogueEvent, ConversationEvent, Event, FreezeEvent, FreezeScope, FunctionEvent, GrantEvent,
    PolicyEvent, ReviewerEvent,
};

/// What happened; empty for the events of calls, keys, webhooks and registrations.
pub(super) fn what(event: &Event) -> String {
    match event {
        Event::Function(event) => function(event),
        Event::Catalogue(event) => catalogue(event),
        Event::Freeze(event) => freeze(event),
        Event::Policy(event) => policy(event),
        Event::Grant(event) => grant(event),
        Event::Reviewer(event) => reviewer(event),
        Event::Conversation(ConversationEvent::UserSpoke(spoke)) => {
            format!("{}  {}  {} bytes", spoke.conversation, spoke.agent, spoke.text.len())
        }
        Event::Execution(_) | Event::Attempt(_) | Event::Key(_) | Event::Webhook(_) | Event::Registry(_) => {
            String::new()
        }
    }
}

fn because(reason: Option<&String>) -> &str {
    reason.map_or("", String::as_str)
}

fn function(event: &FunctionEvent) -> String {
    match event {
        FunctionEvent::AccessChanged(changed) => format!("{}  {}", changed.function, changed.to),
        FunctionEvent::Described(described) => {
            format!("{}  {}", described.function, described.description.purpose)
        }
        FunctionEvent::Withdrawn(withdrawn) => {
            format!("{}  {}", withdrawn.function, because(withdrawn.reason.as_ref()))
        }
    }
}

fn catalogue(event: &CatalogueEvent) -> String {
    match event {
        CatalogueEvent::ConnectionDescribed(described) => {
            format!("{}  {}", described.connection, described.purpose)
        }
        CatalogueEvent::ToolSetRecorded(recorded) => {
            format!("{}  {} functions", recorded.tool_set, recorded.functions.len())
        }
        CatalogueEvent::AgentScopesChanged(changed) => {
            let scopes: Vec<_> = changed.scopes.iter().map(String::as_str).collect();
            format!("{}  {}", changed.agent, scopes.join(", "))
        }
    }
}

fn freeze(event: &FreezeEvent) -> String {
    match event {
        FreezeEvent::Frozen(frozen) => {
            let scope = match &frozen.scope {
                FreezeScope::Tenant => "everything".to_owned(),
                FreezeScope::Agent { agent } => format!("agent {agent}"),
                FreezeScope::Function { function } => format!("function {function}"),
            };
            format!("{}  {scope}: {}", frozen.freeze_id, frozen.reason)
        }
        FreezeEvent::Unfrozen(unfrozen) => {
            format!("{}  {}", unfrozen.freeze_id, because(unfrozen.reason.as_ref()))
        }
    }
}

fn policy(event: &PolicyEvent) -> String {
    let set = |digest: Option<proto_events::Digest>| {
        digest.map_or_else(|| "none".to_owned(), |set| set.to_string())
    };
    match event {
        PolicyEvent::Stored(stored) => format!("{}  {} files", stored.policy_set, stored.files.len()),
        PolicyEvent::Activated(activated) => {
            format!("{}  {}", set(activated.policy_set), because(activated.reason.as_ref()))
        }
        PolicyEvent::Shadowed(shadowed) => {
            format!("{}  {}", set(shadowed.policy_set), because(shadowed.reason.as_ref()))
        }
        PolicyEvent::ShadowDiffered(differed) => format!(
            "{}  {}  would be {}, was {}",
            differed.execution_id,
            differed.call.function,
            differed.would_be.outcome.as_str(),
            differed.decided.as_str()
        ),
    }
}

fn grant(event: &GrantEvent) -> String {
    match event {
        GrantEvent::Created(created) => {
            let scope = &created.scope;
            format!("{}  {} by {}: {}", created.grant_id, scope.function, scope.agent, created.reason)
        }
        GrantEvent::Used(used) => format!("{}  {}", used.grant_id, used.execution_id),
        GrantEvent::Revoked(revoked) => {
            format!("{}  {}", revoked.grant_id, because(revoked.reason.as_ref()))
        }
    }
}

fn reviewer(event: &ReviewerEvent) -> String {
    match event {
        ReviewerEvent::GroupChanged(changed) => {
            let members: Vec<_> = changed.members.iter().map(ToString::to_string).collect();
            format!("{}  {}", changed.group, members.join(", "))
        }
        ReviewerEvent::Delegated(delegated) => {
            format!("{}  {} in the place of {}", delegated.delegation_id, delegated.to, delegated.from)
        }
        ReviewerEvent::DelegationEnded(ended) => ended.delegation_id.to_string(),
    }
}
