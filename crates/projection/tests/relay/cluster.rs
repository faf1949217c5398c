//! Three servers, three replicas, and one of them killed.

use std::time::Duration;

use tokio::time::{Instant, sleep};
use vidimus_tests::nats::Cluster;

use crate::{
    harness::{PATIENCE, Running, assert_exactly_once, history, settings, under_load},
    wire::Wire,
};

/// The index of the server that leads a stream.
async fn leader(cluster: &Cluster, stream: &str) -> usize {
    let until = Instant::now() + PATIENCE;
    for server in cluster.servers.iter().cycle() {
        let info = Wire::connect(&server.url()).info(stream);
        if let Some(name) = info["cluster"]["leader"].as_str() {
            return name.trim_start_matches('n').parse().unwrap();
        }
        assert!(Instant::now() < until, "{info}");
        sleep(Duration::from_millis(100)).await;
    }
    unreachable!()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_leader_is_killed_under_load_and_nothing_is_lost_or_twice() {
    let mut cluster = Cluster::start();
    let (history, directory, mut settings) = (history(41), tempfile::tempdir().unwrap(), settings());
    settings.notifications.replicas = 3;
    settings.recorded.replicas = 3;
    let running = Running::start(&cluster.url(), &history.log, directory.path(), &settings).await;
    let history = under_load(history, async {
        running.wait("it begins", |status| status.iter().all(|status| status.published > 20)).await;
        for _ in 0..2 {
            let killed = leader(&cluster, &settings.recorded.name).await;
            // Somebody else writes meanwhile, to a server that stays.
            let mut stranger = Wire::connect(&cluster.servers[(killed + 1) % 3].url());
            for _ in 0..100 {
                stranger.publish("vidimus.v1.acme.tool_execution.x.y", "mine");
                stranger.publish("vidimus.v1.acme.recorded.x.y", "mine");
            }
            cluster.servers[killed].kill();
            let before = running.relay.status().each_ref().map(|status| status.published);
            running
                .wait("it goes on without it", |now| {
                    now.iter().zip(before).all(|(now, before)| now.published > before + 20)
                })
                .await;
            cluster.servers[killed].start_again();
        }
    })
    .await;
    running.caught_up().await;
    let others = assert_exactly_once(&cluster.url(), &history.log, &settings).await;
    assert!(others.iter().all(|others| *others > 0), "{others:?}");
}
