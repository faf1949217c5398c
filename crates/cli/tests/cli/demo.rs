//! The demo, played to its end: by itself, and with answers from a second terminal.

use std::{
    io::{BufRead as _, BufReader},
    process::Command,
};

use serde_json::Value;

use crate::support::{Done, Place, ended, finished};

/// A demo in a directory of its own that is gone afterwards.
fn temporary(place: &Place, args: &[&str]) -> Done {
    finished(place.command(args).env_remove("VIDIMUS_DATA").env("TMPDIR", place.path("")))
}

/// Pastes `lines` into a shell.
fn paste(place: &Place, lines: [&str; 2]) -> Done {
    finished(Command::new("sh").args(["-euc", &lines.join("\n")]).current_dir(place.path("")))
}

#[test]
fn it_plays_by_itself_where_it_is_told_the_answer() {
    let place = Place::new();
    let told = [("approve", "approved by user:you, ran once"), ("deny", "denied by user:you: not today")];
    for (answer, says) in told {
        let done = temporary(&place, &["demo", "--answer", answer]).ok();
        assert_eq!(done.out.matches(says).count(), 2, "{}", done.out);
        let done = done
            .says("blocked: function `crm.delete_customer` is disabled")
            .says("failed: there is no order B-0001")
            .says("proposed to call `orders.refund`");
        assert!(done.out.contains("removed    the demo's data"), "{}", done.out);
    }
    let left: Vec<_> =
        std::fs::read_dir(place.path("")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_second_terminal_answers_by_pasting() {
    let place = Place::new();
    let mut child = place.spawn(["demo"]);
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let mut shown = Vec::new();
    for line in lines.by_ref() {
        let last = line.starts_with("Ctrl-C ends");
        shown.push(line);
        if last {
            break;
        }
    }
    let find = |part: &str| shown.iter().find(|line| line.contains(part)).unwrap().trim();
    let exports = find("export VIDIMUS_SERVER=");
    paste(&place, [exports, find("approval list")]).ok().says("orders.refund").says("mail.send");
    paste(&place, [exports, find("approval approve")]).ok();
    let browser = find("Or in a browser: ");
    let server = exports.split_whitespace().nth(1).unwrap().trim_start_matches("VIDIMUS_SERVER=");
    assert!(browser.contains(&format!("{server}/console")), "{browser}");
    // The other one is shown as a request of `curl`, which not every machine has.
    let curl = find("curl -X POST").trim_end_matches('\\').trim();
    let path = curl.split_whitespace().nth(3).unwrap();
    let body = find("-d '").split_once("-d ").unwrap().1.trim_matches('\'');
    let id = path.rsplit('/').nth(1).unwrap();
    let feedback = serde_json::from_str::<Value>(body).unwrap()["feedback"].as_str().unwrap().to_owned();
    let abort = format!("{} approval abort {id} --feedback '{feedback}'", env!("CARGO_BIN_EXE_vidimus"));
    paste(&place, [exports, &abort]).ok();

    let rest: Vec<String> = lines.collect();
    let done = ended(child);
    assert_eq!((done.code, done.err.as_str()), (Some(0), ""));
    let rest = rest.join("\n");
    for says in [
        r#"approved by user:you, ran once: {"refund":"R-88"}"#,
        "aborted by user:you; the agent is told: test it on ten customers first",
        "verified   50 events",
    ] {
        assert!(rest.contains(says), "{rest}");
    }
    assert_eq!(place.verify(), 50);
    assert_eq!(place.json(["--tenant", "demo", "execution", "list"])["items"].as_array().unwrap().len(), 6);
}

#[test]
fn programs_read_what_it_says() {
    let place = Place::new();
    let done = temporary(&place, &["demo", "--answer", "abort", "--output", "json"]).ok();
    let [ready, over] = &done.json_lines()[..] else { panic!("{}", done.out) };
    assert!(ready["listening"].as_str().unwrap().starts_with("http://127.0.0.1:"));
    assert_eq!(ready["pending"].as_array().unwrap().len(), 2);
    assert_eq!((&over["verified"], over["executions"].as_array().unwrap().len()), (&Value::Bool(true), 6));
    let stages: Vec<&str> =
        over["executions"].as_array().unwrap().iter().map(|one| one["stage"].as_str().unwrap()).collect();
    assert_eq!(stages, ["succeeded", "failed", "blocked", "succeeded", "aborted", "aborted"]);
}

#[test]
fn ctrl_c_ends_it_and_nothing_is_lost() {
    let place = Place::new();
    let mut child = place.spawn(["demo"]);
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert!(lines.any(|line| line.starts_with("Ctrl-C ends")));
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
    assert!(lines.any(|line| line.contains("keeps waiting, until its deadline")));
    lines.for_each(drop);
    let done = ended(child);
    assert_eq!((done.code, done.err.as_str()), (Some(0), ""));
    let waiting = place.json(["--tenant", "demo", "approval", "list"]);
    assert_eq!(waiting["items"].as_array().unwrap().len(), 2);
}
