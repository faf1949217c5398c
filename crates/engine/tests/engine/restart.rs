//! After a restart the log answers, and answers the same.

use std::collections::BTreeSet;

use vidimus_domain::execution::Stage;
use vidimus_engine::{Answer, DeadlineKeeper};

use crate::support::*;

#[tokio::test]
async fn every_stage_is_the_same_after_the_log_was_opened_again() {
    let directory = tempfile::tempdir().unwrap();
    let mut world = World::on(sled(directory.path()));
    let answers = every_stage(&world).await;
    let stages: BTreeSet<_> = answers.iter().map(|(stage, _)| *stage).collect();
    let between_two_events = BTreeSet::from([Stage::Initiated, Stage::Cleared, Stage::Reopened]);
    assert_eq!(Stage::ALL.iter().copied().collect::<BTreeSet<_>>(), &stages | &between_two_events);
    let mut keeper = DeadlineKeeper::new(world.engine.clone());
    keeper.catch_up().await.unwrap();
    let (open, next, tail) = (keeper.open(), keeper.next(), world.log.tree_head());
    assert_eq!(open, 4, "an approval, a confirmation, a permit and a lease");
    drop(keeper);

    for _ in 0..2 {
        let (clock, ids) = (world.clock.clone(), world.ids.clone());
        drop(world);
        world = World { clock, ids, ..World::on(sled(directory.path())) };
        assert_eq!(world.log.tree_head(), tail);
        for (stage, answer) in &answers {
            assert_eq!(answer.state.stage(), Some(*stage));
            let read = world.engine.execution(&tenant(), answer.execution_id).await.unwrap().unwrap();
            assert_eq!(read, Answer { already: true, ..answer.clone() }, "{stage}");
        }
        let mut keeper = DeadlineKeeper::new(world.engine.clone());
        keeper.catch_up().await.unwrap();
        assert_eq!((keeper.open(), keeper.next()), (open, next));
    }
    assert!(world.log.verify().await.unwrap().findings.is_empty());
}

#[tokio::test]
async fn an_attempt_is_the_same_attempt_after_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let propose = async || {
        let world = World::on(sled(directory.path()));
        world.engine.propose(&runtime(), keyed("k", "{}")).await.unwrap()
    };
    let first = propose().await;
    let second = propose().await;
    let third = propose().await;
    assert_eq!((first.already, second.already, third.already), (false, true, true));
    assert_eq!((second.execution_id, third.execution_id), (first.execution_id, first.execution_id));
    let reattempts = |answer: &Answer| answer.state.execution().unwrap().reattempts;
    assert_eq!([&first, &second, &third].map(reattempts), [0, 1, 2], "counting goes on where it was");
}
