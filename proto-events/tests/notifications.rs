//! Notifications: the six that are fixed from outside to the letter, and which event gives which.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are outside of `#[test]` functions")]

#[path = "support/samples.rs"]
#[allow(dead_code, reason = "every test uses another part")]
mod samples;

use std::collections::{BTreeMap, BTreeSet};

use proto_events::{
    Event, EventMessage, ExecutionEvent, Notification, NotificationType, Redaction, ResultStatus, Step,
    Subject, TenantId,
};

/// The documents, copied from the seed, with their type and content.
const FIXED: [(NotificationType, &str, &str); 6] = [
    (
        NotificationType::Initiated,
        "tool execution started",
        include_str!("fixtures/notifications/initiated.json"),
    ),
    (
        NotificationType::InProgress,
        "tool execution in progress",
        include_str!("fixtures/notifications/in_progress.json"),
    ),
    (
        NotificationType::ApprovalRequired,
        "tool execution requires approval",
        include_str!("fixtures/notifications/approval_required.json"),
    ),
    (
        NotificationType::ApprovalAccepted,
        "tool execution approved",
        include_str!("fixtures/notifications/approval_accepted.json"),
    ),
    (
        NotificationType::ApprovalDenied,
        "tool execution denied",
        include_str!("fixtures/notifications/approval_denied.json"),
    ),
    (
        NotificationType::ApprovalAborted,
        "tool execution aborted with feedback",
        include_str!("fixtures/notifications/approval_aborted.json"),
    ),
];

#[test]
fn the_six_fixed_documents_are_written_and_read_to_the_letter() {
    for (kind, content, document) in FIXED {
        let notification = Notification {
            kind,
            event_id: "evt_1".to_owned(),
            thread_id: "thread_456".to_owned(),
            request_id: Some("req_1".to_owned()),
            event_message: EventMessage {
                agent: None,
                content: content.to_owned(),
                collaboration_id: None,
                active_assistant_collaboration_required: None,
                tool_execution_approval_request: None,
                timestamp: samples::at("2025-08-12T00:00:00Z").to_notification_text(),
            },
        };
        assert_eq!(format!("{}\n", serde_json::to_string_pretty(&notification).unwrap()), document);
        assert_eq!(serde_json::from_str::<Notification>(document).unwrap(), notification);
    }
}

/// Recorded type, notification type without its prefix, what the subject ends in, content. `-`: on record only.
const TABLE: &str = "
    initiated                INITIATED              initiated              tool execution started
    allowed                  -
    blocked                  BLOCKED                blocked                tool execution blocked: access is Disabled
    no_op                    NO_OP                  no_op                  tool execution needs no action
    confirmation_required    CONFIRMATION_REQUIRED  confirmation.required  tool execution requires confirmation
    confirmed                CONFIRMED              confirmation.given     tool execution confirmed
    declined                 DECLINED               confirmation.declined  tool execution declined: wrong vendor
    confirmation_expired     CONFIRMATION_EXPIRED   confirmation.expired   tool execution confirmation expired
    approval_required        APPROVAL_REQUIRED      approval.required      tool execution requires approval
    approval_accepted        APPROVAL_ACCEPTED      approval.accepted      tool execution approved
    approval_denied          APPROVAL_DENIED        approval.denied        tool execution denied
    approval_aborted         APPROVAL_ABORTED       approval.aborted       tool execution aborted with feedback
    approval_expired         APPROVAL_EXPIRED       approval.expired       tool execution approval expired
    permitted                -
    permit_expired           FAILED                 failed                 tool execution permit expired before the call started
    in_progress              IN_PROGRESS            in_progress            tool execution in progress
    progressed               IN_PROGRESS            in_progress            tool execution in progress
    succeeded                COMPLETED              completed              tool execution completed
    failed                   FAILED                 failed                 tool execution failed
    timed_out                FAILED                 failed                 tool execution timed out
    skipped                  FAILED                 failed                 tool execution skipped
    cancelled                FAILED                 failed                 tool execution cancelled
    result_unknown           UNKNOWN                unknown                tool execution result unknown
    settled                  COMPLETED              completed              tool execution settled as succeeded
    reattempted              -
    approval_voted           APPROVAL_VOTED         approval.voted         tool execution approved by one of several reviewers
    approval_escalated       APPROVAL_ESCALATED     approval.escalated     tool execution approval escalated
    approval_reminded        APPROVAL_REMINDED      approval.reminded      tool execution approval still required
    commented                -
    redecided                REDECIDED              redecided              tool execution decided on again
    permit_withdrawn         -
    suspended                SUSPENDED              suspended              tool execution suspended by a freeze
    resumed                  RESUMED                resumed                tool execution resumed
    function_access_changed  -
    function_described       -
    function_withdrawn       -
    attempt_opened           -
    key_created              -
    key_revoked              -
    agent_registered         -
    conversation_registered  -
    webhook_created          -
    webhook_deleted          -
    webhook_parked           -
    webhook_replayed         -
    connection_described     -
    tool_set_recorded        -
    agent_scopes_changed     -
    frozen                   -
    unfrozen                 -
    policy_set_stored        -
    policy_set_activated     -
    policy_set_shadowed      -
    shadow_differed          -
    grant_created            -
    grant_used               -
    grant_revoked            -
    group_changed            -
    delegated                -
    delegation_ended         -
    user_spoke               -
