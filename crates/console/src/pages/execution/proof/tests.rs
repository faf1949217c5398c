use serde_json::json;

use super::*;

/// A tree of three records, of which the second is the execution's; the paths are worked out by hand with SHA-256.
fn proof() -> ExecutionProof {
    let leaves: Vec<Hash> = ["a", "b", "c"].map(|record| tlog_tiles::record_hash(record.as_bytes())).into();
    let node = tlog_tiles::node_hash(leaves[0], leaves[1]);
    let root = tlog_tiles::node_hash(node, leaves[2]);
    let hex = |hash: Hash| hex::encode(hash.0);
    serde_json::from_value(json!({
        "execution_id": "00000000-0000-4000-8000-000000000001",
        "checkpoint": {
            "origin": "log.example", "size": 3, "root": hex(root), "key": "log.example+00000000+AAAA",
            "note": format!("log.example\n3\n{root}\n\n— log.example AAAAAAAA\n"),
        },
        "events": [{
            "version": 0, "position": 2, "event_id": "00000000-0000-4000-8000-000000000002",
            "event_type": "permit_issued", "leaf_index": 1, "leaf_hash": hex(leaves[1]),
            "path": [hex(leaves[0]), hex(leaves[2])],
        }],
        "next": null,
    }))
    .unwrap()
}

fn step(proof: &ExecutionProof) -> Step {
    Step {
        position: "2".to_owned(),
        name: "permit issued".to_owned(),
        by: String::new(),
        at: None,
        said: None,
        leaf_hash: proof.events[0].leaf_hash.to_string(),
    }
}

#[test]
fn it_is_said_to_hold_only_where_it_does() {
    let good = proof();
    assert!(holds(&good, &[step(&good)]));
    let other = good.checkpoint.root;
    let changed = |change: &dyn Fn(&mut ExecutionProof)| {
        let mut proof = good.clone();
        change(&mut proof);
        holds(&proof, &[step(&good)])
    };
    assert!(changed(&|_| ()));
    assert!(!changed(&|proof| proof.events[0].leaf_hash = other));
    assert!(!changed(&|proof| proof.events[0].path[1] = other));
    assert!(!changed(&|proof| proof.events[0].path = vec![other; 65]));
    assert!(!changed(&|proof| proof.events[0].leaf_index = 0));
    assert!(!changed(&|proof| proof.checkpoint.size = 4));
    assert!(!changed(&|proof| proof.checkpoint.root = proof.events[0].leaf_hash));
    assert!(!changed(&|proof| proof.checkpoint.note = proof.checkpoint.note.replace("\n3\n", "\n4\n")));
    assert!(!changed(&|proof| proof.checkpoint.note.clear()));
    assert!(!changed(&|proof| proof.events.clear()));
    // The timeline shows another event than the one that is proved.
    let other = Step { leaf_hash: other.to_string(), ..step(&good) };
    assert!(!holds(&good, &[step(&good), other]));
    assert!(!holds(&good, &[]));
}

#[test]
fn what_is_shown_is_what_is_proved() {
    let good = proof();
    let shown = shown(good.clone(), &[step(&good)], Some("7"));
    let included = &shown.events[0];
    assert_eq!((included.name.as_str(), included.leaf_index, included.hashes), ("permit issued", 1, 2));
    assert_eq!(shown.file, "/console/executions/00000000-0000-4000-8000-000000000001/proof.json?cursor=7");
    assert_eq!(
        shown.command,
        "vidimus proof verify vidimus-proof-00000000-0000-4000-8000-000000000001.json --key 'log.example+00000000+AAAA'"
    );
}
