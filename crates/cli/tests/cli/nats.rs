//! `vidimus serve --nats` and `vidimus import --nats`: what is on the log is on NATS, and a server does not need it.
#![cfg(unix)]

use std::{
    collections::BTreeMap,
    io::{BufRead as _, BufReader, Write as _},
    sync::Arc,
};

use proto_events::{GlobalPosition, Message, header};
use serde_json::{Value, json};
use vidimus_bus::{Bus, Options, Publisher, StoredMessage, StreamReader, StreamSpec};
use vidimus_client::types::{Json, Propose};
use vidimus_log::{EventLog as _, SledLog, SledLogOptions};
use vidimus_tests::nats::{self, Server};

use crate::{
    serving::{pending, refund},
    support::{Place, SAMPLE, SAMPLE_CALLS, ended, finished, line, signal, wait_for},
};

const NOTIFICATIONS: &str = "VIDIMUS_NOTIFICATIONS";
const RECORDED: &str = "VIDIMUS_RECORDED";

/// A subscriber: takes messages from the first on, as they come, until it has as many as are wanted.
async fn subscriber(url: String, stream: &'static str, wanted: usize) -> Vec<StoredMessage> {
    let bus = Bus::connect(Options::new(url)).await.unwrap();
    let reader = loop {
        // It is there before the stream is.
        match StreamReader::open(&bus, stream).await {
            Ok(reader) => break reader,
            Err(error) => {
                assert!(matches!(error.code(), "nats_unavailable" | "nats_stream_missing"), "{error}")
            }
        }
    };
    let mut messages: Vec<StoredMessage> = Vec::new();
    while messages.len() < wanted {
        let next = messages.last().map_or(1, |last| last.sequence + 1);
        messages.extend(reader.wait(next, 100).await.unwrap());
    }
    messages
}

/// What the log says that has to be on the stream of recorded events.
async fn recorded(place: &Place) -> Vec<Message> {
    let log = Arc::new(SledLog::open(&place.data().join("log"), SledLogOptions::default()).unwrap());
    let events = log.read_all(GlobalPosition::START, 8000).await.unwrap();
    let messages = events.iter().map(|event| Message::recorded(event).unwrap()).collect();
    log.close();
    messages
}

#[track_caller]
fn assert_same(messages: &[StoredMessage], expected: &[Message]) {
    let seen = messages.iter().map(|message| (&*message.subject, &message.payload));
    let expected = expected.iter().map(|message| (message.subject.as_str(), &message.payload));
    assert!(seen.eq(expected), "the stream differs from the log");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_subscribers_get_every_notification_of_an_import_in_order() {
    let (server, place) = (Server::start(), Place::new());
    // A call that is recorded after the fact has one notification when it is handed in and one for how it ended.
    let watching = [(); 2].map(|()| tokio::spawn(subscriber(server.url(), NOTIFICATIONS, 2 * SAMPLE_CALLS)));
    let copying = tokio::spawn(subscriber(server.url(), RECORDED, 2 * SAMPLE_CALLS));
    let summary = place.json(["import", "--nats", &server.url(), SAMPLE]);
    assert_eq!(
        (&summary["recorded"], &summary["position"]),
        (&json!(SAMPLE_CALLS), &json!(2 * SAMPLE_CALLS))
    );
    let mut seen = Vec::new();
    for watching in watching {
        let messages = watching.await.unwrap();
        let mut steps: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut positions = Vec::new();
        for message in &messages {
            positions.push(message.header(header::POSITION).unwrap().parse::<u64>().unwrap());
            let mut tokens = message.subject.splitn(6, '.').skip(4);
            let execution = tokens.next().unwrap().to_owned();
            steps.entry(execution).or_default().push(tokens.next().unwrap().to_owned());
        }
        assert!(positions.is_sorted_by(|a, b| a < b), "{positions:?}");
        assert_eq!(steps.len(), SAMPLE_CALLS);
        for steps in steps.values() {
            assert_eq!(steps.len(), 2);
            assert_eq!(steps[0], "initiated");
            assert!(["completed", "failed", "unknown"].contains(&&*steps[1]), "{steps:?}");
        }
        seen.push(messages);
    }
    let [one, other] = [&seen[0], &seen[1]].map(|messages| {
        messages
            .iter()
            .map(|message| (message.sequence, &message.subject, &message.payload))
            .collect::<Vec<_>>()
    });
    assert!(one == other, "two subscribers saw different streams");
    assert_same(&copying.await.unwrap(), &recorded(&place).await);
    // Once more: nothing new is on the log, and so nothing new is published.
    place.json(["import", "--nats", &server.url(), SAMPLE]);
    let bus = Bus::connect(Options::new(server.url())).await.unwrap();
    let state = subscriber_state(&bus).await;
    assert_eq!(state, 2 * SAMPLE_CALLS as u64);
}

async fn subscriber_state(bus: &Bus) -> u64 {
    loop {
        match StreamReader::open(bus, NOTIFICATIONS).await {
            Ok(reader) => break reader.state().await.unwrap().last,
            Err(error) => assert!(error.is_retryable(), "{error}"),
        }
    }
}

#[test]
fn an_import_that_waits_for_nats_can_be_broken_off_and_has_recorded_everything() {
    let place = Place::new();
    let url = format!("nats://127.0.0.1:{}", nats::free_port());
    let child = place.spawn(["import", "--nats", &url, SAMPLE]);
    let mut child = child;
    // What it did is told before it waits.
    let mut summary = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut summary).unwrap();
    assert!(summary.starts_with("60 calls: 60 recorded"), "{summary}");
    signal(&child, "-INT");
    let done = ended(child);
    assert_eq!(done.code, Some(130), "{}", done.err);
    assert!(done.err.contains("`vidimus serve --nats …` publishes the rest"), "{}", done.err);
    assert_eq!(place.verify(), 2 * SAMPLE_CALLS as u64);
}

