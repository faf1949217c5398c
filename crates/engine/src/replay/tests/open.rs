//! More calls open at a time than are followed.

use std::{collections::BTreeMap, sync::Arc};

use super::{TWO, World, query, replayed, set};
use crate::replay::{DecidedCalls, GlobalPosition, Replay, ReplayQuery};

#[tokio::test]
async fn calls_past_those_that_can_be_open_are_counted() {
    let world = World::new().await;
    world.apply(TWO).await;
    world.history().await;
    let events = world.events().await;
    let whole = replayed(query(Some(set(TWO))), &events);
    assert_eq!((whole.rederived, whole.not_derived.len()), (6, 0));

    let narrow = |query: ReplayQuery| {
        let mut replay = Replay::new(Arc::new(query));
        replay.decided = DecidedCalls::with_room(1);
        for (recorded, event) in &events {
            replay.push(recorded.clone(), event.clone());
        }
        replay.finish()
    };
    // The reading ends before the first transfer begins, which stays open with its permit.
    let report = narrow(query(Some(set(TWO))));
    assert_eq!((report.rederived, report.mismatched, report.compared), (2, 0, 2));
    assert_eq!(report.not_derived, BTreeMap::from([("too_many_open", 4)]));

    let none = narrow(ReplayQuery { until: GlobalPosition::START, ..query(None) });
    assert_eq!(none.not_derived, BTreeMap::new(), "those outside of the range are not missed");
}
