//! Replays over the engine's own log: what they find, within which bounds, and that they end with whoever asked.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use proto_events::{Access, Outcome, TenantId, Timestamp};
use tokio::sync::watch;
use uuid::Uuid;
use vidimus_engine::{
    Engine, EngineError, Principal, Proposal,
    replay::{Move, ReplayBounds, ReplayQuery, ReplayReport, RuleTotals, RuleUses, StopReason},
};

use crate::support::*;

const OPEN: &str = r#"@id("open") permit(principal, action, resource);"#;
const MINUTE: Duration = Duration::from_secs(60);

fn files(rules: &str) -> BTreeMap<String, String> {
    BTreeMap::from([("rules.cedar".to_owned(), rules.to_owned())])
}

fn over(amount: u32, id: &str, demand: &str) -> String {
    format!(
        "{OPEN} @id(\"{id}\") @reason(\"a lot\") {demand} forbid(principal, action, resource) \
         when {{ context.number.hasTag(\"amount\") && context.number.getTag(\"amount\") > {amount} }};"
    )
}

async fn propose(world: &World, principal: &Principal, amount: u32) -> Uuid {
    world.clock.advance(MINUTE);
    let arguments = arguments(&format!(r#"{{"amount":{amount}}}"#));
    let proposal = Proposal { arguments, ..proposal() };
    world.engine.propose(principal, proposal).await.unwrap().execution_id
}

/// Five calls, a minute apart, of which the last two wait for an approval; and one of another tenant, between.
async fn history() -> (World, Vec<Uuid>) {
    let world = World::with(Access::Enabled).await;
    let ask = over(300, "ask", r#"@require("approval")"#);
    world.engine.apply_policy(&ada(), files(&ask), None, None).await.unwrap();
    let them = Principal { tenant: umbrella(), ..ada() };
    world.engine.set_access(&them, function(), Access::Enabled, None).await.unwrap();
    let mut ids = Vec::new();
    for amount in [100, 200, 300, 400, 500] {
        ids.push(propose(&world, &runtime(), amount).await);
        if amount == 300 {
            propose(&world, &Principal { tenant: umbrella(), ..runtime() }, 1_000).await;
        }
    }
    (world, ids)
}

fn umbrella() -> TenantId {
    "umbrella".parse().unwrap()
}

async fn query(engine: &Engine, rules: &str) -> ReplayQuery {
    let candidate = engine.candidate(&tenant(), files(rules)).await.unwrap();
    ReplayQuery { candidate: Some(candidate), ..ReplayQuery::everything(tenant()) }
}

async fn replayed(engine: &Engine, query: ReplayQuery, bounds: ReplayBounds) -> ReplayReport {
    engine.replay(engine.replay_place(&query.tenant).unwrap(), query, bounds).await.unwrap()
}

fn changed(report: &ReplayReport) -> Vec<Uuid> {
    report.changes.listed().map(|change| change.execution_id).collect()
}

#[tokio::test]
async fn a_candidate_is_compared_with_what_was_decided_in_the_tenant() {
    let (world, ids) = history().await;
    let tail = world.log.tail();
    let strict = query(&world.engine, &over(200, "never", "")).await;
    let report = replayed(&world.engine, strict, ReplayBounds::default()).await;
    assert_eq!((report.rederived, report.mismatched, report.compared), (5, 0, 5));
    assert_eq!(changed(&report), ids[2..]);
    let moved = |from, to, calls, changed| Move { from: Some(from), to, calls, changed };
    assert_eq!(
        report.moves.iter().collect::<Vec<_>>(),
        [
            moved(Outcome::Allowed, Outcome::Allowed, 2, 0),
            moved(Outcome::Allowed, Outcome::Blocked, 1, 1),
            moved(Outcome::AwaitingApproval, Outcome::Blocked, 2, 2),
        ]
    );
    let totals = |id: &str| report.rules.by_id.get(id).copied().unwrap_or_default();
    let none = RuleUses::default();
    let asked = RuleUses { asks_approval: 2, ..none };
    assert_eq!(totals("ask"), RuleTotals { on_record: asked, candidate: none });
    let stopped = RuleUses { forbids: 3, ..none };
    assert_eq!(totals("never"), RuleTotals { on_record: none, candidate: stopped });
    let open = RuleUses { permits: 5, ..none };
    assert_eq!(totals("open"), RuleTotals { on_record: open, candidate: open });
    assert_eq!(report.stopped, None);
    assert_eq!(world.log.tail(), tail, "nothing is recorded of it");

    let theirs = ReplayQuery { tenant: umbrella(), ..query(&world.engine, OPEN).await };
    let theirs = replayed(&world.engine, theirs, ReplayBounds::default()).await;
    assert_eq!((theirs.compared, theirs.changes.total()), (1, 0), "they see their own call alone");
}

#[tokio::test]
async fn a_candidate_with_faults_is_refused_with_their_places() {
    let (world, _) = history().await;
    let refused = world.engine.candidate(&tenant(), files("@id(\"a\")\npermit (;")).await.unwrap_err();
    let EngineError::PolicyInvalid(errors) = refused else { panic!("{refused}") };
    let first = &errors.errors()[0];
    assert_eq!((first.file.as_str(), first.line), ("rules.cedar", 2));
}

#[tokio::test]
async fn of_the_log_no_more_is_read_than_up_to_the_end_of_the_range() {
    let (world, ids) = history().await;
    let strict = query(&world.engine, &over(200, "never", "")).await;
    let whole = replayed(&world.engine, strict.clone(), ReplayBounds::default()).await;
    // The third call is at minute 3, the one of the others at 4, the fourth at 5.
    let minute = |number: i64| Timestamp::from_micros(T0.as_micros() + number * 60_000_000);
    let some = ReplayQuery { from_time: Some(minute(2)), to_time: Some(minute(5)), ..strict };
    let report = replayed(&world.engine, some, ReplayBounds::default()).await;
    assert_eq!((report.rederived, report.compared), (2, 2));
    assert_eq!(changed(&report), [ids[2]]);
    assert!(report.events < whole.events, "{} of {}", report.events, whole.events);
}

#[tokio::test]
async fn past_its_bounds_a_replay_says_where_it_stopped() {
    let (world, ids) = history().await;
    let strict = query(&world.engine, &over(200, "never", "")).await;
    let whole = replayed(&world.engine, strict.clone(), ReplayBounds::default()).await;
    let fifth = whole.changes.listed().last().unwrap();
    let calls = |calls| ReplayBounds { calls, ..ReplayBounds::default() };
    let four = replayed(&world.engine, strict.clone(), calls(4)).await;
    assert_eq!((four.rederived, four.compared), (4, 4));
    assert_eq!(changed(&four), ids[2..4]);
    let stopped = four.stopped.unwrap();
    assert_eq!(
        (stopped.reason, stopped.position, stopped.at),
        (StopReason::Calls, fifth.position, Some(fifth.at))
    );
    let five = replayed(&world.engine, strict.clone(), calls(5)).await;
    assert_eq!((five.compared, five.stopped), (5, None), "there is no sixth");

    let no_time = ReplayBounds { time: Duration::ZERO, ..ReplayBounds::default() };
    let none = replayed(&world.engine, strict, no_time).await;
    assert_eq!((none.compared, none.stopped.unwrap().reason), (0, StopReason::Time));
}

#[tokio::test]
async fn one_runs_a_tenant_and_it_ends_with_whoever_asked() {
    let (world, _) = history().await;
    let (held, until) = watch::channel(true);
    let log = Hooked::over(world.log.clone()).before_read(move |_, _| {
        let mut until = until.clone();
        async move {
            until.wait_for(|held| !held).await.unwrap();
            Ok(())
        }
    });
    let engine = Arc::new(Engine::new(Arc::new(log), Default::default()));
    let same = query(&engine, OPEN).await;
    let place = engine.replay_place(&tenant()).unwrap();
    let (running, asked) = (engine.clone(), same.clone());
    let replay =
        tokio::spawn(async move { running.replay(place, asked, ReplayBounds::default()).await.unwrap() });
    assert_eq!(engine.replay_place(&tenant()).unwrap_err().code(), "replay_running");
    let other = engine.replay_place(&umbrella()).unwrap();
    assert_eq!(engine.replay_place(&"third".parse().unwrap()).unwrap_err().code(), "too_many_replays");
    drop(other);

    replay.abort();
    assert!(replay.await.unwrap_err().is_cancelled());
    let free = async {
        while engine.replay_place(&tenant()).is_err() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(MINUTE, free).await.expect("the thread is told that nobody waits");
    held.send_replace(false);
    assert_eq!(replayed(&engine, same, ReplayBounds::default()).await.compared, 5);
}
