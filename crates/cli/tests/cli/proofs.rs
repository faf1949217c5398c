//! `vidimus log checkpoint`, `execution proof` and `proof verify`.

use serde_json::{Value, json};

use crate::support::{Done, Place};

fn first_execution(place: &Place) -> String {
    let page = place.json(["execution", "list", "--limit", "1"]);
    page["items"][0]["execution_id"].as_str().unwrap().to_owned()
}

/// A place with the sample on record and a proof of one of its executions in `proof.json`, and the log's key.
fn proved() -> (Place, Value, String) {
    let place = Place::with_sample();
    let id = first_execution(&place);
    let proof = place.run(["execution", "proof", &id]).ok();
    place.file("proof.json", &proof.out);
    let key = place.run(["log", "checkpoint", "--key"]).ok().out.trim_end().to_owned();
    (place, proof.json(), key)
}

fn verify(place: &Place, file: &str, more: &[&str]) -> Done {
    place.run(["proof", "verify", file].iter().chain(more))
}

#[test]
fn a_proof_is_verified_without_the_log() {
    let (place, proof, key) = proved();
    std::fs::remove_dir_all(place.data()).unwrap();
    let done = verify(&place, "proof.json", &["--key", &key]).ok();
    let text = done.out.clone();
    let says = "the signature is good, and all these 2 events are in the log; which execution they are of, and their types, are";
    assert!(text.contains(says), "{text}");
    let part = Value::from("2");
    let mut more = proof.clone();
    more["next"] = part;
    place.file("more.json", more.to_string());
    verify(&place, "more.json", &["--key", &key])
        .ok()
        .says("the execution has more events: prove them too, with `--cursor 2`");
    for event in proof["events"].as_array().unwrap() {
        let (leaf, kind) = (event["leaf_hash"].as_str().unwrap(), event["event_type"].as_str().unwrap());
        let hashes = event["path"].as_array().unwrap().len();
        assert!(text.contains(kind) && text.contains(&format!("leaf {leaf}, {hashes} hashes: in the log")));
    }
    let own = verify(&place, "proof.json", &[]).ok().out;
    assert!(own.contains("the key is the file's own: compare it"), "{own}");
    let verified = place.json(["proof", "verify", "proof.json", "--key", &key]);
    assert_eq!((&verified["key_given"], &verified["size"]), (&json!(true), &json!(120)));
    assert_eq!((&verified["root"], &verified["events"]), (&proof["checkpoint"]["root"], &proof["events"]));
    let input = std::fs::read(place.path("proof.json")).unwrap();
    assert_eq!(place.run_with_input(["proof", "verify", "-", "--key", &key], &input).ok().out, text);
}

#[test]
fn whatever_was_changed_is_found() {
    let (place, proof, key) = proved();
    let changed = |change: &dyn Fn(&mut Value)| {
        let mut proof = proof.clone();
        change(&mut proof);
        place.file("changed.json", proof.to_string());
        verify(&place, "changed.json", &["--key", &key])
    };
    let other = json!("9".repeat(64));
    changed(&|_| ()).ok();
    changed(&|proof| proof["events"][1]["leaf_hash"] = other.clone()).failed(4, "proof_not_in_tree");
    changed(&|proof| proof["events"][0]["path"][2] = other.clone()).failed(4, "proof_not_in_tree");
    changed(&|proof| proof["events"][0]["leaf_index"] = json!(9)).failed(4, "proof_malformed");
    changed(&|proof| proof["checkpoint"]["root"] = other.clone()).failed(4, "checkpoint_differs");
    changed(&|proof| proof["events"][0]["path"] = json!("none")).failed(4, "proof_malformed");
    changed(&|proof| proof["events"] = Value::Null).failed(4, "proof_malformed");
    let note = proof["checkpoint"]["note"].as_str().unwrap();
    let with_note = |note: String| changed(&|proof| proof["checkpoint"]["note"] = json!(note));
    with_note(note.replace("\n120\n", "\n121\n")).failed(4, "checkpoint_signature_bad");
    with_note(note[..note.len() - 30].to_owned()).failed(4, "proof_malformed");
    with_note(String::new()).failed(4, "proof_malformed");
    // Another installation's key, a key that is none, a file that is none.
    let elsewhere = Place::with_sample();
    let foreign = elsewhere.run(["log", "checkpoint", "--key"]).ok().out;
    verify(&place, "proof.json", &["--key", &foreign]).failed(4, "checkpoint_not_signed");
    verify(&place, "proof.json", &["--key", "nonsense"]).failed(4, "checkpoint_key_invalid");
    verify(&place, "nowhere.json", &[]).failed(3, "file_missing");
    let text = proof.to_string();
    place.file("cut.json", &text[..text.len() / 2]);
    verify(&place, "cut.json", &["--key", &key]).failed(4, "proof_malformed").says("cut short");
    place.file("bytes", [0xff, 0xfe]);
    verify(&place, "bytes", &["--key", &key]).failed(4, "proof_malformed");
    place.file("large", vec![b'{'; 9 * 1024 * 1024]);
    verify(&place, "large", &["--key", &key]).failed(4, "proof_malformed").says("larger than");
}

