use signed_note::{Signer, StandardSigner};
use tlog_tiles::{
    HashReader, prove_record, prove_tree, record_hash, stored_hash_index, stored_hashes_for_record_hash,
    tree_hash,
};
use vidimus_api_types::{GlobalPosition, StreamVersion};

use super::*;

/// The key of the documentation of the Go package `note`: not secret.
const KEY: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const SECRET: &str = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
const OTHER: &str = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop";

struct Stored(Vec<Hash>);

impl HashReader for Stored {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<Hash>, tlog_tiles::Error> {
        Ok(indexes.iter().map(|index| self.0[*index as usize]).collect())
    }
}

fn tree(leaves: u64) -> Stored {
    let mut stored = Stored(Vec::new());
    for index in 0..leaves {
        let leaf = record_hash(format!("record {index}").as_bytes());
        let hashes = stored_hashes_for_record_hash(index, leaf, &stored).unwrap();
        stored.0.extend(hashes);
    }
    stored
}

fn digest(hash: Hash) -> Digest {
    Digest::new(hash.0)
}

fn digests(hashes: Vec<Hash>) -> Vec<Digest> {
    hashes.into_iter().map(digest).collect()
}

fn signed(text: &str) -> String {
    let signer = StandardSigner::new(SECRET).unwrap();
    let mut note = Note::new(text.as_bytes(), &[]).unwrap();
    note.add_sigs(&[&signer]).unwrap();
    assert_eq!(signer.name(), "PeterNeumann");
    String::from_utf8(note.to_bytes()).unwrap()
}

fn checkpoint(size: u64) -> Checkpoint {
    let root = tree_hash(size, &tree(size)).unwrap();
    Checkpoint {
        origin: "PeterNeumann".to_owned(),
        size,
        root: digest(root),
        note: signed(&format!("PeterNeumann\n{size}\n{root}\n")),
        key: KEY.to_owned(),
    }
}

fn event(size: u64, index: u64) -> EventProof {
    let stored = tree(size);
    EventProof {
        version: StreamVersion::FIRST,
        position: GlobalPosition::new(index + 1),
        event_id: uuid::Uuid::nil(),
        event_type: "initiated".to_owned(),
        leaf_index: index,
        leaf_hash: digest(stored.0[stored_hash_index(0, index) as usize]),
        path: digests(prove_record(size, index, &stored).unwrap()),
    }
}

fn proof() -> ExecutionProof {
    let events = [0, 5, 12].map(|index| event(13, index)).into();
    ExecutionProof { execution_id: uuid::Uuid::nil(), checkpoint: checkpoint(13), events, next: None }
}

fn consistency(from: u64, size: u64) -> ConsistencyProof {
    let stored = tree(size);
    ConsistencyProof {
        from,
        from_root: digest(tree_hash(from, &stored).unwrap()),
        checkpoint: checkpoint(size),
        path: digests(prove_tree(size, from, &stored).unwrap()),
    }
}

fn verifier() -> CheckpointVerifier {
    CheckpointVerifier::from_key(KEY).unwrap()
}

fn code<T: std::fmt::Debug>(checked: Result<T, ProofError>) -> &'static str {
    checked.unwrap_err().code()
}

#[test]
fn a_good_proof_is_good() {
    let verified = verifier().execution(&proof()).unwrap();
    assert_eq!((verified.origin.as_str(), verified.size), ("PeterNeumann", 13));
    assert_eq!(verified.root, checkpoint(13).root);
    for (from, size) in [(1, 1), (1, 13), (8, 13), (12, 13), (13, 13)] {
        assert_eq!(verifier().consistency(&consistency(from, size)).unwrap().size, size, "{from} of {size}");
    }
    // With a signature of somebody else on it as well.
    let mut note = checkpoint(13).note;
    note += "— somebody.example AAAAAAAA\n";
    assert_eq!(verifier().checkpoint(&note).unwrap(), verified);
}

#[test]
fn whatever_is_changed_in_a_proof_of_events_is_found() {
    let changed = |change: &dyn Fn(&mut ExecutionProof)| {
        let mut proof = proof();
        change(&mut proof);
        code(verifier().execution(&proof))
    };
    let other = Digest::new([9; 32]);
    assert_eq!(changed(&|proof| proof.events[1].leaf_hash = other), "proof_not_in_tree");
    assert_eq!(changed(&|proof| proof.events[2].path[0] = other), "proof_not_in_tree");
    assert_eq!(changed(&|proof| proof.events[0].path.truncate(2)), "proof_not_in_tree");
    assert_eq!(changed(&|proof| proof.events[0].path.push(other)), "proof_not_in_tree");
    assert_eq!(changed(&|proof| proof.events[0].path = vec![other; 100]), "proof_malformed");
    assert_eq!(changed(&|proof| proof.events[0].leaf_index = 1), "proof_malformed");
    let moved = |to: u64| {
        move |proof: &mut ExecutionProof| {
            proof.events[0].position = GlobalPosition::new(to + 1);
            proof.events[0].leaf_index = to;
        }
    };
    for to in [1, 13, u64::MAX - 1] {
        assert_eq!(changed(&moved(to)), "proof_not_in_tree", "{to}");
    }
    assert_eq!(changed(&|proof| proof.events[0].position = GlobalPosition::new(0)), "proof_malformed");
    assert_eq!(changed(&|proof| proof.checkpoint.size = 14), "checkpoint_differs");
    assert_eq!(changed(&|proof| proof.checkpoint.root = other), "checkpoint_differs");
    assert_eq!(changed(&|proof| proof.checkpoint.origin += "x"), "checkpoint_differs");
    // A good checkpoint, but another one.
    assert_eq!(changed(&|proof| proof.checkpoint = checkpoint(12)), "proof_not_in_tree");
}

