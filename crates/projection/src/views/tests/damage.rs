//! Views that were deleted, damaged, or belong to something else: rebuilt, and correct.

use std::{fs, path::Path, sync::Arc};

use vidimus_log::{EventLog, MemoryLog};

use super::{Setup, digests, fresh, tenant};
use crate::{ExecutionFilter, PageRequest, QueryError, View, Views, testing::History};

/// Opens the views after `change`, catches up, and checks that all is well.
async fn mended(setup: Setup, change: impl FnOnce(&Path)) -> Setup {
    let setup = setup.reopen(change).await;
    assert_eq!(setup.views.catch_up().await.unwrap(), setup.history.log.tail());
    assert_eq!(digests(&setup.views).await, fresh(&setup.log()).await);
    setup
}

fn connection(directory: &Path, view: View) -> rusqlite::Connection {
    rusqlite::Connection::open(directory.join(format!("{view}.sqlite"))).unwrap()
}

#[tokio::test]
async fn what_cannot_be_used_is_rebuilt() {
    let mut setup = Setup::grown(31, 600).await;
    setup = mended(setup, |directory| fs::remove_dir_all(directory).unwrap()).await;
    for view in View::ALL {
        let file = |directory: &Path| directory.join(format!("{view}.sqlite"));
        setup = mended(setup, |directory| fs::remove_file(file(directory)).unwrap()).await;
        setup = mended(setup, |directory| fs::write(file(directory), b"").unwrap()).await;
        setup = mended(setup, |directory| fs::write(file(directory), vec![b'x'; 100_000]).unwrap()).await;
        setup = mended(setup, |directory| {
            let file = fs::File::options().write(true).open(file(directory)).unwrap();
            file.set_len(file.metadata().unwrap().len() / 2).unwrap();
        })
        .await;
        setup = mended(setup, |directory| {
            connection(directory, view).pragma_update(None, "user_version", 99).unwrap()
        })
        .await;
        setup = mended(setup, |directory| {
            connection(directory, view).pragma_update(None, "application_id", 1).unwrap()
        })
        .await;
        setup = mended(setup, |directory| {
            connection(directory, view).execute_batch("UPDATE checkpoint SET position = 1000000").unwrap();
        })
        .await;
        setup = mended(setup, |directory| {
            connection(directory, view)
                .execute_batch("UPDATE checkpoint SET position = position - 1")
                .unwrap();
        })
        .await;
        setup = mended(setup, |directory| {
            connection(directory, view).execute_batch("DELETE FROM checkpoint").unwrap()
        })
        .await;
        setup = mended(setup, |directory| {
            connection(directory, view).execute_batch("DROP TABLE checkpoint").unwrap()
        })
        .await;
        setup = mended(setup, |directory| {
            fs::remove_file(file(directory)).unwrap();
            rusqlite::Connection::open(file(directory))
                .unwrap()
                .execute_batch("CREATE TABLE other (x)")
                .unwrap();
        })
        .await;
        // Beside a file that is gone, what SQLite keeps is of no use.
        setup = mended(setup, |directory| {
            fs::remove_file(file(directory)).unwrap();
            fs::write(directory.join(format!("{view}.sqlite-wal")), vec![7; 5_000]).unwrap();
            fs::write(directory.join(format!("{view}.building")), b"half").unwrap();
        })
        .await;
    }
}

#[tokio::test]
async fn a_file_that_was_cut_anywhere_is_rebuilt_or_as_it_was() {
    let mut setup = Setup::grown(38, 300).await;
    let good = fresh(&setup.log()).await;
    for view in View::ALL {
        let whole = fs::metadata(setup.file(view)).unwrap().len();
        for len in [1, 50, 100, 1_000, 8_191, 8_192, 8_193, whole / 3, whole - 8_192, whole - 1] {
            let file = setup.file(view);
            setup = setup
                .reopen(|_| fs::File::options().write(true).open(&file).unwrap().set_len(len).unwrap())
                .await;
            setup.views.catch_up().await.unwrap();
            assert_eq!(digests(&setup.views).await, good, "{view} cut to {len} of {whole}");
        }
    }
}

#[tokio::test]
async fn a_file_that_is_deleted_while_the_views_are_open_is_rebuilt() {
    let setup = Setup::grown(32, 300).await;
    fs::remove_dir_all(setup.directory.path()).unwrap();
    fs::create_dir(setup.directory.path()).unwrap();
    setup.views.catch_up().await.unwrap();
    assert!(View::ALL.iter().all(|view| setup.file(*view).exists()));
    assert_eq!(digests(&setup.views).await, fresh(&setup.log()).await);
}

