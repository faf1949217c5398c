//! `vidimus function` and `vidimus audit`.

use serde_json::{Value, json};

use crate::support::{Place, SAMPLE_CALLS};

#[test]
fn access_is_set_listed_and_audited() {
    let place = Place::with_sample();
    assert_eq!(place.json(["function", "list"]), json!([]));
    place.run(["function", "list"]).ok().says("vidimus function set-access");
    let set = |access: &str, user: &str| {
        place.json([
            "function",
            "set-access",
            "helpdesk.refund",
            access,
            "--as",
            user,
            "--reason",
            "money leaves",
        ])
    };
    let answer = set("EnabledWithConfirmation", "alice");
    let now = json!({"function": "helpdesk.refund", "access": "EnabledWithConfirmation", "position": 121});
    let mut changed = now.clone();
    changed["changed"] = json!(true);
    assert_eq!(answer, changed);
    changed["changed"] = json!(false);
    assert_eq!(set("EnabledWithConfirmation", "bob"), changed);
    assert_eq!(place.json(["function", "list"]), json!([now]));
    assert_eq!(place.json(["function", "list", "--tenant", "other"]), json!([]));
    set("Disabled", "bob");
    let said = place.run(["function", "set-access", "helpdesk.refund", "Disabled"]).ok().out;
    assert_eq!(said, "helpdesk.refund was already Disabled (position 122)\n");

    let page = place.json(["audit", "list", "--category", "administrative"]);
    let [second, first] = page["items"].as_array().unwrap().as_slice() else { panic!("{page}") };
    assert_eq!((&first["actor"]["id"], &second["actor"]["id"]), (&json!("alice"), &json!("bob")));
    let summary = first["summary"].as_str().unwrap();
    assert!(summary.contains("unset") && summary.contains("`EnabledWithConfirmation`"), "{summary}");
    let summary = second["summary"].as_str().unwrap();
    assert!(summary.contains("`EnabledWithConfirmation`") && summary.contains("`Disabled`"), "{summary}");
    place.verify();
}

#[test]
fn access_can_be_set_before_anything_else() {
    let place = Place::new();
    place
        .run(["function", "set-access", "mail.send", "Disabled"])
        .ok()
        .says("mail.send is now Disabled (position 1)");
}

#[test]
fn what_is_no_function_or_no_access_is_refused() {
    let place = Place::new();
    for (function, access, advice) in [
        ("refund", "Enabled", "`connection.function`"),
        ("a b.c", "Enabled", "`connection.function`"),
        ("a.", "Enabled", "`connection.function`"),
        ("a.b", "enabled", "EnabledWithConfirmation"),
    ] {
        let done = place.run(["function", "set-access", function, access]).says(advice);
        assert_eq!((done.code, done.out.as_str()), (Some(2), ""), "{function}");
    }
    let reason = "x".repeat(5_001);
    place
        .run(["function", "set-access", "a.b", "Enabled", "--reason", &reason])
        .failed(4, "text_too_long")
        .says("`reason`");
    for user in ["", " ", "a\nb"] {
        assert_eq!(
            place.run(["function", "set-access", "a.b", "Enabled", "--as", user]).says("--as").code,
            Some(2)
        );
    }
}

#[test]
fn every_filter_of_the_audit_trail_filters() {
    let place = Place::with_sample();
    place.run(["function", "set-access", "helpdesk.refund", "Disabled", "--as", "alice"]).ok();
    let list = |args: &[&str]| {
        let page = place.json(["audit", "list", "--limit", "1000"].iter().chain(args));
        page["items"].as_array().unwrap().clone()
    };
    let all = list(&[]);
    assert_eq!(all.len(), 2 * SAMPLE_CALLS + 1, "whoever caused it");
    let id = all.last().unwrap()["execution_id"].as_str().unwrap();
    let count = |args: &[&str]| list(args).len();
    assert_eq!(count(&["--actor", "alice"]), 1);
    assert_eq!(count(&["--actor", "operator"]), 2 * SAMPLE_CALLS);
    assert_eq!(count(&["--actor", "operator", "--as", "alice"]), 2 * SAMPLE_CALLS);
    assert_eq!(count(&["--category", "execution"]), 2 * SAMPLE_CALLS);
    assert_eq!(count(&["--category", "administrative"]), 1);
    assert_eq!(count(&["--type", "failed"]), 7);
    assert_eq!(count(&["--type", "nonsense"]), 0);
    assert_eq!(count(&["--execution", id]), 2);
    assert_eq!(count(&["--agent", "maple-2"]), 2 * 28);
    assert_eq!(count(&["--conversation", "hd-1004"]), 2 * 5);
    assert_eq!(count(&["--function", "helpdesk.refund"]), 2 * 3 + 1);
    assert_eq!(count(&["--from", "2000-01-01T00:00:00Z"]), all.len());
    assert_eq!(count(&["--to", "2000-01-01T00:00:00Z"]), 0);
    let mut reversed = list(&["--oldest-first"]);
    reversed.reverse();
    assert_eq!(reversed, all);
    let positions: Vec<_> = all.iter().filter_map(|entry| entry["position"].as_u64()).collect();
    assert_eq!(positions, (1..=121).rev().collect::<Vec<_>>());
    assert_eq!(place.run(["audit", "list", "--agent", "nobody"]).ok().out, "no entries match\n");
    assert_eq!(all.first().map(|entry| &entry["subject"]), Some(&Value::from("helpdesk.refund")));
}
