//! One event of every kind that is no call's, with what is to be said of it.

use std::collections::BTreeSet;

use proto_events::*;
use uuid::Uuid;

use super::AuditCategory;
use crate::testing::{History, decision};

const KEY: Uuid = Uuid::from_u128(7);
const WEBHOOK: Uuid = Uuid::from_u128(8);
const FREEZE: Uuid = Uuid::from_u128(9);
const GRANT: Uuid = Uuid::from_u128(10);
const DELEGATION: Uuid = Uuid::from_u128(11);
pub(crate) const EXECUTION: Uuid = Uuid::from_u128(12);

/// An event with its entry.
pub(crate) struct Setting {
    pub(crate) stream: StreamId,
    pub(crate) event: Event,
    pub(crate) category: AuditCategory,
    pub(crate) subject: String,
    pub(crate) summary: &'static str,
}

fn setting(stream: StreamId, event: Event, subject: impl ToString, summary: &'static str) -> Setting {
    Setting { stream, event, category: AuditCategory::Administrative, subject: subject.to_string(), summary }
}

fn function() -> FunctionName {
    "erp.pay".parse().unwrap()
}

fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

/// All of them, in the order in which they are recorded.
pub(crate) fn settings() -> Vec<Setting> {
    let mut all = keys_and_registry();
    all.extend(webhooks());
    all.extend(catalogue());
    all.extend(freezes());
    all.extend(policy());
    all.extend(grants());
    all.extend(reviewers());
    all
}

/// Puts them on record.
pub(crate) async fn add_settings(history: &mut History) {
    let (tenant, by) = ("acme".parse().unwrap(), Actor::user("admin"));
    for Setting { stream, event, .. } in settings() {
        history.append(&tenant, stream, &by, vec![event]).await;
    }
}

fn keys_and_registry() -> Vec<Setting> {
    let key = |event, summary| setting(StreamId::key(KEY), Event::Key(event), KEY, summary);
    let created = KeyCreated {
        key_id: KEY,
        actor: Actor::new(ActorKind::Service, "billing"),
        roles: [Role::Approver, Role::Agent].into(),
        label: text("staging"),
        expires_at: None,
        secret_hash: Digest::new([1; 32]),
    };
    let agent = AgentRegistered { agent: "buyer".to_owned(), name: text("Einkauf") };
    let conversation =
        ConversationRegistered { agent: "buyer".to_owned(), conversation: "thread-1".to_owned() };
    let registry = Event::Registry;
    vec![
        key(KeyEvent::Created(created), "key created for `service:billing` with roles `agent`, `approver`"),
        key(
            KeyEvent::Revoked(KeyRevoked { key_id: KEY, reason: text("lost \n it") }),
            "key revoked: `lost \\n it`",
        ),
        setting(
            StreamId::agent("buyer"),
            registry(RegistryEvent::AgentRegistered(agent)),
            "buyer",
            "agent registered as `Einkauf`",
        ),
        setting(
            StreamId::conversation("buyer", "thread-1"),
            registry(RegistryEvent::ConversationRegistered(conversation)),
            "buyer/thread-1",
            "conversation registered",
        ),
    ]
}

fn webhooks() -> Vec<Setting> {
    let of = |event, summary| setting(StreamId::webhooks(), Event::Webhook(event), "webhooks", summary);
    let webhook_id = WEBHOOK;
    let created = WebhookCreated {
        webhook_id,
        url: "https://example.com/hook".to_owned(),
        label: None,
        filter: WebhookFilter::default(),
        starts_after: GlobalPosition::START,
    };
    let parked = WebhookParked {
        webhook_id,
        position: GlobalPosition::new(5),
        reason: "status 500".to_owned(),
        attempts: 9,
        since: Timestamp::from_micros(0),
    };
    vec![
        of(
            WebhookEvent::Created(created),
            "webhook 00000000-0000-0000-0000-000000000008 created for `https://example.com/hook`",
        ),
        of(
            WebhookEvent::Parked(parked),
            "webhook 00000000-0000-0000-0000-000000000008 parked at position 5 after 9 attempts: `status 500`",
        ),
        of(
            WebhookEvent::Replayed(WebhookReplayed { webhook_id, after: GlobalPosition::new(4) }),
            "webhook 00000000-0000-0000-0000-000000000008 set to what comes after position 4",
        ),
        of(
            WebhookEvent::Deleted(WebhookDeleted { webhook_id, reason: text("moved") }),
            "webhook 00000000-0000-0000-0000-000000000008 deleted: `moved`",
        ),
    ]
}

