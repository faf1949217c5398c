//! The settings of a server: file, environment, command line.

use std::process::Stdio;

use serde_json::Value;

use crate::support::{Place, SAMPLE, finished};

#[test]
fn a_file_has_the_settings_and_the_command_line_wins() {
    let place = Place::new();
    let elsewhere = place.path("elsewhere");
    let file = place.file(
        "vidimus.toml",
        format!(
            "data = {:?}\nlisten = \"127.0.0.1:0\"\nlog_format = \"json\"\nrate_limit = \"1:2\"\nmax_body_bytes = 2000\n",
            elsewhere.to_str().unwrap()
        ),
    );
    let file = file.to_str().unwrap();
    // VIDIMUS_DATA, which the tests set, wins over the file.
    let mut server = place.serve_with(["--config", file, "--output", "json"]);
    assert!(place.data().join("log").is_dir() && !elsewhere.exists());
    assert_ne!(server.address(), "127.0.0.1:0");
    let (status, problem) = server.curl("POST", "/v1/executions", Some("x"), &"x".repeat(3_000));
    assert!([401, 413].contains(&status), "{problem}");
    server.stop();
    let lines: Vec<Value> = server.errors().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(lines.iter().any(|line| line["message"] == "serving" && line["level"] == "INFO"), "{lines:?}");

    let key = place.key(&["--role", "auditor"]);
    let asks = |server: &crate::serving::Running| -> Vec<u16> {
        (0..4).map(|_| server.curl("GET", "/v1/audit", Some(&key), "").0).collect()
    };
    let server = place.serve_with(["--config", file]);
    assert_eq!(asks(&server), [200, 200, 429, 429]);
    drop(server);
    let server = place.serve_with(["--config", file, "--rate-limit", "off", "--log-format", "text"]);
    assert_eq!(asks(&server), [200; 4]);
    assert!(server.errors().contains(" INFO "), "{}", server.errors());
}

#[test]
fn the_data_directory_may_be_named_in_the_file() {
    let place = Place::new();
    let elsewhere = place.path("elsewhere");
    std::fs::create_dir(&elsewhere).unwrap();
    std::fs::write(elsewhere.join("key-pepper"), "nonsense").unwrap();
    let file = place.file("vidimus.toml", format!("data = {:?}\n", elsewhere.to_str().unwrap()));
    let mut command = place.command(["serve", "--listen", "127.0.0.1:0", "--config", file.to_str().unwrap()]);
    let done = finished(command.env_remove("VIDIMUS_DATA").stdin(Stdio::null()));
    assert_eq!(done.code, Some(5));
    done.says("key_pepper_invalid").says(elsewhere.to_str().unwrap());
    assert!(!place.data().exists());
}

#[test]
fn an_import_reads_the_same_file() {
    let place = Place::new();
    let elsewhere = place.path("elsewhere");
    let text = format!("data = {:?}\nlisten = \"127.0.0.1:0\"\n", elsewhere.to_str().unwrap());
    let file = place.file("vidimus.toml", text);
    let mut command = place.command(["import", SAMPLE]);
    finished(command.env_remove("VIDIMUS_DATA").env("VIDIMUS_CONFIG", &file)).ok();
    assert!(elsewhere.join("log").is_dir() && !place.path("vidimus-data").exists());
    let wrong = place.file("wrong.toml", "nats_nkey = \"f\"\n");
    let wrong = wrong.to_str().unwrap();
    for command in [&["import", SAMPLE][..], &["serve"]] {
        let done = place.run(command.iter().chain(&["--config", wrong])).failed(2, "config_invalid");
        done.says("`nats_nkey` is of no use without `nats`");
    }
    assert!(!place.data().exists());
}

#[test]
fn settings_of_nats_that_cannot_be_are_refused() {
    let place = Place::new();
    let refused = |args: &[&str], says: &str| {
        let done = place.run(["serve", "--listen", "127.0.0.1:0"].iter().chain(args)).says(says);
        assert_eq!((done.code, done.out.as_str()), (Some(2), ""));
    };
    refused(&["--nats-max-commands", "3"], "`nats_max_commands` is of no use without `nats`");
    refused(&["--nats-ca", "f"], "`nats_ca` is of no use without `nats`");
    let with = |more: [&'static str; 2]| [&["--nats", "nats://127.0.0.1:1"][..], &more].concat();
    refused(&with(["--nats-replicas", "0"]), "`0` is no number of servers");
    refused(&with(["--nats-replicas", "6"]), "1 to 5");
    refused(&with(["--nats-max-bytes", "0"]), "`0` is nothing that a stream can hold");
    refused(
        &["--nats", "nats://127.0.0.1:1", "--nats-creds", "c", "--nats-nkey", "n"],
        "cannot be used with",
    );
    assert!(!place.data().exists());
}

#[test]
fn a_file_that_is_wrong_is_told_with_its_line() {
    let place = Place::new();
    let wrong = |text: &str| {
        let file = place.file("wrong.toml", text);
        place.run(["serve", "--config", file.to_str().unwrap()]).failed(2, "config_invalid")
    };
    wrong("listen = \"127.0.0.1:0\"\nmax_steams = 3\n").says("in line 2: unknown field `max_steams`");
    wrong("\ndrain = 10\n").says("in line 2: ");
    wrong("rate_limit = \"fast\"\n").says("in line 1: `fast` is no limit");
    wrong("listen = [\n").says("in line ");
    place.run(["serve", "--config", "missing.toml"]).failed(3, "config_unreadable").says("`missing.toml`");
    assert_eq!(place.run(["serve", "--drain", "soon"]).says("`soon` is no time").code, Some(2));
    assert!(!place.data().exists());
}

#[test]
fn an_address_that_others_reach_is_warned_of() {
    let place = Place::new();
    let server = place.serve_with(["--listen", "0.0.0.0:0"]);
    assert!(server.errors().contains("put a proxy with TLS before it"), "{}", server.errors());
    drop(server);
    let server = place.serve();
    assert!(!server.errors().contains("TLS"), "{}", server.errors());
}
