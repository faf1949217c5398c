//! Catalogues, recorded traces and policy over history: `function import`, `trace decide`, `policy replay`, `policy cases`.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::{serving::refund, support::Place};

const RULES: &str = r#"
@id("all") permit (principal, action, resource) when { resource.effect != "destroy" };
@id("many") @reason("the second is looked at") @require("approval")
forbid (principal, action, resource)
when { resource.effect == "send" && context.history.calls_of_function >= 1 };
"#;
const MILDER: &str = r#"@id("all") permit (principal, action, resource);"#;
const STRICTER: &str = r#"
@id("all") permit (principal, action, resource);
@id("no_sending") @reason("nothing leaves")
forbid (principal, action, resource) when { resource.effect == "send" };
"#;

fn catalogue(place: &Place) -> PathBuf {
    let tools = json!({"helpdesk": [
        {"tool": "refund", "description": "Pays money back.", "effect": "send",
         "parameters": {"type": "object", "properties": {"amount": {"type": "number"}}}},
        {"tool": "get_inbox", "description": "Returns the emails in the inbox.", "effect": "read"},
        {"tool": "wipe", "description": "Deletes everything."},
    ]});
    place.file("tools.json", tools.to_string())
}

fn set(place: &Place, name: &str, rules: &str) -> PathBuf {
    let directory = place.path(name);
    std::fs::create_dir(&directory).unwrap();
    std::fs::write(directory.join("rules.cedar"), rules).unwrap();
    directory
}

fn text(path: &std::path::Path) -> &str {
    path.to_str().unwrap()
}

/// Two conversations: a user speaks, an agent calls.
fn trace(place: &Place) -> PathBuf {
    let call = |conversation: &str, seq: u64, tool: &str| {
        json!({"source": "desk", "suite": "helpdesk", "model": "m", "conversation": conversation, "seq": seq, "turn": seq,
            "tool": tool, "arguments": {"amount": seq}, "result": "done", "executed": true})
    };
    let words = |conversation: &str| json!({"event": "conversation", "conversation": conversation, "model": "m", "user_prompt": "refund twice"});
    let lines = [
        words("c1"),
        call("c1", 0, "get_inbox"),
        call("c1", 1, "refund"),
        call("c1", 2, "refund"),
        words("c2"),
        call("c2", 0, "refund"),
        call("c2", 1, "wipe"),
    ];
    let lines: Vec<String> = lines.iter().map(ToString::to_string).collect();
    place.file("trace.jsonl", lines.join("\n"))
}

#[test]
fn a_catalogue_is_imported_and_what_was_derived_is_marked() {
    let place = Place::new();
    let file = catalogue(&place);
    let shown = place.json(["function", "import", text(&file), "--dry-run"]);
    assert_eq!((&shown["dry_run"], &shown["changed"]), (&json!(true), &json!(0)));
    assert!(!place.data().exists(), "nothing was done");

    let import = ["function", "import", text(&file), "--access", "Enabled", "--owner", "finance"];
    let done = place.json(import);
    assert_eq!((&done["changed"], &done["unchanged"], &done["failed"]), (&json!(3), &json!(0), &json!(0)));
    let [inbox, refund, wipe] = done["functions"].as_array().unwrap().as_slice() else { panic!("{done}") };
    assert_eq!(inbox["description"]["results"], "untrusted");
    assert_eq!(
        (&refund["description"]["amount"], &refund["description"]["risk"]),
        (&json!("/amount"), &json!("high"))
    );
    assert_eq!(
        (&wipe["description"]["effect"], &wipe["description"]["owner"]),
        (&json!("destroy"), &json!("finance"))
    );
    let derived: Vec<&Value> =
        wipe["derived"].as_array().unwrap().iter().map(|derived| &derived["member"]).collect();
    assert_eq!(derived, ["effect", "tool_type", "owner", "risk", "results"]);

    let again = place.json(import);
    assert_eq!((&again["changed"], &again["unchanged"]), (&json!(0), &json!(3)));
    let listed = place.json(["function", "list"]);
    assert_eq!(listed.as_array().unwrap().len(), 3);
    place.run(import).ok().says("destroy*").says("look at them");
    place.verify();
}

#[test]
fn an_answer_of_an_mcp_server_wants_a_connection() {
    let place = Place::new();
    let tools = json!({"tools": [{"name": "get_rate", "inputSchema": {"type": "object"},
        "annotations": {"openWorldHint": true}}]});
    let file = place.file("tools.json", tools.to_string());
    let import = ["function", "import", text(&file)];
    place.run(import).failed(4, "catalogue_connection_missing").says("--connection");
    let done = place.json([&import[..], &["--connection", "bank"]].concat());
    assert_eq!(done["functions"][0]["function"], "bank.get_rate");
    assert_eq!(done["functions"][0]["description"]["effect"], "egress_read");
    place.run(["function", "import", "none.json"]).failed(3, "file_missing");
}

