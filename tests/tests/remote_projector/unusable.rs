//! A stream that is not whole: nothing of it is passed on as truth, and the error names the place.

use std::sync::Arc;

use proto_events::{GlobalPosition, Message};
use vidimus_log::{Broken, EventLog as _, ReadError};
use vidimus_projection::{OpenError, ProjectionError, RemoteLog, Views};

use crate::feed::{Feed, History, within};

/// That it cannot be read past `position`, and why.
async fn broken_at(remote: &Arc<RemoteLog>, position: u64, says: &[&str]) {
    let before = GlobalPosition::new(position - 1);
    // What comes before is there, and nothing past it, however much is asked for.
    if position > 1 {
        let events = remote.read_all(GlobalPosition::new(position.saturating_sub(6)), 1_000).await.unwrap();
        assert_eq!(events.last().unwrap().position, before);
    }
    let error = remote.read_all(before, 10).await.unwrap_err();
    let ReadError::Broken(Broken::Copy { position: named, .. }) = &error else { panic!("{error:?}") };
    assert_eq!((named.get(), error.code(), error.is_retryable()), (position, "corrupt", false));
    for text in says {
        assert!(error.to_string().contains(text), "`{text}` is not in: {error}");
    }
    let directory = tempfile::tempdir().unwrap();
    let views = Views::open(directory.path(), Arc::<RemoteLog>::clone(remote)).await.unwrap();
    let failed = views.catch_up().await.unwrap_err();
    assert!(matches!(&failed, ProjectionError::Log(log) if *log == error), "{failed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_message_is_named() {
    let (feed, _history) = Feed::of(120).await;
    feed.delete(50).await;
    let remote = feed.remote().await;
    broken_at(&remote, 50, &["position 50", "missing", "position 51 comes there", "sequence 51"]).await;
    let report = remote.verify().await.unwrap();
    assert_eq!((report.events, report.findings_total, report.findings[0].position.get()), (49, 1, 50));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_goes_missing_at_the_end_is_named() {
    let (feed, history) = Feed::of(60).await;
    let remote = feed.remote().await;
    let tail = history.log.tail().get();
    feed.delete(tail).await;
    broken_at(&remote, tail, &["nothing comes there any more"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_message_is_named() {
    /// How a message is damaged.
    type Damage = fn(&mut Message);
    fn replace(message: &mut Message, from: &str, to: &str) {
        let text = String::from_utf8(message.payload.to_vec()).unwrap();
        assert!(text.contains(from), "{text}");
        message.payload = text.replacen(from, to, 1).into();
    }
    fn set(message: &mut Message, name: &str, to: &str) {
        let header = message.headers.iter_mut().find(|(known, _)| *known == name).unwrap();
        header.1 = to.to_owned();
    }
    let cases: [(Damage, &str); 7] = [
        (
            |message| replace(message, "\"execution_id\"", "\"execution_ix\""),
            "not the one that its leaf hash is of",
        ),
        (
            |message| replace(message, "\"specversion\":\"1.0\"", "\"specversion\":\"1.1\""),
            "attributes of the CloudEvent",
        ),
        (|message| message.payload = message.payload.slice(..message.payload.len() / 2), "no CloudEvent"),
        (|message| set(message, "Vidimus-Position", "1"), "`Vidimus-Position`"),
        (|message| set(message, "Vidimus-Leaf-Hash", &"0".repeat(64)), "`Vidimus-Leaf-Hash`"),
        (|message| set(message, "Vidimus-Tenant", "other"), "`Vidimus-Tenant`"),
        (|message| set(message, "content-type", "text/plain"), "missing"),
    ];
    let history = History::of(60).await;
    let tail = history.log.tail().get();
    // An event whose payload names an execution.
    let events = history.events(0, tail).await;
    let damaged = events.iter().position(|event| {
        event.position.get() > 20 && event.event.payload.windows(14).any(|part| part == b"\"execution_id\"")
    });
    let Some(damaged) = damaged else { panic!("no event names an execution") };
    let feed = Feed::start().await;
    for (damage, says) in cases {
        feed.replace().await;
        let mut messages: Vec<_> = events.iter().map(|event| Message::recorded(event).unwrap()).collect();
        damage(&mut messages[damaged]);
        feed.send(messages).await;
        let remote = feed.remote().await;
        let position = damaged as u64 + 1;
        broken_at(
            &remote,
            position,
            &[says, &format!("sequence {}", position + u64::from(says == "missing"))],
        )
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_is_damaged_while_it_is_followed_ends_the_following() {
    let (feed, mut history) = Feed::of(60).await;
    let remote = feed.remote().await;
    let before = history.log.tail().get();
    history.grow(before + 5).await;
    let events = history.events(before, before + 5).await;
    let mut messages: Vec<_> = events.iter().map(|event| Message::recorded(event).unwrap()).collect();
    messages.remove(2);
    feed.send(messages).await;
    let waited = within("the first two", remote.wait_past(GlobalPosition::new(before + 1))).await.unwrap();
    assert_eq!(waited.get(), before + 2);
    let error = within("the error", remote.wait_past(waited)).await.unwrap_err();
    assert!(error.to_string().contains(&format!("position {}: it is missing", before + 3)), "{error}");
    assert_eq!((remote.tail(), error.code()), (waited, "corrupt"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_begins_in_the_middle_builds_no_views_but_goes_on_with_old_ones() {
    let (feed, mut history) = Feed::of(200).await;
    let (kept, tail) = (tempfile::tempdir().unwrap(), history.log.tail().get());
    let remote = feed.remote().await;
    Views::open(kept.path(), remote).await.unwrap().catch_up().await.unwrap();

    feed.expire_before(101).await;
    let remote = feed.remote().await;
    broken_at_start(&remote, 101).await;
    // Old views that the stream still reaches back to go on; those that it does not are left as they are.
    history.grow(tail + 50).await;
    feed.publish_up_to(&history, tail).await;
    let remote = feed.remote().await;
    let views = Views::open(kept.path(), Arc::<RemoteLog>::clone(&remote)).await.unwrap();
    assert_eq!((views.position().get(), views.catch_up().await.unwrap()), (tail, history.log.tail()));
    drop(views);
    history.grow(tail + 60).await;
    feed.publish_up_to(&history, tail + 50).await;
    feed.expire_before(history.log.tail().get()).await;
    let Err(error) = Views::open(kept.path(), feed.remote().await).await else { panic!("it is opened") };
    assert!(matches!(&error, OpenError::Log(ReadError::Broken(Broken::Copy { .. }))), "{error}");
    assert!(kept.path().join("executions.sqlite").exists());
}

async fn broken_at_start(remote: &Arc<RemoteLog>, first: u64) {
    broken_at(remote, 1, &[&format!("begins at position {first}"), "cannot be built from it"]).await;
    // From there on it can be read.
    let events = remote.read_all(GlobalPosition::new(first - 1), 7).await.unwrap();
    assert_eq!((events.len(), events[0].position.get()), (7, first));
}
