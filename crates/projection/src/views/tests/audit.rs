//! Questions to the audit trail.

use proto_events::{ActorKind, AttemptEvent, ConversationEvent, Event, FunctionEvent, GlobalPosition};

use super::{Setup, all_entries, tenant};
use crate::{
    AuditCategory, AuditEntry, AuditFilter, Direction, PageRequest,
    audit::tests::{add_settings, settings},
    testing::decoded,
};

#[tokio::test]
async fn every_recorded_event_is_an_entry_of_its_tenant_in_both_directions() {
    let mut setup = Setup::grown(71, 1_500).await;
    add_settings(&mut setup.history).await;
    setup.views.catch_up().await.unwrap();
    let mut total = 0;
    for index in 0..2 {
        let newest = all_entries(&setup.views, &tenant(index), &AuditFilter::default()).await;
        let filter = AuditFilter { direction: Direction::OldestFirst, ..Default::default() };
        let oldest = all_entries(&setup.views, &tenant(index), &filter).await;
        assert_eq!(newest.iter().rev().collect::<Vec<_>>(), oldest.iter().collect::<Vec<_>>());
        assert!(oldest.iter().all(|entry| entry.tenant == tenant(index)));
        total += oldest.len();
        for entry in oldest.iter().step_by(50) {
            assert_eq!(
                setup.views.audit_entry(&entry.tenant, entry.position).await.unwrap().as_ref(),
                Some(entry)
            );
            assert_eq!(setup.views.audit_entry(&tenant(1 - index), entry.position).await, Ok(None));
        }
    }
    let mut events = decoded(&setup.history.log).await;
    // They only give a name to what decisions point to.
    events.retain(|decoded| decoded.event.event_type().0 != "tool_set_recorded");
    assert_eq!(total, events.len());
    let settings = settings();
    for crate::DecodedEvent { recorded, event } in events {
        let entry = setup.views.audit_entry(&recorded.tenant, recorded.position).await.unwrap().unwrap();
        assert_eq!((entry.position, entry.version), (recorded.position, recorded.version));
        assert_eq!((entry.tenant, entry.stream), (recorded.tenant, recorded.stream.clone()));
        assert_eq!((entry.actor, entry.recorded_at), (recorded.event.actor, recorded.event.recorded_at));
        assert_eq!(
            (entry.event_id, entry.correlation_id),
            (recorded.event.event_id, recorded.event.correlation_id)
        );
        assert_eq!(entry.causation_id, recorded.event.causation_id);
        assert_eq!(entry.event_type, event.event_type().0);
        let subject = match &event {
            Event::Execution(_) => recorded.stream.execution_id().unwrap().to_string(),
            Event::Attempt(AttemptEvent::Opened(opened)) => opened.execution_id.to_string(),
            Event::Function(FunctionEvent::AccessChanged(changed)) => changed.function.to_string(),
            Event::Function(FunctionEvent::Described(described)) => described.function.to_string(),
            Event::Function(FunctionEvent::Withdrawn(withdrawn)) => withdrawn.function.to_string(),
            Event::Conversation(ConversationEvent::UserSpoke(spoke)) => {
                format!("{}/{}", spoke.agent, spoke.conversation)
            }
            other => settings.iter().find(|setting| setting.event == *other).unwrap().subject.clone(),
        };
        assert_eq!(entry.subject, subject);
    }
    let past = GlobalPosition::new(u64::MAX);
    assert_eq!(setup.views.audit_entry(&tenant(0), past).await, Ok(None));
}

