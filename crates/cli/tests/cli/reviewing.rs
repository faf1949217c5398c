//! `vidimus approval review`: what a reviewer sees and types, and what comes of it.

use std::{
    io::{Read as _, Write as _},
    process::{Child, ChildStdout, Stdio},
};

use serde_json::{Value, json};
use uuid::Uuid;
use vidimus_client::types::{Approve, Json, Propose};

use crate::{
    serving::{Running, pending, refund},
    support::{Done, Place, ended, finished, signal},
};

/// A review through the server that is typed into.
struct Typed {
    child: Child,
    out: ChildStdout,
    seen: String,
}

impl Typed {
    fn start(place: &Place, server: &Running, key: &str) -> Self {
        let mut command = place.command(["approval", "review", "--answers", "-"]);
        command.env("VIDIMUS_SERVER", &server.url).env("VIDIMUS_KEY", key).env_remove("VIDIMUS_DATA");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let out = child.stdout.take().unwrap();
        Self { child, out, seen: String::new() }
    }

    /// Reads until it asks this; answers what came since the last time.
    #[track_caller]
    fn asks(&mut self, question: &str) -> String {
        let mut seen = Vec::new();
        let mut byte = [0];
        while !seen.ends_with(question.as_bytes()) {
            let read = self.out.read(&mut byte).unwrap();
            assert_eq!(read, 1, "it ended: {}{}", self.seen, String::from_utf8_lossy(&seen));
            seen.extend(byte);
        }
        let seen = String::from_utf8(seen).unwrap();
        self.seen += &seen;
        seen
    }

    fn types(&mut self, line: &str) {
        let mut stdin = self.child.stdin.as_ref().unwrap();
        stdin.write_all(format!("{line}\n").as_bytes()).unwrap();
    }

    /// The rest of what it says, and its end.
    fn ends(mut self) -> (String, Done) {
        let mut rest = String::new();
        self.out.read_to_string(&mut rest).unwrap();
        (rest, ended(self.child))
    }
}

const CHOICES: &str = "[q]uit> ";

