//! The examples that talk to a server run against a real one, crash and go on, and say what happened.

#![allow(clippy::unwrap_used, reason = "helpers of a test fail like a test")]

use std::{
    path::Path,
    process::{Command, Output},
    sync::Arc,
};

use proto_events::{Access, Actor, TenantId};
use tokio::sync::watch;
use vidimus_api::{Api, Settings};
use vidimus_client::{
    Client,
    types::{ApprovalQuery, Approve, Deny, ExecutionQuery, Stage},
};
use vidimus_engine::{Engine, KeyPepper, NewKey, Principal, RandomIds, Role};
use vidimus_log::{EventLog, SledLog, SledLogOptions};
use vidimus_projection::Views;

struct World {
    directory: tempfile::TempDir,
    engine: Arc<Engine>,
    url: String,
    _stop: watch::Sender<bool>,
}

impl World {
    async fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let log = SledLog::open(&directory.path().join("log"), SledLogOptions::default()).unwrap();
        let log: Arc<dyn EventLog> = Arc::new(log);
        let engine = Engine::new(Arc::clone(&log), vidimus_engine::Settings::default());
        let engine = Arc::new(engine.with_key_pepper(KeyPepper::draw(&RandomIds)));
        let views = Views::open(&directory.path().join("views"), log).await.unwrap();
        views.catch_up().await.unwrap();
        let (stop, stopped) = watch::channel(false);
        let (following, mut until) = (views.clone(), stopped.clone());
        tokio::spawn(async move {
            let stopped = async move { drop(until.wait_for(|stop| *stop).await) };
            following.run(stopped).await
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let api = Api::new(Arc::clone(&engine), views, Settings::default());
        tokio::spawn(vidimus_api::serve(listener, api, stopped));
        Self { directory, engine, url, _stop: stop }
    }

    fn tenant() -> TenantId {
        "acme".parse().unwrap()
    }

    async fn key(&self, actor: Actor, role: Role) -> String {
        let admin = Principal::new(Self::tenant(), Actor::user("ada"), [Role::Admin]);
        let new = NewKey { actor: Some(actor), roles: [role].into(), ..NewKey::default() };
        self.engine.create_key(&admin, new).await.unwrap().secret.expose().to_owned()
    }

    async fn refunds_take_an_approval(&self) {
        let admin = Principal::new(Self::tenant(), Actor::user("ada"), [Role::Admin]);
        let function = "shop.refund".parse().unwrap();
        self.engine.set_access(&admin, function, Access::EnabledWithConfirmation, None).await.unwrap();
    }

    /// What waits, as of now.
    fn waiting(&self) -> ApprovalQuery {
        ApprovalQuery { min_position: Some(self.engine.tail()), ..ApprovalQuery::default() }
    }

    fn ledger(&self) -> std::path::PathBuf {
        self.directory.path().join("ledger")
    }

    /// Runs an example beside the server.
    async fn run(&self, program: &'static str, key: &str, arguments: &[&str]) -> Output {
        let mut command = Command::new(program);
        command.env("VIDIMUS_SERVER", &self.url).env("VIDIMUS_KEY", key).args(arguments);
        tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
    }
}

fn lines(output: &Output) -> Vec<String> {
    String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
}

fn refunds(ledger: &Path) -> usize {
    std::fs::read_to_string(ledger).unwrap_or_default().lines().count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_runtime_that_crashes_anywhere_goes_on_and_does_nothing_twice() {
    let world = World::start().await;
    world.refunds_take_an_approval().await;
    let agent = world.key(Actor::agent("refund-runtime"), Role::Agent).await;
    let reviewer = Client::new(&world.url, &world.key(Actor::user("rosa"), Role::Approver).await).unwrap();
    let ledger = world.ledger();
    let path = ledger.to_str().unwrap();
    let program = env!("CARGO_BIN_EXE_agent_runtime");

    let crashed = world.run(program, &agent, &[path, "after-propose"]).await;
    assert!(!crashed.status.success());
    assert_eq!(lines(&crashed), ["proposed   awaiting_approval", "crashed    after-propose"]);
    let waiting = reviewer.approvals(&world.waiting()).await.unwrap().items;
    let [waiting] = &waiting[..] else { unreachable!("{waiting:?}") };
    let seen = Approve { arguments_digest: Some(waiting.arguments_digest), ..Approve::default() };
    reviewer.approve(waiting.execution_id, &seen).await.unwrap();

    let crashed = world.run(program, &agent, &[path, "after-start"]).await;
    let started = ["proposed   permitted (as before)", "decided    permitted", "started    in_progress"];
    assert_eq!(lines(&crashed)[..3], started);
    assert_eq!(refunds(&ledger), 0);

    let crashed = world.run(program, &agent, &[path, "after-run"]).await;
    assert!(!crashed.status.success());
    assert_eq!(refunds(&ledger), 1);

    let done = world.run(program, &agent, &[path]).await;
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let expected = [
        "proposed   in_progress (as before)",
        "decided    in_progress",
        "ran        before the crash",
        "completed  succeeded",
    ];
    assert_eq!(lines(&done), expected);
    assert_eq!(refunds(&ledger), 1);

    let again = world.run(program, &agent, &[path]).await;
    assert_eq!(lines(&again).last().unwrap(), "over       succeeded: no reason given");
    assert_eq!(refunds(&ledger), 1);
    let seen = ExecutionQuery { min_position: Some(world.engine.tail()), ..ExecutionQuery::default() };
    let all = reviewer.executions(&seen).await.unwrap().items;
    assert_eq!(all.iter().map(|one| one.stage).collect::<Vec<_>>(), [Stage::Succeeded]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_replays_a_conversation() {
    let world = World::start().await;
    world.refunds_take_an_approval().await;
    let agent = world.key(Actor::agent("refund-runtime"), Role::Agent).await;
    let auditor = world.key(Actor::user("olga"), Role::Auditor).await;
    let reviewer = Client::new(&world.url, &world.key(Actor::user("rosa"), Role::Approver).await).unwrap();
    let path = world.ledger();
    world.run(env!("CARGO_BIN_EXE_agent_runtime"), &agent, &[path.to_str().unwrap(), "after-propose"]).await;
    let waiting = reviewer.approvals(&world.waiting()).await.unwrap().items;
    let denied = reviewer
        .deny(waiting[0].execution_id, &Deny { reason: "no receipt".to_owned(), card: None })
        .await
        .unwrap();

    let program = env!("CARGO_BIN_EXE_replay_audit");
    let seen = ExecutionQuery { min_position: Some(denied.position), ..Default::default() };
    assert_eq!(reviewer.executions(&seen).await.unwrap().items.len(), 1);
    let replayed = world.run(program, &auditor, &["ticket-4711"]).await;
    assert!(replayed.status.success(), "{}", String::from_utf8_lossy(&replayed.stderr));
    let told = lines(&replayed);
    let what: Vec<&str> = told.iter().map(|line| line.split("  ").last().unwrap()).collect();
    assert_eq!(what[0], "proposed to call `shop.refund`");
    assert!(what[1].starts_with("approval by one reviewer required"), "{what:?}");
    assert_eq!(what[2], "denied: `no receipt`");
    assert_eq!(what[3], "denied: 3 events lead there");
    assert!(told[2].contains("user:rosa"), "{told:?}");

    let nothing = world.run(program, &auditor, &["another"]).await;
    assert!(!nothing.status.success());
    assert!(String::from_utf8_lossy(&nothing.stderr).contains("nothing is on record"));
    let refused = world.run(program, &agent, &["ticket-4711"]).await;
    assert!(String::from_utf8_lossy(&refused.stderr).contains("missing_role"));
}
