//! `vidimus webhook`, offline and through a server.

use serde_json::{Value, json};

use crate::support::Place;

const URL: &str = "https://example.com/hook";

#[test]
fn a_webhook_is_made_shown_replayed_and_deleted() {
    let place = Place::new();
    assert_eq!(place.run(["webhook", "list"]).code, Some(3), "there is no data yet");
    assert_eq!(place.run(["webhook", "secret", "00000000-0000-0000-0000-000000000007"]).code, Some(3));
    let made = place.run(["webhook", "create", URL, "--label", "chat", "--as", "carol"]).ok().out;
    let secret = made.lines().next().unwrap();
    assert!(secret.starts_with("whsec_") && made.contains(&format!("posts to {URL}")), "{made}");
    let other = place.json([
        "webhook",
        "create",
        URL,
        "--tenant",
        "acme",
        "--type",
        "NOTIFICATION_TOOL_EXECUTION_BLOCKED",
        "--agent",
        "buyer",
        "--function",
        "erp.order",
        "--after",
        "0",
    ]);
    let filter =
        json!({"types": ["NOTIFICATION_TOOL_EXECUTION_BLOCKED"], "agent": "buyer", "function": "erp.order"});
    assert_eq!((&other["webhook"]["filter"], &other["webhook"]["status"]), (&filter, &json!("active")));
    assert_ne!(other["secret"], secret);

    let webhooks = place.json(["webhook", "list"]);
    let [webhook] = webhooks.as_array().unwrap().as_slice() else { panic!("{webhooks}") };
    assert_eq!((&webhook["url"], &webhook["label"]), (&json!(URL), &json!("chat")));
    assert_eq!((&webhook["created_by"]["id"], &webhook["delivered"]), (&json!("carol"), &json!(0)));
    let id = webhook["id"].as_str().unwrap();
    assert_eq!(place.json(["webhook", "show", id]), *webhook);
    place.run(["webhook", "list"]).ok().says(id).says("active");
    place.run(["webhook", "show", id]).ok().says("Delivered up to").says(URL);
    assert_eq!(place.run(["webhook", "secret", id]).ok().out.trim_end(), secret);

    let replayed = place.json(["webhook", "replay", id, "--after", "1"]);
    assert_eq!((&replayed["delivered"], &replayed["status"]), (&json!(1), &json!("active")));
    place.run(["webhook", "replay", id, "--after", "1000"]).failed(4, "position_unknown");
    for command in ["show", "secret", "delete", "replay"] {
        place.run(["webhook", command, id, "--tenant", "acme"]).failed(3, "webhook_not_found");
    }
    place.run(["webhook", "delete", id, "--reason", "moved"]).ok().says("is deleted (position ");
    place.run(["webhook", "delete", id]).ok().says("is deleted (position ");
    place.run(["webhook", "show", id]).failed(3, "webhook_not_found");
    place.run(["webhook", "list"]).ok().says("there are no webhooks");
    let trail = place.json(["audit", "list", "--category", "administrative"]);
    let types: Vec<&Value> =
        trail["items"].as_array().unwrap().iter().map(|entry| &entry["event_type"]).collect();
    assert_eq!(types, ["webhook_deleted", "webhook_replayed", "webhook_created"]);
    place.run(["log", "replay"]).ok().says("webhook_created").says("moved");
    place.run(["webhook", "create", "example.com"]).failed(4, "invalid_field");
    for args in [
        &["create"][..],
        &["create", URL, "--type", "BLOCKED"],
        &["show", "x"],
        &["replay", id, "--after", "x"],
    ] {
        let done = place.run(["webhook"].iter().chain(args));
        assert_eq!((done.code, done.out.as_str()), (Some(2), ""), "{args:?}");
    }
    place.verify();
}

#[test]
fn through_a_server_it_is_the_same() {
    let place = Place::new();
    let admin = place.key(&["--role", "admin"]);
    let auditor = place.key(&["--role", "auditor"]);
    let server = place.serve();
    let made = place.through(&server, &admin, &["webhook", "create", URL, "--output", "json"]).ok().json();
    let id = made["webhook"]["id"].as_str().unwrap();
    place.through(&server, &auditor, &["webhook", "list"]).ok().says(id);
    place.through(&server, &auditor, &["webhook", "show", id]).ok().says(URL);
    place.through(&server, &auditor, &["webhook", "secret", id]).failed(4, "missing_role");
    let secret = place.through(&server, &admin, &["webhook", "secret", id]).ok().out;
    assert_eq!(secret.trim_end(), made["secret"]);
    place.through(&server, &admin, &["webhook", "replay", id, "--after", "0"]).ok();
    place.through(&server, &auditor, &["webhook", "delete", id]).failed(4, "missing_role");
    place.through(&server, &admin, &["webhook", "delete", id]).ok();
    place.through(&server, &admin, &["webhook", "show", id]).failed(3, "webhook_not_found");
}

/// Without the pepper, receivers would take every delivery for a forgery.
#[test]
fn a_pepper_that_is_lost_is_told_where_there_are_webhooks() {
    let place = Place::new();
    place.run(["webhook", "create", URL]).ok();
    std::fs::remove_file(place.data().join("key-pepper")).unwrap();
    place.run(["webhook", "create", URL]).failed(5, "key_pepper_missing");
}
