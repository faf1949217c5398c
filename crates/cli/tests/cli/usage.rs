//! Help, completions, manual pages, the environment, and errors for programs.

use std::process::Stdio;

use serde_json::Value;

use crate::support::{Place, SAMPLE, finished};

const COMMANDS: [&[&str]; 36] = [
    &[],
    &["import"],
    &["execution"],
    &["execution", "list"],
    &["execution", "show"],
    &["execution", "watch"],
    &["approval", "list"],
    &["approval", "approve"],
    &["approval", "deny"],
    &["approval", "abort"],
    &["serve"],
    &["demo"],
    &["key", "create"],
    &["key", "list"],
    &["key", "revoke"],
    &["function", "set-access"],
    &["function", "list"],
    &["audit", "list"],
    &["log", "verify"],
    &["log", "export"],
    &["log", "replay"],
    &["log", "stats"],
    &["view", "rebuild"],
    &["view", "stats"],
    &["view", "verify"],
    &["webhook", "create"],
    &["webhook", "list"],
    &["webhook", "show"],
    &["webhook", "secret"],
    &["webhook", "replay"],
    &["webhook", "delete"],
    &["project"],
    &["nats", "config"],
    &["nats", "consumer"],
    &["bench"],
    &["completions"],
];

#[test]
fn every_command_has_help() {
    let place = Place::new();
    for command in COMMANDS {
        for help in ["--help", "-h"] {
            let out = place.run(command.iter().chain(&[help])).ok().out;
            assert!(
                out.contains(&format!(
                    "Usage: {}",
                    ["vidimus"].iter().chain(command).copied().collect::<Vec<_>>().join(" ")
                )),
                "{out}"
            );
            assert!(out.contains("--data <DIR>") && out.contains("--tenant"), "{out}");
        }
    }
    place.run(["--help"]).ok().says("Exit codes: 0 done, 1 failed, 2 wrong usage");
    assert_eq!(place.run(["--version"]).ok().out, format!("vidimus {}\n", env!("CARGO_PKG_VERSION")));
    assert!(!place.data().exists());
}

#[test]
fn help_shows_no_password_of_an_address() {
    let place = Place::new();
    for command in COMMANDS {
        let mut help = place.command(command.iter().chain(&["--help"]));
        help.env("VIDIMUS_NATS", "nats://ann:hunter2@bus").env("VIDIMUS_SERVER", "https://ann:hunter2@api");
        let done = finished(&mut help).ok();
        assert!(!done.out.contains("hunter2"), "{command:?}: {}", done.out);
    }
}

#[test]
fn wrong_usage_is_told_with_exit_code_2() {
    let place = Place::new();
    for args in
        [&[][..], &["nonsense"], &["execution"], &["import"], &["execution", "list", "--status", "Fail"]]
    {
        let done = place.run(args);
        assert_eq!((done.code, done.out.as_str()), (Some(2), ""), "{args:?}");
        assert!(done.err.contains("Usage") || done.err.contains("--help"), "{args:?}");
    }
    place.run(["execution", "list", "--status", "Fail"]).says("Pending, Success, Failed, PendingApproval");
    assert_eq!(place.run(["execution", "list", "--tenant", "a b"]).says("`a b` is no tenant").code, Some(2));
}

#[test]
fn programs_get_errors_as_json() {
    let place = Place::new();
    for (args, code, error) in [
        (&["execution", "list", "--output", "json"][..], 3, "data_missing"),
        (&["--output=json", "import", "missing"], 3, "file_missing"),
        (&["execution", "list", "--limit", "x", "--output", "json"], 2, "usage"),
    ] {
        let done = place.run(args);
        assert_eq!((done.code, done.out.as_str()), (Some(code), ""));
        let document: Value = serde_json::from_str(&done.err).unwrap();
        assert_eq!(document["error"]["code"], error);
        assert!(document["error"]["message"].as_str().is_some_and(|message| !message.is_empty()));
        assert_eq!(document["error"].as_object().map(serde_json::Map::len), Some(2));
    }
}

#[test]
fn completions_and_manual_pages_are_printed() {
    let place = Place::new();
    for shell in ["bash", "zsh", "fish"] {
        let script = place.run(["completions", shell]).ok().out;
        assert!(script.contains("vidimus") && script.contains("set-access"), "{shell}");
    }
    let page = place.run(["man"]).ok().out;
    assert!(page.starts_with(".ie") && page.contains(".TH vidimus 1"), "{page}");
    for command in
        ["serve", "key", "import", "execution", "approval", "function", "audit", "log", "view", "bench"]
    {
        assert!(page.contains(&format!("vidimus\\-{command}(1)")), "{command}");
    }
    let pages = place.path("man");
    place.run(["man".as_ref(), pages.as_os_str()]).ok();
    let list = std::fs::read_to_string(pages.join("vidimus-execution-list.1")).unwrap();
    assert!(list.contains("approval\\-status"), "{list}");
}

#[test]
fn data_directory_tenant_and_user_come_from_the_environment_too() {
    let place = Place::new();
    let other = place.path("other");
    let run = |args: &[&str]| {
        let mut command = place.command(args);
        command.env("VIDIMUS_DATA", &other).env("VIDIMUS_TENANT", "acme").env("VIDIMUS_USER", "carol");
        finished(command.stdin(Stdio::null())).ok()
    };
    run(&["import", SAMPLE]);
    assert!(other.join("log").is_dir() && !place.data().exists());
    let page = run(&["audit", "list", "--limit", "1", "--output", "json"]).json();
    assert_eq!(page["items"][0]["actor"]["id"], "carol");
    let events = run(&["log", "export"]).json_lines();
    assert!(events.iter().all(|event| event["tenant"] == "acme"));
    // The command line wins.
    let page = run(&["execution", "list", "--tenant", "default", "--output", "json"]).json();
    assert_eq!(page["items"].as_array().map(Vec::len), Some(0));
}

#[test]
fn without_a_name_the_data_is_beside_us() {
    let place = Place::new();
    finished(place.command(["import", SAMPLE]).env_remove("VIDIMUS_DATA")).ok();
    assert!(place.path("vidimus-data/log").is_dir());
}
