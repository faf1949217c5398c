//! What goes wrong for one webhook, or with the log: the others go on, and it does afterwards.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use proto_events::{GlobalPosition, Timestamp, WebhookFilter};
use vidimus_engine::{Clock, Engine, RandomIds, SystemClock};
use vidimus_log::{Broken, MemoryLog};
use vidimus_webhook::Settings;

use crate::{
    hooked::{BATCH, hooked},
    receiver::{Receiver, Reply},
    world::{World, settings, stands, until},
};

/// Panics once it was told to, once.
struct Faulty(Arc<AtomicBool>);

impl Clock for Faulty {
    fn now(&self) -> Timestamp {
        assert!(!self.0.swap(false, Ordering::SeqCst), "the clock is broken");
        SystemClock.now()
    }
}

#[tokio::test]
async fn a_panic_is_of_one_webhook_and_it_goes_on_after_a_rest() {
    let is_faulty = Arc::new(AtomicBool::new(false));
    let clock = Arc::new(Faulty(Arc::clone(&is_faulty)));
    let log = Arc::new(MemoryLog::default());
    let world = World::of(Engine::with(log, vidimus_engine::Settings::default(), clock, Arc::new(RandomIds)));
    let receiver = Receiver::start().await;
    let created = world.webhook("acme", &receiver.url()).await;
    world.call("acme").await;
    is_faulty.store(true, Ordering::SeqCst);
    let running = world.deliverer(settings());
    until("it panicked", || !is_faulty.load(Ordering::SeqCst)).await;
    assert_eq!(receiver.got(), []);
    let other = Receiver::start().await;
    world.webhook("globex", &other.url()).await;
    world.call("globex").await;
    until("the other goes on", || other.got().len() == 2).await;
    stands(&running, &created, |delivery| delivery.position >= world.engine.tail()).await;
    assert_eq!(receiver.positions(), world.expected_positions("acme", GlobalPosition::START).await);
    running.stop().await;
}

#[tokio::test]
async fn a_body_that_drips_holds_up_nobody() {
    let world = World::new();
    let dripping = Receiver::start().await;
    dripping.answers(|_| Reply::Dripping);
    let receiver = Receiver::start().await;
    let created = world.webhook("acme", &dripping.url()).await;
    world.webhook("acme", &receiver.url()).await;
    for _ in 0..3 {
        world.call("acme").await;
    }
    let attempt_timeout = Duration::from_secs(600);
    let running = world.deliverer(Settings { attempt_timeout, max_attempts: 1, ..settings() });
    until("all are there", || receiver.got().len() == 6).await;
    stands(&running, &created, |delivery| delivery.position >= world.engine.tail()).await;
    assert_eq!(dripping.positions(), receiver.positions());
    running.stop().await;
}

#[tokio::test]
async fn those_that_are_far_behind_read_in_turns() {
    let (at_work, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let log = hooked({
        let (at_work, most) = (Arc::clone(&at_work), Arc::clone(&most));
        move || {
            let (at_work, most) = (Arc::clone(&at_work), Arc::clone(&most));
            async move {
                most.fetch_max(at_work.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                // As a slow disk is.
                tokio::time::sleep(Duration::from_millis(20)).await;
                at_work.fetch_sub(1, Ordering::SeqCst);
                Ok(())
            }
        }
    });
    let world = World::on(log);
    let receiver = Receiver::start().await;
    for _ in 0..BATCH {
        world.call("globex").await;
    }
    for _ in 0..16 {
        let url = receiver.url();
        let after = Some(GlobalPosition::START);
        let new = vidimus_engine::NewWebhook { url, after, ..vidimus_engine::NewWebhook::default() };
        world.engine.create_webhook(&crate::world::ada("acme"), new).await.unwrap();
    }
    world.call("acme").await;
    let late = world.engine.tail().get();
    assert!(late > 2 * BATCH as u64);
    let running = world.deliverer(settings());
    until("one of them read for the first time", || most.load(Ordering::SeqCst) > 0).await;
    until("some read at the same time", || most.load(Ordering::SeqCst) >= 2).await;
    // The first batches of all are read before the second of any.
    assert_eq!(most.load(Ordering::SeqCst), 2);
    until("all are there", || receiver.got().len() == 32).await;
    running.stop().await;
}

#[tokio::test]
async fn a_webhook_stands_no_longer_once_the_log_can_be_read() {
    let is_damaged = Arc::new(AtomicBool::new(false));
    let log = hooked({
        let is_damaged = Arc::clone(&is_damaged);
        move || {
            let position = GlobalPosition::new(1);
            let damaged = Broken::Corrupt { position, reason: "a bit".to_owned() };
            let is_damaged = is_damaged.load(Ordering::SeqCst);
            std::future::ready(if is_damaged { Err(damaged.into()) } else { Ok(()) })
        }
    });
    let world = World::on(log);
    let receiver = Receiver::start().await;
    // Nothing is for it.
    let filter = WebhookFilter { agent: Some("nobody".to_owned()), ..WebhookFilter::default() };
    let created = world.filtered("acme", &receiver.url(), filter).await;
    world.call("acme").await;
    is_damaged.store(true, Ordering::SeqCst);
    let running = world.deliverer(settings());
    let at = stands(&running, &created, |delivery| delivery.failing.is_some()).await;
    assert_eq!(at.last_failure.unwrap().reason, "the log cannot be read here");
    assert_eq!(running.status.totals().retrying_now, 1);
    is_damaged.store(false, Ordering::SeqCst);
    let at = stands(&running, &created, |delivery| delivery.position >= world.engine.tail()).await;
    assert_eq!((at.failing, running.status.totals().retrying_now), (None, 0));
    running.stop().await;
}
