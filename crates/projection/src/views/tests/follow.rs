//! Catching up, following, rebuilding.

use std::{sync::Arc, time::Duration};

use proto_events::{GlobalPosition, StreamId, TenantId};
use tokio::sync::oneshot;
use vidimus_log::{EventLog, SledLog, SledLogOptions};

use super::{Setup, all_executions, digests, fresh, positions, tenant};
use crate::{ExecutionFilter, ProjectionError, QueryError, View, Views, testing::History};

#[tokio::test]
async fn what_was_maintained_step_by_step_equals_what_is_built_in_one_go() {
    for seed in 1..=4 {
        let mut setup = Setup::empty(seed).await;
        setup.views.catch_up().await.unwrap();
        let mut step = 0;
        while setup.history.log.tail().get() < 1_500 {
            for _ in 0..=setup.history.random.below(40) {
                setup.history.step().await;
            }
            assert_eq!(setup.views.catch_up().await.unwrap(), setup.history.log.tail());
            step += 1;
            if step % 7 == 0 {
                // What is kept in memory between batches is gone now.
                setup = setup.reopen(|_| {}).await;
            }
        }
        assert_eq!(digests(&setup.views).await, fresh(&setup.log()).await, "seed {seed}");
        assert_eq!(setup.views.verify().await.unwrap(), []);
        setup.views.rebuild(&View::ALL).await.unwrap();
        assert_eq!(digests(&setup.views).await, fresh(&setup.log()).await, "seed {seed}");
    }
}

#[tokio::test]
async fn every_execution_is_in_the_table_with_all_that_the_deciders_state_knows() {
    let setup = Setup::grown(21, 2_500).await;
    let mut found = 0;
    for index in 0..2 {
        let rows = all_executions(&setup.views, &tenant(index), &ExecutionFilter::default()).await;
        assert!(rows.iter().rev().is_sorted_by_key(|row| row.position));
        found += rows.len();
        for row in rows {
            let state = &setup.history.executions[&(row.tenant.clone(), row.execution_id)];
            let state = state.execution().unwrap();
            let detail = setup.views.execution(&row.tenant, row.execution_id).await.unwrap().unwrap();
            assert_eq!(detail.row, row);
            assert_eq!(
                (row.stage, row.status, row.attempts),
                (state.stage, state.status(), state.reattempts + 1)
            );
            let is_sensitive = !state.initiated.sensitive.is_empty();
            assert_eq!(detail.redacted_arguments, if is_sensitive { vec!["/invoice"] } else { vec![] });
            assert_eq!(detail.arguments.as_ref() == state.arguments(), !is_sensitive);
            assert_eq!(detail.context, state.initiated.context);
            assert_eq!(detail.decision, state.decision);
            let is_redacted = !detail.redacted_result.is_empty();
            assert_eq!(detail.result.as_ref() == state.result(), !is_redacted);
            assert!(is_sensitive || !is_redacted);
            assert_eq!(detail.error, state.finished.as_ref().and_then(|finished| finished.error.clone()));
            assert_eq!(detail.timing, state.finished.as_ref().and_then(|finished| finished.timing.clone()));
            assert_eq!(row.next_owner, state.blocked.as_ref().and_then(|blocked| blocked.next_owner.clone()));
        }
    }
    assert_eq!(found, setup.history.executions.len());
    let stats = setup.views.stats().await.unwrap();
    assert_eq!(stats.executions, found as u64);
    let events = crate::testing::decoded(&setup.history.log).await;
    let tool_sets =
        events.iter().filter(|decoded| decoded.event.event_type().0 == "tool_set_recorded").count();
    assert!(tool_sets > 0);
    assert_eq!(stats.audit_entries, setup.history.log.tail().get() - tool_sets as u64);
    assert!(stats.views.iter().all(|stats| stats.available && stats.bytes_on_disk > 0));
}

