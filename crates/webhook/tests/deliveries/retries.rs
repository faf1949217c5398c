//! What is not taken: tried again, given up, replayed.

use std::time::Duration;

use proto_events::{Event, GlobalPosition, StreamId, StreamVersion, WebhookEvent};
use vidimus_engine::Delivery;
use vidimus_webhook::Settings;

use crate::{
    receiver::{Receiver, Reply},
    world::{World, ada, settings, stands, tenant, until},
};

fn reason(delivery: &Delivery) -> &str {
    delivery.last_failure.as_ref().map_or("", |failure| &failure.reason)
}

async fn webhook_events(world: &World) -> Vec<WebhookEvent> {
    let (tenant, stream) = (tenant("acme"), StreamId::webhooks());
    let read = world.engine.log().read_stream(&tenant, &stream, StreamVersion::FIRST, 100);
    let decode = |recorded: proto_events::RecordedEvent| {
        let new = recorded.event;
        match Event::decode(&new.event_type, new.schema_version, &new.payload).unwrap() {
            Event::Webhook(event) => event,
            other => panic!("{other:?}"),
        }
    };
    read.await.unwrap().into_iter().map(decode).collect()
}

/// Whatever the receiver does but take it, it is tried again, and says why; then it goes on.
#[tokio::test]
async fn every_way_not_to_take_it_is_told_and_tried_again() {
    let cases = [
        (Reply::Status(500), "answered with status 500"),
        (Reply::Status(404), "answered with status 404"),
        (Reply::With(429, "retry-after: 0".to_owned()), "answered with status 429"),
        (Reply::With(503, "retry-after: 3600".to_owned()), "answered with status 503"),
        (
            Reply::With(302, "location: http://127.0.0.1:1/elsewhere".to_owned()),
            "answered with status 302, and redirects are not followed: create a webhook with the address that it leads to",
        ),
        (Reply::With(307, "location: /elsewhere".to_owned()), "answered with status 307, and redirects"),
        (Reply::Close, "the connection broke before there was an answer"),
        (Reply::Silence, "no answer within 0.3 s"),
    ];
    for (reply, expected) in cases {
        let world = World::new();
        let receiver = Receiver::start().await;
        receiver.answers({
            let reply = reply.clone();
            move |_| reply.clone()
        });
        let created = world.webhook("acme", &receiver.url()).await;
        world.call("acme").await;
        let running = world.deliverer(Settings { attempt_timeout: Duration::from_millis(300), ..settings() });
        let at = stands(&running, &created, |delivery| {
            delivery.failing.as_ref().is_some_and(|failing| failing.attempts >= 3)
        })
        .await;
        assert!(reason(&at).starts_with(expected), "{reply:?}: {}", reason(&at));
        let failing = at.failing.unwrap();
        let first = world.expected_positions("acme", GlobalPosition::START).await[0];
        assert_eq!(failing.position.get(), first);
        assert!(failing.since <= at.last_failure.unwrap().at && failing.next_attempt_at >= failing.since);
        assert!(
            receiver.positions().iter().all(|position| *position == first),
            "{reply:?}: nothing overtakes"
        );
        receiver.answers(|_| Reply::Endless);
        let at = stands(&running, &created, |delivery| delivery.position >= world.engine.tail()).await;
        assert_eq!(at.failing, None, "{reply:?}");
        running.stop().await;
    }
}

#[tokio::test]
async fn a_receiver_that_is_not_there_gets_it_when_it_is() {
    let world = World::new();
    let receiver = Receiver::start().await;
    let (port, url) = (receiver.port, receiver.url());
    drop(receiver);
    let created = world.webhook("acme", &url).await;
    world.call("acme").await;
    let running = world.deliverer(settings());
    let at = stands(&running, &created, |delivery| delivery.failing.is_some()).await;
    assert!(reason(&at).starts_with("cannot connect"), "{}", reason(&at));
    assert!(!reason(&at).contains("/hook"), "the address is not repeated");
    let receiver = Receiver::start_on(port).await;
    stands(&running, &created, |delivery| delivery.position >= world.engine.tail()).await;
    assert_eq!(receiver.positions(), world.expected_positions("acme", GlobalPosition::START).await);
    running.stop().await;
}