";

fn row(event_type: &str, notification: Option<&Notification>) -> String {
    let Some(notification) = notification else { return format!("    {event_type:23}  -") };
    let prefix = "NOTIFICATION_TOOL_EXECUTION_";
    let kind = notification.kind.as_str().strip_prefix(prefix).unwrap();
    let step = Step::of(notification.kind).as_str();
    format!("    {event_type:23}  {kind:21}  {step:21}  {}", notification.event_message.content)
}

#[test]
fn every_event_gives_the_notification_of_the_table_or_none() {
    let rows = samples::full().into_iter().map(|event| {
        let notification = Notification::of(&samples::recorded(&event), &event, &Redaction::default());
        row(event.event_type().0, notification.as_ref())
    });
    let rows: Vec<String> = rows.collect();
    assert_eq!(format!("\n{}\n", rows.join("\n")), TABLE);
}

#[test]
fn every_notification_type_is_given_by_some_event_and_has_a_step_of_its_own() {
    let given: BTreeSet<_> = samples::full()
        .iter()
        .filter_map(|event| Notification::of(&samples::recorded(event), event, &Redaction::default()))
        .map(|notification| notification.kind.as_str())
        .collect();
    assert_eq!(given, NotificationType::ALL.iter().map(|kind| kind.as_str()).collect());
    let steps: BTreeSet<_> = NotificationType::ALL.iter().map(|kind| Step::of(*kind).as_str()).collect();
    assert_eq!(steps.len(), NotificationType::ALL.len());
}

#[test]
fn the_fixed_contents_are_the_documents_contents() {
    let contents: BTreeMap<_, _> = samples::minimal()
        .iter()
        .filter_map(|event| Notification::of(&samples::recorded(event), event, &Redaction::default()))
        .filter(|notification| FIXED.iter().any(|(kind, ..)| *kind == notification.kind))
        .map(|notification| (notification.kind.as_str(), notification.event_message.content))
        .collect();
    assert_eq!(contents.len(), FIXED.len());
    for (kind, content, _) in FIXED {
        assert_eq!(contents[kind.as_str()], content);
    }
}

#[test]
fn the_names_of_the_types_are_those_that_are_written() {
    for kind in NotificationType::ALL {
        assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        assert!(kind.as_str().starts_with("NOTIFICATION_TOOL_EXECUTION_"));
    }
}

#[test]
fn settling_notifies_of_how_it_ended() {
    for (status, kind) in [
        (ResultStatus::Succeeded, NotificationType::Completed),
        (ResultStatus::Failed, NotificationType::Failed),
        (ResultStatus::TimedOut, NotificationType::Failed),
        (ResultStatus::Skipped, NotificationType::Failed),
        (ResultStatus::Cancelled, NotificationType::Failed),
        (ResultStatus::Unknown, NotificationType::Unknown),
    ] {
        let settled = samples::full().into_iter().find_map(|event| match event {
            Event::Execution(ExecutionEvent::Settled(settled)) => Some(settled),
            _ => None,
        });
        let mut settled = settled.unwrap();
        settled.status = status;
        let event = Event::Execution(ExecutionEvent::Settled(settled));
        let notification =
            Notification::of(&samples::recorded(&event), &event, &Redaction::default()).unwrap();
        assert_eq!(notification.kind, kind);
        assert_eq!(
            notification.event_message.content,
            format!("tool execution settled as {}", status.as_str())
        );
    }
}