#[test]
fn a_trace_is_decided_a_line_a_call() {
    let place = Place::new();
    let (file, tools, rules) = (trace(&place), catalogue(&place), set(&place, "rules", RULES));
    let decide = ["trace", "decide", text(&file), "--set", text(&rules), "--catalogue", text(&tools)];
    let done = place.run(decide);
    assert_eq!(done.code, Some(0), "{}", done.err);
    assert!(
        done.err.starts_with("5 calls in 2 conversations: 3 allow, 0 confirm, 1 approve, 1 block"),
        "{}",
        done.err
    );
    let decided: Vec<(Value, Value, Value)> = done
        .json_lines()
        .into_iter()
        .map(|line| (line["conversation"].clone(), line["seq"].clone(), line["decision"].clone()))
        .collect();
    let expected = [
        ("c1", 0, "allow"),
        ("c1", 1, "allow"),
        ("c1", 2, "approve"),
        ("c2", 0, "allow"),
        ("c2", 1, "block"),
    ];
    assert_eq!(
        decided,
        expected.map(|(conversation, seq, word)| (json!(conversation), json!(seq), json!(word)))
    );
    assert!(!place.data().exists(), "nothing is recorded");

    let out = place.path("out.jsonl");
    let written = place.run([&decide[..], &["--out", text(&out)]].concat());
    assert_eq!((written.code, written.out.as_str()), (Some(0), ""));
    assert_eq!(std::fs::read_to_string(&out).unwrap(), done.out);

    let bad = place.file("bad.jsonl", "{\"conversation\":\"c\",\"seq\":0,\"tool\":\"t\",\"arguments\":[]}\n");
    let decide_bad =
        ["trace", "decide", text(&file), text(&bad), "--set", text(&rules), "--catalogue", text(&tools)];
    let failed = place.run([&decide_bad[..], &["--out", text(&out)]].concat());
    failed.failed(4, "trace_call_invalid").says("bad.jsonl` line 1: ");
}

#[test]
fn recorded_calls_are_decided_by_a_candidate() {
    let place = Place::new();
    let (file, tools, rules) = (trace(&place), catalogue(&place), set(&place, "rules", RULES));
    let import = ["import", text(&file), "--catalogue", text(&tools)];
    let done = place.json(import);
    let counted = ["calls", "recorded", "spoken", "functions"].map(|name| done[name].as_u64().unwrap());
    assert_eq!(counted, [5, 5, 2, 3]);
    let again = place.json(import);
    let counted =
        ["recorded", "already", "spoken", "spoken_already"].map(|name| again[name].as_u64().unwrap());
    assert_eq!(counted, [0, 5, 0, 2]);

    let replay = ["policy", "replay", "--set", text(&rules)];
    let nothing = place.json(replay);
    assert_eq!((&nothing["rederived"], &nothing["compared"]), (&json!(0), &json!(0)));
    let replayed = place.json([&replay[..], &["--recorded"]].concat());
    assert_eq!(replayed["outcomes"], json!({"allowed": 3, "awaiting_approval": 1, "blocked": 1}));
    let changes = &replayed["changes"];
    assert_eq!((&changes["newly_blocked"]["total"], &changes["other"]["total"]), (&json!(1), &json!(1)));
    assert_eq!(changes["newly_blocked"]["first"][0]["function"], "helpdesk.wipe");
    assert_eq!(changes["other"]["first"][0]["conversation"], "c1");
    let one = place.json([&replay[..], &["--recorded", "--conversation", "c2"]].concat());
    assert_eq!(one["compared"], 2);
    place.run([&replay[..], &["--recorded"]].concat()).ok().says("newly blocked 1, other 1").says("ran");
    place.verify();
}

#[tokio::test(flavor = "multi_thread")]
async fn decisions_come_out_again_and_a_candidate_changes_what_it_changes() {
    let (place, agent, _) = Place::governed();
    let (tools, rules) = (catalogue(&place), set(&place, "rules", RULES));
    place.run(["function", "import", text(&tools), "--access", "Enabled", "--owner", "finance"]).ok();
    place.run(["policy", "apply", text(&rules)]).ok();
    let reader = place.key(&["--actor", "user:rea", "--role", "auditor", "--role", "admin"]);
    let mut server = place.serve();
    let client = server.client(&agent);
    for amount in 1..=3 {
        client.propose(&refund(amount)).await.unwrap();
    }
    let strict = set(&place, "strict", STRICTER);
    let there = place.json_through(&server, &reader, &["policy", "replay", "--set", text(&strict)]);
    let at_server = ["policy", "replay", "--at-server", "--set", text(&strict)];
    let made_there = place.json_through(&server, &reader, &at_server);
    place.through(&server, &reader, &at_server).ok().says("decisions from").says("3 would change");
    server.stop();
    place.run(at_server).failed(2, "server_missing");

    let same = place.json(["policy", "replay", "--set", text(&rules)]);
    assert_eq!(
        (&same["rederived"], &same["mismatched"], &same["compared"]),
        (&json!(3), &json!(0), &json!(3)),
        "{same}"
    );
    let totals = |report: &Value| {
        ["newly_allowed", "newly_blocked", "other"]
            .map(|kind| report["changes"][kind]["total"].as_u64().unwrap())
    };
    assert_eq!(totals(&same), [0, 0, 0]);
    let stricter = place.json(["policy", "replay", "--set", text(&strict)]);
    assert_eq!(totals(&stricter), [0, 3, 0]);
    assert_eq!(there["changes"], stricter["changes"], "the same through the server");
    for what in ["changes", "moves", "rules", "functions", "outcomes", "rederived", "candidate", "stopped"] {
        assert_eq!(made_there[what], stricter[what], "the same by the server: {what}");
    }
    let milder = set(&place, "milder", MILDER);
    assert_eq!(totals(&place.json(["policy", "replay", "--set", text(&milder)])), [2, 0, 0]);
    place.run(["policy", "replay"]).ok().says("3 past decisions derived again: 3 the same, 0 different");

    let cases = place.run(["policy", "cases"]).ok();
    assert_eq!(cases.json_lines().len(), 3);
    let file = place.file("cases.jsonl", &cases.out);
    place.run(["policy", "test", text(&rules), "--cases", text(&file)]).ok();
    assert_ne!(place.run(["policy", "test", text(&strict), "--cases", text(&file)]).code, Some(0));
}
