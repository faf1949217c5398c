//! What time does, with a clock that stands: not before, at, and after; once; and never what was overtaken.

use std::time::Duration;

use proto_events::{Access, Actor, Event, ExecutionEvent, GlobalPosition, Outcome, Permitted, Timestamp};
use uuid::Uuid;
use vidimus_domain::execution::{DeadlineKind, Stage};
use vidimus_engine::DeadlineKeeper;

use crate::support::*;

const LEASE: Duration = Duration::from_secs(300);
const KINDS: [(DeadlineKind, Duration, Stage); 4] = [
    (DeadlineKind::Confirmation, HOUR, Stage::ConfirmationExpired),
    (DeadlineKind::Approval, DAY, Stage::ApprovalExpired),
    (DeadlineKind::Permit, HOUR, Stage::PermitExpired),
    (DeadlineKind::Lease, LEASE, Stage::Unknown),
];

/// An execution with an open deadline of this kind, as of now.
async fn open(world: &World, kind: DeadlineKind) -> Uuid {
    let access =
        if kind == DeadlineKind::Approval { Access::EnabledWithConfirmation } else { Access::Enabled };
    world.set(access).await;
    match kind {
        DeadlineKind::Confirmation => world.decided(Outcome::ConfirmationRequired).await,
        DeadlineKind::Approval | DeadlineKind::Permit => world.propose().await.execution_id,
        DeadlineKind::Lease => world.start().await.execution_id,
        DeadlineKind::Escalation | DeadlineKind::Reminder => unreachable!("no rule asks for it here"),
    }
}

fn keeper(world: &World) -> DeadlineKeeper {
    DeadlineKeeper::new(world.engine.clone())
}

