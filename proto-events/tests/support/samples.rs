//! One fully filled and one minimal value of every event, as the goldens hold them.

#[path = "governance.rs"]
mod governance;
#[path = "settings.rs"]
mod settings;
#[path = "version_1.rs"]
mod version_1;

use proto_events::*;
use uuid::{Uuid, uuid};

/// Canonical JSON (RFC 8785), with a digest that really is its SHA-256.
pub(crate) const ARGUMENTS: &str = r#"{"amount":1250.5,"currency":"EUR","vendor":"Müller & Söhne"}"#;
pub(crate) const ARGUMENTS_DIGEST: &str = "b795109aa9d63f7833438e28f1f88a89f54e53838c6bb9e73390518fdcb388ee";
const POLICY_SET: &str = "b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9";
pub(crate) const EXECUTION: Uuid = uuid!("0a4c2a3e-6f1b-5d0e-8c7d-2b9f4e1a6c35");
const PERMIT: Uuid = uuid!("019bc1d2-5a40-7c3e-9f21-4b7a6d5e8f90");

/// What somebody saw who decided.
fn card() -> Card {
    Card { digest: Digest::new([0x3d; 32]), redaction: Digest::new([0x4c; 32]) }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Fill {
    Full,
    Minimal,
}

impl Fill {
    /// `value` in a full sample, nothing in a minimal one.
    fn some<T>(self, value: T) -> Option<T> {
        (self == Self::Full).then_some(value)
    }

    fn text(self, value: &str) -> Option<String> {
        self.some(value.to_owned())
    }

    /// These texts in a full sample, none in a minimal one.
    fn list(self, values: &[&str]) -> Vec<String> {
        values.iter().filter(|_| self == Self::Full).map(|value| (*value).to_owned()).collect()
    }

    fn call(self) -> CallRef {
        CallRef {
            agent: "purchasing-agent".to_owned(),
            conversation: "thread_456".to_owned(),
            request_id: self.text("req_1"),
            function: "erp.create_purchase_order".parse().unwrap(),
        }
    }

    fn decision(self, outcome: Outcome, code: &str, reason: &str) -> Decision {
        let finding = LayerFinding {
            layer: Layer::FunctionAccess,
            outcome,
            code: code.to_owned(),
            reason: reason.to_owned(),
            missing_requirement: self.text("an open order period"),
            next_owner: self.text("group finance"),
        };
        let facts = serde_json::json!({
            "amount_today": 0.1 + 0.2,
            "calls_in_conversation": 3,
            "labels": ["untrusted_content"],
            "last_vendor": null,
            "user_named": {"vendor": true},
        });
        Decision {
            outcome,
            arguments_digest: digest(),
            policy_set: self.text(POLICY_SET),
            findings: vec![finding],
            matched_rules: self
                .some(vec!["purchase-limit".to_owned(), "finance-hours".to_owned()])
                .unwrap_or_default(),
            facts: self.some(serde_json::from_value(facts).unwrap()).unwrap_or_default(),
            requirement: self.some(governance::requirement(self)),
            as_of: self.some(GlobalPosition::new(4709)),
            // A grant lets a call through; no other decision has one.
            grant: self.some(governance::GRANT).filter(|_| outcome == Outcome::Allowed),
            visible_tools: self.some(governance::tool_set()),
        }
    }

    fn finished(self, result: Option<Json>, error: Option<CallError>, reason: Option<&str>) -> Finished {
        Finished {
            call: self.call(),
            result: result.filter(|_| self == Self::Full),
            error: error.filter(|_| self == Self::Full),
            reason: reason.and_then(|reason| self.text(reason)),
            timing: self.some(Timing {
                started_at: at("2026-01-15T10:31:00.000001Z"),
                finished_at: at("2026-01-15T10:31:01.5Z"),
                duration_ms: 1500,
            }),
        }
    }

    fn expired(self, deadline: &str) -> Expired {
        Expired { call: self.call(), deadline: at(deadline) }
    }

    fn initiated(self, origin: Origin) -> Initiated {
        Initiated {
            call: self.call(),
            execution_id: EXECUTION,
            origin,
            arguments: self.some(json(ARGUMENTS)),
            arguments_digest: self.some(digest()),
            requester: Actor::user("ada@example.com"),
            asked_by: self.some(Actor::user("bo@example.com")).into_iter().collect(),
            idempotency_key: self.text("order-2026-01-15-0001"),
            former_execution: self.some(uuid!("7d1b8f42-93c6-5e0a-b4d7-1f6e2c8a9b53")),
            context: self.some(json(r#"{"channel":"chat","urgency":"normal"}"#)),
            sensitive: self.list(&["vendor", "iban"]),
        }
    }

    fn execution_events(self) -> Vec<ExecutionEvent> {
        use ExecutionEvent as E;
        let call = || self.call();
        let ended = || {
            self.finished(
                Some(json(r#"{"order":"PO-4711","total":1250.5}"#)),
                Some(CallError {
                    message: "the ERP said \"no\"\nline 2".to_owned(),
                    code: Some("E_LIMIT".to_owned()),
                    error_type: Some("LimitExceeded".to_owned()),
                    stack_trace: Some("at create_purchase_order\n\tat main".to_owned()),
                }),
                Some("the supplier closed"),
            )
        };
        vec![
            E::Initiated(self.initiated(Origin::Proposed)),
            E::Allowed(Decided {
                call: call(),
                decision: self.decision(Outcome::Allowed, "function_enabled", "access is Enabled"),
            }),
            E::Blocked(Blocked {
                call: call(),
                decision: self.decision(Outcome::Blocked, "function_disabled", "access is Disabled"),
                code: "function_disabled".to_owned(),
                reason: "access is Disabled".to_owned(),
                missing_requirement: self.text("access to erp.create_purchase_order"),
                next_owner: self.text("administrators"),
            }),
            E::NoOp(Decided {
                call: call(),
                decision: self.decision(Outcome::NoOp, "nothing_to_do", "the order exists"),
            }),
            E::ConfirmationRequired(ConfirmationRequired {
                call: call(),
                decision: self.decision(
                    Outcome::ConfirmationRequired,
                    "confirm_draft",
                    "a draft is confirmed",
                ),
                arguments: json(ARGUMENTS),
                requester: Actor::user("ada@example.com"),
                expires_at: at("2026-01-15T11:30:00Z"),
                sensitive: self.list(&["vendor", "iban"]),
            }),
            E::Confirmed(Confirmed { call: call(), arguments_digest: digest(), card: self.some(card()) }),
            E::Declined(Declined {
                call: call(),
                reason: self.text("wrong vendor"),
                card: self.some(card()),
            }),
            E::ConfirmationExpired(self.expired("2026-01-15T11:30:00Z")),
            E::ApprovalRequired(approval_required(self)),
            E::ApprovalAccepted(ApprovalAccepted {
                call: call(),
                arguments_digest: digest(),
                comment: self.text("within budget"),
                on_behalf_of: self.some(Actor::user("cleo@example.com")),
                groups: self.list(&["finance", "managers"]),
                break_glass: self.text("the warehouse is on fire"),
                card: self.some(card()),
            }),
            E::ApprovalDenied(ApprovalDenied {
                call: call(),
                reason: "over budget".to_owned(),
                on_behalf_of: self.some(Actor::user("cleo@example.com")),
                card: self.some(card()),
            }),
            E::ApprovalAborted(ApprovalAborted {
                call: call(),
                feedback: "ask for a quote first".to_owned(),
                on_behalf_of: self.some(Actor::user("cleo@example.com")),
                revised_as: self.some(uuid!("c3f0e6d5-8b7a-5948-9c1d-2e3f4a5b6c7d")),
                card: self.some(card()),
            }),
            E::ApprovalExpired(self.expired("2026-01-15T14:30:00.123456Z")),
            E::Permitted(Permitted {
                call: call(),
                permit_id: PERMIT,
                arguments_digest: digest(),
                policy_set: self.text(POLICY_SET),
                expires_at: at("2026-01-15T10:35:00Z"),
            }),
            E::PermitExpired(self.expired("2026-01-15T10:35:00Z")),
            E::InProgress(InProgress {
                call: call(),
                permit_id: PERMIT,
                lease_expires_at: at("2026-01-15T10:32:00Z"),
            }),
            E::Progressed(Progressed {
                call: call(),
                message: self.text("2 of 3 lines written"),
                percent: self.some(66),
                lease_expires_at: at("2026-01-15T10:33:00Z"),
            }),
            E::Succeeded(ended()),
            E::Failed(ended()),
            E::TimedOut(ended()),
            E::Skipped(ended()),
            E::Cancelled(ended()),
            E::ResultUnknown(ResultUnknown { call: call(), lease_expired_at: at("2026-01-15T10:33:00Z") }),
            E::Settled(Settled {
                call: call(),
                status: ResultStatus::Succeeded,
                evidence: "order PO-4711 is in the ERP".to_owned(),
                result: self.some(json(r#"{"order":"PO-4711"}"#)),
            }),
            E::Reattempted(Reattempted { call: call(), count: 8 }),
        ]
        .into_iter()
        .chain(governance::of_executions(self))
        .collect()
    }

    fn events(self) -> Vec<Event> {
        let executions = self.execution_events().into_iter().map(Event::Execution);
        executions.chain(settings::events(self)).chain(governance::events(self)).collect()
    }
}

fn approval_required(fill: Fill) -> ApprovalRequired {
    ApprovalRequired {
        call: fill.call(),
        execution_id: EXECUTION,
        decision: fill.decision(
            Outcome::AwaitingApproval,
            "function_needs_approval",
            "access to erp.create_purchase_order is EnabledWithConfirmation",
        ),
        arguments: json(ARGUMENTS),
        requester: Actor::user("ada@example.com"),
        reviewers: match fill {
            Fill::Full => governance::named(),
            Fill::Minimal => Reviewers::AnyApprover,
        },
        quorum: 2,
        expires_at: at("2026-01-15T14:30:00.123456Z"),
        stage: fill.some(1).unwrap_or_default(),
        sensitive: fill.list(&["vendor", "iban"]),
    }
}

fn json(text: &str) -> Json {
    Json::from_text(text.to_owned()).unwrap()
}

fn digest() -> Digest {
    ARGUMENTS_DIGEST.parse().unwrap()
}

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// Every event with every optional field present.
pub(crate) fn full() -> Vec<Event> {
    Fill::Full.events()
}

/// Every event with every optional field absent.
pub(crate) fn minimal() -> Vec<Event> {
    Fill::Minimal.events()
}

/// Stable name and current version of every event, in the order of the samples.
pub(crate) fn types() -> Vec<(&'static str, u16)> {
    [
        ExecutionEvent::TYPES,
        FunctionEvent::TYPES,
        AttemptEvent::TYPES,
        KeyEvent::TYPES,
        RegistryEvent::TYPES,
        WebhookEvent::TYPES,
        CatalogueEvent::TYPES,
        FreezeEvent::TYPES,
        PolicyEvent::TYPES,
        GrantEvent::TYPES,
        ReviewerEvent::TYPES,
        ConversationEvent::TYPES,
    ]
    .concat()
}

/// `event` as it was before there were requirements, stages, groups and sensitive members.
pub(crate) fn as_in_version_1(event: Event) -> Event {
    version_1::as_in_version_1(event)
}

/// What was in `event` before it was on record which card was shown.
pub(crate) fn without_card(event: Event) -> Event {
    version_1::without_card(event)
}

/// A freeze of one agent: the full sample is of a function, the minimal one of the tenant.
pub(crate) fn agent_frozen() -> Event {
    governance::frozen(FreezeScope::Agent { agent: "purchasing-agent".to_owned() })
}

/// A call that was handed in when it was over, with all that a runtime can say of it.
pub(crate) fn recorded_after_the_fact() -> Event {
    Event::Execution(ExecutionEvent::Initiated(Fill::Full.initiated(Origin::Recorded(ActivityReport {
        tool_id: Some("tool_77".to_owned()),
        tool_kind: Some("webhook".to_owned()),
        invocation_source: Some("contextual".to_owned()),
        trigger_event: Some("message_received".to_owned()),
        source_tool_id: Some("tool_12".to_owned()),
        http_status: Some(201),
        wait_for_response: Some(true),
        show_results_to_llm: Some(false),
        target_url: Some("https://erp.example.com/orders".to_owned()),
    }))))
}

/// `event` in an envelope.
pub(crate) fn recorded(event: &Event) -> RecordedEvent {
    let (event_type, schema_version) = event.event_type();
    RecordedEvent {
        position: GlobalPosition::new(7),
        tenant: "acme".parse().unwrap(),
        stream: StreamId::execution(EXECUTION),
        version: StreamVersion::new(2),
        previous: Some(GlobalPosition::new(5)),
        leaf_hash: Digest::new([0xa5; 32]),
        event: NewEvent {
            event_id: uuid!("019bc1d2-4f3e-7a1b-8c2d-3e4f5a6b7c8d"),
            event_type: event_type.into(),
            schema_version,
            recorded_at: at("2026-01-15T10:30:00.987654Z"),
            actor: Actor::agent("runtime-1"),
            correlation_id: uuid!("019bc1d2-0000-7000-8000-000000000001"),
            causation_id: Some(uuid!("019bc1d2-0000-7000-8000-000000000002")),
            payload: event.encode().unwrap(),
        },
    }
}

/// The call of the full samples.
pub(crate) fn call() -> CallRef {
    Fill::Full.call()
}
