//! One fully filled and one minimal value of every event, as the goldens hold them.

use proto_events::*;
use uuid::{Uuid, uuid};

/// Canonical JSON (RFC 8785), with a digest that really is its SHA-256.
pub(crate) const ARGUMENTS: &str = r#"{"amount":1250.5,"currency":"EUR","vendor":"Müller & Söhne"}"#;
pub(crate) const ARGUMENTS_DIGEST: &str = "b795109aa9d63f7833438e28f1f88a89f54e53838c6bb9e73390518fdcb388ee";
const POLICY_SET: &str = "b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9";
pub(crate) const EXECUTION: Uuid = uuid!("0a4c2a3e-6f1b-5d0e-8c7d-2b9f4e1a6c35");
const KEY: Uuid = uuid!("019bc1d2-6b51-7d4e-8a32-5c8b7e6f9a01");
const WEBHOOK: Uuid = uuid!("019bc1d2-7c62-7e5f-9b43-6d9c8f7a0b12");
const PERMIT: Uuid = uuid!("019bc1d2-5a40-7c3e-9f21-4b7a6d5e8f90");

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
            idempotency_key: self.text("order-2026-01-15-0001"),
            former_execution: self.some(uuid!("7d1b8f42-93c6-5e0a-b4d7-1f6e2c8a9b53")),
            context: self.some(json(r#"{"channel":"chat","urgency":"normal"}"#)),
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
            }),
            E::Confirmed(Confirmed { call: call(), arguments_digest: digest() }),
            E::Declined(Declined { call: call(), reason: self.text("wrong vendor") }),
            E::ConfirmationExpired(self.expired("2026-01-15T11:30:00Z")),
            E::ApprovalRequired(approval_required(self)),
            E::ApprovalAccepted(ApprovalAccepted {
                call: call(),
                arguments_digest: digest(),
                comment: self.text("within budget"),
            }),
            E::ApprovalDenied(ApprovalDenied { call: call(), reason: "over budget".to_owned() }),
            E::ApprovalAborted(ApprovalAborted {
                call: call(),
                feedback: "ask for a quote first".to_owned(),
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
    }

    fn other_events(self) -> Vec<Event> {
        let changed = FunctionAccessChanged {
            function: "erp.create_purchase_order".parse().unwrap(),
            from: self.some(Access::Enabled),
            to: Access::EnabledWithConfirmation,
            reason: self.text("audit finding 12"),
        };
        let opened = AttemptOpened {
            idempotency_key: "order-2026-01-15-0001".to_owned(),
            execution_id: EXECUTION,
            function: "erp.create_purchase_order".parse().unwrap(),
            arguments_digest: self.some(digest()),
        };
        vec![
            Event::Function(FunctionEvent::AccessChanged(changed)),
            Event::Attempt(AttemptEvent::Opened(opened)),
            Event::Key(KeyEvent::Created(self.key_created())),
            Event::Key(KeyEvent::Revoked(KeyRevoked {
                key_id: KEY,
                reason: self.text("the laptop was lost"),
            })),
            Event::Registry(RegistryEvent::AgentRegistered(AgentRegistered {
                agent: "purchasing-agent".to_owned(),
                name: self.text("Einkauf Süd"),
            })),
            Event::Registry(RegistryEvent::ConversationRegistered(ConversationRegistered {
                agent: "purchasing-agent".to_owned(),
                conversation: "thread_456".to_owned(),
            })),
            Event::Webhook(WebhookEvent::Created(self.webhook_created())),
            Event::Webhook(WebhookEvent::Deleted(WebhookDeleted {
                webhook_id: WEBHOOK,
                reason: self.text("the service moved"),
            })),
            Event::Webhook(WebhookEvent::Parked(WebhookParked {
                webhook_id: WEBHOOK,
                position: GlobalPosition::new(4711),
                reason: "answered with status 500".to_owned(),
                attempts: 97,
                since: at("2026-01-15T10:30:00Z"),
            })),
            Event::Webhook(WebhookEvent::Replayed(WebhookReplayed {
                webhook_id: WEBHOOK,
                after: GlobalPosition::new(4710),
            })),
        ]
    }

    fn webhook_created(self) -> WebhookCreated {
        let types = [NotificationType::ApprovalRequired, NotificationType::Failed];
        WebhookCreated {
            webhook_id: WEBHOOK,
            url: "https://hooks.example.com/vidimus?channel=42".to_owned(),
            label: self.text("chat bot"),
            filter: WebhookFilter {
                types: self.some(types.to_vec()).unwrap_or_default(),
                agent: self.text("purchasing-agent"),
                conversation: self.text("thread_456"),
                function: self.some("erp.create_purchase_order".parse().unwrap()),
            },
            starts_after: GlobalPosition::new(815),
        }
    }

    fn key_created(self) -> KeyCreated {
        // Written in the order of the roles, whatever the order they came in.
        let roles = [Role::Admin, Role::Auditor, Role::Approver, Role::Agent];
        KeyCreated {
            key_id: KEY,
            actor: Actor::new(ActorKind::Service, KEY.to_string()),
            roles: roles.into_iter().take(if self == Self::Full { 4 } else { 1 }).collect(),
            label: self.text("intervention service, staging"),
            expires_at: self.some(at("2027-01-15T10:30:00Z")),
            secret_hash: digest(),
        }
    }

    fn events(self) -> Vec<Event> {
        self.execution_events().into_iter().map(Event::Execution).chain(self.other_events()).collect()
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
        reviewers: Reviewers::AnyApprover,
        quorum: 2,
        expires_at: at("2026-01-15T14:30:00.123456Z"),
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
