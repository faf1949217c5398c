//! Policy sets, freezes, grants, reviewers and the catalogue, offline and through a server.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::support::Place;

const PERMIT_ALL: &str = "@id(\"all\")\npermit (principal, action, resource);\n";
const TWO_OF_FINANCE: &str = r#"@id("two")
@require("approval")
@reviewers("finance")
@quorum("2")
@reason("money")
forbid (principal, action, resource);
"#;

fn set(place: &Place, name: &str, files: &[(&str, &str)]) -> PathBuf {
    let directory = place.path(name);
    std::fs::create_dir_all(&directory).unwrap();
    for (file, text) in files {
        std::fs::write(directory.join(file), text).unwrap();
    }
    directory
}

fn text(path: &std::path::Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn a_policy_set_is_checked_and_tested_without_data() {
    let place = Place::new();
    let good = set(&place, "good", &[("all.cedar", PERMIT_ALL), ("two.cedar", TWO_OF_FINANCE)]);
    place.run(["policy", "validate", text(&good)]).ok().says("2 rules in 2 files");
    let checked = place.json(["policy", "validate", text(&good)]);
    assert_eq!((&checked["rules"], &checked["warnings"]), (&json!(2), &json!([])));
    let broken = "@id(\"a\")\npermit (principal, action, resource)\nwhen { resource.colour == \"red\" };\n";
    let bad = set(&place, "bad", &[("finance.cedar", broken)]);
    place.run(["policy", "validate", text(&bad)]).failed(4, "policy_invalid").says("finance.cedar:3:");
    let refused = place.run(["policy", "validate", text(&bad), "--output", "json"]);
    let told: serde_json::Value = serde_json::from_str(&refused.err).unwrap();
    assert_eq!((refused.code, told["error"]["code"].as_str()), (Some(4), Some("policy_invalid")));
    assert_eq!(
        told["error"]["errors"],
        serde_json::json!([{
            "file": "finance.cedar", "line": 3, "column": 8, "code": "policy_type", "rule": "a",
            "message": "attribute `colour` on entity type `Function` not found", "help": "did you mean `scopes`?",
        }])
    );
    place.run(["policy", "validate", "nowhere"]).failed(3, "file_missing");

    let case = |name: &str, outcome: &str| {
        json!({"name": name, "request": {}, "expect": {"outcome": outcome}}).to_string() + "\n"
    };
    let cases = place.file("cases.jsonl", case("held", "awaiting_approval"));
    let tested = ["policy", "test", text(&good), "--cases", text(&cases)];
    place.run(tested).ok().says("1 passed, 0 failed");
    let cases = place.file("wrong.jsonl", case("held", "awaiting_approval") + &case("open", "allowed"));
    let failed = place.run(["policy", "test", text(&good), "--cases", text(&cases)]);
    assert_eq!(failed.code, Some(4));
    failed.says("FAILED open").says("1 passed, 1 failed");
    let cases = place.file("none.jsonl", "{}\n");
    place
        .run(["policy", "test", text(&good), "--cases", text(&cases)])
        .failed(4, "policy_case_invalid")
        .says("line 1");
    assert!(!place.data().exists());
}

#[test]
fn a_policy_set_comes_into_force_and_is_compared() {
    let place = Place::new();
    let one = set(&place, "one", &[("all.cedar", PERMIT_ALL)]);
    let two = set(&place, "two", &[("all.cedar", PERMIT_ALL), ("two.cedar", TWO_OF_FINANCE)]);
    let applied = place.json(["policy", "apply", text(&one), "--reason", "first", "--expect-former", "none"]);
    let digest = applied["policy_set"].as_str().unwrap();
    place.run(["policy", "apply", text(&one)]).ok().says("was already in force");
    place
        .run(["policy", "apply", text(&two), "--expect-former", "none"])
        .failed(4, "policy_changed_meanwhile")
        .says(digest);
    place.run(["policy", "show"]).ok().says(digest).says("first");
    place.run(["policy", "show", "--set", digest]).ok().says("// all.cedar").says("@id(\"all\")");
    place.run(["policy", "diff", "active", text(&two)]).ok().says("+ two");
    place.run(["policy", "diff", digest, text(&one)]).ok().says("nothing differs");
    place.run(["policy", "diff", &"0".repeat(64), text(&one)]).failed(3, "policy_set_not_found");
    place.run(["policy", "shadow", text(&two)]).ok().says("without effect");
    place.run(["policy", "show"]).ok().says("is evaluated beside it");
    place.run(["policy", "shadow", "--off"]).ok().says("nothing is now evaluated");
    place.run(["policy", "clear", "--expect-former", digest]).ok().says("no policy set is now in force");
    let history = place.json(["policy", "history"]);
    assert_eq!(history.as_array().unwrap().len(), 4, "{history}");
    place.verify();
}

#[test]
fn freezes_grants_groups_and_delegations_offline() {
    let place = Place::new();
    let frozen = place.json(["freeze", "create", "--agent", "buyer", "--reason", "odd orders"]);
    let id = frozen["id"].as_str().unwrap();
    place.run(["freeze", "create", "--agent", "buyer", "--reason", "again"]).ok().says("was already frozen");
    place.run(["freeze", "list"]).ok().says(id).says("agent buyer");
    place.run(["freeze", "end", id]).ok().says("is over");
    place.run(["freeze", "list"]).ok().says("nothing is frozen");
    assert_eq!(place.run(["freeze", "create", "--reason", "x"]).code, Some(2));

    let grant = ["grant", "create", "--agent", "buyer", "--function", "erp.order", "--reason", "known"];
    let limits = ["--where", "/amount<=99.50", "--max-uses", "3", "--expires-in", "8h"];
    let granted = place.json(grant.iter().chain(&limits));
    assert_eq!(granted["scope"]["conditions"][0]["test"], json!({"kind": "at_most", "number": "99.50"}));
    let id = granted["id"].as_str().unwrap();
    place.run(["grant", "list"]).ok().says(id).says("0/3").says("in_force");
    place.run(["grant", "revoke", id]).ok().says("is revoked");
    place.run(["grant", "revoke", "00000000-0000-0000-0000-000000000007"]).failed(3, "grant_not_found");

    place.run(["group", "set", "finance", "user:ann", "user:bob"]).ok().says("user:ann, user:bob");
    place.run(["group", "list"]).ok().says("finance");
    let delegated = place.json(["delegation", "create", "--from", "ann", "--to", "cid", "--for", "14d"]);
    let id = delegated["id"].as_str().unwrap();
    place.run(["delegation", "list"]).ok().says(id).says("user:cid");
    place.run(["delegation", "end", id]).ok();
    place.run(["delegation", "list"]).ok().says("nobody stands in");

    place.run(["connection", "set", "erp", "--purpose", "orders", "--endpoint", "https://erp.example"]).ok();
    place.run(["connection", "show", "erp"]).ok().says("https://erp.example");
    place.run(["connection", "show", "crm"]).failed(3, "connection_not_found");
    place.run(["agent", "scopes", "buyer"]).ok().says("no scopes");
    place.run(["agent", "scopes", "buyer", "--set", "orders"]).ok().says("has now the scopes orders");
    let description = json!({
        "purpose": "Orders.", "tool_type": "lookup", "effect": "read", "risk": "low", "results": "trusted",
        "scopes": ["orders"],
    });
    let file = place.file("order.json", description.to_string());
    place.run(["function", "describe", "erp.order", text(&file)]).ok().says("is described");
    place.run(["function", "set-access", "erp.order", "Enabled"]).ok();
    let shown = place.json(["function", "show", "erp.order"]);
    assert_eq!(shown["description"]["scopes"], json!(["orders"]));
    // What is shown can be given back.
    let again = place.file("again.json", shown.to_string());
    place.run(["function", "describe", "erp.order", text(&again)]).ok().says("was already so");
    place.run(["agent", "tools", "buyer"]).ok().says("erp.order").says("Orders.");
    place.run(["function", "withdraw", "erp.order"]).ok().says("no longer");
    let bad = place.file("bad.json", "{\"purpose\": 1}");
    place.run(["function", "describe", "erp.order", text(&bad)]).failed(4, "description_invalid");
    place.run(["log", "replay"]).ok().says("agent_scopes_changed").says("user:cid in the place of user:ann");
    place.verify();
}

#[tokio::test(flavor = "multi_thread")]
async fn people_decide_through_a_server() {
    let place = Place::new();
    let key = |actor: &str, role: &str| place.key(&["--actor", actor, "--role", role]);
    let (agent, ann, bob, ada) = (
        key("agent:buyer", "agent"),
        key("user:ann", "approver"),
        key("user:bob", "approver"),
        key("user:ada", "admin"),
    );
    let server = place.serve();
    let through = |key: &str, args: &[&str]| place.through(&server, key, args);
    through(&ada, &["function", "set-access", "erp.order", "Enabled"]).ok();
    through(&ada, &["group", "set", "finance", "user:ann", "user:bob"]).ok();
    let rules = set(&place, "rules", &[("all.cedar", PERMIT_ALL), ("two.cedar", TWO_OF_FINANCE)]);
    through(&ada, &["policy", "apply", text(&rules)]).ok();
    let propose = |number: u32| {
        let body = json!({
            "agent": "buyer", "conversation": "c", "function": "erp.order", "arguments": {"number": number},
            "requester": {"kind": "user", "id": "rita"},
        });
        let (status, proposed) = server.curl("POST", "/v1/executions", Some(&agent), &body.to_string());
        assert_eq!((status, &proposed["stage"]), (201, &json!("awaiting_approval")), "{proposed}");
        proposed["execution_id"].as_str().unwrap().to_owned()
    };
    let ids: Vec<String> = (1..=4).map(propose).collect();

    through(&ann, &["approval", "list", "--mine"]).ok().says(&ids[0]);
    through(&ann, &["execution", "explain", &ids[0]])
        .ok()
        .says("two (forbid, holds until approval")
        .says("money");
    through(&ann, &["policy", "explain", &ids[0]]).ok().says("layer found");
    through(&ann, &["execution", "comment", &ids[0], "what is it for?"]).ok();
    through(&ann, &["approval", "approve", &ids[0]]).ok().says("1 more have to");
    through(&bob, &["approval", "approve", &ids[0]]).ok().says("it may run once");
    through(&ann, &["execution", "show", &ids[0]]).ok().says("user:ann, user:bob; 0 missing");

    let decisions: String =
        [(&ids[1], json!({"kind": "deny", "reason": "no"})), (&ids[2], json!({"kind": "approve"}))]
            .map(|(id, verdict)| json!({"execution_id": id, "verdict": verdict}).to_string() + "\n")
            .concat();
    let file = place.file("decisions.jsonl", decisions);
    through(&ann, &["approval", "batch", "--file", text(&file)])
        .ok()
        .says("denied")
        .says("awaiting_approval");
    through(&bob, &["approval", "batch", &ids[2], "--verdict", "approve"]).ok().says("permitted");
    through(&bob, &["approval", "batch", &ids[2], "--verdict", "deny"]).failed(2, "text_missing");

    let arguments = place.file("arguments.json", "{\"number\": 40}");
    let revise = ["execution", "revise", &ids[3], "--arguments", text(&arguments), "--feedback", "fewer"];
    through(&ann, &revise).ok().says("is aborted").says("is instead of it");
    let waiting = through(
        &ann,
        &["execution", "list", "--state", "awaiting_approval", "--rule", "two", "--output", "json"],
    );
    let waiting: Value = waiting.ok().json();
    let [new] = waiting["items"].as_array().unwrap().as_slice() else { panic!("{waiting}") };
    let id = new["execution_id"].as_str().unwrap();
    let refused = through(&ann, &["approval", "approve", id, "--break-glass", "hurry"]);
    assert_eq!(refused.code, Some(4));
    refused.says("error[break_glass_not_allowed]");
    through(&ada, &["approval", "approve", id, "--break-glass", "hurry"]).ok().says("it may run once");
    through(&ann, &["execution", "show", id]).ok().says("hurry");
    through(&ann, &["execution", "list", "--unsettled"]).ok().says("no executions match");
}
