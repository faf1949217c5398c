//! `vidimus key` offline, and the key pepper.

use serde_json::{Value, json};

use crate::support::Place;

#[test]
fn a_key_is_made_listed_and_revoked() {
    let place = Place::new();
    assert_eq!(place.run(["key", "list"]).code, Some(3), "there is no data yet");
    let made = place.run(["key", "create", "--role", "agent", "--as", "carol", "--label", "bot"]).ok().out;
    let secret = made.lines().next().unwrap();
    assert!(secret.starts_with("vidimus_default."), "{made}");
    assert!(made.contains("is not shown again") && made.contains("Authorization: Bearer"), "{made}");
    let created = place.json([
        "key",
        "create",
        "--tenant",
        "acme",
        "--role",
        "admin",
        "--role",
        "approver",
        "--actor",
        "user:alice",
        "--expires-in",
        "30d",
    ]);
    assert!(created["secret"].as_str().unwrap().starts_with("vidimus_acme."));
    assert_eq!(created["key"]["actor"], json!({"kind": "user", "id": "alice"}));
    assert_eq!(created["key"]["roles"], json!(["approver", "admin"]));
    let keys = place.json(["key", "list"]);
    assert_eq!(keys.as_array().map(Vec::len), Some(1), "of this tenant");
    let [key] = keys.as_array().unwrap().as_slice() else { panic!("{keys}") };
    assert_eq!(
        (&key["status"], &key["label"], &key["created_by"]["id"]),
        (&json!("active"), &json!("bot"), &json!("carol"))
    );
    assert_eq!(key["actor"], json!({"kind": "agent", "id": key["id"]}));
    assert!(!keys.to_string().contains(secret.rsplit('.').next().unwrap()));
    let id = key["id"].as_str().unwrap();
    place.run(["key", "revoke", id, "--tenant", "acme"]).failed(3, "key_not_found");
    place.run(["key", "revoke", id, "--reason", "over"]).ok().says("is revoked by user:operator since ");
    assert_eq!(place.json(["key", "list"])[0]["status"], "revoked");
    let trail = place.json(["audit", "list", "--category", "administrative"]);
    let types: Vec<&Value> =
        trail["items"].as_array().unwrap().iter().map(|entry| &entry["event_type"]).collect();
    assert_eq!(types, ["key_revoked", "key_created"]);
    place.run(["log", "replay"]).ok().says("key_created").says("over");
    place
        .run(["key", "create", "--role", "agent", "--expires-at", "2000-01-01T00:00:00Z"])
        .failed(4, "expiry_in_the_past");
    for args in [
        &["--role", "boss"][..],
        &[],
        &["--role", "agent", "--actor", "alice"],
        &["--role", "agent", "--actor", "boss:alice"],
        &["--role", "agent", "--actor", "user: "],
        &["--role", "agent", "--expires-in", "soon"],
        &["--role", "agent", "--expires-in", "1d", "--expires-at", "2999-01-01T00:00:00Z"],
    ] {
        let done = place.run(["key", "create"].iter().chain(args));
        assert_eq!((done.code, done.out.as_str()), (Some(2), ""), "{args:?}");
    }
    place.verify();
}

#[test]
fn the_pepper_is_made_once_and_read_by_its_owner_alone() {
    let place = Place::new();
    let pepper = place.data().join("key-pepper");
    place.run(["function", "list"]);
    place.run(["function", "set-access", "a.b", "Enabled"]).ok();
    assert!(!pepper.exists(), "nobody needs it yet");
    place.key(&["--role", "agent"]);
    let text = std::fs::read_to_string(&pepper).unwrap();
    assert!(text.len() == 65 && text.trim_end().bytes().all(|byte| byte.is_ascii_hexdigit()), "{text}");
    place.key(&["--role", "agent"]);
    assert_eq!(std::fs::read_to_string(&pepper).unwrap(), text);
    let others: Vec<_> = std::fs::read_dir(place.data())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !["log", "views", "key-pepper"].contains(&name.as_str()))
        .collect();
    assert!(others.is_empty(), "{others:?}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&pepper), 0o600);
        std::fs::set_permissions(&pepper, std::fs::Permissions::from_mode(0o644)).unwrap();
        let done = place.run(["key", "create", "--role", "agent"]);
        assert_eq!(done.code, Some(0));
        done.says("others can read the key pepper");
    }
}

#[test]
fn a_pepper_that_is_lost_or_damaged_is_told() {
    let place = Place::new();
    let old = place.key(&["--role", "auditor"]);
    let pepper = place.data().join("key-pepper");
    let text = std::fs::read(&pepper).unwrap();
    place.run(["key", "create", "--role", "agent", "--new-pepper"]).failed(4, "key_pepper_present");
    std::fs::remove_file(&pepper).unwrap();
    for args in [&["serve", "--listen", "127.0.0.1:0"][..], &["key", "create", "--role", "agent"]] {
        let done = place.run(args);
        assert_eq!((done.code, done.out.as_str()), (Some(5), ""), "{}", done.err);
        done.says("error[key_pepper_missing]: ").says("--new-pepper");
        assert!(!pepper.exists());
    }
    for damaged in [&b""[..], b"abc", &text[..60], &[text.clone(), b"00".to_vec()].concat(), &[0xff; 64]] {
        std::fs::write(&pepper, damaged).unwrap();
        let done = place.run(["serve", "--listen", "127.0.0.1:0"]);
        assert_eq!(done.code, Some(5), "{}", done.err);
        done.says("error[key_pepper_invalid]: ").says("restore it");
    }
    // What needs no pepper still works.
    place.run(["key", "list"]).ok();
    // Restored, the old keys open again.
    std::fs::write(&pepper, &text).unwrap();
    let server = place.serve();
    place.through(&server, &old, &["audit", "list"]).ok();
    drop(server);
    // Given up, they never do.
    std::fs::remove_file(&pepper).unwrap();
    let new = place.key(&["--role", "auditor", "--new-pepper"]);
    let server = place.serve();
    place.through(&server, &old, &["audit", "list"]).failed(4, "key_invalid");
    place.through(&server, &new, &["audit", "list"]).ok();
}