#[test]
fn who_what_and_when_come_from_the_event_and_its_envelope() {
    for (events, request_id) in [(samples::full(), Some("req_1")), (samples::minimal(), None)] {
        for event in events {
            let recorded = samples::recorded(&event);
            let Some(notification) = Notification::of(&recorded, &event, &Redaction::default()) else {
                continue;
            };
            assert_eq!(notification.event_id, recorded.event.event_id.to_string());
            assert_eq!(notification.thread_id, "thread_456");
            assert_eq!(notification.request_id.as_deref(), request_id);
            let message = notification.event_message;
            assert_eq!(message.agent.as_deref(), Some("purchasing-agent"));
            assert_eq!(message.timestamp, "2026-01-15T10:30:00");
            assert_eq!(message.collaboration_id, None);
            assert_eq!(message.active_assistant_collaboration_required, None);
            let required = notification.kind == NotificationType::ApprovalRequired;
            assert_eq!(message.tool_execution_approval_request.is_some(), required, "{event:?}");
        }
    }
}

#[test]
fn timestamps_are_whole_seconds_cut_not_rounded_without_zone() {
    for (instant, text) in [
        ("2026-01-15T10:30:59.999999Z", "2026-01-15T10:30:59"),
        ("2026-01-15T10:30:00+02:00", "2026-01-15T08:30:00"),
        ("1969-12-31T23:59:59.5Z", "1969-12-31T23:59:59"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00"),
        ("9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59"),
    ] {
        assert_eq!(samples::at(instant).to_notification_text(), text);
    }
}

#[test]
fn an_approval_request_has_all_that_a_reviewer_needs() {
    let event =
        samples::full().into_iter().find(|event| event.event_type().0 == "approval_required").unwrap();
    let notification = Notification::of(&samples::recorded(&event), &event, &Redaction::default()).unwrap();
    let text = serde_json::to_string_pretty(&notification).unwrap();
    assert_eq!(
        text,
        r#"{
  "type": "NOTIFICATION_TOOL_EXECUTION_APPROVAL_REQUIRED",
  "eventId": "019bc1d2-4f3e-7a1b-8c2d-3e4f5a6b7c8d",
  "threadId": "thread_456",
  "requestId": "req_1",
  "eventMessage": {
    "agent": "purchasing-agent",
    "content": "tool execution requires approval",
    "collaborationId": null,
    "activeAssistantCollaborationRequired": null,
    "toolExecutionApprovalRequest": {
      "executionId": "0a4c2a3e-6f1b-5d0e-8c7d-2b9f4e1a6c35",
      "function": "erp.create_purchase_order",
      "arguments": {"amount":1250.5,"currency":"EUR","vendor":"[redacted]"},
      "redacted": [
        "/vendor"
      ],
      "argumentsDigest": "b795109aa9d63f7833438e28f1f88a89f54e53838c6bb9e73390518fdcb388ee",
      "requester": "user:ada@example.com",
      "reviewers": {
        "kind": "named",
        "groups": [
          "finance",
          "managers"
        ],
        "people": [
          {
            "kind": "user",
            "id": "cleo@example.com"
          }
        ]
      },
      "quorum": 2,
      "deadline": "2026-01-15T14:30:00.123456Z",
      "reason": "access to erp.create_purchase_order is EnabledWithConfirmation",
      "matchedRules": [
        "purchase-limit",
        "finance-hours"
      ]
    },
    "timestamp": "2026-01-15T10:30:00"
  }
}"#
    );
    assert_eq!(serde_json::from_str::<Notification>(&text).unwrap(), notification);
    let grown = text.replacen("\"quorum\": 2", "\"quorum\": 2, \"escalation\": null", 1);
    assert_eq!(serde_json::from_str::<Notification>(&grown).unwrap(), notification, "it may grow");
    let older = text.replacen("\"redacted\": [\n        \"/vendor\"\n      ],", "", 1);
    assert_ne!(older, text);
    let read: Notification = serde_json::from_str(&older).unwrap();
    assert_eq!(read.event_message.tool_execution_approval_request.unwrap().redacted, [""; 0], "it has grown");
}

