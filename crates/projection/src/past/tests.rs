//! The past on real files.

use std::collections::BTreeSet;

use proto_events::{Digest, StreamId, StreamVersion, Timestamp};
use tokio::sync::watch;
use vidimus_log::{Append, Broken, Hooked, MemoryLog};

use super::*;
use crate::{ExecutionDetail, ExecutionFilter, PageRequest, QueryError, testing::History};

const LONG: Duration = Duration::from_secs(120);

fn at(position: u64) -> GlobalPosition {
    GlobalPosition::new(position)
}

async fn digests(views: &Views) -> Vec<Digest> {
    let mut digests = Vec::new();
    for view in View::ALL {
        digests.push(views.digest(view).await.unwrap());
    }
    digests
}

/// A log that has nothing but the first events of another one.
async fn copy(log: &dyn EventLog, upto: u64) -> Arc<dyn EventLog> {
    let copy = MemoryLog::default();
    for recorded in log.read_all(at(0), usize::try_from(upto).unwrap()).await.unwrap() {
        let expected = proto_events::ExpectedVersion::Any;
        let append = Append::to_stream(recorded.tenant, recorded.stream, expected, vec![recorded.event]);
        copy.append(append).await.unwrap();
    }
    assert_eq!(copy.tail(), at(upto));
    Arc::new(copy)
}

async fn fresh(log: Arc<dyn EventLog>) -> Vec<Digest> {
    let directory = tempfile::tempdir().unwrap();
    let views = Views::open(directory.path(), log).await.unwrap();
    views.catch_up().await.unwrap();
    digests(&views).await
}

