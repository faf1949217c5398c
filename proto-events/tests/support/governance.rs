//! The samples of governance: the events of catalogue, freezes, policy, grants, reviewers and conversations, and those of
//! executions that come of them.

use proto_events::*;
use uuid::{Uuid, uuid};

use super::{Fill, at, card, digest, json};

pub(super) const GRANT: Uuid = uuid!("019bc1d2-8d73-7f60-8c54-7ea0908b1c23");
const FREEZE: Uuid = uuid!("019bc1d2-9e84-7071-9d65-8fb1a19c2d34");
const DELEGATION: Uuid = uuid!("019bc1d2-af95-7182-8e76-90c2b2ad3e45");
const PERMIT: Uuid = uuid!("019bc1d2-5a40-7c3e-9f21-4b7a6d5e8f90");

pub(super) fn tool_set() -> Digest {
    Digest::new([0x1f; 32])
}

fn policy_set() -> Digest {
    Digest::new([0x2e; 32])
}

fn function() -> FunctionName {
    "erp.create_purchase_order".parse().unwrap()
}

/// Two groups and a person.
pub(super) fn named() -> Reviewers {
    Reviewers::Named {
        groups: vec!["finance".to_owned(), "managers".to_owned()],
        people: vec![Actor::user("cleo@example.com")],
    }
}

fn reviewers(fill: Fill) -> Reviewers {
    if fill == Fill::Full { named() } else { Reviewers::AnyApprover }
}

pub(super) fn requirement(fill: Fill) -> Requirement {
    let need =
        |rule: &str, quorum| ApprovalNeed { rule: rule.to_owned(), reviewers: reviewers(fill), quorum };
    Requirement {
        confirmation: true,
        stages: vec![
            ApprovalStage { needs: vec![need("purchase-limit", 1)] },
            ApprovalStage { needs: vec![need("purchase-limit", 2), need("finance-hours", 1)] },
        ],
        expires_after_seconds: fill.some(14_400),
        remind_after_seconds: fill.some(1_800),
        escalations: vec![Escalation { after_seconds: 3_600, reviewers: reviewers(fill) }],
        self_review: true,
    }
}

pub(super) fn of_executions(fill: Fill) -> Vec<ExecutionEvent> {
    use ExecutionEvent as E;
    let call = || fill.call();
    vec![
        E::ApprovalVoted(ApprovalVoted {
            call: call(),
            arguments_digest: digest(),
            comment: fill.text("within budget"),
            on_behalf_of: fill.some(Actor::user("cleo@example.com")),
            groups: fill.list(&["finance", "managers"]),
            stage: 1,
            missing: 1,
            card: fill.some(card()),
        }),
        E::ApprovalEscalated(ApprovalEscalated {
            call: call(),
            level: 0,
            due: at("2026-01-15T11:30:00.123456Z"),
            reviewers: reviewers(fill),
        }),
        E::ApprovalReminded(ApprovalReminded {
            call: call(),
            count: 2,
            due: at("2026-01-15T11:30:00.123456Z"),
        }),
        E::Commented(Commented { call: call(), text: "who is \"Müller\"?\nask".to_owned() }),
        E::Redecided(Redecided {
            call: call(),
            decision: fill.decision(Outcome::AwaitingApproval, "rule_matched", "above the limit"),
            cause: "policy_set_activated".to_owned(),
        }),
        E::PermitWithdrawn(PermitWithdrawn {
            call: call(),
            permit_id: PERMIT,
            cause: "policy_set_activated".to_owned(),
        }),
        E::Suspended(Suspended { call: call(), freeze_id: FREEZE, since: at("2026-01-15T11:00:00Z") }),
        E::Resumed(Resumed { call: call(), deadline: at("2026-01-15T15:30:00.123456Z") }),
    ]
}

pub(super) fn of_functions(fill: Fill) -> [FunctionEvent; 2] {
    let schema = r#"{"properties":{"amount":{"maximum":1e5,"type":"number"}},"type":"object"}"#;
    let description = FunctionDescription {
        purpose: "Creates a purchase order in the ERP".to_owned(),
        tool_type: ToolType::Action,
        effect: Effect::Send,
        risk: RiskLevel::High,
        results: Trust::Trusted,
        arguments_schema: fill.some(json(schema)),
        scopes: fill.list(&["erp:write"]),
        sensitive: fill.list(&["vendor", "iban"]),
        required_context: fill.list(&["site"]),
        max_data_age_seconds: fill.some(3_600),
        intended_use_required: true,
        owner: fill.text("group finance"),
        amount: fill.text("/amount"),
    };
    [
        FunctionEvent::Described(FunctionDescribed { function: function(), description }),
        FunctionEvent::Withdrawn(FunctionWithdrawn {
            function: function(),
            reason: fill.text("the ERP is gone"),
        }),
    ]
}

pub(super) fn frozen(scope: FreezeScope) -> Event {
    let frozen = Frozen { freeze_id: FREEZE, scope, reason: "it orders too much".to_owned() };
    Event::Freeze(FreezeEvent::Frozen(frozen))
}