fn catalogue() -> Vec<Setting> {
    let described = FunctionDescription {
        purpose: "pays an invoice".to_owned(),
        tool_type: ToolType::Action,
        effect: Effect::Send,
        risk: RiskLevel::High,
        results: Trust::Trusted,
        arguments_schema: None,
        scopes: Vec::new(),
        sensitive: Vec::new(),
        required_context: Vec::new(),
        max_data_age_seconds: None,
        intended_use_required: false,
        owner: None,
        amount: None,
    };
    let of = |event, summary| {
        setting(StreamId::function(&function()), Event::Function(event), function(), summary)
    };
    let scopes = |scopes: &[&str], summary| {
        let scopes: BTreeSet<String> = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        let changed = AgentScopesChanged { agent: "buyer".to_owned(), scopes };
        let event = Event::Catalogue(CatalogueEvent::AgentScopesChanged(changed));
        setting(StreamId::agent("buyer"), event, "buyer", summary)
    };
    let connection = ConnectionDescribed {
        connection: "erp".to_owned(),
        purpose: "the ERP".to_owned(),
        endpoint: None,
        owner: None,
    };
    vec![
        of(
            FunctionEvent::Described(FunctionDescribed { function: function(), description: described }),
            "described as `action` of risk `high`: `pays an invoice`",
        ),
        of(
            FunctionEvent::Withdrawn(FunctionWithdrawn { function: function(), reason: text("gone") }),
            "description withdrawn: `gone`",
        ),
        setting(
            StreamId::connection("erp"),
            Event::Catalogue(CatalogueEvent::ConnectionDescribed(connection)),
            "erp",
            "connection described: `the ERP`",
        ),
        scopes(&["erp:write", "mail:send"], "scopes set, 2 in all: `erp:write, mail:send`"),
        scopes(&[], "all scopes taken away"),
    ]
}

fn freezes() -> Vec<Setting> {
    let of = |event, subject: String, summary| {
        setting(StreamId::freezes(), Event::Freeze(event), subject, summary)
    };
    let frozen = |scope| FreezeEvent::Frozen(Frozen { freeze_id: FREEZE, scope, reason: "drill".to_owned() });
    let unfrozen = |reason| FreezeEvent::Unfrozen(Unfrozen { freeze_id: FREEZE, reason });
    vec![
        of(
            frozen(FreezeScope::Tenant),
            "tenant".to_owned(),
            "freeze 00000000-0000-0000-0000-000000000009 of the tenant began: `drill`",
        ),
        of(
            frozen(FreezeScope::Agent { agent: "buyer".to_owned() }),
            "buyer".to_owned(),
            "freeze 00000000-0000-0000-0000-000000000009 of the agent began: `drill`",
        ),
        of(
            frozen(FreezeScope::Function { function: function() }),
            function().to_string(),
            "freeze 00000000-0000-0000-0000-000000000009 of the function began: `drill`",
        ),
        of(unfrozen(None), FREEZE.to_string(), "freeze 00000000-0000-0000-0000-000000000009 ended"),
    ]
}