#[tokio::test]
async fn views_of_another_log_or_of_a_longer_one_are_rebuilt() {
    let setup = Setup::grown(33, 600).await;
    let mut other = History::new(Arc::new(MemoryLog::default()), 34);
    other.grow(700).await;
    let mut shorter = History::new(Arc::new(MemoryLog::default()), 33);
    shorter.grow(300).await;
    let Setup { directory, history, mut views } = setup;
    // The shorter one is the beginning of the first log, so that its views can go on from there.
    for (log, goes_on) in [(&other.log, false), (&shorter.log, false), (&history.log, true)] {
        drop(views);
        views = Views::open(directory.path(), Arc::clone(log)).await.unwrap();
        assert!(views.stats().await.unwrap().views.iter().all(|stats| stats.available == goes_on));
        assert_eq!(views.catch_up().await.unwrap(), log.tail());
        assert_eq!(digests(&views).await, fresh(log).await);
    }
}

/// Changes one byte of a text that is in the file; answers whether it is there.
fn change_text(file: &Path, text: &str) -> bool {
    let mut bytes = fs::read(file).unwrap();
    let Some(at) = bytes.windows(text.len()).position(|window| window == text.as_bytes()) else {
        return false;
    };
    bytes[at + text.len() / 2] ^= 1;
    fs::write(file, bytes).unwrap();
    true
}

#[tokio::test]
async fn a_changed_bit_in_a_text_is_found_when_it_is_read_and_never_passed_on() {
    let mut setup = Setup::grown(35, 300).await;
    let filter = ExecutionFilter::default();
    let rows = setup.views.executions(&tenant(0), &filter, &PageRequest::first(1000)).await.unwrap().items;
    let id = rows.iter().find(|row| row.arguments_digest.is_some()).unwrap().execution_id;
    let arguments = setup.views.execution(&tenant(0), id).await.unwrap().unwrap().arguments.unwrap();
    setup = setup
        .reopen(|directory| {
            assert!(change_text(&directory.join("executions.sqlite"), &arguments.as_str()[..60]))
        })
        .await;
    let error = setup.views.execution(&tenant(0), id).await.unwrap_err();
    assert!(matches!(error, QueryError::Damaged { view: View::Executions, .. }), "{error}");
    assert!(error.is_retryable());
    // From now on nothing of it is believed, until it is rebuilt.
    let error = setup.views.executions(&tenant(0), &filter, &PageRequest::default()).await.unwrap_err();
    assert_eq!(error.code(), "view_damaged");
    setup.views.catch_up().await.unwrap();
    assert_eq!(setup.views.execution(&tenant(0), id).await.unwrap().unwrap().arguments, Some(arguments));
    assert_eq!(digests(&setup.views).await, fresh(&setup.log()).await);
}

#[tokio::test]
async fn changed_bytes_anywhere_are_found_by_verify_and_mended_by_rebuild() {
    let mut setup = Setup::grown(36, 400).await;
    let good = fresh(&setup.log()).await;
    let mut random = crate::testing::Random::new(36);
    for round in 0..30 {
        let view = View::ALL[round % 3];
        let file = setup.file(view);
        setup = setup
            .reopen(|_| {
                let mut bytes = fs::read(&file).unwrap();
                for _ in 0..8 {
                    let at = usize::try_from(random.below(bytes.len() as u64)).unwrap();
                    bytes[at] = bytes[at].wrapping_add(1 + u8::try_from(random.below(255)).unwrap());
                }
                fs::write(&file, bytes).unwrap();
            })
            .await;
        setup.views.catch_up().await.unwrap();
        let differing = setup.views.verify().await.unwrap();
        assert!(differing.is_empty() || differing == [view], "{differing:?}");
        setup.views.rebuild(&differing).await.unwrap();
        assert_eq!(digests(&setup.views).await, good, "round {round}");
    }
}

#[tokio::test]
async fn damage_met_while_events_are_applied_is_mended_by_catching_up() {
    let mut setup = Setup::grown(37, 300).await;
    let call = setup.history.call();
    let id = setup.history.propose(&tenant(0), call, proto_events::Outcome::AwaitingApproval).await;
    setup.views.catch_up().await.unwrap();
    setup = setup
        .reopen(|directory| {
            // The row has another stage now, but not another check.
            let sql = "UPDATE executions SET stage = 'blocked' WHERE execution_id = ?1";
            connection(directory, View::Executions).execute(sql, [id.as_bytes()]).unwrap();
        })
        .await;
    let carol = proto_events::Actor::user("carol");
    let reviewer = crate::testing::reviewer(&carol);
    let deny = vidimus_domain::execution::Action::Deny { reason: "no".into(), reviewer };
    setup.history.command(&tenant(0), id, carol, deny).await;
    assert_eq!(setup.views.catch_up().await.unwrap(), setup.history.log.tail());
    let log: Arc<dyn EventLog> = setup.log();
    assert_eq!(digests(&setup.views).await, fresh(&log).await);
}