/// The events of all categories that are of governance alone, in the order of their types.
pub(super) fn events(fill: Fill) -> Vec<Event> {
    let catalogue = [
        CatalogueEvent::ConnectionDescribed(ConnectionDescribed {
            connection: "erp".to_owned(),
            purpose: "The ERP of the Süd site".to_owned(),
            endpoint: fill.text("https://erp.example.com/api"),
            owner: fill.text("group it"),
        }),
        CatalogueEvent::ToolSetRecorded(ToolSetRecorded {
            tool_set: tool_set(),
            functions: vec![function(), "mail.send".parse().unwrap()],
        }),
        CatalogueEvent::AgentScopesChanged(AgentScopesChanged {
            agent: "purchasing-agent".to_owned(),
            scopes: ["mail:send".to_owned(), "erp:write".to_owned()].into(),
        }),
    ];
    let scope = match fill {
        Fill::Full => FreezeScope::Function { function: function() },
        Fill::Minimal => FreezeScope::Tenant,
    };
    let unfrozen = Unfrozen { freeze_id: FREEZE, reason: fill.text("it was a drill") };
    let freezes = [frozen(scope), Event::Freeze(FreezeEvent::Unfrozen(unfrozen))];
    let catalogue = catalogue.map(Event::Catalogue).into_iter().chain(freezes);
    let grants = grants(fill).map(Event::Grant).into_iter().chain(reviewer_events(fill).map(Event::Reviewer));
    let spoke = UserSpoke {
        agent: "purchasing-agent".to_owned(),
        conversation: "thread_456".to_owned(),
        text: "order 5 of them from Müller & Söhne".to_owned(),
    };
    let spoke = Event::Conversation(ConversationEvent::UserSpoke(spoke));
    catalogue.chain(policy(fill).map(Event::Policy)).chain(grants).chain([spoke]).collect()
}

fn policy(fill: Fill) -> [PolicyEvent; 4] {
    let file = "permit (principal, action, resource);\n".to_owned();
    [
        PolicyEvent::Stored(PolicySetStored {
            policy_set: policy_set(),
            files: [("limits.cedar".to_owned(), file)].into(),
        }),
        PolicyEvent::Activated(PolicySetActivated {
            policy_set: fill.some(policy_set()),
            former: fill.some(Digest::new([0x3d; 32])),
            reason: fill.text("audit finding 12"),
        }),
        PolicyEvent::Shadowed(PolicySetShadowed {
            policy_set: fill.some(policy_set()),
            reason: fill.text("before the season"),
        }),
        PolicyEvent::ShadowDiffered(ShadowDiffered {
            shadow: true,
            execution_id: super::EXECUTION,
            call: fill.call(),
            decided: Outcome::Allowed,
            would_be: fill.decision(Outcome::Blocked, "rule_matched", "above the limit"),
        }),
    ]
}

fn grants(fill: Fill) -> [GrantEvent; 3] {
    let condition = |pointer: &str, test| ArgumentCondition { pointer: pointer.to_owned(), test };
    let conditions = vec![
        condition("/currency", ArgumentTest::OneOf { values: vec!["EUR".to_owned(), "CHF".to_owned()] }),
        condition("/amount", ArgumentTest::AtMost { number: "99.50".to_owned() }),
        condition("/vendor", ArgumentTest::StartsWith { text: "Müller".to_owned() }),
        condition("/rush", ArgumentTest::Absent),
    ];
    [
        GrantEvent::Created(GrantCreated {
            grant_id: GRANT,
            scope: GrantScope {
                agent: "purchasing-agent".to_owned(),
                function: function(),
                conversation: fill.text("thread_456"),
                conditions: fill.some(conditions).unwrap_or_default(),
            },
            max_uses: fill.some(20),
            max_sum: fill.text("1000.00"),
            expires_at: at("2026-01-22T10:30:00Z"),
            reason: "the weekly order".to_owned(),
        }),
        GrantEvent::Used(GrantUsed {
            grant_id: GRANT,
            execution_id: super::EXECUTION,
            amount: fill.text("1250.5"),
        }),
        GrantEvent::Revoked(GrantRevoked { grant_id: GRANT, reason: fill.text("the week is over") }),
    ]
}

fn reviewer_events(fill: Fill) -> [ReviewerEvent; 3] {
    let members = [Actor::user("cleo@example.com"), Actor::user("dan@example.com")];
    [
        ReviewerEvent::GroupChanged(GroupChanged {
            group: "finance".to_owned(),
            members: fill.some(members.to_vec()).unwrap_or_default(),
        }),
        ReviewerEvent::Delegated(Delegated {
            delegation_id: DELEGATION,
            from: Actor::user("cleo@example.com"),
            to: Actor::user("dan@example.com"),
            starts_at: at("2026-01-16T00:00:00Z"),
            ends_at: at("2026-01-23T00:00:00Z"),
            reason: fill.text("on leave"),
        }),
        ReviewerEvent::DelegationEnded(DelegationEnded { delegation_id: DELEGATION }),
    ]
}