/// An import publishes whatever is not published yet, also what a server put on record: by that server's settings.
#[tokio::test(flavor = "multi_thread")]
async fn an_import_leaves_out_of_notifications_what_the_settings_say() {
    let (bus, (place, agent, _)) = (Server::start(), Place::governed());
    let mut server = place.serve();
    let arguments = json!({"ssn": "078-05-1120", "amount": 7});
    let waits = Propose { arguments: Json::from_value(&arguments), ..refund(7) };
    server.client(&agent).propose(&waits).await.unwrap();
    server.stop();
    let settings = format!("redact = \"ssn\"\nnats = \"{}\"\n", bus.url());
    let config = place.file("vidimus.toml", settings);
    let summary = place.json(["import", "--config", config.to_str().unwrap(), SAMPLE]);
    // Initiated and waiting for approval, before what is imported.
    let notifications = subscriber(bus.url(), NOTIFICATIONS, 2 + 2 * SAMPLE_CALLS).await;
    let asked = String::from_utf8_lossy(&notifications[1].payload);
    assert!(asked.contains("[redacted]") && !asked.contains("078-05-1120"), "{asked}");
    // Recorded events are as they were recorded: that it was asked for, and that it waits.
    let recorded = subscriber(bus.url(), RECORDED, summary["position"].as_u64().unwrap() as usize).await;
    let has_it = |message: &StoredMessage| String::from_utf8_lossy(&message.payload).contains("078-05-1120");
    assert_eq!(recorded.iter().filter(|message| has_it(message)).count(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_that_cannot_publish_says_so_and_has_recorded_everything() {
    let (server, place) = (Server::start(), Place::new());
    let bus = Bus::connect(Options::new(server.url())).await.unwrap();
    let other = StreamSpec {
        name: RECORDED.to_owned(),
        subjects: "other.>".to_owned(),
        description: "of somebody else".to_owned(),
        max_bytes: 1 << 20,
        max_age: None,
        replicas: 1,
        message_bytes: 1 << 10,
    };
    Publisher::open(&bus, &other).await.unwrap();
    let done = place.run(["import", "--nats", &server.url(), SAMPLE, "--output", "json"]);
    assert_eq!(done.code, Some(4), "{}", done.err);
    assert_eq!(done.json()["recorded"], SAMPLE_CALLS);
    let error: Value = serde_json::from_str(done.err.lines().last().unwrap()).unwrap();
    assert_eq!(error["error"]["code"], "nats_stream_unfit", "{error}");
    done.says("`vidimus serve --nats …` publishes the rest");
    // The other feed is not held up.
    assert_eq!(subscriber(server.url(), NOTIFICATIONS, 2 * SAMPLE_CALLS).await.len(), 2 * SAMPLE_CALLS);
    assert_eq!(place.verify(), 2 * SAMPLE_CALLS as u64);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_that_ends_at_a_bad_line_keeps_how_far_publishing_is() {
    let (server, place) = (Server::start(), Place::new());
    let mut child = place.spawn(["import", "--nats", &server.url(), "-"]);
    let mut input = child.stdin.take().unwrap();
    input.write_all(line(0, "{}", "").as_bytes()).unwrap();
    for stream in [NOTIFICATIONS, RECORDED] {
        subscriber(server.url(), stream, 2).await;
    }
    input.write_all(b"nonsense\n").unwrap();
    drop(input);
    ended(child).failed(4, "bad_line");
    for feed in ["notifications", "recorded"] {
        let kept = std::fs::read_to_string(place.data().join(format!("relay/relay-{feed}.json"))).unwrap();
        let kept: Value = serde_json::from_str(&kept).unwrap();
        assert_eq!(kept["position"], 2, "{kept}");
    }
}

/// The feeds as `/readyz` has them: code and lag.
fn feeds(server: &crate::serving::Running) -> Vec<(Value, u64)> {
    let (status, body) = server.curl("GET", "/readyz", None, "");
    assert_eq!((status, &body["ready"]), (200, &json!(true)), "{body}");
    let feeds = body["relay"].as_array().unwrap();
    feeds.iter().map(|feed| (feed["code"].clone(), feed["lag"].as_u64().unwrap())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_answers_without_nats_and_publishes_when_it_comes() {
    let mut bus = Server::start();
    bus.stop();
    let (place, agent, _) = Place::governed();
    let mut server = place.serve_with(["--listen", "127.0.0.1:0", "--nats", &bus.url()]);
    let client = server.client(&agent);
    pending(&client, 7).await;
    // Access, two keys, and the call: its attempt, initiated, approval required.
    let troubled = (json!("nats_unavailable"), 6);
    wait_for("both feeds to say what holds them up", || {
        (feeds(&server) == [troubled.clone(), troubled.clone()]).then_some(())
    });
    bus.start_again();
    wait_for("both feeds to have everything", || {
        feeds(&server).iter().all(|feed| *feed == (Value::Null, 0)).then_some(())
    });
    // It is killed under way, comes back, and nothing is there twice.
    bus.kill();
    for amount in 8..20 {
        client.propose(&refund(amount)).await.unwrap();
    }
    bus.start_again();
    wait_for("both feeds to have everything again", || {
        feeds(&server).iter().all(|feed| *feed == (Value::Null, 0)).then_some(())
    });
    let metrics = client_metrics(&server);
    assert!(metrics.contains("vidimus_relay_lag_events{feed=\"recorded\"} 0"), "{metrics}");
    assert!(
        metrics.contains("vidimus_relay_published_messages_total{feed=\"notifications\"} 26"),
        "{metrics}"
    );
    server.stop();
    let expected = recorded(&place).await;
    assert_eq!(expected.len(), 6 + 12 * 3);
    assert_same(&subscriber(bus.url(), RECORDED, expected.len()).await, &expected);
}

fn client_metrics(server: &crate::serving::Running) -> String {
    use std::io::Read as _;
    let mut text = String::new();
    server.send("GET", "/metrics", None, "").read_to_string(&mut text).unwrap();
    text
}

#[test]
fn what_is_wrong_with_the_settings_of_nats_is_told_at_once() {
    let place = Place::new();
    let none = place.path("none.creds");
    let none = none.to_str().unwrap();
    place.run(["serve", "--nats", "nats://a b"]).failed(2, "nats_url_invalid").says("`nats://a b`");
    place
        .run(["serve", "--nats", "nats://127.0.0.1:1", "--nats-creds", none])
        .failed(2, "nats_file_unusable")
        .says("none.creds");
    assert!(!place.data().exists(), "nothing is made before the settings are good");
}

#[test]
fn whoever_reaches_nats_is_named_by_the_same_variables() {
    let place = Place::new();
    let url = format!("nats://127.0.0.1:{}", nats::free_port());
    let commands: [&[&str]; 4] = [
        &["serve", "--listen", "127.0.0.1:0"],
        &["import", SAMPLE],
        &["project", "--views", "v", "--once"],
        &["nats", "consumer", "--name", "monitor"],
    ];
    for command in commands {
        for variable in ["VIDIMUS_NATS_NKEY", "VIDIMUS_NATS_CREDS", "VIDIMUS_NATS_CA"] {
            let mut command = place.command(command);
            command.env("VIDIMUS_NATS", &url).env(variable, place.path("missing"));
            finished(&mut command).failed(2, "nats_file_unusable").says("missing");
        }
    }
    assert!(!place.data().exists());
}