fn policy() -> Vec<Setting> {
    let (old, new) = (Digest::new([0x3d; 32]), Digest::new([0x2e; 32]));
    let of =
        |event, subject: String, summary| setting(StreamId::policy(), Event::Policy(event), subject, summary);
    let activated = |policy_set, former| {
        PolicyEvent::Activated(PolicySetActivated { policy_set, former, reason: text("audit") })
    };
    let shadowed = |policy_set| PolicyEvent::Shadowed(PolicySetShadowed { policy_set, reason: None });
    let files = [("a.cedar".to_owned(), String::new())].into();
    let arguments = vidimus_domain::arguments::Arguments::from_value(&serde_json::json!({})).unwrap();
    let differed = ShadowDiffered {
        shadow: true,
        execution_id: EXECUTION,
        call: CallRef {
            agent: "buyer".to_owned(),
            conversation: "thread-1".to_owned(),
            request_id: None,
            function: function(),
        },
        decided: Outcome::Allowed,
        would_be: decision(Outcome::Blocked, &arguments),
    };
    let shadow = Setting {
        category: AuditCategory::Shadow,
        ..setting(
            StreamId::shadow(EXECUTION),
            Event::Policy(PolicyEvent::ShadowDiffered(differed)),
            EXECUTION,
            "shadow: would have been blocked (because_blocked) instead of allowed; nothing was decided",
        )
    };
    vec![
        of(
            PolicyEvent::Stored(PolicySetStored { policy_set: new, files }),
            new.to_string(),
            "policy set `2e2e2e2e2e2e` stored, 1 file",
        ),
        of(activated(Some(new), None), new.to_string(), "policy set `2e2e2e2e2e2e` applied: `audit`"),
        of(
            activated(Some(new), Some(old)),
            new.to_string(),
            "policy set `2e2e2e2e2e2e` applied in place of `3d3d3d3d3d3d`: `audit`",
        ),
        of(
            activated(None, Some(old)),
            "policy".to_owned(),
            "policy cleared: `3d3d3d3d3d3d` is no longer in force: `audit`",
        ),
        of(
            shadowed(Some(new)),
            new.to_string(),
            "policy set `2e2e2e2e2e2e` is evaluated beside, without effect",
        ),
        of(shadowed(None), "policy".to_owned(), "no policy set is evaluated beside any more"),
        shadow,
    ]
}

fn grants() -> Vec<Setting> {
    let of =
        |event, subject: String, summary| setting(StreamId::grants(), Event::Grant(event), subject, summary);
    let scope = GrantScope {
        agent: "buyer".to_owned(),
        function: function(),
        conversation: None,
        conditions: Vec::new(),
    };
    let created = GrantCreated {
        grant_id: GRANT,
        scope,
        max_uses: Some(3),
        max_sum: text("99.50"),
        expires_at: Timestamp::from_micros(0),
        reason: "weekly".to_owned(),
    };
    let used = GrantUsed { grant_id: GRANT, execution_id: EXECUTION, amount: text("7") };
    vec![
        of(
            GrantEvent::Created(created),
            function().to_string(),
            "grant 00000000-0000-0000-0000-00000000000a given until 1970-01-01T00:00:00Z, at most 3 times, at most `99.50` in sum: `weekly`",
        ),
        Setting {
            category: AuditCategory::Execution,
            ..of(
                GrantEvent::Used(used),
                EXECUTION.to_string(),
                "let through by grant 00000000-0000-0000-0000-00000000000a for `7`",
            )
        },
        of(
            GrantEvent::Revoked(GrantRevoked { grant_id: GRANT, reason: None }),
            GRANT.to_string(),
            "grant 00000000-0000-0000-0000-00000000000a revoked",
        ),
    ]
}

fn reviewers() -> Vec<Setting> {
    let of = |event, subject: String, summary| {
        setting(StreamId::reviewers(), Event::Reviewer(event), subject, summary)
    };
    let group = |members: &[&str]| {
        let members = members.iter().map(|member| Actor::user(*member)).collect();
        ReviewerEvent::GroupChanged(GroupChanged { group: "finance".to_owned(), members })
    };
    let delegated = Delegated {
        delegation_id: DELEGATION,
        from: Actor::user("carol"),
        to: Actor::user("dan"),
        starts_at: Timestamp::from_micros(0),
        ends_at: Timestamp::from_micros(1_000_000),
        reason: text("leave"),
    };
    let ended = ReviewerEvent::DelegationEnded(DelegationEnded { delegation_id: DELEGATION });
    vec![
        of(
            group(&["carol", "dan"]),
            "finance".to_owned(),
            "group of reviewers set, 2 members: `user:carol, user:dan`",
        ),
        of(group(&["dan"]), "finance".to_owned(), "group of reviewers set, one member: `user:dan`"),
        of(group(&[]), "finance".to_owned(), "group of reviewers dissolved"),
        of(
            ReviewerEvent::Delegated(delegated),
            DELEGATION.to_string(),
            "`user:dan` decides in the place of `user:carol` from 1970-01-01T00:00:00Z until 1970-01-01T00:00:01Z: `leave`",
        ),
        of(
            ended,
            DELEGATION.to_string(),
            "delegation 00000000-0000-0000-0000-00000000000b ended before its time",
        ),
    ]
}