fn item(place: &Place, server: &Running, key: &str, id: Uuid) -> Value {
    let queue = place.json_through(server, key, &["approval", "list", "--mine"]);
    let items = queue["items"].as_array().unwrap();
    items.iter().find(|item| item["execution_id"] == id.to_string()).cloned().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_queue_is_walked_card_by_card() {
    let (place, agent, alice) = Place::governed();
    let mut server = place.serve();
    let client = server.client(&agent);
    let mut ids = Vec::new();
    for amount in 1..=4 {
        ids.push(pending(&client, amount).await.execution_id);
    }
    let card = item(&place, &server, &alice, ids[0])["card"].clone();

    let mut review = Typed::start(&place, &server, &alice);
    let first = review.asks(CHOICES);
    for shown in [
        "call          helpdesk.refund by maple for user:zoe\n",
        &format!("execution     {}\n", ids[0]),
        "conversation  c-1\n",
        "arguments     {\n                \"amount\": 1\n              }\n",
        "because       ",
        "quorum        1 of 1 still have to accept (any approver)\n",
        "deadline      20",
        "  helpdesk.refund  awaiting_approval  (c-1)\n",
    ] {
        assert!(first.contains(shown), "{shown}\n{first}");
    }
    assert_eq!(first.matches("also  ").count(), 3, "{first}");
    review.types("c");
    review.asks("comment> ");
    review.types("who is zoe?");
    assert!(review.asks(CHOICES).contains(&format!("{} is commented on", ids[0])));
    review.types("maybe");
    assert!(review.asks(CHOICES).contains("that is none of them"));
    review.types("A");
    review.asks("comment (empty for none)> ");
    review.types("a friend\u{1b}[D of mine");
    let second = review.asks(CHOICES);
    assert!(second.contains(&format!("{} is approved by user:alice; it may run once", ids[0])), "{second}");
    assert!(second.contains(&format!("execution     {}", ids[1])), "the next by deadline: {second}");
    review.types("d");
    review.asks("reason> ");
    review.types("");
    assert!(review.asks(CHOICES).contains("nothing was said, so nothing was done"));
    review.types("deny");
    review.asks("reason> ");
    review.types("not hers");
    review.asks(CHOICES);
    review.types("b");
    review.asks("feedback to the agent> ");
    review.types("ask for the receipt");
    review.asks(CHOICES);
    review.types("s");
    let (rest, done) = review.ends();
    assert_eq!((done.code, done.err.as_str()), (Some(0), ""));
    let end = "nothing more waits for you\n1 approved, 1 denied, 1 aborted, 1 skipped, 0 refused\n";
    assert!(rest.ends_with(end), "{rest}");

    let approved = server.client(&alice).execution(ids[0]).await.unwrap();
    let resolution = serde_json::to_value(approved.resolution.unwrap()).unwrap();
    assert_eq!(
        (&resolution["card"], &resolution["comment"]),
        (&card, &json!("a friend[D of mine")),
        "what was seen is on record, and no control character is"
    );
    for (id, stage) in [(ids[1], "denied"), (ids[2], "aborted"), (ids[3], "awaiting_approval")] {
        assert_eq!(server.client(&alice).execution(id).await.unwrap().stage.as_str(), stage);
    }
    server.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changed_or_was_resolved_meanwhile_is_told_and_the_review_goes_on() {
    let (place, agent, alice) = Place::governed();
    let bob = place.key(&["--role", "approver", "--actor", "user:bob"]);
    let ada = place.key(&["--role", "admin", "--actor", "user:ada"]);
    let mut server = place.serve();
    let client = server.client(&agent);
    let (one, two) = (pending(&client, 1).await.execution_id, pending(&client, 2).await.execution_id);

    let mut review = Typed::start(&place, &server, &alice);
    review.asks(CHOICES);
    // Another was faster.
    server.client(&bob).approve(one, &Approve::default()).await.unwrap();
    review.types("a");
    review.asks("> ");
    review.types("");
    let told = review.asks(CHOICES);
    assert!(told.contains("refused (already_accepted): "), "{told}");
    assert!(told.contains(&format!("execution     {two}")), "{told}");
    // It is asked for another reason now.
    let rules = "@id(\"all\") permit (principal, action, resource);\n\
        @id(\"money\") @require(\"approval\") @reason(\"much \\u{202e}money\") forbid (principal, action, resource);";
    let body = json!({"files": {"all.cedar": rules}});
    let (status, set) = server.curl("PUT", "/v1/policy", Some(&ada), &body.to_string());
    assert_eq!(status, 200, "{set}");
    crate::support::wait_for("the new decision", || {
        let shown = item(&place, &server, &alice, two);
        (shown["redecisions"] == 1).then_some(())
    });
    review.types("a");
    review.asks("> ");
    review.types("");
    let again = review.asks(CHOICES);
    assert!(again.contains("refused (card_changed): the card changed since it was shown"), "{again}");
    assert!(again.contains(&format!("execution     {two}")), "the same again, as it is now: {again}");
    assert!(again.contains("much \u{fffd}money") && !again.contains('\u{202e}'), "{again}");
    review.types("a");
    review.asks("> ");
    review.types("");
    let (rest, done) = review.ends();
    assert_eq!((done.code, done.err.as_str()), (Some(0), ""));
    assert!(rest.contains(&format!("{two} is approved by user:alice")), "{rest}");
    assert!(rest.ends_with("1 approved, 0 denied, 0 aborted, 0 skipped, 2 refused\n"), "{rest}");
    server.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_text_stays_in_its_column_and_off_the_terminal() {
    let (place, agent, alice) = Place::governed();
    let mut server = place.serve();
    let hostile = Propose {
        agent: "maple\u{202e}".to_owned(),
        arguments: Json::from_text(r#"{"note":"x\ndeadline  never\u001b[2J","b":"\u202etxt"}"#.to_owned())
            .unwrap(),
        ..refund(7)
    };
    server.client(&agent).propose(&hostile).await.unwrap();
    let mut review = Typed::start(&place, &server, &alice);
    let shown = review.asks(CHOICES);
    assert!(!shown.contains(|c: char| (c.is_control() && c != '\n') || c == '\u{202e}'), "{shown:?}");
    assert_eq!(shown.lines().filter(|line| line.starts_with("deadline")).count(), 1, "{shown}");
    // Standard input ends: nothing is decided, and that is no failure.
    drop(review.child.stdin.take());
    let (rest, done) = review.ends();
    assert_eq!((done.code, done.err.as_str()), (Some(0), ""));
    assert_eq!(rest, "\n0 approved, 0 denied, 0 aborted, 0 skipped, 0 refused\n");
    server.stop();
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_ends_it_and_half_a_verdict_is_none() {
    let (place, agent, alice) = Place::governed();
    let mut server = place.serve();
    let id = pending(&server.client(&agent), 1).await.execution_id;
    let mut review = Typed::start(&place, &server, &alice);
    review.asks(CHOICES);
    review.types("a");
    review.asks("comment (empty for none)> ");
    signal(&review.child, "-INT");
    let (rest, done) = review.ends();
    assert_eq!((done.code, done.err.as_str()), (Some(130), ""));
    assert!(rest.ends_with("\n0 approved, 0 denied, 0 aborted, 0 skipped, 0 refused\n"), "{rest}");
    let waits = server.client(&alice).execution(id).await.unwrap();
    assert_eq!(waits.stage.as_str(), "awaiting_approval");
    server.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_terminal_there_are_answers_in_a_file_or_items_as_json() {
    let (place, agent, alice) = Place::governed();
    let mut server = place.serve();
    for amount in 1..=2 {
        pending(&server.client(&agent), amount).await;
    }
    place.through(&server, &alice, &["approval", "review"]).failed(2, "terminal_missing");
    let missing = place.through(&server, &alice, &["approval", "review", "--answers", "none"]);
    missing.failed(3, "file_missing");
    let items = place.through(&server, &alice, &["approval", "review", "--output", "json"]).ok().json_lines();
    let amounts: Vec<&Value> = items.iter().map(|item| &item["arguments"]["amount"]).collect();
    assert_eq!(amounts, [&json!(1), &json!(2)]);
    assert!(items.iter().all(|item| item["card"]["digest"].is_string()));
    server.stop();

    // The same on the data directory, with the answers of a file.
    let answers = place.file("answers", "a\nfine\nq\n");
    let said = place.run(["approval", "review", "--answers", answers.to_str().unwrap()]).ok().out;
    assert!(said.contains("[q]uit> a\ncomment (empty for none)> fine\n"), "{said}");
    assert!(said.ends_with("[q]uit> q\n1 approved, 0 denied, 0 aborted, 0 skipped, 0 refused\n"), "{said}");
    let other = ["approval", "review", "--answers", answers.to_str().unwrap(), "--agent", "oak"];
    let none = finished(place.command(other).stdin(Stdio::null())).ok().out;
    assert_eq!(none, "nothing more waits for you\n0 approved, 0 denied, 0 aborted, 0 skipped, 0 refused\n");
    place.verify();
}
