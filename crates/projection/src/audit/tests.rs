//! The folding alone, without SQLite.

use std::collections::BTreeMap;

use proto_events::{AttemptEvent, Event, ExecutionEvent, FunctionEvent};

use super::{AuditCategory, fold::said};
use crate::testing::{decoded, full_history};

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
        "approval_required" => "approval by one reviewer required until 2026-",
        "approval_accepted" => "approved: `for a reason`",
        "approval_denied" => "denied: `too dear`",
        "approval_aborted" => "aborted with feedback: `ask first`",
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
        "attempt_opened" => "attempt opened under idempotency key `key-",
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn every_kind_of_event_has_its_entry() {
    let history = full_history(8, 6_000).await;
    let mut seen = BTreeMap::new();
    for decoded in decoded(&history.log).await {
        let recorded = &decoded.recorded;
        let said = said(recorded, &decoded.event);
        let (event_type, _) = decoded.event.event_type();
        *seen.entry(event_type).or_insert(0) += 1;
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
            Event::Function(FunctionEvent::AccessChanged(changed)) => {
                assert_eq!(said.category, AuditCategory::Administrative);
                assert_eq!((said.execution_id, said.agent, said.conversation), (None, None, None));
                assert_eq!(said.function, Some(&changed.function));
            }
            Event::Attempt(AttemptEvent::Opened(opened)) => {
                assert_eq!(said.category, AuditCategory::Execution);
                assert_eq!((said.execution_id, said.agent), (Some(opened.execution_id), None));
                assert_eq!(said.function, Some(&opened.function));
            }
        }
    }
    let types = [ExecutionEvent::TYPES, FunctionEvent::TYPES, AttemptEvent::TYPES].concat();
    assert_eq!(seen.len(), types.len(), "{seen:?}");
}