/// The deadline that the last event says has passed.
async fn passed(world: &World, id: Uuid) -> Timestamp {
    use ExecutionEvent as E;
    let events = world.events(id).await;
    let last = events.last().unwrap();
    assert_eq!(last.event.actor, Actor::system("deadlines"));
    assert_eq!(last.event.recorded_at, vidimus_engine::Clock::now(&*world.clock));
    match event(last) {
        Event::Execution(E::ConfirmationExpired(e) | E::ApprovalExpired(e) | E::PermitExpired(e)) => {
            e.deadline
        }
        Event::Execution(E::ResultUnknown(unknown)) => unknown.lease_expired_at,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn every_kind_not_before_and_exactly_at() {
    for (kind, after, end) in KINDS {
        let world = World::memory();
        let id = open(&world, kind).await;
        let (mut keeper, stage) = (keeper(&world), world.stage(id).await);
        assert_eq!(keeper.settle_due().await, Ok(0));
        assert_eq!((keeper.open(), keeper.next()), (1, Some(T0.plus(after))), "{kind}");
        world.clock.advance(after - MICRO);
        assert_eq!(keeper.settle_due().await, Ok(0));
        assert_eq!(world.stage(id).await, stage, "{kind}");
        world.clock.advance(MICRO);
        assert_eq!(keeper.settle_due().await, Ok(1));
        assert_eq!(world.stage(id).await, end);
        assert_eq!(passed(&world, id).await, T0.plus(after));
        assert_eq!((keeper.open(), keeper.next()), (0, None));
        let tail = world.log.tail();
        assert_eq!(keeper.settle_due().await, Ok(0));
        assert_eq!(world.log.tail(), tail);
    }
}

#[tokio::test]
async fn all_kinds_long_after_on_a_log_that_was_opened_again() {
    let directory = tempfile::tempdir().unwrap();
    let mut ids = Vec::new();
    {
        let world = World::on(sled(directory.path()));
        for (kind, ..) in KINDS {
            ids.push(open(&world, kind).await);
        }
        let mut keeper = keeper(&world);
        keeper.catch_up().await.unwrap();
        assert_eq!((keeper.open(), keeper.next()), (4, Some(T0.plus(LEASE))));
    }
    let world = World::on(sled(directory.path()));
    let mut keeper = keeper(&world);
    keeper.catch_up().await.unwrap();
    assert_eq!((keeper.open(), keeper.next()), (4, Some(T0.plus(LEASE))));
    world.clock.advance(DAY * 30);
    assert_eq!(keeper.settle_due().await, Ok(4));
    for (id, (kind, after, end)) in ids.into_iter().zip(KINDS) {
        assert_eq!(world.stage(id).await, end, "{kind}");
        assert_eq!(passed(&world, id).await, T0.plus(after), "{kind}: the deadline, not when it was noticed");
    }
}

#[tokio::test]
async fn progress_moves_the_lease() {
    let world = World::memory();
    let (id, mut keeper) = (open(&world, DeadlineKind::Lease).await, keeper(&world));
    keeper.catch_up().await.unwrap();
    world.clock.advance(LEASE - MICRO);
    world.engine.progress(&runtime(), id, None, None).await.unwrap();
    world.clock.advance(LEASE - MICRO);
    assert_eq!(keeper.settle_due().await, Ok(0));
    assert_eq!((keeper.open(), keeper.next()), (1, Some(T0.plus(LEASE * 2 - MICRO))));
    world.clock.advance(MICRO);
    assert_eq!(keeper.settle_due().await, Ok(1));
    assert_eq!(passed(&world, id).await, T0.plus(LEASE * 2 - MICRO));
}

#[tokio::test]
async fn what_was_overtaken_does_nothing() {
    let world = World::memory();
    let (id, mut keeper) = (open(&world, DeadlineKind::Approval).await, keeper(&world));
    keeper.catch_up().await.unwrap();
    world.clock.advance(DAY - MICRO);
    world.engine.approve(&paul(), id, None, None, None).await.unwrap();
    world.clock.advance(MICRO);
    assert_eq!(keeper.settle_due().await, Ok(0));
    assert_eq!(world.stage(id).await, Stage::Permitted);
    assert_eq!(keeper.next(), Some(T0.plus(DAY).plus(HOUR - MICRO)), "the permit's now");
    // Asked directly, the engine says that it is not due.
    let error = world.engine.deadline_passed(&tenant(), id, DeadlineKind::Approval).await.unwrap_err();
    assert_eq!(error.code(), "not_due");
    let error = world.engine.deadline_passed(&tenant(), id, DeadlineKind::Lease).await.unwrap_err();
    assert_eq!(error.code(), "not_started");
}

#[tokio::test]
async fn who_finishes_between_the_keepers_look_and_its_append_wins() {
    let inner = World::memory();
    let id = open(&inner, DeadlineKind::Lease).await;
    let executor = inner.engine.clone();
    let (world, hooked) = inner.through(Hooked::new(&inner.log, move |_| {
        let executor = executor.clone();
        async move {
            let status = proto_events::ResultStatus::Succeeded;
            let completion = vidimus_engine::Completion { status, report: Default::default() };
            executor.complete(&runtime(), id, completion).await.unwrap();
            Ok(())
        }
    }));
    world.clock.advance(LEASE);
    let mut keeper = keeper(&world);
    assert_eq!(keeper.settle_due().await, Ok(0));
    assert_eq!((world.stage(id).await, keeper.open(), hooked.appends()), (Stage::Succeeded, 0, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_keepers_at_once_settle_each_deadline_once() {
    let directory = tempfile::tempdir().unwrap();
    for world in [World::memory(), World::on(sled(directory.path()))] {
        let mut ids = Vec::new();
        for _ in 0..20 {
            for (kind, ..) in KINDS {
                ids.push(open(&world, kind).await);
            }
        }
        world.clock.advance(DAY);
        let other = world.beside(world.log.clone());
        let before = world.log.tail().get();
        let [mine, theirs] = [&world, &other].map(|world| {
            let mut keeper = keeper(world);
            tokio::spawn(async move { (keeper.settle_due().await.unwrap(), keeper.open()) })
        });
        let (mine, theirs) = (mine.await.unwrap(), theirs.await.unwrap());
        assert_eq!(mine.0 + theirs.0, 80);
        assert_eq!((mine.1, theirs.1), (0, 0));
        assert_eq!(world.log.tail().get() - before, 80, "one event each");
    }
}

#[tokio::test]
async fn many_that_are_due_at_once_are_all_settled() {
    let world = World::with(Access::Enabled).await;
    for _ in 0..500 {
        world.propose().await;
    }
    world.clock.advance(HOUR);
    let mut keeper = keeper(&world);
    assert_eq!(keeper.settle_due().await, Ok(500));
    assert_eq!((keeper.open(), world.log.tail().get()), (0, 1 + 500 * 4));
}

#[tokio::test]
async fn what_failed_stays_due() {
    let inner = World::with(Access::Enabled).await;
    for _ in 0..3 {
        inner.propose().await;
    }
    let (world, _) = inner.through(Hooked::failing(&inner.log, 2, overloaded()));
    world.clock.advance(HOUR);
    let mut keeper = keeper(&world);
    assert_eq!(keeper.settle_due().await.unwrap_err().code(), "overloaded");
    assert_eq!((keeper.open(), keeper.next()), (2, Some(T0.plus(HOUR))));
    assert_eq!(keeper.settle_due().await, Ok(2));
    assert_eq!(keeper.open(), 0);
}

#[tokio::test]
async fn a_deadline_that_the_decider_does_not_know_is_dropped_and_not_asked_for_for_ever() {
    let world = World::memory();
    let blocked = world.propose().await.execution_id;
    let permitted = Permitted {
        call: call(),
        permit_id: Uuid::nil(),
        arguments_digest: proposal().arguments.digest(),
        policy_set: None,
        expires_at: T0,
    };
    world.write(blocked, vec![ExecutionEvent::Permitted(permitted.clone())]).await;
    // Here the decider knows another deadline than the last event says.
    world.set(Access::EnabledWithConfirmation).await;
    let waiting = world.propose().await.execution_id;
    world.write(waiting, vec![ExecutionEvent::Permitted(permitted)]).await;
    let mut keeper = keeper(&world);
    let tail = world.log.tail();
    assert_eq!(keeper.settle_due().await, Ok(0));
    assert_eq!((keeper.open(), keeper.next()), (1, Some(T0.plus(DAY))));
    assert_eq!(world.log.tail(), tail);
    world.clock.advance(DAY);
    assert_eq!(keeper.settle_due().await, Ok(1));
    assert_eq!(world.stage(waiting).await, Stage::ApprovalExpired);
}

#[tokio::test]
async fn an_event_of_a_newer_program_is_not_passed_over() {
    let world = World::with(Access::Enabled).await;
    world.propose().await;
    world.write_raw(world.propose().await.execution_id, vec![world.raw("from_the_future")]).await;
    world.propose().await;
    let position = GlobalPosition::new(8);
    world.clock.advance(HOUR);
    let mut keeper = keeper(&world);
    for _ in 0..3 {
        let error = keeper.settle_due().await.unwrap_err();
        assert_eq!((error.code(), error.is_retryable()), ("unreadable_event", false));
        let text = "event 8: unknown event type `from_the_future`: it was written by a newer version; upgrade this program";
        assert_eq!(error.to_string(), text);
        assert_eq!(world.log.read_all(GlobalPosition::new(7), 1).await.unwrap()[0].position, position);
        assert_eq!(keeper.open(), 2, "what came before it");
    }
}
