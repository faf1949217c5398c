//! A server as a process of its own, and what the tests do with it.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    process::{Child, Stdio},
    sync::mpsc,
    time::Duration,
};

use serde_json::{Value, json};
use uuid::Uuid;
use vidimus_client::{
    Client,
    types::{Execution, Json, Propose, Stage, Until},
};

use crate::support::{Done, Place, ended, finished, signal};

pub(crate) const LONG: Duration = Duration::from_secs(30);

/// A running `vidimus serve`; killed at the end.
pub(crate) struct Running {
    child: Option<Child>,
    pub(crate) url: String,
    errors: std::path::PathBuf,
}

impl Running {
    pub(crate) fn address(&self) -> &str {
        self.url.strip_prefix("http://").unwrap()
    }

    pub(crate) fn signal(&self, name: &str) {
        signal(self.child.as_ref().unwrap(), name);
    }

    pub(crate) fn kill(&mut self) {
        let mut child = self.child.take().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// Waits for its end; what is on standard error is in a file.
    #[track_caller]
    pub(crate) fn ended(&mut self) -> Done {
        let done = ended(self.child.take().unwrap());
        Done { err: self.errors(), ..done }
    }

    /// Stops it as systemd does.
    #[track_caller]
    pub(crate) fn stop(&mut self) {
        self.signal("-TERM");
        let done = self.ended();
        assert_eq!(done.code, Some(0), "{}", done.err);
    }

    /// What it wrote to standard error so far.
    pub(crate) fn errors(&self) -> String {
        std::fs::read_to_string(&self.errors).unwrap()
    }

    pub(crate) fn client(&self, key: &str) -> Client {
        Client::new(&self.url, key).unwrap()
    }

    /// A request as `curl` sends it; the status and the body.
    pub(crate) fn curl(&self, method: &str, path: &str, key: Option<&str>, body: &str) -> (u16, Value) {
        let mut stream = self.send(method, path, key, body);
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        answer(&text)
    }

    /// Sends a request, and does not read the answer yet.
    pub(crate) fn send(&self, method: &str, path: &str, key: Option<&str>, body: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.address()).unwrap();
        stream.set_read_timeout(Some(LONG)).unwrap();
        let key = key.map(|key| format!("authorization: Bearer {key}\r\n")).unwrap_or_default();
        let (host, length) = (self.address(), body.len());
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: {host}\r\n{key}content-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
        );
        stream.write_all((head + body).as_bytes()).unwrap();
        stream
    }
}

/// The status and the JSON body of an answer that is not chunked.
pub(crate) fn answer(text: &str) -> (u16, Value) {
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{text}"));
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {text}")))
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Place {
    /// Serves the data directory on a free port.
    pub(crate) fn serve(&self) -> Running {
        self.serve_with(["--listen", "127.0.0.1:0"])
    }

    pub(crate) fn serve_with<'a>(&self, args: impl IntoIterator<Item = &'a str>) -> Running {
        let errors = self.path(&format!("errors-{}", Uuid::from_u128(rand())));
        let mut command = self.command(["serve"]);
        command.args(args).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command.stderr(std::fs::File::create(&errors).unwrap()).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let (send, receive) = mpsc::channel();
        std::thread::spawn(move || {
            let mut line = String::new();
            let _ = out.read_line(&mut line);
            let _ = send.send(line);
        });
        let line = receive.recv_timeout(LONG).unwrap_or_default();
        let url = match serde_json::from_str::<Value>(&line) {
            Ok(document) => document["listening"].as_str().unwrap().to_owned(),
            Err(_) => line.trim_end().strip_prefix("listening on ").unwrap_or_default().to_owned(),
        };
        let running = Running { child: Some(child), url, errors };
        assert!(running.url.starts_with("http://"), "{line}{}", running.errors());
        running
    }

    /// Makes a key offline; its secret.
    #[track_caller]
    pub(crate) fn key(&self, args: &[&str]) -> String {
        let created = self.json(["key", "create"].iter().chain(args));
        created["secret"].as_str().unwrap().to_owned()
    }

    /// Runs a command through a server.
    pub(crate) fn through(&self, server: &Running, key: &str, args: &[&str]) -> Done {
        let mut command = self.command(args);
        command.env_remove("VIDIMUS_DATA").env("VIDIMUS_SERVER", &server.url).env("VIDIMUS_KEY", key);
        finished(command.stdin(Stdio::null()))
    }

    #[track_caller]
    pub(crate) fn json_through(&self, server: &Running, key: &str, args: &[&str]) -> Value {
        self.through(server, key, &[args, &["--output", "json"]].concat()).ok().json()
    }

    /// A place whose calls of `helpdesk.refund` have to be approved, a key for agents, and one for the reviewer Alice.
    pub(crate) fn governed() -> (Self, String, String) {
        let place = Self::new();
        place.run(["function", "set-access", "helpdesk.refund", "EnabledWithConfirmation"]).ok();
        let agent = place.key(&["--role", "agent", "--actor", "service:runtime"]);
        let alice = place.key(&["--role", "approver", "--role", "auditor", "--actor", "user:alice"]);
        (place, agent, alice)
    }
}