#[test]
fn a_checkpoint_that_was_kept_holds_the_log_to_it() {
    let (place, proof, key) = proved();
    let kept = place.run(["log", "checkpoint"]).ok().out;
    assert_eq!(kept, proof["checkpoint"]["note"].as_str().unwrap());
    place.file("kept.txt", &kept);
    verify(&place, "kept.txt", &["--key", &key]).ok().says("the signature is good\n");
    verify(&place, "kept.txt", &[]).failed(2, "checkpoint_key_missing");
    verify(&place, "proof.json", &["--key", &key, "--checkpoint", "kept.txt"]).ok();
    // The log goes on.
    place.run(["function", "set-access", "mail.send", "Enabled"]).ok();
    let later = place.run(["log", "checkpoint", "--output", "json"]).ok();
    assert_eq!(later.json()["size"], 121);
    place.file("later.json", &later.out);
    verify(&place, "later.json", &["--key", &key]).ok();
    verify(&place, "proof.json", &["--key", &key, "--checkpoint", "later.json"])
        .failed(4, "checkpoint_of_another_size")
        .says("--from 121");
    let consistency = place.run(["log", "checkpoint", "--from", "120"]).ok();
    place.file("consistency.json", &consistency.out);
    verify(&place, "consistency.json", &["--key", &key, "--checkpoint", "kept.txt"])
        .ok()
        .says("and the log begins with all that it was at 120 events");
    verify(&place, "consistency.json", &["--key", &key, "--checkpoint", "later.json"])
        .failed(4, "checkpoint_of_another_size");
    let mut changed = consistency.json();
    changed["from_root"] = changed["checkpoint"]["root"].clone();
    place.file("changed.json", changed.to_string());
    verify(&place, "changed.json", &["--key", &key]).failed(4, "proof_not_consistent");
    place.run(["log", "checkpoint", "--from", "122"]).failed(4, "proof_out_of_range");
    assert_eq!(place.run(["log", "checkpoint", "--from", "0"]).code, Some(2));
    assert_eq!(place.run(["log", "checkpoint", "--from", "1", "--key"]).code, Some(2));
}

/// The leaf is the record: whoever has the events sees that they are the ones that are proved.
#[test]
fn the_events_are_held_against_their_leaves() {
    let (place, proof, key) = proved();
    let id = proof["execution_id"].as_str().unwrap();
    let events = place.run(["log", "replay", "--execution", id, "--output", "json"]).ok().out;
    let held = |text: &str| {
        place.file("events.jsonl", text);
        verify(&place, "proof.json", &["--key", &key, "--events", "events.jsonl"])
    };
    held(&events).ok().says("are in the log, and their records say what was handed over\n");
    held(&place.run(["log", "export"]).ok().out).ok();
    let (agent, tenant) = ("\"agent\":\"", "\"tenant\":\"default\"");
    assert!(events.contains(agent) && events.contains(tenant), "{events}");
    held(&events.replace(agent, "\"agent\":\"x")).failed(4, "record_differs");
    held(&events.replace(tenant, "\"tenant\":\"another\"")).failed(4, "record_differs");
    // Beside the leaf the proof says which execution, event and type it is.
    let stated: [&dyn Fn(&mut Value); 3] = [
        &|proof| proof["execution_id"] = json!("00000000-0000-4000-8000-000000000001"),
        &|proof| proof["events"][1]["event_type"] = json!("approval_accepted"),
        &|proof| proof["events"][1]["event_id"] = json!("00000000-0000-4000-8000-000000000001"),
    ];
    for state in stated {
        let mut proof = proof.clone();
        state(&mut proof);
        place.file("stated.json", proof.to_string());
        place.file("events.jsonl", &events);
        verify(&place, "stated.json", &["--key", &key]).ok();
        verify(&place, "stated.json", &["--key", &key, "--events", "events.jsonl"])
            .failed(4, "record_differs");
    }
    held(events.lines().next().unwrap()).failed(4, "record_missing");
    held("").failed(4, "record_missing");
    held("{}").failed(4, "records_malformed").says("line 1");
    let note = place.run(["log", "checkpoint"]).ok().out;
    place.file("note.txt", note);
    let events = ["--key", &key, "--events", "events.jsonl"];
    verify(&place, "note.txt", &events).failed(2, "events_without_execution");
}