#[tokio::test]
async fn what_is_not_taken_in_time_parks_the_webhook_until_it_is_replayed() {
    let world = World::new();
    let receiver = Receiver::start().await;
    receiver.answers(|_| Reply::Status(500));
    let created = world.webhook("acme", &receiver.url()).await;
    let id = created.webhook.webhook_id;
    world.call("acme").await;
    let running = world.deliverer(Settings { retry_for: Duration::from_millis(100), ..settings() });
    until("it is parked", || running.status.totals().parked_now == 1).await;
    let totals = running.status.totals();
    assert_eq!((totals.parked, totals.retrying_now), (1, 0));
    let parking = world.get("acme", id).await.unwrap().parked.unwrap();
    let expected = world.expected_positions("acme", GlobalPosition::START).await;
    assert_eq!(parking.position.get(), expected[0]);
    assert_eq!(parking.reason, "answered with status 500");
    assert!(parking.attempts >= 2 && parking.since < parking.at, "{parking:?}");
    let WebhookEvent::Parked(event) = &webhook_events(&world).await[1] else { panic!() };
    assert_eq!((event.attempts, event.webhook_id), (parking.attempts, id));
    assert_eq!(receiver.got().len(), usize::try_from(parking.attempts).unwrap());

    // Parked, nothing is sent, also by a deliverer that begins anew.
    let sent = receiver.got().len();
    running.stop().await;
    receiver.answers(|_| Reply::Status(200));
    let running = world.deliverer(settings());
    let other = Receiver::start().await;
    world.webhook("acme", &other.url()).await;
    world.call("acme").await;
    until("what is not parked goes on", || other.got().len() == 2).await;
    assert_eq!(receiver.got().len(), sent);
    assert!(running.status.of(&tenant("acme"), id).unwrap().last_failure.is_some(), "that is still known");

    // Without a position it goes on with what was not taken, and leaves nothing out.
    world.engine.replay_webhook(&ada("acme"), id, None).await.unwrap();
    let expected = world.expected_positions("acme", GlobalPosition::START).await;
    until("the rest is there", || receiver.got().len() == sent + expected.len()).await;
    assert_eq!(receiver.positions()[sent..], expected);
    assert_eq!(world.get("acme", id).await.unwrap().parked, None);
    assert_eq!(running.status.totals().parked_now, 0);

    // From a position on, it is delivered again, also where nothing is wrong.
    let after = GlobalPosition::new(expected[0]);
    world.engine.replay_webhook(&ada("acme"), id, Some(after)).await.unwrap();
    until("it is there again", || receiver.got().len() == sent + 2 * expected.len() - 1).await;
    assert_eq!(receiver.positions()[sent + expected.len()..], expected[1..]);
    stands(&running, &created, |delivery| delivery.position >= world.engine.tail()).await;
    running.stop().await;
}

#[tokio::test]
async fn a_receiver_that_is_gone_for_good_is_parked_at_once() {
    let world = World::new();
    let receiver = Receiver::start().await;
    receiver.answers(|_| Reply::Status(410));
    let created = world.webhook("acme", &receiver.url()).await;
    world.call("acme").await;
    let running = world.deliverer(settings());
    until("it is parked", || running.status.totals().parked == 1).await;
    let parking = world.get("acme", created.webhook.webhook_id).await.unwrap().parked.unwrap();
    assert_eq!((parking.attempts, &*parking.reason), (1, "answered with status 410"));
    assert_eq!(receiver.got().len(), 1);
    running.stop().await;
}

#[tokio::test]
async fn receivers_that_hang_do_not_hold_up_another_tenant() {
    let world = World::new();
    let hanging = Receiver::start().await;
    hanging.answers(|_| Reply::Silence);
    for _ in 0..8 {
        world.webhook("acme", &hanging.url()).await;
    }
    let receiver = Receiver::start().await;
    world.webhook("globex", &receiver.url()).await;
    let settings = Settings {
        max_attempts: 4,
        max_attempts_per_tenant: 2,
        attempt_timeout: Duration::from_secs(600),
        ..settings()
    };
    world.call("acme").await;
    let running = world.deliverer(settings);
    until("acme has all that it may have", || hanging.got().len() == 2).await;
    for _ in 0..5 {
        world.call("globex").await;
    }
    until("globex goes on", || receiver.got().len() == 10).await;
    assert_eq!(hanging.got().len(), 2);
    // Nor does it take long to stop.
    running.stop().await;
}