/// NATS: `*` is one token, `>` is one or more at the end.
fn matches(pattern: &str, subject: &str) -> bool {
    let (mut pattern, mut subject) = (pattern.split('.'), subject.split('.'));
    loop {
        match (pattern.next(), subject.next()) {
            (Some(">"), Some(_)) | (None, None) => return true,
            (Some("*"), Some(_)) => {}
            (Some(wanted), Some(token)) if wanted == token => {}
            _ => return false,
        }
    }
}

fn subjects(tenant: &str) -> Vec<(NotificationType, Subject)> {
    let tenant: TenantId = tenant.parse().unwrap();
    NotificationType::ALL
        .map(|kind| (kind, Subject::notification(&tenant, samples::EXECUTION, kind)))
        .to_vec()
}

#[test]
fn a_subject_is_whole_tokens() {
    for (kind, subject) in subjects("acme") {
        let expected = format!(
            "vidimus.v1.acme.tool_execution.0a4c2a3e-6f1b-5d0e-8c7d-2b9f4e1a6c35.{}",
            Step::of(kind).as_str()
        );
        assert_eq!(subject.as_str(), expected);
        assert_eq!(subject.to_string(), expected);
        for token in subject.as_str().split('.') {
            assert!(!token.is_empty(), "{subject}");
            assert!(
                token
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-".contains(&byte)),
                "{subject}"
            );
        }
    }
}

#[test]
fn wildcards_select_what_they_say() {
    use NotificationType as N;
    let all = NotificationType::ALL.to_vec();
    let approval = vec![
        N::ApprovalRequired,
        N::ApprovalAccepted,
        N::ApprovalDenied,
        N::ApprovalAborted,
        N::ApprovalExpired,
        N::ApprovalVoted,
        N::ApprovalEscalated,
        N::ApprovalReminded,
    ];
    let confirmation = vec![N::ConfirmationRequired, N::Confirmed, N::Declined, N::ConfirmationExpired];
    for (pattern, expected) in [
        ("vidimus.v1.acme.tool_execution.*.approval.>", approval.clone()),
        ("vidimus.v1.acme.tool_execution.*.approval.*", approval),
        ("vidimus.v1.acme.tool_execution.*.approval.required", vec![N::ApprovalRequired]),
        ("vidimus.v1.acme.tool_execution.*.approval", vec![]),
        ("vidimus.v1.acme.tool_execution.*.confirmation.>", confirmation),
        ("vidimus.v1.acme.tool_execution.*.failed", vec![N::Failed]),
        ("vidimus.v1.acme.tool_execution.0a4c2a3e-6f1b-5d0e-8c7d-2b9f4e1a6c35.>", all.clone()),
        ("vidimus.v1.acme.>", all.clone()),
        ("vidimus.v1.*.tool_execution.>", all),
        ("vidimus.v1.acm.>", vec![]),
        ("vidimus.v1.acme2.>", vec![]),
        ("vidimus.v1.acme.tool_execution.ffffffff-6f1b-5d0e-8c7d-2b9f4e1a6c35.>", vec![]),
    ] {
        let matched: Vec<_> = subjects("acme")
            .into_iter()
            .filter(|(_, subject)| matches(pattern, subject.as_str()))
            .map(|(kind, _)| kind)
            .collect();
        assert_eq!(matched, expected, "{pattern}");
    }
}

#[test]
fn no_tenants_pattern_matches_another_tenants_subject() {
    let tenants = ["acme", "acme-2", "ACME", "a", "_", "-", "v1", "tool_execution"];
    for reader in tenants {
        for owner in tenants {
            for (_, subject) in subjects(owner) {
                assert_eq!(matches(&format!("vidimus.v1.{reader}.>"), subject.as_str()), reader == owner);
            }
        }
    }
}
