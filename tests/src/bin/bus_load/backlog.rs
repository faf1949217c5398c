//! Catching up: a log that NATS was away for, until both streams have all of it.

use vidimus_tests::measure::now;

use crate::{
    bare::Bare,
    sample,
    world::{World, append, server},
};

/// Rounds of the relay and the bare publisher in turn, over the same log.
pub(crate) async fn run(events: u64, rounds: usize) {
    let mut measured = Vec::new();
    for _ in 0..rounds {
        let world = World::new();
        let mut appends = tokio::task::JoinSet::new();
        for number in 0..events.div_ceil(sample::EVENTS) {
            let log = std::sync::Arc::clone(&world.log);
            appends.spawn(async move { append(&log, number).await });
            if appends.len() >= 512 {
                appends.join_next().await;
            }
        }
        appends.join_all().await;
        let count = world.log.tail().get() as f64;
        let relayed = {
            let (server, _store) = server();
            let began = now();
            let relay = world.relay(&server.url()).await;
            relay.caught_up().await;
            let rate = count / began.elapsed().as_secs_f64();
            relay.stop().await;
            rate
        };
        let [notifications, recorded] = world.messages().await;
        let (server, _store) = server();
        let publisher = Bare::new(&server.url()).await;
        let began = now();
        tokio::join!(publisher.publish_all(&notifications), publisher.publish_all(&recorded));
        measured.push((relayed, count / began.elapsed().as_secs_f64()));
    }
    measured.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (relayed, bare) = measured[measured.len() / 2];
    println!(
        "{events} events behind, both streams: relay {relayed:.0} events/s, bare {bare:.0} events/s; ratio {:.2}",
        relayed / bare
    );
}
