//! The folding alone, without SQLite.

mod settings;

use std::collections::BTreeMap;

use proto_events::{
    Actor, ApprovalAccepted, ApprovalRequired, AttemptEvent, AttemptOpened, CatalogueEvent,
    ConversationEvent, Event, ExecutionEvent, FreezeEvent, FunctionEvent, GrantEvent, KeyEvent, PolicyEvent,
    RegistryEvent, ReviewerEvent, WebhookEvent,
};
pub(crate) use settings::{add_settings, settings};

use super::{AuditCategory, fold::said};
use crate::testing::{decoded, full_history, named};

/// The words before anything that differs from event to event.
fn beginning(event_type: &str) -> &'static str {
    match event_type {
        "initiated" => "",
        "allowed" => "allowed",
        "blocked" => "blocked (because_blocked): `the access says so`",
        "no_op" => "nothing to do",
        "confirmation_required" => "confirmation by user:",
        "confirmed" => "confirmed",
        "declined" => "declined: `for a reason`",
        "confirmation_expired" => "nobody confirmed until 2026-",
        "approval_required" => "approval by ",
        "approval_accepted" => "approved",
        "approval_voted" => "approved",
        "approval_escalated" => "nobody resolved the approval until 2026-",
        "approval_reminded" => "reviewers reminded, ",
        "commented" => "commented: `who is that`",
        "redecided" => "decided on again (policy_set_activated): ",
        "permit_withdrawn" => "permit withdrawn (policy_set_activated)",
        "suspended" => {
            "suspended by freeze 00000000-0000-0000-0000-000000000005: its deadline stands still since 2026-"
        }
        "resumed" => "resumed: its deadline is now 2026-",
        "approval_denied" => "denied",
        "approval_aborted" => "aborted with feedback",
        "approval_expired" => "nobody resolved the approval until 2026-",
        "permitted" => "permitted to run once until 2026-",
        "permit_expired" => "the permit was not used until 2026-",
        "in_progress" => "started; has to report until 2026-",
        "progressed" => "reported progress (50 %): `for a reason`",
        "succeeded" => "succeeded",
        "failed" => "failed: `tool said no ",
        "timed_out" => "timed out: `tool said no ",
        "skipped" => "skipped: `for a reason`",
        "cancelled" => "cancelled: `for a reason`",
        "result_unknown" => "did not report until 2026-",
        "settled" => "settled as succeeded: `seen in the ledger`",
        "reattempted" => "proposed again, ",
        "function_access_changed" => "access changed from ",
        "function_described" => "described as `",
        "function_withdrawn" => "description withdrawn",
        "user_spoke" => "the user spoke",
        "attempt_opened" => "attempt opened under idempotency key `key-",
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn every_kind_of_event_has_its_entry() {
    let mut history = full_history(8, 9_000).await;
    let random = history.log.tail();
    add_settings(&mut history).await;
    let mut seen = BTreeMap::new();
    let mut settings = settings().into_iter();
    for decoded in decoded(&history.log).await {
        let recorded = &decoded.recorded;
        let (event_type, _) = decoded.event.event_type();
        *seen.entry(event_type).or_insert(0) += 1;
        let Some(said) = said(recorded, &decoded.event) else {
            assert_eq!(event_type, "tool_set_recorded");
            continue;
        };
        if recorded.position > random {
            let setting = settings.next().unwrap();
            assert_eq!((&setting.event, &*said.summary), (&decoded.event, setting.summary));
            assert_eq!(said.category, setting.category);
            continue;
        }
        let beginning = beginning(event_type);
        assert!(said.summary.starts_with(beginning), "{event_type}: {}", said.summary);
        match &decoded.event {
            Event::Execution(event) => {
                let call = event.call();
                assert_eq!(said.category, AuditCategory::Execution);
                assert_eq!(said.execution_id, recorded.stream.execution_id());
                assert_eq!(said.agent, Some(&*call.agent));
                assert_eq!(said.conversation, Some(&*call.conversation));
                assert_eq!(said.function, Some(&call.function));
            }
            Event::Function(_) => {
                assert_eq!(said.category, AuditCategory::Administrative);
                assert_eq!((said.execution_id, said.agent, said.conversation), (None, None, None));
                assert!(said.function.is_some());
            }
            Event::Attempt(AttemptEvent::Opened(AttemptOpened { execution_id, function, .. })) => {
                assert_eq!(said.category, AuditCategory::Execution);
                assert_eq!((said.execution_id, said.agent), (Some(*execution_id), None));
                assert_eq!(said.function, Some(function));
            }
            Event::Conversation(ConversationEvent::UserSpoke(spoke)) => {
                assert_eq!(said.category, AuditCategory::Conversation);
                assert_eq!(said.agent, Some(&*spoke.agent));
                assert_eq!(said.conversation, Some(&*spoke.conversation));
                assert_eq!(&*said.summary, "the user spoke", "never the words");
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(settings.count(), 0);
    let types = [
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
    .concat();
    let missing: Vec<_> = types.iter().filter(|(name, _)| !seen.contains_key(name)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[tokio::test]
async fn who_is_asked_and_in_whose_place_somebody_approves_is_said() {
    let history = full_history(8, 200).await;
    let events = decoded(&history.log).await;
    let of = |event: ExecutionEvent| {
        said(&events[0].recorded, &Event::Execution(event)).unwrap().summary.into_owned()
    };
    let sample = events.iter().find_map(|decoded| match &decoded.event {
        Event::Execution(ExecutionEvent::ApprovalRequired(required)) => Some(required.clone()),
        _ => None,
    });
    let sample = ApprovalRequired { expires_at: crate::testing::START, ..sample.unwrap() };
    let asked = |reviewers, quorum, stage| {
        of(ExecutionEvent::ApprovalRequired(ApprovalRequired { reviewers, quorum, stage, ..sample.clone() }))
    };
    let until = "required until 2026-09-21T14:13:20Z";
    assert_eq!(
        asked(proto_events::Reviewers::AnyApprover, 1, 0),
        format!("approval by one reviewer {until}")
    );
    let named = named(&["finance"], &["erin"]);
    assert_eq!(
        asked(named, 2, 1),
        format!("approval by 2 reviewers of `group finance, user:erin` {until} (stage 2)")
    );
    let accepted = |on_behalf_of, break_glass: Option<&str>| {
        of(ExecutionEvent::ApprovalAccepted(ApprovalAccepted {
            card: None,
            call: sample.call.clone(),
            arguments_digest: sample.decision.arguments_digest,
            comment: Some("fine".to_owned()),
            on_behalf_of,
            groups: Vec::new(),
            break_glass: break_glass.map(str::to_owned),
        }))
    };
    assert_eq!(accepted(Some(Actor::user("gina")), None), "approved in the place of `user:gina`: `fine`");
    assert_eq!(accepted(None, Some("fire")), "approved by breaking the glass (`fire`): `fine`");
}
