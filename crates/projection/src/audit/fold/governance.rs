//! What was set, in a line: the catalogue, freezes, policy sets, grants, reviewers.

use std::borrow::Cow;

use proto_events::{
    CatalogueEvent, Delegated, Digest, FreezeEvent, FreezeScope, FunctionEvent, GrantCreated, GrantEvent,
    PolicyEvent, PolicySetActivated, ReviewerEvent, ShadowDiffered,
};

use super::{Said, because, quoted};
use crate::AuditCategory;

pub(super) fn function(event: &FunctionEvent) -> Said<'_> {
    let (function, summary) = match event {
        FunctionEvent::AccessChanged(changed) => {
            let from = changed.from.map_or_else(|| "unset".to_owned(), |from| format!("`{from}`"));
            let what = format!("access changed from {from} to `{}`", changed.to);
            (&changed.function, because(what, changed.reason.as_deref()))
        }
        FunctionEvent::Described(described) => {
            let said = &described.description;
            let what = format!("described as `{}` of risk `{}`", said.tool_type, said.risk);
            (&described.function, because(what, Some(&said.purpose)))
        }
        FunctionEvent::Withdrawn(withdrawn) => {
            (&withdrawn.function, because("description withdrawn", withdrawn.reason.as_deref()))
        }
    };
    Said { function: Some(function), ..Said::setting(summary) }
}

/// `None` for a set of visible tools: it only gives a name to what the decisions after it point to, and there is one for
/// every change of the catalogue and every agent.
pub(super) fn catalogue(event: &CatalogueEvent) -> Option<Said<'_>> {
    match event {
        CatalogueEvent::ToolSetRecorded(_) => None,
        CatalogueEvent::ConnectionDescribed(described) => {
            let summary = because("connection described", Some(&described.purpose));
            Some(Said::setting_of(&described.connection, summary))
        }
        CatalogueEvent::AgentScopesChanged(changed) => {
            let scopes: Vec<_> = changed.scopes.iter().map(String::as_str).collect();
            let summary = match scopes.len() {
                0 => "all scopes taken away".into(),
                count => because(format!("scopes set, {count} in all"), Some(&scopes.join(", "))),
            };
            Some(Said { agent: Some(&changed.agent), ..Said::setting(summary) })
        }
    }
}

pub(super) fn freeze(event: &FreezeEvent) -> Said<'_> {
    match event {
        FreezeEvent::Frozen(frozen) => {
            let id = frozen.freeze_id;
            let summary = |what: &str| because(format!("freeze {id} of {what} began"), Some(&frozen.reason));
            match &frozen.scope {
                FreezeScope::Tenant => Said::setting_of("tenant", summary("the tenant")),
                FreezeScope::Agent { agent } => {
                    Said { agent: Some(agent), ..Said::setting(summary("the agent")) }
                }
                FreezeScope::Function { function } => {
                    Said { function: Some(function), ..Said::setting(summary("the function")) }
                }
            }
        }
        FreezeEvent::Unfrozen(unfrozen) => {
            let id = unfrozen.freeze_id;
            Said::setting_of(
                id.to_string(),
                because(format!("freeze {id} ended"), unfrozen.reason.as_deref()),
            )
        }
    }
}

/// The beginning of a digest, which is enough for people.
fn short(digest: &Digest) -> String {
    format!("`{}`", digest.to_string().chars().take(12).collect::<String>())
}

