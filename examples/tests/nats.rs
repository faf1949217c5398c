//! The examples that need nothing but a NATS client run against `vidimus serve` and a real nats-server, in Rust and in Python,
//! crash and go on, and say what happened.

#![allow(clippy::unwrap_used, reason = "helpers of a test fail like a test")]

use std::{
    collections::BTreeSet,
    ffi::OsStr,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::OnceLock,
    time::Duration,
};

use async_nats::jetstream::consumer::{Consumer, pull};
use proto_events::{Actor, Json};
use serde_json::{Value, json};
use uuid::Uuid;
use vidimus_client::{
    Client,
    types::{Propose, Stage},
};
use vidimus_tests::{child::Running, nats::Server};

/// The program, beside the examples; built where it is not there yet.
fn vidimus() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let program = Path::new(env!("CARGO_BIN_EXE_monitor")).with_file_name("vidimus");
        if !program.exists() {
            let built = Command::new(env!("CARGO")).args(["build", "--quiet", "-p", "vidimus"]).status();
            assert!(built.unwrap().success() && program.exists(), "build it: `cargo build -p vidimus`");
        }
        program
    })
}

/// A Python with a NATS client.
fn python() -> &'static str {
    static PYTHON: OnceLock<String> = OnceLock::new();
    PYTHON.get_or_init(|| {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/python/venv");
        let made = Command::new("sh").arg(script).stderr(Stdio::inherit()).output().unwrap();
        assert!(made.status.success(), "there is no python3 with nats-py: see what `tests/python/venv` says");
        String::from_utf8(made.stdout).unwrap().trim_end().to_owned()
    })
}

/// Without the settings of whoever runs the tests.
fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("VIDIMUS_") {
            command.env_remove(name);
        }
    }
    command
}

/// A server of NATS, and one of ours on it.
struct World {
    directory: tempfile::TempDir,
    nats: Server,
    agent: String,
    desk: String,
    server: Option<Running>,
    url: String,
    /// Where the seeds of the users are, if the tenants have accounts.
    keys: Option<PathBuf>,
}

impl World {
    async fn start() -> Self {
        Self::begin(tempfile::tempdir().unwrap(), Server::start(), None).await
    }

