//! A copy answers what the log does.

use proto_events::{GlobalPosition, StreamId, StreamVersion, TenantId};
use vidimus_log::{Append, AppendError, EventLog as _, Refusal};
use vidimus_tests::rng::Rng;

use crate::feed::{Feed, History, nobody};

const EVENTS: u64 = 700;

/// With messages of others in between, in front and behind, and some events twice.
async fn with_others() -> (Feed, History) {
    let (feed, history) = (Feed::start().await, History::of(EVENTS).await);
    let tail = history.log.tail().get();
    let mut rng = Rng::new(5);
    let mut at = 0;
    while at < tail {
        feed.send_foreign(rng.below(4) as usize * 3).await;
        let upto = (at + 1 + rng.below(90)).min(tail);
        let again = at.saturating_sub(rng.below(3));
        let events = history.events(again, upto).await;
        feed.send(events.iter().map(|event| proto_events::Message::recorded(event).unwrap())).await;
        at = upto;
    }
    feed.send_foreign(300).await;
    (feed, history)
}

#[tokio::test(flavor = "multi_thread")]
async fn any_read_of_a_copy_is_what_the_log_answers() {
    let (feed, history) = with_others().await;
    let remote = feed.remote().await;
    let tail = history.log.tail();
    assert_eq!(remote.tail(), tail);
    let mut rng = Rng::new(9);
    for round in 0..250 {
        let after = GlobalPosition::new(rng.below(tail.get() + 3));
        let limit = rng.below([3, 70, 2_000][round % 3]) as usize;
        let (ours, theirs) =
            (remote.read_all(after, limit).await.unwrap(), history.log.read_all(after, limit).await.unwrap());
        // Either may answer with fewer than there are, but not with none.
        assert_eq!(ours.is_empty(), theirs.is_empty(), "after {after}, {limit}");
        let both = ours.len().min(theirs.len());
        assert_eq!(ours[..both], theirs[..both], "after {after}, {limit}");
        let (ours, theirs) = (
            remote.read_all_backwards(after, limit).await.unwrap(),
            history.log.read_all_backwards(after, limit).await.unwrap(),
        );
        let both = ours.len().min(theirs.len());
        assert_eq!((ours.is_empty(), &ours[..both]), (theirs.is_empty(), &theirs[..both]));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_is_verified_and_searched_by_reading_and_has_the_tree_of_the_log() {
    let (feed, history) = with_others().await;
    let remote = feed.remote().await;
    assert_eq!(remote.tree_head().size, 0, "it has read nothing in order yet");
    assert_eq!(remote.verify().await.unwrap(), history.log.verify().await.unwrap());
    assert_eq!(remote.tree_head(), history.log.tree_head());

    let last = history.events(EVENTS - 1, EVENTS).await.remove(0);
    let (tenant, stream) = (&last.tenant, &last.stream);
    let nothing = StreamId::execution(nobody());
    let other: TenantId = "nobody".parse().unwrap();
    for (tenant, stream) in [(tenant, stream), (tenant, &nothing), (&other, stream)] {
        assert_eq!(
            remote.stream_head(tenant, stream).await.unwrap(),
            history.log.stream_head(tenant, stream).await.unwrap()
        );
        for (from, limit) in [(0, 100), (1, 1), (2, 0), (90, 5)] {
            let from = StreamVersion::new(from);
            assert_eq!(
                remote.read_stream(tenant, stream, from, limit).await.unwrap(),
                history.log.read_stream(tenant, stream, from, limit).await.unwrap()
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_takes_no_events() {
    let (feed, history) = Feed::of(20).await;
    let remote = feed.remote().await;
    let event = history.events(0, 1).await.remove(0);
    let append = Append::to_stream(
        event.tenant.clone(),
        event.stream.clone(),
        proto_events::ExpectedVersion::Any,
        vec![event.event],
    );
    let error = remote.append(append).await.unwrap_err();
    assert_eq!(error, AppendError::Refused(Refusal::Copy));
    assert_eq!((error.code(), error.is_retryable()), ("append_to_copy", false));
    assert!(error.to_string().contains("hand them in where the log itself is"), "{error}");
}