pub(super) fn policy(event: &PolicyEvent) -> Said<'_> {
    match event {
        PolicyEvent::Stored(stored) => {
            let files = stored.files.len();
            let word = if files == 1 { "file" } else { "files" };
            let summary = format!("policy set {} stored, {files} {word}", short(&stored.policy_set));
            Said::setting_of(stored.policy_set.to_string(), summary.into())
        }
        PolicyEvent::Activated(activated) => {
            let PolicySetActivated { policy_set, former, reason } = activated;
            let what = match (policy_set, former) {
                (Some(set), Some(former)) => {
                    format!("policy set {} applied in place of {}", short(set), short(former))
                }
                (Some(set), None) => format!("policy set {} applied", short(set)),
                (None, Some(former)) => format!("policy cleared: {} is no longer in force", short(former)),
                (None, None) => "policy cleared: none was in force".to_owned(),
            };
            Said::setting_of(policy_subject(policy_set.as_ref()), because(what, reason.as_deref()))
        }
        PolicyEvent::Shadowed(shadowed) => {
            let set = shadowed.policy_set.as_ref();
            let what = set.map_or_else(
                || "no policy set is evaluated beside any more".to_owned(),
                |set| format!("policy set {} is evaluated beside, without effect", short(set)),
            );
            Said::setting_of(policy_subject(set), because(what, shadowed.reason.as_deref()))
        }
        PolicyEvent::ShadowDiffered(differed) => {
            let ShadowDiffered { execution_id, call, decided, would_be, .. } = differed;
            let why = would_be.deciding().map_or_else(String::new, |finding| format!(" ({})", finding.code));
            let (would_be, decided) = (would_be.outcome.as_str(), decided.as_str());
            let summary =
                format!("shadow: would have been {would_be}{why} instead of {decided}; nothing was decided");
            Said::call(AuditCategory::Shadow, Some(*execution_id), call, summary.into())
        }
    }
}

/// What a change of the set in force, or of the one beside it, happened to.
fn policy_subject(set: Option<&Digest>) -> Cow<'static, str> {
    set.map_or_else(|| "policy".into(), |set| set.to_string().into())
}

pub(super) fn grant(event: &GrantEvent) -> Said<'_> {
    match event {
        GrantEvent::Created(created) => {
            let GrantCreated { grant_id, scope, max_uses, max_sum, expires_at, reason } = created;
            let mut caps = String::new();
            if let Some(uses) = max_uses {
                caps.push_str(&format!(", at most {uses} times"));
            }
            if let Some(sum) = max_sum {
                caps.push_str(&format!(", at most {} in sum", quoted(sum)));
            }
            let what = format!("grant {grant_id} given until {expires_at}{caps}");
            Said {
                agent: Some(&scope.agent),
                conversation: scope.conversation.as_deref(),
                function: Some(&scope.function),
                ..Said::setting(because(what, Some(reason)))
            }
        }
        GrantEvent::Used(used) => {
            let amount = used.amount.as_deref().map(|amount| format!(" for {}", quoted(amount)));
            let summary = format!("let through by grant {}{}", used.grant_id, amount.unwrap_or_default());
            Said {
                category: AuditCategory::Execution,
                execution_id: Some(used.execution_id),
                ..Said::setting(summary.into())
            }
        }
        GrantEvent::Revoked(revoked) => {
            let id = revoked.grant_id;
            Said::setting_of(
                id.to_string(),
                because(format!("grant {id} revoked"), revoked.reason.as_deref()),
            )
        }
    }
}

pub(super) fn reviewer(event: &ReviewerEvent) -> Said<'_> {
    match event {
        ReviewerEvent::GroupChanged(changed) => {
            let members: Vec<_> = changed.members.iter().map(ToString::to_string).collect();
            let summary = match members.len() {
                0 => "group of reviewers dissolved".into(),
                1 => because("group of reviewers set, one member", Some(&members.join(", "))),
                count => {
                    because(format!("group of reviewers set, {count} members"), Some(&members.join(", ")))
                }
            };
            Said::setting_of(&changed.group, summary)
        }
        ReviewerEvent::Delegated(delegated) => {
            let Delegated { delegation_id, from, to, starts_at, ends_at, reason } = delegated;
            let (from, to) = (quoted(&from.to_string()), quoted(&to.to_string()));
            let what = format!("{to} decides in the place of {from} from {starts_at} until {ends_at}");
            Said::setting_of(delegation_id.to_string(), because(what, reason.as_deref()))
        }
        ReviewerEvent::DelegationEnded(ended) => {
            let id = ended.delegation_id;
            Said::setting_of(id.to_string(), format!("delegation {id} ended before its time").into())
        }
    }
}