    /// On a server that keeps tenants apart, with the consumers that the examples read.
    async fn start_with_accounts() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let bus = directory.path().join("bus");
        let mut config = command(vidimus());
        config.args(["nats", "config", "acme", "--consumer", "desk", "--consumer", "intervene", "--write"]);
        assert!(config.arg(&bus).stdout(Stdio::null()).status().unwrap().success());
        let nats = Server::start_with(&std::fs::read_to_string(bus.join("tenants.conf")).unwrap());
        let world = Self::begin(directory, nats, Some(bus.join("keys"))).await;
        for name in ["desk", "intervene"] {
            let url = world.nats.url();
            let seed = world.seed("vidimus").unwrap();
            let arguments = ["nats", "consumer", "--tenant", "acme", "--name", name, "--nats", &url];
            world.done(&[&arguments[..], &["--nats-nkey", seed.to_str().unwrap()]].concat());
        }
        world
    }

    async fn begin(directory: tempfile::TempDir, nats: Server, keys: Option<PathBuf>) -> Self {
        let mut world = Self {
            directory,
            nats,
            agent: String::new(),
            desk: String::new(),
            server: None,
            url: String::new(),
            keys,
        };
        world.agent = world.key("agent", "agent:refund-bot");
        world.desk = world.key("approver", "service:refund-desk");
        world.done(&["--tenant", "acme", "function", "set-access", "shop.refund", "EnabledWithConfirmation"]);
        world.serve();
        world.streams().await;
        world
    }

    /// Waits until the streams are made: nobody waits for NATS before it serves.
    async fn streams(&self) {
        let mut options = async_nats::ConnectOptions::new();
        if let Some(seed) = self.seed("vidimus") {
            options = options.nkey(std::fs::read_to_string(seed).unwrap().trim().to_owned());
        }
        let jetstream = async_nats::jetstream::new(options.connect(self.nats.url()).await.unwrap());
        for _ in 0..6_000 {
            if jetstream.get_stream("VIDIMUS_NOTIFICATIONS").await.is_ok() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        unreachable!("there is no stream after a minute");
    }

    fn vidimus(&self, arguments: &[&str]) -> Command {
        let mut command = command(vidimus());
        command.env("VIDIMUS_DATA", self.directory.path().join("data")).args(arguments);
        command
    }

    fn done(&self, arguments: &[&str]) -> Value {
        let output = self.vidimus(arguments).args(["--output", "json"]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    fn key(&self, role: &str, actor: &str) -> String {
        let made = self.done(&["key", "create", "--tenant", "acme", "--role", role, "--actor", actor]);
        made["secret"].as_str().unwrap().to_owned()
    }

    fn serve(&mut self) {
        let mut command = self.vidimus(&["serve", "--listen", "127.0.0.1:0", "--nats", &self.nats.url()]);
        if let Some(seed) = self.seed("vidimus") {
            command.arg("--nats-nkey").arg(seed);
        }
        let server = Running::start(&mut command);
        let line = server.line().unwrap();
        line.strip_prefix("listening on ").unwrap().clone_into(&mut self.url);
        self.server = Some(server);
    }

    /// As a power failure does.
    fn kill_server(&mut self) {
        self.server.take().unwrap().kill();
    }

    fn ledger(&self) -> PathBuf {
        self.directory.path().join("ledger")
    }

    fn refunds(&self) -> usize {
        std::fs::read_to_string(self.ledger()).unwrap_or_default().lines().count()
    }

    fn seed(&self, user: &str) -> Option<PathBuf> {
        Some(self.keys.as_ref()?.join(format!("{user}.nk")))
    }

    /// Runs a program as a user of the tenant's account, where there are accounts.
    fn runs(&self, mut command: Command, key: &str, role: &str) -> Running {
        command.env("VIDIMUS_NATS", self.nats.url()).env("VIDIMUS_KEY", key);
        if let Some(seed) = self.seed(&format!("acme-{role}")) {
            command.env("VIDIMUS_NATS_NKEY", seed);
            command.env("VIDIMUS_NATS_INBOX", format!("_INBOX_acme.{role}"));
            command.env("VIDIMUS_NATS_API", "JS.VIDIMUS.API");
        }
        Running::start(&mut command)
    }

    fn monitor(&self, arguments: &[&str]) -> Running {
        let mut command = command(env!("CARGO_BIN_EXE_monitor"));
        command.args(arguments);
        self.runs(command, "", "monitor")
    }

    fn intervene(&self) -> Running {
        let mut command = command(env!("CARGO_BIN_EXE_intervene"));
        command.arg("acme");
        self.runs(command, &self.desk, "operator")
    }

    fn python(&self, script: &str, arguments: &[&str]) -> Running {
        let mut command = command(python());
        command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("python").join(script)).args(arguments);
        self.runs(command, &self.desk, "operator")
    }

    /// All lines of a runtime that ends by itself.
    fn runtime(&self, crash: Option<&str>) -> Vec<String> {
        let mut command = command(env!("CARGO_BIN_EXE_nats_runtime"));
        command.arg("acme").arg(self.ledger()).args(crash);
        let running = self.runs(command, &self.agent, "operator");
        std::iter::from_fn(|| running.line()).collect()
    }

    async fn propose(&self, arguments: &Value) -> Uuid {
        let call = Propose {
            agent: "refund-bot".to_owned(),
            conversation: "ticket-1".to_owned(),
            request_id: None,
            function: "shop.refund".parse().unwrap(),
            arguments: Json::from_value(arguments),
            requester: Some(Actor::user("mira")),
            context: None,
            idempotency_key: None,
        };
        let client = Client::new(&self.url, &self.agent).unwrap();
        client.propose(&call).await.unwrap().execution_id
    }

    /// Where these executions stand and who resolved them, as the log has it.
    async fn stand(&self, ids: &[Uuid]) -> Vec<(Stage, Option<String>)> {
        let client = Client::new(&self.url, &self.desk).unwrap();
        let mut all = Vec::new();
        for id in ids {
            let execution = client.execution(*id).await.unwrap();
            all.push((execution.stage, execution.resolved_by.map(|actor| actor.to_string())));
        }
        all
    }
}

fn lines(running: &Running, count: usize) -> Vec<String> {
    let line = |_| running.line().unwrap();
    (0..count).map(line).collect()
}

/// A line of a monitor by its words.
fn words(line: &str) -> Vec<&str> {
    line.split_whitespace().collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_is_proposed_approved_run_and_seen_over_nats_alone() {
    let world = World::start().await;
    let (monitor, intervene) = (world.monitor(&["acme"]), world.intervene());
    let watching = "watching   vidimus.v1.acme.tool_execution.*.approval.required";
    assert_eq!(lines(&intervene, 1), [watching]);

    let crashed = world.runtime(Some("after-propose"));
    assert_eq!(crashed, ["proposed   awaiting_approval", "crashed    after-propose"]);
    let approved = lines(&intervene, 1).remove(0);
    let id = approved.strip_prefix("approved   ").unwrap();
    let crashed = world.runtime(Some("after-start"));
    let expected = ["decided    permitted", "started    in_progress", "crashed    after-start"];
    assert_eq!(crashed[1..], expected);
    assert_eq!(world.refunds(), 0);
    assert_eq!(world.runtime(Some("after-run")).last().unwrap(), "crashed    after-run");
    assert_eq!(world.refunds(), 1);
    let expected = [
        "proposed   in_progress (as before)",
        "decided    in_progress",
        "ran        before the crash",
        "completed  succeeded",
    ];
    assert_eq!(world.runtime(None), expected);
    assert_eq!(world.runtime(None).last().unwrap(), "over       succeeded: no reason given");
    assert_eq!(world.refunds(), 1);

    let seen = lines(&monitor, 5);
    let seen: Vec<_> = seen.iter().map(|line| words(line)).collect();
    let expected = ["initiated", "approval.required", "approval.accepted", "in_progress", "completed"];
    assert_eq!(seen.iter().map(|words| words[1]).collect::<Vec<_>>(), expected);
    assert_eq!(seen[1][2..], [id, "refund-bot", "shop.refund"]);
    assert!(seen.iter().all(|words| words[2] == id), "{seen:?}");
    let positions: Vec<u64> = seen.iter().map(|words| words[0].parse().unwrap()).collect();
    assert!(positions.is_sorted_by(|one, next| one < next), "{positions:?}");

    let later = world.monitor(&["acme", "--after", seen[2][0]]);
    assert_eq!(lines(&later, 2).iter().map(|line| words(line)[1]).collect::<Vec<_>>(), expected[3..]);
    let desk = Some("service:refund-desk".to_owned());
    assert_eq!(world.stand(&[id.parse().unwrap()]).await, [(Stage::Succeeded, desk)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_monitor_with_a_place_of_its_own_goes_on_where_it_was() {
    let world = World::start().await;
    world.propose(&json!({"amount": 1})).await;
    let durable = ["acme", "--durable", "desk"];
    let mut monitor = world.monitor(&durable);
    assert_eq!(lines(&monitor, 2).len(), 2);
    // It acknowledges a message before it takes the next: with the fourth line, the first three are done with.
    world.propose(&json!({"amount": 2})).await;
    let last = lines(&monitor, 2).remove(1);
    let last: u64 = words(&last)[0].parse().unwrap();
    monitor.kill();
    let third = world.propose(&json!({"amount": 3})).await;
    let again = world.monitor(&durable);
    let mut seen = BTreeSet::new();
    while seen.len() < 2 {
        let line = lines(&again, 1).remove(0);
        let words = words(&line);
        // The last one may come again, as it was killed over it; and what was on its way to it comes late.
        if words[0].parse::<u64>().unwrap() > last {
            assert_eq!(words[2], third.to_string());
            assert!(seen.insert(words[1].to_owned()), "{line} is there twice");
        } else {
            assert_eq!(words[0], last.to_string());
        }
    }
    assert_eq!(seen, ["approval.required".to_owned(), "initiated".to_owned()].into());
}

/// Amount, and whether it is approved without a person.
fn amounts() -> [(Value, bool); 9] {
    [
        (json!({"amount": "120.00"}), false),
        (json!({"amount": 49.90}), true),
        (json!({"amount": "50"}), true),
        (json!({"amount": "50.01"}), false),
        (json!({"amount": 0}), false),
        (json!({"amount": -5}), false),
        (json!({"amount": true}), false),
        (json!({"amount": "much"}), false),
        // What cannot be seen is not approved.
        (json!({"amount": 1, "token": "s"}), false),
    ]
}

fn stages(approved: impl IntoIterator<Item = bool>) -> Vec<(Stage, Option<String>)> {
    let desk = || Some("service:refund-desk".to_owned());
    let stage =
        |approved| if approved { (Stage::Permitted, desk()) } else { (Stage::AwaitingApproval, None) };
    approved.into_iter().map(stage).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_intervention_service_that_was_away_catches_up_and_leaves_the_rest_to_people() {
    let world = World::start().await;
    let (mut ids, mut expected) = (Vec::new(), Vec::new());
    for (arguments, approved) in amounts() {
        let id = world.propose(&arguments).await;
        ids.push(id);
        expected.push(if approved {
            format!("approved   {id}")
        } else {
            format!("left       {id} to people")
        });
    }
    let intervene = world.intervene();
    intervene.line();
    for (told, expected) in lines(&intervene, expected.len()).iter().zip(&expected) {
        assert!(told.starts_with(expected), "{told} is not {expected}");
    }
    assert_eq!(world.stand(&ids).await, stages(amounts().map(|(_, approved)| approved)));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_intervention_service_asks_until_it_is_answered() {
    let mut world = World::start().await;
    let watching = world.monitor(&["acme"]);
    let id = world.propose(&json!({"amount": 10})).await;
    assert_eq!(words(&lines(&watching, 2)[1])[1], "approval.required");
    world.kill_server();
    let mut intervene = world.intervene();
    assert!(intervene.line().unwrap().starts_with("watching"));
    world.serve();
    assert_eq!(lines(&intervene, 1), [format!("approved   {id}")]);

    // Killed after it asked and before it said that it had: the same again, which changes nothing.
    intervene.kill();
    drop(intervene);
    let next = world.propose(&json!({"amount": 11})).await;
    let again = world.intervene();
    again.line();
    let told = lines(&again, 1).remove(0);
    let told = if told == format!("approved   {id} before") { lines(&again, 1).remove(0) } else { told };
    assert_eq!(told, format!("approved   {next}"));
    assert_eq!(world.stand(&[id, next]).await, stages([true, true]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_no_good_ends_the_intervention_service_and_loses_nothing() {
    let mut world = World::start().await;
    let id = world.propose(&json!({"amount": 10})).await;
    let desk = std::mem::replace(&mut world.desk, "vidimus_acme.nothing.at_all".to_owned());
    let intervene = world.intervene();
    intervene.line();
    let python = world.python("intervene.py", &["acme"]);
    python.line();
    let jetstream = async_nats::jetstream::new(async_nats::connect(world.nats.url()).await.unwrap());
    for (running, durable) in [(intervene, "acme_intervene"), (python, "acme_intervene-py")] {
        let ended = running.end(vidimus_tests::child::SILENCE);
        assert_eq!((ended.lines, ended.status.unwrap().success()), (vec![], false), "{durable}");
        assert!(ended.stderr.contains("key_invalid"), "{}", ended.stderr);
        let consumer: Consumer<pull::Config> =
            jetstream.get_consumer_from_stream(durable, "VIDIMUS_NOTIFICATIONS").await.unwrap();
        assert_eq!(consumer.cached_info().num_ack_pending, 1, "{durable} acknowledged nothing");
    }
    world.desk = desk;
    // It comes again once nobody acknowledged it for a while.
    let again = world.python("intervene.py", &["acme"]);
    again.line();
    assert_eq!(lines(&again, 1), [format!("approved: {id}")]);
}

#[test]
fn a_monitor_that_is_started_wrongly_says_how_it_is_started() {
    let cases: [(&[&str], &str); 5] = [
        (&[], "name the tenant"),
        (&["acme", "--after"], "`--after` wants a position"),
        (&["acme", "--durable"], "`--durable` wants a name"),
        (&["acme", "--after", "first"], "`first` is no position"),
        (&["acme", "--from"], "`--from` is no option"),
    ];
    for (arguments, expected) in cases {
        let output = command(env!("CARGO_BIN_EXE_monitor")).args(arguments).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && said.contains(expected), "{arguments:?}: {said}");
        assert!(said.contains("monitor TENANT [--after POSITION] [--durable NAME]"), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_programs_in_python_say_and_do_the_same() {
    let world = World::start().await;
    let (mut ids, mut expected) = (Vec::new(), Vec::new());
    for (arguments, approved) in amounts() {
        let id = world.propose(&arguments).await;
        ids.push(id);
        expected.push(format!("{}: {id}", if approved { "approved" } else { "left to people" }));
    }
    let intervene = world.python("intervene.py", &["acme"]);
    assert_eq!(lines(&intervene, 1), ["watching: vidimus.v1.acme.tool_execution.*.approval.required"]);
    assert_eq!(lines(&intervene, expected.len()), expected);
    assert_eq!(world.stand(&ids).await, stages(amounts().map(|(_, approved)| approved)));

    let notifications = 2 * amounts().len() + 2;
    let (rust, python) = (world.monitor(&["acme"]), world.python("monitor.py", &["acme"]));
    let seen = lines(&rust, notifications);
    assert_eq!(lines(&python, notifications), seen);
    let after = world.python("monitor.py", &["acme", words(&seen[notifications - 3])[0]]);
    assert_eq!(lines(&after, 2), seen[notifications - 2..]);
}

#[tokio::test(flavor = "multi_thread")]
async fn in_the_account_of_a_tenant_they_do_the_same() {
    let world = World::start_with_accounts().await;
    let (monitor, intervene) = (world.monitor(&["acme", "--durable", "desk"]), world.intervene());
    assert!(intervene.line().unwrap().starts_with("watching"));
    let done = world.runtime(None);
    assert_eq!(done.last().unwrap(), "completed  succeeded");
    assert!(intervene.line().unwrap().starts_with("approved"));
    let steps = ["initiated", "approval.required", "approval.accepted", "in_progress", "completed"];
    assert_eq!(lines(&monitor, 5).iter().map(|line| words(line)[1]).collect::<Vec<_>>(), steps);
    // A place that nobody made for them is none that they can make.
    let ended = world.monitor(&["acme", "--durable", "other"]).end(vidimus_tests::child::SILENCE);
    assert_eq!((ended.lines.len(), ended.status.map(|status| status.success())), (0, Some(false)));
}
