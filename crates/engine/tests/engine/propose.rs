//! Proposing: what is decided, what is recorded, and where the answer says that it is.

use proto_events::{Access, Event, ExecutionEvent, GlobalPosition, StreamId};
use serde_json::json;
use vidimus_domain::execution::{DeadlineKind, ExecutionStatus, Happened, Stage, State};
use vidimus_engine::EngineError;

use crate::support::*;

#[tokio::test]
async fn an_unknown_function_is_blocked_with_what_is_missing_and_who_can_help() {
    let world = World::memory();
    let answer = world.propose().await;
    assert!(!answer.already);
    assert_eq!(world.types(answer.execution_id).await, "initiated blocked");
    let execution = answer.state.execution().unwrap();
    assert_eq!((execution.stage, execution.status()), (Stage::Blocked, ExecutionStatus::Failed));
    let blocked = execution.blocked.as_ref().unwrap();
    assert_eq!(blocked.code, "function_unknown");
    assert_eq!(blocked.reason, "function `crm.send_offer` is not known here");
    assert_eq!(
        blocked.missing_requirement.as_deref(),
        Some("an administrator sets the access to the function")
    );
    assert_eq!(blocked.next_owner.as_deref(), Some("admin"));
    let facts = json!({"function.access": null, "function.access.version": null});
    assert_eq!(json!(blocked.decision.facts), facts);
}

#[tokio::test]
async fn a_disabled_function_is_blocked() {
    let world = World::with(Access::Disabled).await;
    let answer = world.propose().await;
    let blocked = answer.state.execution().unwrap().blocked.clone().unwrap();
    assert_eq!(blocked.code, "function_disabled");
    assert_eq!(blocked.missing_requirement.as_deref(), Some("an administrator enables the function"));
    assert_eq!(blocked.next_owner.as_deref(), Some("admin"));
    let facts = json!({"function.access": "Disabled", "function.access.version": 0});
    assert_eq!(json!(blocked.decision.facts), facts);
}

#[tokio::test]
async fn an_enabled_function_is_permitted_and_every_event_has_its_envelope() {
    let world = World::with(Access::Enabled).await;
    world.clock.advance(HOUR);
    let answer = world.propose().await;
    assert_eq!(world.types(answer.execution_id).await, "initiated allowed permitted");
    let events = world.events(answer.execution_id).await;
    let correlation_id = events[0].event.correlation_id;
    for (index, recorded) in events.iter().enumerate() {
        assert_eq!(recorded.tenant, tenant());
        assert_eq!(recorded.version.get(), index as u64);
        assert_eq!(recorded.position.get(), 2 + index as u64, "after the access");
        assert_eq!(recorded.event.actor, runtime().actor);
        assert_eq!(recorded.event.recorded_at, T0.plus(HOUR));
        assert_eq!(recorded.event.correlation_id, correlation_id);
        assert_eq!(recorded.event.causation_id, None);
        let (event_type, version) = event(recorded).event_type();
        assert_eq!((&*recorded.event.event_type, recorded.event.schema_version), (event_type, version));
    }
    let mut ids: Vec<_> = events.iter().map(|recorded| recorded.event.event_id).collect();
    ids.extend([correlation_id, answer.execution_id, permit_id(&answer)]);
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 6, "no id means two things");

    let Event::Execution(ExecutionEvent::Initiated(initiated)) = event(&events[0]) else { panic!() };
    assert_eq!((initiated.execution_id, initiated.requester), (answer.execution_id, rita().actor));
    assert_eq!(initiated.arguments_digest, Some(proposal().arguments.digest()));
    let permit = answer.state.execution().unwrap().permit.clone().unwrap();
    assert_eq!(permit.arguments_digest, proposal().arguments.digest());
    assert_eq!(answer.state.deadline(), Some((T0.plus(HOUR).plus(HOUR), DeadlineKind::Permit)));

    let started = world.engine.start(&runtime(), answer.execution_id, permit.id, None).await.unwrap();
    let events = world.events(answer.execution_id).await;
    assert_ne!(events[3].event.correlation_id, correlation_id, "the next command is another one");
    assert_eq!(started.position, events[3].position);
}

#[tokio::test]
async fn a_function_with_confirmation_awaits_approval_for_as_long_as_the_settings_say() {
    let world = World::with(Access::EnabledWithConfirmation).await;
    let answer = world.propose().await;
    assert_eq!(world.types(answer.execution_id).await, "initiated approval_required");
    assert_eq!(answer.state.stage(), Some(Stage::AwaitingApproval));
    assert_eq!(answer.state.status(), Some(ExecutionStatus::PendingApproval));
    assert_eq!(answer.state.deadline(), Some((T0.plus(DAY), DeadlineKind::Approval)));
    assert_eq!(answer.state.execution().unwrap().permit, None);
}

