//! Checkpoints and proofs.

use std::sync::Arc;

use proto_events::{Access, Digest, StreamVersion};
use signed_note::{Note, StandardVerifier, VerifierList};
use tlog_tiles::{Checkpoint, Hash, check_record, check_tree};
use vidimus_engine::{CheckpointOrigin, Engine, KeyPepper, Settings, SignedCheckpoint};

use crate::support::*;

fn signing(world: &World, pepper: u8) -> Engine {
    let (clock, ids) = (world.clock.clone(), world.ids.clone());
    let engine = Engine::with(world.log.clone(), Settings::default(), clock, ids);
    engine.with_key_pepper(KeyPepper::new([pepper; 32]))
}

/// The checkpoint that a verifier of others reads in the note, and who signed it.
fn read(checkpoint: &SignedCheckpoint) -> (Checkpoint, Vec<String>) {
    let note = Note::from_bytes(checkpoint.note.as_bytes()).unwrap();
    let verifier = StandardVerifier::new(&checkpoint.key).unwrap();
    let (verified, unverified) = note.verify(&VerifierList::new(vec![Box::new(verifier)])).unwrap();
    assert_eq!(unverified, []);
    let names = verified.iter().map(|signature| signature.name().to_owned()).collect();
    (Checkpoint::from_bytes(note.text()).unwrap(), names)
}

fn hash(digest: Digest) -> Hash {
    Hash(*digest.as_bytes())
}

fn hashes(digests: &[Digest]) -> Vec<Hash> {
    digests.iter().copied().map(hash).collect()
}

#[tokio::test]
async fn a_checkpoint_is_a_signed_note_of_the_tree_as_it_is() {
    let world = World::with(Access::Enabled).await;
    let engine = signing(&world, 7);
    let empty = signing(&World::on(Arc::new(vidimus_log::MemoryLog::default())), 7);
    assert_eq!(read(&empty.checkpoint().unwrap()).0.size(), 0);
    engine.propose(&runtime(), proposal()).await.unwrap();
    let checkpoint = engine.checkpoint().unwrap();
    assert_eq!(checkpoint.head, world.log.tree_head());
    let (body, names) = read(&checkpoint);
    assert_eq!((body.origin(), body.size()), (checkpoint.origin.as_str(), checkpoint.head.size));
    assert_eq!((*body.hash(), body.extension()), (hash(checkpoint.head.root), ""));
    assert_eq!(names, std::slice::from_ref(&checkpoint.origin));
    assert_eq!(engine.checkpoint_key().unwrap(), checkpoint.key);
    // The same of the same, and of another installation another name and key.
    assert_eq!(engine.checkpoint().unwrap(), checkpoint);
    let other = signing(&world, 8).checkpoint().unwrap();
    assert!(other.origin != checkpoint.origin && other.key != checkpoint.key);
    assert!(checkpoint.origin.starts_with("vidimus.internal/log/"), "{}", checkpoint.origin);
    assert_eq!(checkpoint.origin.len(), "vidimus.internal/log/".len() + 16);
    assert_eq!(world.engine.checkpoint().unwrap_err().code(), "key_pepper_missing");
    // The key is not that of permits.
    let permits = engine.permit_keys().unwrap()["keys"][0]["x"].as_str().unwrap().to_owned();
    assert!(!checkpoint.key.contains(&permits[..20]));
}

#[tokio::test]
async fn the_name_of_the_log_can_be_given() {
    let world = World::with(Access::Enabled).await;
    let origin: CheckpointOrigin = "example.com/vidimus".parse().unwrap();
    let checkpoint = signing(&world, 7).with_checkpoint_origin(origin).checkpoint().unwrap();
    let (body, names) = read(&checkpoint);
    assert_eq!((body.origin(), names), ("example.com/vidimus", vec!["example.com/vidimus".to_owned()]));
    let long = "x".repeat(256);
    for wrong in ["", "a b", "a+b", "a\u{a0}b", "a\nb", "a\u{7f}b", "a'b", "ä", long.as_str()] {
        assert!(wrong.parse::<CheckpointOrigin>().is_err(), "{wrong:?}");
    }
}

#[tokio::test]
async fn every_event_of_an_execution_is_proved_against_one_checkpoint() {
    let world = World::with(Access::Enabled).await;
    let engine = signing(&world, 7);
    let answer = engine.propose(&runtime(), proposal()).await.unwrap();
    engine.start(&runtime(), answer.execution_id, permit_id(&answer), None).await.unwrap();
    let first = engine.checkpoint().unwrap();
    for _ in 0..20 {
        engine.propose(&runtime(), proposal()).await.unwrap();
    }
    let prove = async |from, limit| {
        let from = StreamVersion::new(from);
        engine.execution_proof(&tenant(), answer.execution_id, from, limit).await.unwrap().unwrap()
    };
    let proof = prove(0, 1000).await;
    let (body, _) = read(&proof.checkpoint);
    assert_eq!(proof.checkpoint.head, world.log.tree_head());
    let types: Vec<_> = proof.events.iter().map(|proved| &*proved.event.event.event_type).collect();
    assert_eq!(types.join(" "), world.types(answer.execution_id).await);
    assert_eq!(proof.next, None);
    for proved in &proof.events {
        let (leaf, index) = (hash(proved.event.leaf_hash), proved.leaf_index());
        assert_eq!(index, proved.event.position.get() - 1);
        check_record(&hashes(&proved.path), body.size(), *body.hash(), index, leaf).unwrap();
        assert!(check_record(&hashes(&proved.path), body.size(), *body.hash(), index + 1, leaf).is_err());
    }
    // In pages.
    let page = prove(1, 1).await;
    assert_eq!((page.events.len(), page.next), (1, Some(StreamVersion::new(2))));
    assert_eq!(page.events[0], proof.events[1]);
    // Nobody else's.
    let other = "globex".parse().unwrap();
    let none = engine.execution_proof(&other, answer.execution_id, StreamVersion::FIRST, 10).await.unwrap();
    assert_eq!(none, None);
    // And the log begins with what it was.
    let consistency = engine.checkpoint_consistency(first.head.size).await.unwrap();
    assert_eq!((consistency.from, &consistency.checkpoint), (first.head, &proof.checkpoint));
    let (old, old_root) = (first.head.size, hash(first.head.root));
    check_tree(&hashes(&consistency.path), body.size(), *body.hash(), old, old_root).unwrap();
    for beyond in [0, body.size() + 1] {
        let error = engine.checkpoint_consistency(beyond).await.unwrap_err();
        assert_eq!((error.code(), error.is_retryable()), ("proof_out_of_range", false));
    }
}
