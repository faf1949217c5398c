//! What people say of one call: confirm, decline, call off, settle, and approve stage by stage.

use serde_json::{Value, json};

use crate::{
    serving::Running,
    support::{Place, wait_for},
};

const PERMIT_ALL: &str = "@id(\"all\")\npermit (principal, action, resource);\n";
const CONFIRM: &str = r#"@id("asked")
@require("confirmation")
@reason("is it so?")
forbid (principal, action, resource);
"#;
const TWO_STAGES: &str = r#"@id("first")
@require("approval")
@reviewers("user:ann")
@reason("money")
forbid (principal, action, resource);
@id("second")
@require("approval")
@reviewers("user:ann,user:bob")
@stage("2")
@reason("more money")
forbid (principal, action, resource);
"#;

/// A place where these rules govern the orders, and a key for agents.
fn ruled(rules: &str) -> (Place, String) {
    let place = Place::new();
    place.run(["function", "set-access", "erp.order", "Enabled"]).ok();
    let directory = place.path("rules");
    std::fs::create_dir_all(&directory).unwrap();
    std::fs::write(directory.join("all.cedar"), PERMIT_ALL.to_owned() + rules).unwrap();
    place.run(["policy", "apply", directory.to_str().unwrap()]).ok();
    let agent = place.key(&["--actor", "service:runtime", "--role", "agent"]);
    (place, agent)
}