fn rand() -> u128 {
    use std::hash::{BuildHasher as _, RandomState};
    RandomState::new().hash_one(0).into()
}

/// A refund by `maple` for Zoe.
pub(crate) fn refund(amount: u32) -> Propose {
    Propose {
        agent: "maple".to_owned(),
        conversation: "c-1".to_owned(),
        request_id: None,
        function: "helpdesk.refund".parse().unwrap(),
        arguments: Json::from_text(format!(r#"{{"amount":{amount}}}"#)).unwrap(),
        requester: Some(serde_json::from_value(json!({"kind": "user", "id": "zoe"})).unwrap()),
        context: None,
        idempotency_key: Some(format!("refund-{amount}")),
    }
}

pub(crate) async fn pending(client: &Client, amount: u32) -> Execution {
    let proposed = client.propose(&refund(amount)).await.unwrap();
    assert_eq!(proposed.stage, Stage::AwaitingApproval);
    proposed
}

/// The whole way: proposed as `curl` does, approved by a second process, awaited by a client, listed by a third.
#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_approved_through_the_server() {
    let (place, agent, alice) = Place::governed();
    let mut server = place.serve();
    let body = json!({
        "agent": "maple", "conversation": "c-1", "function": "helpdesk.refund", "arguments": {"b": 1, "amount": 7},
        "requester": {"kind": "user", "id": "zoe"},
    });
    let (status, proposed) = server.curl("POST", "/v1/executions", Some(&agent), &body.to_string());
    assert_eq!((status, &proposed["stage"]), (201, &json!("awaiting_approval")), "{proposed}");
    let id: Uuid = proposed["execution_id"].as_str().unwrap().parse().unwrap();
    let text = id.to_string();

    let client = server.client(&agent);
    let waiting = tokio::spawn(async move { client.wait(id, LONG, Until::Decided).await });
    let listed = place.json_through(&server, &alice, &["approval", "list", "--for", "alice"]);
    assert_eq!(listed["items"][0]["execution_id"], text);
    let said = place.through(&server, &alice, &["approval", "approve", &text, "--comment", "fine"]).ok().out;
    let expected = "helpdesk.refund by maple for user:zoe\narguments  {\"amount\":7,\"b\":1}\ndigest     ";
    assert!(said.starts_with(expected), "{said}");
    assert!(
        said.contains(&format!("\n{text} is approved by user:alice; it may run once, until 2")),
        "{said}"
    );
    let decided = waiting.await.unwrap().unwrap();
    assert_eq!(decided.stage, Stage::Permitted);
    // Once more, in the same words: it was so already.
    let again = place.through(&server, &alice, &["approval", "approve", &text, "--comment", "fine"]).ok().out;
    assert!(again.contains("was already approved by user:alice"), "{again}");
    // In other words it is another answer, which comes too late.
    place
        .through(&server, &alice, &["approval", "deny", &text, "--reason", "no"])
        .failed(4, "already_accepted");
    let wrong = "0".repeat(64);
    let done = place.through(&server, &alice, &["approval", "approve", &text, "--digest", &wrong]);
    assert_eq!((done.code, done.out.as_str()), (Some(4), ""), "{}", done.err);
    assert_eq!(place.json_through(&server, &alice, &["approval", "list"])["items"], json!([]));
    let shown = place.through(&server, &alice, &["execution", "show", &text]).ok().out;
    assert!(shown.contains("resolved by   user:alice") && shown.contains("waits for     start"), "{shown}");
    let trail = place.through(&server, &alice, &["audit", "list", "--type", "approval_accepted"]).ok().out;
    assert!(trail.contains("user:alice"), "{trail}");
    server.stop();
    place.verify();
}

/// Whatever a command prints, it prints the same from the data directory and through the server.
#[tokio::test(flavor = "multi_thread")]
async fn a_command_says_the_same_offline_and_through_a_server() {
    let (place, agent, alice) = Place::governed();
    place.run(["import", crate::support::SAMPLE]).ok();
    place.run(["function", "set-access", "mail.send", "Enabled"]).ok();
    let admin = place.key(&["--role", "admin", "--role", "auditor", "--label", "ops", "--expires-in", "30d"]);
    let mut server = place.serve();
    let client = server.client(&agent);
    let denied = pending(&client, 1).await.execution_id;
    let aborted = pending(&client, 2).await.execution_id;
    let waits = pending(&client, 3).await.execution_id;
    let approved = pending(&client, 4).await.execution_id;
    place.through(&server, &alice, &["approval", "deny", &denied.to_string(), "--reason", "too\nmuch"]).ok();
    let said = place.through(
        &server,
        &alice,
        &["approval", "abort", &aborted.to_string(), "--feedback", "ask first"],
    );
    assert!(said.ok().out.contains("is aborted by user:alice"));
    place.through(&server, &alice, &["approval", "approve", &approved.to_string()]).ok();
    client.start(approved, &Default::default()).await.unwrap();
    let of_sample = place.json_through(&server, &admin, &["execution", "list", "--conversation", "hd-1001"]);
    let of_sample = of_sample["items"][0]["execution_id"].as_str().unwrap().to_owned();

    let ids = [denied, aborted, waits, approved].map(|id| id.to_string());
    let mut commands: Vec<Vec<&str>> = vec![
        vec!["execution", "list", "--limit", "1000"],
        vec!["execution", "list", "--limit", "5"],
        vec!["execution", "list", "--state", "denied", "--status", "Failed", "--approval-status", "Rejected"],
        vec!["execution", "list", "--search", "brandvold"],
        vec!["execution", "list", "--agent", "nobody"],
        vec!["execution", "list", "--from", "2000-01-01T00:00:00Z", "--to", "2999-01-01T00:00:00Z"],
        vec!["approval", "list"],
        vec!["approval", "list", "--for", "zoe", "--agent", "maple", "--function", "helpdesk.refund"],
        vec!["function", "list"],
        vec!["audit", "list", "--limit", "1000"],
        vec!["audit", "list", "--category", "administrative", "--oldest-first"],
        vec!["audit", "list", "--actor", "alice"],
        vec!["key", "list"],
        vec!["log", "export"],
        vec!["log", "export", "--after", "10", "--until", "13"],
        vec!["log", "replay", "--conversation", "c-1"],
        vec!["execution", "show", &of_sample],
        // What goes wrong, too.
        vec!["execution", "list", "--limit", "0"],
        vec!["execution", "list", "--cursor", "nonsense"],
        vec!["execution", "list", "--search", "***"],
        vec!["approval", "deny", &ids[2], "--reason", " "],
        vec!["key", "revoke", "00000000-0000-0000-0000-000000000000"],
        vec!["key", "create", "--role", "agent", "--expires-at", "2000-01-01T00:00:00Z"],
    ];
    commands.extend(ids.iter().map(|id| vec!["execution", "show", id.as_str()]));
    let there: Vec<Vec<Done>> = commands
        .iter()
        .map(|args| {
            let key = if args[0] == "approval" { &alice } else { &admin };
            let run = |format: &str| {
                place.through(&server, key, &[args.as_slice(), &["--output", format]].concat())
            };
            vec![run("table"), run("json")]
        })
        .collect();
    server.stop();
    for (args, there) in commands.iter().zip(there) {
        for (format, there) in ["table", "json"].into_iter().zip(there) {
            let here = place.run(args.iter().chain(&["--output", format]));
            assert_eq!((here.code, here.out), (there.code, there.out), "{args:?} {}{}", here.err, there.err);
            let code = |err: &str| err.split([':', ',']).take(3).collect::<Vec<_>>().join(":");
            assert_eq!(here.err.is_empty(), there.err.is_empty());
            if format == "table" {
                assert_eq!(code(&here.err).split(']').next(), code(&there.err).split(']').next(), "{args:?}");
            }
        }
    }
    place.verify();
}

#[test]
fn access_and_keys_are_set_through_the_server() {
    let place = Place::new();
    let admin = place.key(&["--role", "admin", "--actor", "user:root"]);
    let server = place.serve();
    let set = |args: &[&str]| place.through(&server, &admin, &[&["function", "set-access"], args].concat());
    assert_eq!(set(&["mail.send", "Enabled"]).ok().out, "mail.send is now Enabled (position 2)\n");
    assert_eq!(set(&["mail.send", "Enabled"]).ok().out, "mail.send was already Enabled (position 2)\n");
    set(&["mail.a/../b?c#d%2F ü", "Disabled"]).ok();
    let listed = place.json_through(&server, &admin, &["function", "list"]);
    assert_eq!(listed[0]["function"], "mail.a/../b?c#d%2F ü");

    let created =
        place.json_through(&server, &admin, &["key", "create", "--role", "auditor", "--label", "books"]);
    let (id, secret) = (created["id"].as_str().unwrap(), created["secret"].as_str().unwrap());
    assert_eq!(created["key"]["created_by"], json!({"kind": "user", "id": "root"}));
    assert_eq!(
        place.json_through(&server, secret, &["audit", "list", "--limit", "1"])["items"][0]["actor"]["id"],
        "root"
    );
    // What its role does not open.
    place.through(&server, secret, &["key", "list"]).failed(4, "missing_role");
    let said = place.through(&server, &admin, &["key", "revoke", id, "--reason", "leaked"]).ok().out;
    assert!(said.starts_with(&format!("{id} is revoked by user:root since ")), "{said}");
    place.through(&server, secret, &["audit", "list"]).failed(4, "key_revoked");
}
