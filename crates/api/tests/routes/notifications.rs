//! One stream of notifications, chunk by chunk, at a time that stands. Nothing follows the log here: nobody is woken.

use std::{str, time::Duration};

use axum::{
    body::{Body, BodyDataStream, Bytes},
    http::{Request, header},
};
use futures_util::StreamExt as _;
use tokio::time::Instant;
use tower::ServiceExt as _;

use crate::harness::{Key, World};

async fn stream(world: &World, key: &Key) -> BodyDataStream {
    let request = Request::get("/v1/notifications/stream")
        .header(header::AUTHORIZATION, format!("Bearer {}", key.secret))
        .body(Body::empty())
        .unwrap();
    let response = world.router.clone().oneshot(request).await.unwrap();
    assert_eq!(response.status(), 200);
    response.into_body().into_data_stream()
}

async fn next(stream: &mut BodyDataStream) -> Option<Bytes> {
    stream.next().await.map(Result::unwrap)
}

#[tokio::test]
async fn a_key_that_is_revoked_while_its_stream_opens_ends_it() {
    let world = World::new().await;
    let mut opened = stream(&world, &world.acme.olga).await;
    let mut other = stream(&world, &world.acme.rita).await;
    world.delete(&world.acme.ada, &format!("/v1/keys/{}", world.acme.olga.id)).await.with(200);
    assert_eq!(next(&mut opened).await, None, "at its first turn");
    assert!(next(&mut other).await.is_some());
}

#[tokio::test]
async fn a_quiet_stream_says_so_in_time_after_its_last_event() {
    let world = World::new().await;
    let mut opened = stream(&world, &world.acme.olga).await;
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(10)).await;
    let begin = next(&mut opened).await.unwrap();
    assert!(begin.starts_with(b"retry: 1000\n"), "{begin:?}");
    for _ in 0..3 {
        let last = Instant::now();
        let beat = next(&mut opened).await.unwrap();
        assert!(beat.starts_with(b": heartbeat\nid: "), "{:?}", str::from_utf8(&beat));
        assert_eq!(last.elapsed().as_secs(), 15);
    }
}