/// The same key and the same size, but another history: what a kept checkpoint is for.
#[test]
fn two_histories_under_one_key_contradict_each_other() {
    let (place, _, key) = proved();
    let kept = place.run(["log", "checkpoint"]).ok().out;
    place.file("kept.txt", kept);
    // All but the pepper.
    for part in ["log", "views"] {
        std::fs::remove_dir_all(place.data().join(part)).unwrap();
    }
    place.run(["import", crate::support::SAMPLE]).ok();
    let other = place.run(["log", "checkpoint"]).ok().out;
    place.file("other.txt", other);
    verify(&place, "other.txt", &["--key", &key, "--checkpoint", "kept.txt"])
        .failed(4, "checkpoint_contradicted")
        .says("120 events each");
}

#[test]
fn the_log_has_the_name_that_it_is_given() {
    let (place, _, key) = proved();
    assert!(key.starts_with("vidimus.internal/log/"), "{key}");
    let named = |args: &[&str]| place.run(args.iter().chain(&["--checkpoint-origin", "example.com/log"]));
    let note = named(&["log", "checkpoint"]).ok().out;
    assert!(note.starts_with("example.com/log\n120\n"), "{note}");
    let key = named(&["log", "checkpoint", "--key"]).ok().out;
    assert!(key.starts_with("example.com/log+"), "{key}");
    place.file("named.txt", note);
    verify(&place, "named.txt", &["--key", &key]).ok();
    let id = first_execution(&place);
    let proof = named(&["execution", "proof", &id]).ok().json();
    assert_eq!(proof["checkpoint"]["origin"], "example.com/log");
    let secret = place.key(&["--role", "agent"]);
    let mut running = place.serve_with(["--listen", "127.0.0.1:0", "--checkpoint-origin", "example.com/log"]);
    let served = place.through(&running, &secret, &["log", "checkpoint", "--key"]).ok().out;
    assert_eq!(served, key);
    running.stop();
    for wrong in ["", "a b", "a+b"] {
        let refused = place.run(["log", "checkpoint", "--checkpoint-origin", wrong]);
        assert_eq!(refused.code, Some(2), "{wrong:?}: {}", refused.err);
    }
}

#[test]
fn a_proof_comes_in_pages_and_of_the_tenant_alone() {
    let (place, proof, key) = proved();
    let id = proof["execution_id"].as_str().unwrap();
    let page = place.run(["execution", "proof", id, "--limit", "1"]).ok().json();
    assert_eq!((&page["events"], &page["next"]), (&json!([proof["events"][0]]), &json!("1")));
    let rest = place.run(["execution", "proof", id, "--cursor", "1"]).ok();
    assert_eq!((&rest.json()["events"], &rest.json()["next"]), (&json!([proof["events"][1]]), &Value::Null));
    place.file("rest.json", &rest.out);
    verify(&place, "rest.json", &["--key", &key]).ok().says("and the event is in the log");
    place.run(["execution", "proof", id, "--cursor", "x"]).failed(4, "invalid_cursor");
    place.run(["execution", "proof", id, "--tenant", "other"]).failed(3, "execution_not_found");
    assert_eq!(place.run(["execution", "proof", id, "--limit", "251"]).code, Some(2));
}

#[test]
fn a_server_proves_the_same() {
    let (place, proof, key) = proved();
    let secret = place.key(&["--role", "auditor"]);
    let mut running = place.serve();
    let ask = |args: &[&str]| place.through(&running, &secret, args);
    assert_eq!(ask(&["log", "checkpoint", "--key"]).ok().out.trim_end(), key);
    let note = ask(&["log", "checkpoint"]).ok().out;
    assert!(note.starts_with(proof["checkpoint"]["origin"].as_str().unwrap()), "{note}");
    let id = proof["execution_id"].as_str().unwrap();
    let answered = ask(&["execution", "proof", id]).ok();
    // Against the log as it is by now, with a key more.
    assert_eq!(answered.json()["checkpoint"]["size"], 121);
    place.file("server.json", &answered.out);
    verify(&place, "server.json", &["--key", &key]).ok();
    place.file("consistency.json", ask(&["log", "checkpoint", "--from", "120"]).ok().out);
    verify(&place, "consistency.json", &["--key", &key, "--checkpoint", "proof.json"]).ok();
    ask(&["log", "checkpoint", "--from", "999"]).failed(4, "proof_out_of_range");
    running.stop();
}