/// Proposes an order for Rita.
fn order(server: &Running, agent: &str, number: u32) -> String {
    let body = json!({
        "agent": "buyer", "conversation": "c", "function": "erp.order", "arguments": {"number": number},
        "requester": {"kind": "user", "id": "rita"},
    });
    let (status, proposed) = server.curl("POST", "/v1/executions", Some(agent), &body.to_string());
    assert_eq!(status, 201, "{proposed}");
    proposed["execution_id"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn for_whom_a_call_was_made_confirms_or_declines_it() {
    let (place, agent) = ruled(CONFIRM);
    let rita = place.key(&["--actor", "user:rita", "--role", "approver"]);
    let ann = place.key(&["--actor", "user:ann", "--role", "approver"]);
    let mut server = place.serve();
    let [one, two, three, four] = [1, 2, 3, 4].map(|number| order(&server, &agent, number));
    let through = |key: &str, args: &[&str]| place.through(&server, key, args);

    let other = through(&ann, &["approval", "confirm", &one]);
    assert_eq!(other.code, Some(4));
    other.says("error[not_the_requester]");
    let wrong = "0".repeat(64);
    through(&rita, &["approval", "confirm", &one, "--digest", &wrong]).failed(4, "arguments_mismatch");
    let said = through(&rita, &["approval", "confirm", &one]).ok().out;
    assert!(
        said.starts_with("erp.order by buyer for user:rita\narguments  {\"number\":1}\ndigest "),
        "{said}"
    );
    assert!(said.contains(&format!("\n{one} is confirmed by user:rita; it may run once, until 2")), "{said}");
    through(&rita, &["approval", "confirm", &one]).ok().says("was already confirmed");
    through(&rita, &["execution", "show", &one]).ok().says("confirmed by  user:rita");
    through(&rita, &["approval", "decline", &two, "--reason", "not mine"])
        .ok()
        .says("is declined by user:rita");
    through(&rita, &["approval", "confirm", &two]).says("error[already_declined]");
    server.stop();

    // The same on the data directory.
    place.run(["--as", "ann", "approval", "decline", &three]).failed(4, "not_the_requester");
    place.run(["--as", "rita", "approval", "decline", &three]).ok().says("is declined by user:rita");
    place.run(["--as", "rita", "approval", "confirm", &four]).ok().says("is confirmed by user:rita");
    place.verify();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_called_off_and_one_that_went_silent_is_settled() {
    let (place, agent) = ruled("");
    let rita = place.key(&["--actor", "user:rita", "--role", "approver"]);
    let ann = place.key(&["--actor", "user:ann", "--role", "approver"]);
    let mut server = place.serve_with(["--listen", "127.0.0.1:0", "--lease", "1s"]);
    let [off, silent, other] = [1, 2, 3].map(|number| order(&server, &agent, number));
    let through = |key: &str, args: &[&str]| place.through(&server, key, args);

    through(&ann, &["execution", "cancel", &off]).failed(4, "not_yours_to_cancel");
    through(&rita, &["execution", "cancel", &off, "--reason", "too late"]).ok().says("is cancelled");
    through(&rita, &["execution", "show", &off]).ok().says("too late");
    for id in [&silent, &other] {
        let (status, started) =
            server.curl("POST", &format!("/v1/executions/{id}/start"), Some(&agent), "{}");
        assert_eq!(status, 200, "{started}");
    }
    wait_for("the calls to go silent", || {
        let listed = place.json_through(&server, &ann, &["execution", "list", "--unsettled"]);
        (listed["items"].as_array().unwrap().len() == 2).then_some(())
    });
    let settle = |id: &str, more: &[&str]| {
        let args = ["execution", "settle", id, "--evidence", "order 7 is in the ledger"];
        through(&ann, &[&args, more].concat())
    };
    assert_eq!(settle(&silent, &["--status", "unknown"]).code, Some(2));
    let broken = place.file("broken.json", "{");
    settle(&silent, &["--status", "succeeded", "--result", broken.to_str().unwrap()])
        .failed(4, "payload_not_json");
    let result = place.file("result.json", "{\"order\": 7}");
    let args = ["--status", "succeeded", "--result", result.to_str().unwrap()];
    settle(&silent, &args).ok().says("is settled as succeeded");
    settle(&silent, &args).ok().says("was already settled as succeeded");
    settle(&silent, &["--status", "failed"]).failed(4, "already_settled");
    let shown = place.json_through(&server, &ann, &["execution", "show", &silent]);
    assert_eq!(
        (&shown["result"], &shown["reason"]),
        (&json!({"order": 7}), &json!("order 7 is in the ledger"))
    );
    server.stop();

    let settled =
        place.json(["execution", "settle", &other, "--status", "failed", "--evidence", "not in the ledger"]);
    assert_eq!((&settled["stage"], &settled["result_status"]), (&json!("settled"), &json!("failed")));
    place.verify();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_is_about_the_stage_that_was_shown() {
    let (place, agent) = ruled(TWO_STAGES);
    let ann = place.key(&["--actor", "user:ann", "--role", "approver"]);
    let bob = place.key(&["--actor", "user:bob", "--role", "approver"]);
    let server = place.serve();
    let [one, two] = [1, 2].map(|number| order(&server, &agent, number));
    let through = |key: &str, args: &[&str]| place.through(&server, key, args);

    let early = through(&ann, &["approval", "approve", &one, "--stage", "2"]);
    assert_eq!(early.code, Some(4));
    early.says("stage      1 of 2").says("error[stage_mismatch]");
    let said = through(&ann, &["approval", "approve", &one]).ok().says("stage      1 of 2");
    let digest = said.out.lines().find_map(|line| line.strip_prefix("digest     ")).unwrap().to_owned();
    // Sent again as its answer was lost, it is no vote in the next stage.
    let again = ["approval", "approve", &one, "--digest", &digest, "--stage", "1", "--output", "json"];
    let again: Value = through(&ann, &again).ok().json();
    assert_eq!((&again["already"], &again["approval"]["stage"]), (&json!(true), &json!(1)));
    let late = ["approval", "approve", &one, "--digest", &digest, "--stage", "1"];
    through(&bob, &late).failed(4, "stage_mismatch");
    through(&bob, &["approval", "approve", &one]).ok().says("stage      2 of 2").says("it may run once");
    assert_eq!(through(&bob, &["approval", "approve", &one, "--stage", "0"]).code, Some(2));

    let batch = ["approval", "batch", &two, "--verdict", "approve"];
    through(&ann, &batch).ok().says("stage 1 of 2").says("awaiting_approval");
    let decision = json!({"execution_id": two, "verdict": {"kind": "approve", "stage": 0}}).to_string();
    let file = place.file("decisions.jsonl", decision);
    through(&bob, &["approval", "batch", "--file", file.to_str().unwrap()]).failed(4, "stage_mismatch");
    through(&bob, &batch).ok().says("stage 2 of 2").says("permitted");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_user_says_is_put_on_record() {
    let place = Place::new();
    let say = ["conversation", "say", "c-1", "order seven of them", "--agent", "buyer"];
    place.run(say).ok().says("what was said to buyer in c-1 is on record (position ");
    place.run(["conversation", "say", "c-1", " ", "--agent", "buyer"]).failed(4, "text_missing");
    let agent = place.key(&["--actor", "service:runtime", "--role", "agent"]);
    let ann = place.key(&["--actor", "user:ann", "--role", "approver"]);
    let mut server = place.serve();
    let said = place.json_through(&server, &agent, &say);
    assert_eq!((&said["agent"], &said["conversation"]), (&json!("buyer"), &json!("c-1")));
    place.through(&server, &ann, &say).failed(4, "missing_role");
    let list = ["conversation", "messages", "c-1", "--agent", "buyer", "--limit", "1"];
    let page = place.json_through(&server, &ann, &list);
    assert_eq!(page["items"][0]["text"], "order seven of them");
    let next = page["next"].as_str().unwrap();
    let listed = place.through(&server, &ann, &list).ok().out;
    server.stop();
    assert_eq!(place.run(list).ok().out, listed, "the same without a server");
    let second = place.run(list.into_iter().chain(["--cursor", next]).collect::<Vec<_>>()).ok();
    second.says("order seven of them");
    place.run(list.into_iter().chain(["--cursor", "x"]).collect::<Vec<_>>()).failed(4, "invalid_cursor");
    let nobody = ["conversation", "messages", "c-1", "--agent", "seller"];
    place.run(nobody).ok().says("nothing is on record that was said to seller in c-1");
    let events = place.run(["log", "export"]).ok().json_lines();
    let said = events.iter().filter(|event| event["data"]["text"] == "order seven of them").count();
    assert_eq!(said, 2);
    place.verify();
}