#[tokio::test]
async fn each_filter_finds_what_it_says() {
    let mut setup = Setup::grown(72, 2_500).await;
    add_settings(&mut setup.history).await;
    setup.views.catch_up().await.unwrap();
    let all = all_entries(&setup.views, &tenant(0), &AuditFilter::default()).await;
    let check = async |filter: AuditFilter, admits: &dyn Fn(&AuditEntry) -> bool| {
        let expected: Vec<_> = all.iter().filter(|entry| admits(entry)).cloned().collect();
        assert!(!expected.is_empty() && expected.len() < all.len(), "{filter:?}: {}", expected.len());
        assert_eq!(all_entries(&setup.views, &tenant(0), &filter).await, expected, "{filter:?}");
        let filter = AuditFilter { direction: Direction::OldestFirst, ..filter };
        let reversed: Vec<_> = expected.into_iter().rev().collect();
        assert_eq!(all_entries(&setup.views, &tenant(0), &filter).await, reversed, "{filter:?}");
    };
    let default = AuditFilter::default;
    let one = all.iter().rev().find(|entry| entry.agent.is_some()).unwrap().clone();
    let (agent, conversation, function) = (one.agent, one.conversation, one.function.unwrap().to_string());
    for category in [
        AuditCategory::Administrative,
        AuditCategory::Execution,
        AuditCategory::Conversation,
        AuditCategory::Shadow,
    ] {
        check(AuditFilter { category: Some(category), ..default() }, &|entry| entry.category == category)
            .await;
    }
    let shadow = all.iter().filter(|entry| entry.category == AuditCategory::Shadow).collect::<Vec<_>>();
    assert!(shadow.iter().all(|entry| entry.event_type == "shadow_differed"));
    assert!(shadow.iter().all(|entry| entry.summary.starts_with("shadow: would have been ")));
    let kind = ActorKind::Service;
    check(AuditFilter { actor_kind: Some(kind), ..default() }, &|entry| entry.actor.kind == kind).await;
    check(AuditFilter { actor_id: Some("carol".into()), ..default() }, &|entry| &*entry.actor.id == "carol")
        .await;
    check(AuditFilter { event_type: Some("declined".into()), ..default() }, &|entry| {
        entry.event_type == "declined"
    })
    .await;
    check(AuditFilter { execution_id: one.execution_id, ..default() }, &|entry| {
        entry.execution_id == one.execution_id
    })
    .await;
    check(AuditFilter { agent: agent.clone(), ..default() }, &|entry| entry.agent == agent).await;
    check(AuditFilter { conversation: conversation.clone(), ..default() }, &|entry| {
        entry.conversation == conversation
    })
    .await;
    let is_of = |entry: &AuditEntry| entry.function.as_ref().is_some_and(|found| found.as_str() == function);
    check(AuditFilter { function: Some(function.clone()), ..default() }, &is_of).await;
    let both = |entry: &AuditEntry| is_of(entry) && entry.category == AuditCategory::Administrative;
    let administrative = Some(AuditCategory::Administrative);
    check(AuditFilter { function: Some(function.clone()), category: administrative, ..default() }, &both)
        .await;
    let (from, to) = (all[all.len() / 2].recorded_at, all[all.len() / 3].recorded_at);
    let within = |entry: &AuditEntry| entry.recorded_at >= from && entry.recorded_at < to;
    check(AuditFilter { from: Some(from), to: Some(to), ..default() }, &within).await;
    let kind = Some(ActorKind::User);
    let users = |entry: &AuditEntry| within(entry) && entry.actor.kind == ActorKind::User;
    check(AuditFilter { from: Some(from), to: Some(to), actor_kind: kind, ..default() }, &users).await;
}

#[tokio::test]
async fn what_an_agent_or_a_conversation_is_registered_under_finds_it() {
    let mut setup = Setup::grown(74, 100).await;
    add_settings(&mut setup.history).await;
    setup.views.catch_up().await.unwrap();
    let types = async |filter: AuditFilter| {
        let entries = all_entries(&setup.views, &tenant(0), &filter).await;
        entries.into_iter().map(|entry| entry.event_type).collect::<Vec<_>>()
    };
    let agent = AuditFilter { agent: Some("buyer".to_owned()), ..AuditFilter::default() };
    let of_the_agent = [
        "grant_created",
        "shadow_differed",
        "frozen",
        "agent_scopes_changed",
        "agent_scopes_changed",
        "conversation_registered",
        "agent_registered",
    ];
    assert_eq!(types(agent).await, of_the_agent);
    let conversation = AuditFilter { conversation: Some("thread-1".to_owned()), ..AuditFilter::default() };
    assert_eq!(types(conversation).await, ["shadow_differed", "conversation_registered"]);
    let revoked = AuditFilter { event_type: Some("key_revoked".to_owned()), ..AuditFilter::default() };
    assert_eq!(types(revoked).await, ["key_revoked"]);
}

#[tokio::test]
async fn reading_forwards_sees_what_comes_in_later() {
    let mut setup = Setup::grown(73, 200).await;
    let filter = AuditFilter { direction: Direction::OldestFirst, ..Default::default() };
    let before = all_entries(&setup.views, &tenant(0), &filter).await.len();
    let (mut seen, mut request) = (Vec::new(), PageRequest::first(10));
    for _ in 0..60 {
        let page = setup.views.audit(&tenant(0), &filter, &request).await.unwrap();
        seen.extend(page.items);
        let Some(next) = page.next else { break };
        request = PageRequest::after(next, 10);
        setup.history.step().await;
        setup.views.catch_up().await.unwrap();
    }
    let all = all_entries(&setup.views, &tenant(0), &filter).await;
    assert_eq!(seen[..], all[..seen.len()]);
    assert!(seen.len() > before);
}
