//! Views follow the stream, and catch up after they were away.

use std::{path::Path, sync::Arc, time::Duration};

use tokio::sync::oneshot;
use vidimus_log::EventLog;
use vidimus_projection::{RemoteLog, Views};

use crate::feed::{Feed, History, assert_equal, within};

async fn open(directory: &Path, remote: &Arc<RemoteLog>) -> Views {
    Views::open(directory, Arc::<RemoteLog>::clone(remote)).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn views_from_the_stream_are_those_beside_the_log_also_after_being_away() {
    let (feed, mut history) = Feed::of(900).await;
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    // Away for a while three times, with more and less on the stream, and once with nothing.
    for more in [0, 1, 2_300, 0] {
        let before = history.log.tail().get();
        if more > 0 {
            history.grow(before + more).await;
            feed.send_foreign(5).await;
            feed.publish_up_to(&history, before).await;
        }
        let remote = feed.remote().await;
        let views = open(there.path(), &remote).await;
        let kept = views.position().get();
        assert!(kept == before || kept == 0 && before < 1_000, "{kept}: what was there is gone on with");
        assert_eq!(views.catch_up().await.unwrap(), history.log.tail());
        assert_equal(&history.views(here.path()).await, &views).await;
        assert_eq!(views.verify().await.unwrap(), []);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn views_follow_the_stream_through_restarts_of_the_server() {
    let (mut feed, mut history) = Feed::of(200).await;
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let remote = feed.remote().await;
    let views = open(there.path(), &remote).await;
    let (stop, stopped) = oneshot::channel::<()>();
    let following = views.clone();
    let following = tokio::spawn(async move {
        let until = async {
            let _ = stopped.await;
        };
        following.run(until).await
    });
    for round in 0..4 {
        if round % 2 == 1 {
            feed.server.kill();
            feed.server.start_again();
        } else if round == 2 {
            feed.server.freeze();
            tokio::time::sleep(Duration::from_millis(300)).await;
            feed.server.thaw();
        }
        let before = history.log.tail().get();
        history.grow(before + 250).await;
        feed.publish_up_to(&history, before).await;
        within("the views to come along", async {
            while views.position() < history.log.tail() {
                let _ = views.reached(history.log.tail(), Duration::from_secs(1)).await;
            }
        })
        .await;
        assert_eq!(remote.tail(), history.log.tail());
    }
    drop(stop);
    within("the end", following).await.unwrap().unwrap();
    assert_equal(&history.views(here.path()).await, &views).await;
}

/// A server that is away is no error for whoever reads, if it comes back soon.
#[tokio::test(flavor = "multi_thread")]
async fn a_restart_in_the_middle_of_catching_up_is_waited_for() {
    let (mut feed, history) = Feed::of(3_000).await;
    let there = tempfile::tempdir().unwrap();
    let remote = feed.remote().await;
    let views = open(there.path(), &remote).await;
    feed.server.kill();
    let catching_up = views.clone();
    let catching_up = tokio::spawn(async move { catching_up.catch_up().await });
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(!catching_up.is_finished());
    feed.server.start_again();
    let reached = within("catching up", catching_up).await.unwrap().unwrap();
    assert_eq!(reached, history.log.tail());
}

#[tokio::test(flavor = "multi_thread")]
async fn views_of_another_log_are_built_anew() {
    let (feed, first) = Feed::of(300).await;
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let remote = feed.remote().await;
    open(there.path(), &remote).await.catch_up().await.unwrap();

    feed.replace().await;
    within("the copy to see that it is one of nothing", remote.replaced()).await;
    let second = History::of(first.log.tail().get() + 50).await;
    feed.publish_up_to(&second, 0).await;
    let remote = feed.remote().await;
    let views = open(there.path(), &remote).await;
    assert_eq!(views.position().get(), 0, "nothing of the first is kept");
    views.catch_up().await.unwrap();
    assert_equal(&second.views(here.path()).await, &views).await;
}

/// The same log, published anew: what the views have is right, though every sequence is another.
#[tokio::test(flavor = "multi_thread")]
async fn views_are_kept_when_the_log_is_published_anew() {
    let (feed, mut history) = Feed::of(300).await;
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let remote = feed.remote().await;
    open(there.path(), &remote).await.catch_up().await.unwrap();
    let before = history.log.tail();

    feed.replace().await;
    feed.send_foreign(17).await;
    history.grow(before.get() + 100).await;
    feed.publish_up_to(&history, 0).await;
    let remote = feed.remote().await;
    let views = open(there.path(), &remote).await;
    assert_eq!(views.position(), before);
    views.catch_up().await.unwrap();
    assert_equal(&history.views(here.path()).await, &views).await;
}