#[tokio::test]
async fn nobody_named_means_on_ones_own_behalf() {
    let world = World::with(Access::Enabled).await;
    let proposal = vidimus_engine::Proposal { requester: None, ..proposal() };
    let answer = world.engine.propose(&paul(), proposal).await.unwrap();
    assert_eq!(answer.state.execution().unwrap().requester(), &paul().actor);
}

/// What a view shows that has read the log up to `position`.
async fn view_at(world: &World, id: uuid::Uuid, position: GlobalPosition) -> State {
    let events = world.log.read_all(GlobalPosition::START, 1000).await.unwrap();
    let (mut state, stream) = (State::initial(), StreamId::execution(id));
    for recorded in events.iter().filter(|event| event.stream == stream && event.position <= position) {
        let Event::Execution(event) = event(recorded) else { panic!() };
        let (by, at) = (&recorded.event.actor, recorded.event.recorded_at);
        state = vidimus_domain::execution::evolve(state, Happened { by, at, event: &event });
    }
    state
}

#[tokio::test]
async fn the_position_is_that_of_the_executions_last_event_and_a_view_there_shows_the_answer() {
    let world = World::with(Access::Enabled).await;
    let keyed = world.engine.propose(&runtime(), keyed("k", "{}")).await.unwrap();
    let id = keyed.execution_id;
    assert_eq!(world.log.tail().get(), 5, "access, initiated, allowed, permitted, attempt");
    assert_eq!(keyed.position.get(), 4);
    assert_eq!(view_at(&world, id, keyed.position).await, keyed.state);
    let before = GlobalPosition::new(keyed.position.get() - 1);
    assert_ne!(view_at(&world, id, before).await, keyed.state, "no earlier position does");
    let read = world.engine.execution(&tenant(), id).await.unwrap().unwrap();
    assert_eq!((read.position, &read.state), (keyed.position, &keyed.state));

    let plain = world.propose().await;
    assert_eq!(plain.position, world.log.tail());
    assert_eq!(view_at(&world, plain.execution_id, plain.position).await, plain.state);
}

#[tokio::test]
async fn access_that_changes_while_a_proposal_is_decided_has_it_decided_again() {
    let inner = World::with(Access::Enabled).await;
    let admin = inner.engine.clone();
    let switch_off_first = Hooked::new(&inner.log, move |n| {
        let admin = admin.clone();
        async move {
            if n == 0 {
                admin.set_access(&ada(), function(), Access::Disabled, None).await.unwrap();
            }
            Ok(())
        }
    });
    let (world, hooked) = inner.through(switch_off_first);
    let answer = world.propose().await;
    assert_eq!(answer.state.stage(), Some(Stage::Blocked));
    assert_eq!(hooked.appends(), 2);
    assert_eq!(world.types(answer.execution_id).await, "initiated blocked");
    let facts = json!({"function.access": "Disabled", "function.access.version": 1});
    assert_eq!(json!(answer.state.execution().unwrap().decision.as_ref().unwrap().facts), facts);
}

#[tokio::test]
async fn access_that_is_set_for_the_first_time_meanwhile_counts_too() {
    let inner = World::memory();
    let admin = inner.engine.clone();
    let (world, hooked) = inner.through(Hooked::new(&inner.log, move |n| {
        let admin = admin.clone();
        async move {
            if n == 0 {
                admin.set_access(&ada(), function(), Access::Enabled, None).await.unwrap();
            }
            Ok(())
        }
    }));
    let answer = world.engine.propose(&runtime(), keyed("k", "{}")).await.unwrap();
    assert_eq!((answer.state.stage(), hooked.appends()), (Some(Stage::Permitted), 2));
}

#[tokio::test]
async fn fields_that_break_their_limits_are_refused_and_nothing_is_recorded() {
    let world = World::memory();
    let with_agent = |agent: &str| {
        let mut proposal = proposal();
        proposal.call.agent = agent.to_owned();
        proposal
    };
    let cases = [
        keyed("", "{}"),
        keyed(&"k".repeat(256), "{}"),
        keyed("a\0b", "{}"),
        with_agent(" "),
        with_agent(&"a".repeat(256)),
    ];
    for proposal in cases {
        let error = world.engine.propose(&runtime(), proposal).await.unwrap_err();
        assert!(matches!(error, EngineError::Execution(_)), "{error:?}");
        assert_eq!((error.code(), error.is_retryable()), ("invalid_field", false));
    }
    assert_eq!(world.log.tail(), GlobalPosition::START);
}