/// What is in the directory of the past.
fn held(directory: &Path) -> BTreeSet<String> {
    let entries = std::fs::read_dir(directory).into_iter().flatten();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

fn names(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// A log whose reads wait until they may, and fail where they are told to.
fn gated(log: Arc<dyn EventLog>, open: watch::Receiver<Option<Result<(), Broken>>>) -> Arc<dyn EventLog> {
    Arc::new(Hooked::over(log).before_read(move |after, _| {
        let mut open = open.clone();
        async move {
            // The first page is there at once, so that there is something to have read.
            if after > GlobalPosition::START {
                open.wait_for(Option::is_some).await.unwrap().clone().unwrap()?;
            }
            Ok(())
        }
    }))
}

struct Setup {
    directory: tempfile::TempDir,
    history: History,
    past: Past,
}

impl Setup {
    async fn grown(events: u64, log: impl FnOnce(Arc<dyn EventLog>) -> Arc<dyn EventLog>) -> Self {
        let mut history = History::new(Arc::new(MemoryLog::default()), 8);
        history.grow(events).await;
        let directory = tempfile::tempdir().unwrap();
        let past = Past::open(&directory.path().join("past"), log(Arc::clone(&history.log))).unwrap();
        Self { directory, history, past }
    }

    fn held(&self) -> BTreeSet<String> {
        held(&self.directory.path().join("past"))
    }
}

#[tokio::test]
async fn the_views_of_a_position_equal_those_of_a_log_that_ends_there_row_for_row() {
    let mut setup = Setup::grown(1_300, |log| log).await;
    let mut all = BTreeSet::new();
    for position in [0, 1, 33, 256, 700, 1_299] {
        let views = setup.past.at(at(position), LONG).await.unwrap();
        let there = digests(&views).await;
        assert_eq!(there, fresh(copy(&*setup.history.log, position).await).await, "{position}");
        let positions = views.stats().await.unwrap().views;
        assert!(positions.iter().all(|view| view.checkpoint.position == at(position)), "{positions:?}");
        all.insert(there);
    }
    assert_eq!(all.len(), 6, "each differs");
    // What comes afterwards changes nothing there, and the present is a position like any other.
    let views = setup.past.at(at(1_299), LONG).await.unwrap();
    let before = digests(&views).await;
    setup.history.grow(1_400).await;
    views.catch_up().await.unwrap();
    assert_eq!(digests(&views).await, before);
    let tail = setup.history.log.tail();
    let present = digests(&setup.past.at(tail, LONG).await.unwrap()).await;
    assert_eq!(present, fresh(Arc::clone(&setup.history.log)).await);
}

#[tokio::test]
async fn an_execution_folded_from_its_events_is_the_one_of_the_views_then() {
    let setup = Setup::grown(1_500, |log| log).await;
    let now = setup.past.at(setup.history.log.tail(), LONG).await.unwrap();
    let mut compared = 0;
    for position in [400, 1_100, setup.history.log.tail().get()] {
        let then = setup.past.at(at(position), LONG).await.unwrap();
        for (tenant, id) in setup.history.executions.keys() {
            let stream = StreamId::execution(*id);
            let read = setup.history.log.read_stream(tenant, &stream, StreamVersion::FIRST, 1_000);
            let mut events = read.await.unwrap();
            events.retain(|recorded| recorded.position <= at(position));
            let listed = now.execution(tenant, *id).await.unwrap();
            let folded = ExecutionDetail::folded(&events, listed.as_ref().map(|listed| &listed.row));
            assert_eq!(folded, then.execution(tenant, *id).await.unwrap(), "{position} {id}");
            compared += usize::from(folded.is_some());
        }
    }
    assert!(compared > 200, "{compared}");
}

#[tokio::test]
async fn those_of_two_positions_are_held_and_the_disk_of_others_is_free() {
    let setup = Setup::grown(300, |log| log).await;
    let tenant = setup.history.executions.keys().next().unwrap().0.clone();
    let page = async |views: &PastViews| {
        views.executions(&tenant, &ExecutionFilter::default(), &PageRequest::first(9)).await
    };
    drop(setup.past.at(at(100), LONG).await.unwrap());
    drop(setup.past.at(at(200), LONG).await.unwrap());
    assert_eq!(setup.held(), names(&["100-0", "200-1"]));
    // Used last: it stays, and is not built twice.
    let first = setup.past.at(at(100), LONG).await.unwrap();
    let again = setup.past.at(at(100), LONG).await.unwrap();
    assert!(Arc::ptr_eq(&first._directory, &again._directory));
    drop(again);
    let kept = Arc::downgrade(&first._directory);
    drop(setup.past.at(at(300), LONG).await.unwrap());
    assert_eq!(setup.held(), names(&["100-0", "300-2"]));
    // Whoever still reads one that made room reads on; then it goes.
    drop(setup.past.at(at(200), LONG).await.unwrap());
    drop(setup.past.at(at(250), LONG).await.unwrap());
    assert_eq!(setup.held(), names(&["100-0", "200-3", "250-4"]));
    assert!(!page(&first).await.unwrap().items.is_empty());
    drop(first);
    assert_eq!(setup.held(), names(&["200-3", "250-4"]));
    assert!(kept.upgrade().is_none());
    // Nothing is left when nobody asks any more.
    let Setup { directory, past, .. } = setup;
    drop(past);
    assert_eq!(held(&directory.path().join("past")), names(&[]));
}

#[tokio::test]
async fn what_an_earlier_process_left_is_deleted_at_the_start() {
    let setup = Setup::grown(10, |log| log).await;
    let directory = setup.directory.path().join("past");
    let stale = directory.join("7-0");
    std::fs::create_dir_all(&stale).unwrap();
    std::fs::write(stale.join("audit.sqlite"), "no view").unwrap();
    let past = Past::open(&directory, Arc::clone(&setup.history.log)).unwrap();
    assert_eq!(setup.held(), names(&[]));
    let views = past.at(at(7), LONG).await.unwrap();
    assert_eq!(digests(&views).await, fresh(copy(&*setup.history.log, 7).await).await);
}

#[tokio::test]
async fn one_is_built_at_a_time_and_says_how_far_it_is() {
    let (opener, open) = watch::channel(None);
    let setup = Setup::grown(300, |log| gated(log, open)).await;
    let unknown = setup.past.at(at(100_000), Duration::ZERO).await.err().unwrap();
    assert_eq!(unknown, PastError::PositionUnknown { asked: at(100_000), tail: setup.history.log.tail() });
    assert_eq!((unknown.code(), unknown.is_retryable()), ("position_unknown", false));
    // Whoever asks for it does not have to stay; whoever asks for the same waits for the same.
    let building = setup.past.at(at(200), Duration::ZERO).await.err().unwrap();
    assert!(matches!(building, PastError::Building { of: 200, done: 0..=32, .. }), "{building}");
    assert_eq!((building.code(), building.is_retryable()), ("as_of_building", true));
    let other = setup.past.at(at(100), Duration::ZERO).await.err().unwrap();
    assert!(matches!(other, PastError::BuildingOther { of: 200, .. }), "{other}");
    assert_eq!((other.code(), other.is_retryable()), ("as_of_building", true));
    let read = async {
        // The first page was read as soon as it says so.
        loop {
            match setup.past.at(at(200), Duration::ZERO).await.err().unwrap() {
                PastError::Building { done: 0, .. } => tokio::task::yield_now().await,
                building => return building,
            }
        }
    };
    let building = tokio::time::timeout(LONG, read).await.unwrap();
    assert_eq!(building, PastError::Building { position: at(200), done: 32, of: 200 });
    let (one, two) = (setup.past.at(at(200), LONG), setup.past.at(at(200), LONG));
    opener.send_replace(Some(Ok(())));
    let (one, two) = tokio::join!(one, two);
    assert!(Arc::ptr_eq(&one.unwrap()._directory, &two.unwrap()._directory));
    setup.past.at(at(100), LONG).await.unwrap();
    assert_eq!(setup.held(), names(&["100-1", "200-0"]));
}

#[tokio::test]
async fn what_could_not_be_built_is_tried_again() {
    let (opener, open) = watch::channel(Some(Err(Broken::Closed)));
    let setup = Setup::grown(300, |log| gated(log, open)).await;
    let failed = setup.past.at(at(200), LONG).await.err().unwrap();
    assert_eq!((failed.code(), failed.is_retryable()), ("log_closed", true));
    assert_eq!(setup.held(), names(&[]), "nothing is left of it");
    opener.send_replace(Some(Ok(())));
    setup.past.at(at(200), LONG).await.unwrap();
    assert_eq!(setup.held(), names(&["200-1"]));
}

#[tokio::test]
async fn one_that_is_damaged_is_built_anew() {
    let setup = Setup::grown(300, |log| log).await;
    let views = setup.past.at(at(200), LONG).await.unwrap();
    let whole = fresh(copy(&*setup.history.log, 200).await).await;
    // What was read once is remembered: nothing was.
    let file = views._directory.0.join("executions.sqlite");
    let mut bytes = std::fs::read(&file).unwrap();
    let text = b"billing-agent";
    let found: Vec<_> = (0..bytes.len() - text.len()).filter(|at| bytes[*at..].starts_with(text)).collect();
    found.iter().for_each(|at| bytes[*at] ^= 1);
    std::fs::write(&file, bytes).unwrap();
    let tenant = setup.history.executions.keys().next().unwrap().0.clone();
    let (filter, request) = (ExecutionFilter::default(), PageRequest::first(1000));
    let read = views.executions(&tenant, &filter, &request).await;
    assert!(matches!(read, Err(QueryError::Damaged { .. })), "{:?}", read.err());
    drop(views);
    assert_eq!(digests(&setup.past.at(at(200), LONG).await.unwrap()).await, whole);
    assert_eq!(setup.held(), names(&["200-1"]));
}

#[tokio::test]
async fn an_instant_is_the_last_position_with_nothing_later_before_it() {
    let mut setup = Setup::grown(2_000, |log| log).await;
    // A clock that is set back: what follows says an earlier time.
    let now = setup.history.now;
    setup.history.now = Timestamp::from_micros(now.as_micros() - 7_200_000_000);
    setup.history.grow(2_100).await;
    setup.history.now = now.plus(Duration::from_secs(1));
    setup.history.grow(2_600).await;
    let directory = tempfile::tempdir().unwrap();
    let views = Views::open(directory.path(), Arc::clone(&setup.history.log)).await.unwrap();
    views.catch_up().await.unwrap();
    // Behind the log, and further than from one position on record to the next.
    setup.history.grow(3_300).await;
    let mut times = Vec::new();
    while times.len() < 3_300 {
        let after = at(times.len() as u64);
        let page = setup.history.log.read_all(after, 1_000).await.unwrap();
        times.extend(page.iter().map(|recorded| recorded.event.recorded_at));
    }
    let expected =
        |instant: Timestamp| times.iter().position(|time| *time > instant).unwrap_or(times.len()) as u64;
    let (first, last) = (times[0], *times.iter().max().unwrap());
    let micro = |time: Timestamp, by: i64| Timestamp::from_micros(time.as_micros() + by);
    let mut asked = vec![micro(first, -1), first, last, micro(last, -1), micro(last, 1)];
    asked.extend(times.iter().step_by(97).flat_map(|time| [micro(*time, -1), *time]));
    let mut answers = BTreeSet::new();
    for instant in asked {
        let position = views.position_at(instant).await.unwrap();
        assert_eq!(position, at(expected(instant)), "{instant}");
        answers.insert(position);
    }
    assert!(answers.len() > 5 && answers.contains(&at(0)), "{answers:?}");
    assert_eq!(views.position_at(micro(last, 1)).await.unwrap(), setup.history.log.tail());
}
