//! The keeper at run, in tokio's paused time: when it wakes, what it survives, and that it stops.

use std::{sync::Arc, time::Duration};

use proto_events::{Access, Timestamp};
use tokio::{
    sync::watch,
    task::JoinHandle,
    time::{Instant, sleep, timeout},
};
use uuid::Uuid;
use vidimus_domain::execution::Stage;
use vidimus_engine::{Clock, DeadlineKeeper, Engine, EngineError, SequentialIds, Settings};
use vidimus_log::{AppendError, Broken, EventLog, MemoryLog, SledLog, SledLogOptions};

use crate::support::*;

const SECOND: Duration = Duration::from_secs(1);
const PERMIT: Duration = Duration::from_secs(5);

/// The clock that tokio's timers go by.
struct Paused(Instant);

impl Clock for Paused {
    fn now(&self) -> Timestamp {
        T0.plus(self.0.elapsed())
    }
}

/// Two engines on one log: for callers, and for the keeper, which may be behind a hook.
struct Bench {
    log: Arc<dyn EventLog>,
    clock: Arc<Paused>,
    engine: Arc<Engine>,
}

impl Bench {
    async fn new() -> Self {
        let log: Arc<dyn EventLog> = Arc::new(MemoryLog::default());
        let clock = Arc::new(Paused(Instant::now()));
        let settings = Settings { permit_ttl: PERMIT, ..Settings::default() };
        let engine = Engine::with(log.clone(), settings, clock.clone(), Arc::new(SequentialIds::default()));
        engine.set_access(&ada(), function(), Access::Enabled, None).await.unwrap();
        Self { log, clock, engine: Arc::new(engine) }
    }

    fn run(&self, log: Arc<dyn EventLog>) -> (watch::Sender<bool>, JoinHandle<Result<(), EngineError>>) {
        let ids = Arc::new(SequentialIds::default());
        let engine = Engine::with(log, Settings::default(), self.clock.clone(), ids);
        let (stop, stopped) = watch::channel(false);
        (stop, tokio::spawn(DeadlineKeeper::new(Arc::new(engine)).run(stopped)))
    }

    async fn propose(&self) -> Uuid {
        self.engine.propose(&runtime(), proposal()).await.unwrap().execution_id
    }

    /// Where it stands, and when that was recorded, after the start.
    async fn stands(&self, id: Uuid) -> (Stage, Duration) {
        let state = self.engine.execution(&tenant(), id).await.unwrap().unwrap().state;
        let execution = state.execution().unwrap();
        let at = execution.ended_at.unwrap_or(execution.initiated_at);
        let micros = u64::try_from(at.as_micros() - T0.as_micros()).unwrap();
        (execution.stage, Duration::from_micros(micros))
    }
}

async fn ends(run: JoinHandle<Result<(), EngineError>>) -> Result<(), EngineError> {
    timeout(Duration::from_millis(1), run).await.expect("it has to end at once").unwrap()
}

#[tokio::test(start_paused = true)]
async fn it_wakes_for_a_new_earlier_deadline() {
    let bench = Bench::new().await;
    let (_stop, run) = bench.run(bench.log.clone());
    sleep(SECOND).await;
    let id = bench.propose().await;
    sleep(PERMIT - Duration::from_millis(2)).await;
    assert_eq!(bench.stands(id).await, (Stage::Permitted, SECOND));
    sleep(Duration::from_millis(5)).await;
    let (stage, at) = bench.stands(id).await;
    assert_eq!(stage, Stage::PermitExpired);
    assert!(at >= SECOND + PERMIT && at <= SECOND + PERMIT + Duration::from_millis(2), "{at:?}");
    assert!(!run.is_finished());
}

#[tokio::test(start_paused = true)]
async fn it_stops_on_the_signal_and_when_its_sender_is_gone() {
    let bench = Bench::new().await;
    bench.propose().await;
    let (stop, run) = bench.run(bench.log.clone());
    sleep(SECOND).await;
    stop.send(true).unwrap();
    assert_eq!(ends(run).await, Ok(()));
    let (stop, run) = bench.run(bench.log.clone());
    sleep(SECOND).await;
    drop(stop);
    assert_eq!(ends(run).await, Ok(()));
    let (stop, run) = bench.run(bench.log.clone());
    stop.send(true).unwrap();
    assert_eq!(ends(run).await, Ok(()), "before it began");
}

#[tokio::test(start_paused = true)]
async fn it_stops_in_the_middle_of_settling() {
    let bench = Bench::new().await;
    let id = bench.propose().await;
    let hooked = Arc::new(Hooked::new(&bench.log, |_| std::future::pending()));
    let (stop, run) = bench.run(hooked.clone());
    sleep(PERMIT * 10).await;
    assert_eq!((hooked.appends(), run.is_finished()), (1, false));
    stop.send(true).unwrap();
    assert_eq!(ends(run).await, Ok(()));
    assert_eq!(bench.stands(id).await.0, Stage::Permitted);
}

#[tokio::test(start_paused = true)]
async fn it_survives_a_failure_that_passes_and_leaves_the_log_alone_meanwhile() {
    let bench = Bench::new().await;
    let id = bench.propose().await;
    let hooked = Arc::new(Hooked::failing(&bench.log, 1, overloaded()));
    let (_stop, run) = bench.run(hooked.clone());
    sleep(PERMIT + Duration::from_millis(2)).await;
    assert_eq!((hooked.appends(), bench.stands(id).await.0), (1, Stage::Permitted));
    for _ in 0..10 {
        bench.propose().await;
        sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(hooked.appends(), 1, "events of others do not have it try sooner");
    sleep(SECOND).await;
    assert_eq!((hooked.appends(), bench.stands(id).await.0), (2, Stage::PermitExpired));
    assert!(!run.is_finished());
}

#[tokio::test(start_paused = true)]
async fn it_ends_with_a_failure_that_does_not_pass() {
    let bench = Bench::new().await;
    bench.propose().await;
    let broken = AppendError::Broken(Broken::Storage { reason: "EIO".into() });
    let (_stop, run) = bench.run(Arc::new(Hooked::failing(&bench.log, 1, broken)));
    sleep(PERMIT + Duration::from_millis(2)).await;
    assert_eq!(ends(run).await.unwrap_err().code(), "storage_failed");
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_is_set_does_not_hide_a_deadline_for_long() {
    let world = World::with(Access::Enabled).await;
    let id = world.propose().await.execution_id;
    let (_stop, stopped) = watch::channel(false);
    let run = tokio::spawn(DeadlineKeeper::new(world.engine.clone()).run(stopped));
    sleep(SECOND).await;
    world.clock.advance(HOUR);
    sleep(SECOND * 28).await;
    assert_eq!(world.stage(id).await, Stage::Permitted);
    sleep(SECOND * 2).await;
    assert_eq!(world.stage(id).await, Stage::PermitExpired);
    assert!(!run.is_finished());
}

#[tokio::test]
async fn it_ends_when_the_log_is_closed() {
    let directory = tempfile::tempdir().unwrap();
    let log = Arc::new(SledLog::open(directory.path(), SledLogOptions::default()).unwrap());
    let world = World::on(log.clone());
    world.set(Access::Enabled).await;
    world.propose().await;
    let (_stop, stopped) = watch::channel(false);
    let run = tokio::spawn(DeadlineKeeper::new(world.engine.clone()).run(stopped));
    tokio::task::yield_now().await;
    log.close();
    assert_eq!(run.await.unwrap().unwrap_err().code(), "log_closed");
}
