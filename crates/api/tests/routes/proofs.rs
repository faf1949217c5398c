//! Signed checkpoints and proofs, checked by the crates `signed_note` and `tlog_tiles`.

use axum::body::Body;
use proto_events::{Access, Digest};
use serde_json::{Value, json};
use signed_note::{Note, StandardVerifier, VerifierList};
use tlog_tiles::{Checkpoint, Hash, check_record, check_tree};

use crate::harness::{World, id};

/// The checkpoint in the note, where the key signed it.
fn opened(note: &str, key: &str) -> Checkpoint {
    let note = Note::from_bytes(note.as_bytes()).unwrap();
    let known = VerifierList::new(vec![Box::new(StandardVerifier::new(key).unwrap())]);
    assert_eq!(note.verify(&known).unwrap().0.len(), 1);
    Checkpoint::from_bytes(note.text()).unwrap()
}

fn hash(value: &Value) -> Hash {
    Hash(*value.as_str().unwrap().parse::<Digest>().unwrap().as_bytes())
}

fn hashes(value: &Value) -> Vec<Hash> {
    value.as_array().unwrap().iter().map(hash).collect()
}

/// The checkpoint of an answer; its members say what its note says.
fn described(checkpoint: &Value) -> Checkpoint {
    let text = |name: &str| checkpoint[name].as_str().unwrap();
    let opened = opened(text("note"), text("key"));
    assert_eq!((opened.origin(), &json!(opened.size())), (text("origin"), &checkpoint["size"]));
    assert_eq!(*opened.hash(), hash(&checkpoint["root"]));
    opened
}

#[tokio::test]
async fn a_checkpoint_is_a_note_that_its_key_signed() {
    let world = World::new().await;
    let answer = world.get(&world.acme.rita, "/v1/checkpoint").await;
    assert_eq!(answer.headers["content-type"], "text/plain; charset=utf-8");
    let note = answer.with(200).as_str().unwrap().to_owned();
    let answer = world.raw("GET", "/v1/checkpoint/key", None, Body::empty()).await;
    assert_eq!(answer.headers["content-type"], "text/plain; charset=utf-8");
    let key = answer.with(200).as_str().unwrap().to_owned();
    let key = key.strip_suffix('\n').unwrap();
    let head = world.engine.log().tree_head();
    let checkpoint = opened(&note, key);
    assert_eq!((checkpoint.size(), checkpoint.hash().0), (head.size, *head.root.as_bytes()));
    assert!(key.starts_with(&format!("{}+", checkpoint.origin())), "{key}");
}

#[tokio::test]
async fn every_event_of_an_execution_is_proved() {
    let world = World::new().await;
    world.set(Access::EnabledWithConfirmation).await;
    let execution = id(&world.propose().await);
    for _ in 0..9 {
        world.propose().await;
    }
    let path = format!("/v1/executions/{execution}/proof");
    let proof = world.get(&world.acme.rita, &path).await.with(200);
    assert_eq!((&proof["execution_id"], &proof["next"]), (&json!(execution), &Value::Null));
    let checkpoint = described(&proof["checkpoint"]);
    assert_eq!(checkpoint.size(), world.engine.tail().get());
    let listed = world.get(&world.acme.olga, &format!("/v1/executions/{execution}/events")).await.with(200);
    let (listed, proved) = (listed["items"].as_array().unwrap(), proof["events"].as_array().unwrap());
    assert!(listed.len() > 1);
    assert_eq!(listed.len(), proved.len());
    for (event, proved) in listed.iter().zip(proved) {
        for (of_event, of_proof) in [
            ("position", "position"),
            ("leaf_hash", "leaf_hash"),
            ("event_id", "event_id"),
            ("type", "event_type"),
        ] {
            assert_eq!(event[of_event], proved[of_proof], "{event:#}");
        }
        let (index, leaf) = (proved["leaf_index"].as_u64().unwrap(), hash(&proved["leaf_hash"]));
        check_record(&hashes(&proved["path"]), checkpoint.size(), *checkpoint.hash(), index, leaf).unwrap();
    }
    // In pages, each against a checkpoint.
    let page = world.get(&world.acme.rita, &format!("{path}?limit=1&cursor=1")).await.with(200);
    assert_eq!(page["events"], json!([proved[1]]));
    assert_eq!(page["next"], if proved.len() > 2 { json!("2") } else { Value::Null });
}

#[tokio::test]
async fn what_cannot_be_proved_is_refused() {
    let world = World::new().await;
    world.set(Access::Enabled).await;
    let execution = id(&world.propose().await);
    let ask = async |path: &str| world.get(&world.acme.rita, path).await;
    let nowhere = "/v1/executions/01890000-0000-7000-8000-000000000000/proof";
    assert_eq!(ask(nowhere).await.problem(), (404, "execution_not_found".to_owned()));
    let path = format!("/v1/executions/{execution}/proof");
    for (query, code) in [
        ("limit=0", "invalid_limit"),
        ("limit=251", "invalid_limit"),
        ("cursor=x", "invalid_cursor"),
        ("as_of=1", "query_invalid"),
    ] {
        assert_eq!(ask(&format!("{path}?{query}")).await.problem(), (422, code.to_owned()), "{query}");
    }
    let other = world.people("globex").await;
    assert_eq!(world.get(&other.ada, &path).await.problem().0, 404, "another tenant's");
    let consistency = "/v1/checkpoint/consistency";
    for query in ["", "?from=-1", "?from=x", "?from=1&to=2"] {
        let refused = ask(&format!("{consistency}{query}")).await.problem();
        assert_eq!(refused, (422, "query_invalid".to_owned()), "{query}");
    }
    let tail = world.engine.tail().get();
    for from in [0, tail + 1, u64::MAX] {
        let refused = ask(&format!("{consistency}?from={from}")).await.at_fault();
        assert_eq!(refused, (409, "proof_out_of_range".to_owned(), "query.from".to_owned()));
    }
}

#[tokio::test]
async fn the_log_begins_with_what_it_was() {
    let world = World::new().await;
    let old = world.engine.log().tree_head();
    world.set(Access::Enabled).await;
    world.propose().await;
    let path = format!("/v1/checkpoint/consistency?from={}", old.size);
    let proof = world.get(&world.acme.rita, &path).await.with(200);
    assert_eq!((&proof["from"], &proof["from_root"]), (&json!(old.size), &json!(old.root)));
    let checkpoint = described(&proof["checkpoint"]);
    let old_root = Hash(*old.root.as_bytes());
    let nodes = hashes(&proof["path"]);
    check_tree(&nodes, checkpoint.size(), *checkpoint.hash(), old.size, old_root).unwrap();
}