#[test]
fn whatever_is_changed_in_a_checkpoint_is_found() {
    let note = checkpoint(13).note;
    let cases = [
        (note.replace("\n13\n", "\n14\n"), "checkpoint_signature_bad"),
        (note.replace("PeterNeumann\n", "PeterNeumanx\n"), "checkpoint_signature_bad"),
        (note.replace("— PeterNeumann", "— PeterNeumanx"), "checkpoint_not_signed"),
        (
            signed("elsewhere.example\n1\nY2hlY2twb2ludCBvZiBub3RoaW5nIGF0IGFsbC4uLi4=\n"),
            "checkpoint_of_another_log",
        ),
        (signed("PeterNeumann\n1\n"), "proof_malformed"),
        (signed("PeterNeumann\n01\nY2hlY2twb2ludCBvZiBub3RoaW5nIGF0IGFsbC4uLi4=\n"), "proof_malformed"),
        (note[..note.len() - 1].to_owned(), "proof_malformed"),
        (note[..note.len() / 2].to_owned(), "proof_malformed"),
        (note.replace('\n', "\r\n"), "proof_malformed"),
        (String::new(), "proof_malformed"),
        ("x".repeat(100_000), "proof_malformed"),
    ];
    for (changed, expected) in cases {
        assert_eq!(code(verifier().checkpoint(&changed)), expected, "{changed:?}");
    }
    assert_eq!(code(CheckpointVerifier::from_key(OTHER).unwrap().checkpoint(&note)), "checkpoint_not_signed");
    // A key of the same name is not the same key.
    let key = KEY.replace("ARpc2Q", "ARpc3Q");
    assert_eq!(code(CheckpointVerifier::from_key(&key)), "checkpoint_key_invalid");
    for key in ["", "a", "a+b", "PeterNeumann+c74f20a3", "PeterNeumann+c74f20a3+AA==", "+c74f20a3+ARpc"] {
        assert_eq!(code(CheckpointVerifier::from_key(key)), "checkpoint_key_invalid", "{key}");
    }
}

#[test]
fn a_log_that_was_changed_is_not_consistent() {
    let other = Digest::new([9; 32]);
    let changed = |change: &dyn Fn(&mut ConsistencyProof)| {
        let mut proof = consistency(5, 13);
        change(&mut proof);
        code(verifier().consistency(&proof))
    };
    assert_eq!(changed(&|proof| proof.from_root = other), "proof_not_consistent");
    assert_eq!(changed(&|proof| proof.from = 6), "proof_not_consistent");
    assert_eq!(changed(&|proof| proof.path[0] = other), "proof_not_consistent");
    assert_eq!(changed(&|proof| proof.path.truncate(2)), "proof_not_consistent");
    assert_eq!(changed(&|proof| proof.path = vec![other; 65]), "proof_malformed");
    for from in [0, 14, u64::MAX] {
        assert_eq!(changed(&|proof| proof.from = from), "proof_not_consistent", "{from}");
    }
    assert_eq!(changed(&|proof| proof.checkpoint = checkpoint(12)), "proof_not_consistent");
}

/// The worked example of the reference.
#[test]
fn the_worked_example_holds() {
    let page = include_str!("../../../../docs/reference/proofs.md");
    let (_, example) = page.split_once("## A worked example").unwrap();
    let blocks = |kind: &str| -> Vec<&str> {
        let fence = format!("```{kind}\n");
        let after = example.split(&fence).skip(1);
        after.map(|block| block.split_once("```").unwrap().0).collect()
    };
    let (texts, jsons) = (blocks("text"), blocks("json"));
    let [key, note] = texts.as_slice() else { panic!("{texts:?}") };
    let [proof, consistency] = jsons.as_slice() else { panic!("{jsons:?}") };
    let verifier = CheckpointVerifier::from_key(key).unwrap();
    let proof: ExecutionProof = serde_json::from_str(proof).unwrap();
    let consistency: ConsistencyProof = serde_json::from_str(consistency).unwrap();
    assert_eq!(proof.checkpoint.note, *note);
    let checkpoint = verifier.execution(&proof).unwrap();
    assert_eq!(verifier.checkpoint(note), Ok(checkpoint.clone()));
    assert_eq!(verifier.consistency(&consistency).unwrap().size, 5);
    assert_eq!((consistency.from, consistency.from_root), (checkpoint.size, checkpoint.root));
}