#[tokio::test]
async fn the_lag_is_visible() {
    let mut setup = Setup::grown(2, 200).await;
    let before = setup.history.log.tail();
    setup.history.grow(before.get() + 50).await;
    let behind = setup.history.log.tail().get() - before.get();
    let stats = setup.views.stats().await.unwrap();
    assert_eq!((stats.position, stats.lag), (before, behind));
    setup.views.catch_up().await.unwrap();
    let stats = setup.views.stats().await.unwrap();
    assert_eq!((stats.position, stats.lag), (setup.history.log.tail(), 0));
}

#[tokio::test]
async fn an_event_of_a_newer_version_stops_the_views_right_before_it() {
    for (event_type, version) in [("launched", 1), ("initiated", 3)] {
        let mut setup = Setup::grown(3, 300).await;
        setup.history.grow(setup.history.log.tail().get() + 20).await;
        let position = setup.history.append_unknown(&tenant(0), event_type, version).await;
        setup.history.step().await;
        let error = setup.views.catch_up().await.unwrap_err();
        assert_eq!(error.code(), "event_undecodable");
        assert!(!error.is_retryable());
        let text = error.to_string();
        assert!(
            text.contains(&format!("position {position}")) && text.contains("upgrade this program"),
            "{text}"
        );
        let before = GlobalPosition::new(position.get() - 1);
        assert_eq!(positions(&setup.views).await, [before; 3]);
        let error = setup.views.rebuild(&View::ALL).await.unwrap_err();
        assert!(matches!(error, ProjectionError::Undecodable { position: at, .. } if at == position));
        assert_eq!(positions(&setup.views).await, [before; 3]);
        let run = setup.views.run(std::future::pending()).await.unwrap_err();
        assert_eq!(run.code(), "event_undecodable");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_follows_until_it_is_told_to_stop() {
    let mut setup = Setup::empty(4).await;
    let (stop, stopped) = oneshot::channel::<()>();
    let views = setup.views.clone();
    let running = tokio::spawn(async move { views.run(async { drop(stopped.await) }).await });
    for _ in 0..5 {
        setup.history.grow(setup.history.log.tail().get() + 60).await;
        setup.views.reached(setup.history.log.tail(), Duration::from_secs(30)).await.unwrap();
    }
    // A view that turns out to be damaged is rebuilt while it runs.
    setup.views.slot(View::Audit).mark_damaged("for a test");
    setup.history.step().await;
    setup.history.step().await;
    setup.views.reached(setup.history.log.tail(), Duration::from_secs(30)).await.unwrap();
    let wanted = GlobalPosition::new(setup.history.log.tail().get() + 1);
    let error = setup.views.reached(wanted, Duration::from_millis(1)).await.unwrap_err();
    assert_eq!(error, QueryError::NotReached { wanted, at: setup.history.log.tail() });
    stop.send(()).unwrap();
    running.await.unwrap().unwrap();
    assert_eq!(setup.views.catch_up().await.unwrap(), setup.history.log.tail());
    assert_eq!(digests(&setup.views).await, fresh(&setup.log()).await);
}

#[tokio::test]
async fn queries_are_answered_while_a_view_is_rebuilt() {
    let setup = Setup::grown(5, 1_000).await;
    let (mine, filter) = (tenant(0), ExecutionFilter::default());
    let expected = all_executions(&setup.views, &mine, &filter).await;
    let (rebuilt, read) =
        tokio::join!(setup.views.rebuild(&View::ALL), all_executions(&setup.views, &mine, &filter));
    rebuilt.unwrap();
    assert_eq!(read, expected);
    assert!(std::fs::read_dir(setup.directory.path()).unwrap().all(|file| {
        let name = file.unwrap().file_name().into_string().unwrap();
        name.contains(".sqlite")
    }));
}

#[tokio::test]
async fn nothing_can_be_asked_before_a_view_was_built() {
    let setup = Setup::empty(6).await;
    let error = setup.views.execution(&tenant(0), uuid::Uuid::nil()).await.unwrap_err();
    assert_eq!(error, QueryError::Rebuilding { view: View::Executions });
    assert!(error.is_retryable());
    let stats = setup.views.stats().await.unwrap();
    assert!(stats.views.iter().all(|stats| !stats.available));
    assert_eq!(setup.views.catch_up().await.unwrap(), GlobalPosition::START);
    assert_eq!(setup.views.execution(&tenant(0), uuid::Uuid::nil()).await, Ok(None));
}

#[tokio::test]
async fn the_log_on_disk_and_its_views_are_opened_again() {
    let directory = tempfile::tempdir().unwrap();
    let open = || -> Arc<dyn EventLog> {
        Arc::new(SledLog::open(&directory.path().join("log"), SledLogOptions::default()).unwrap())
    };
    let log = open();
    let mut history = History::new(Arc::clone(&log), 9);
    history.grow(400).await;
    let views = Views::open(&directory.path().join("views"), Arc::clone(&log)).await.unwrap();
    views.catch_up().await.unwrap();
    history.grow(500).await;
    let tail = log.tail();
    drop((history, views, log));

    let log = open();
    let views = Views::open(&directory.path().join("views"), Arc::clone(&log)).await.unwrap();
    assert!(views.stats().await.unwrap().lag >= 90);
    assert_eq!(views.catch_up().await.unwrap(), tail);
    assert_eq!(digests(&views).await, fresh(&log).await);
}

#[tokio::test]
async fn the_same_execution_id_in_two_tenants_is_two_executions() {
    let mut setup = Setup::empty(7).await;
    let (mine, theirs) = (tenant(0), tenant(1));
    let call = setup.history.call();
    let id = setup.history.propose(&mine, call, proto_events::Outcome::AwaitingApproval).await;
    // The same events once more, in the other tenant's stream of the same name.
    let stream = StreamId::execution(id);
    let events = setup.history.log.read_stream(&mine, &stream, Default::default(), 9).await.unwrap();
    let events = events.into_iter().map(|recorded| recorded.event).collect();
    let append = |tenant: &TenantId, events| {
        vidimus_log::Append::to_stream(
            tenant.clone(),
            stream.clone(),
            proto_events::ExpectedVersion::NoStream,
            events,
        )
    };
    setup.history.log.append(append(&theirs, events)).await.unwrap();
    setup.views.catch_up().await.unwrap();
    let reviewer = crate::testing::reviewer(&proto_events::Actor::user("carol"));
    let deny = vidimus_domain::execution::Action::Deny { reason: "no".into(), reviewer };
    setup.history.command(&mine, id, proto_events::Actor::user("carol"), deny).await;
    setup.views.catch_up().await.unwrap();
    let stage =
        async |tenant| setup.views.execution(tenant, id).await.unwrap().unwrap().row.stage.to_string();
    assert_eq!(
        (stage(&mine).await, stage(&theirs).await),
        ("denied".to_owned(), "awaiting_approval".to_owned())
    );
    assert_eq!(setup.views.approval(&mine, id).await, Ok(None));
    assert!(setup.views.approval(&theirs, id).await.unwrap().is_some());
    assert_eq!(digests(&setup.views).await, fresh(&setup.log()).await);
}

#[tokio::test]
async fn how_far_a_view_is_takes_no_query() {
    let mut setup = Setup::empty(91).await;
    setup.history.grow(50).await;
    let tail = setup.history.log.tail().get();
    let told = |setup: &Setup| View::ALL.map(|view| (setup.views.is_available(view), setup.views.lag(view)));
    assert_eq!(told(&setup), [(false, tail); 3], "not built yet");
    setup.views.catch_up().await.unwrap();
    assert_eq!(told(&setup), [(true, 0); 3]);
    setup.history.grow(20).await;
    let behind = setup.history.log.tail().get() - tail;
    assert_eq!(told(&setup), [(true, behind); 3]);
    let [executions, ..] = &*setup.views.slots;
    executions.mark_damaged("for the test");
    assert_eq!(told(&setup), [(false, behind), (true, behind), (true, behind)]);
    setup.views.catch_up().await.unwrap();
    assert_eq!(told(&setup), [(true, 0); 3]);
}
