//! Proofs, held against the definitions of RFC 6962 written down as they are.

use std::sync::Arc;

use proto_events::{Digest, ExpectedVersion, GlobalPosition};
use sha2::{Digest as _, Sha256};

use super::{Factory, event, model::Random, stream, tenant};
use crate::{Append, EventLog, Limits, MAX_PROVED, ProofError, Subtree, TreeHead};

fn split(len: usize) -> usize {
    // The largest power of two below.
    1 << (len - 1).ilog2()
}

/// MTH(D[n]) of section 2.1, over leaf hashes.
fn root(leaves: &[Digest]) -> Digest {
    match leaves {
        [] => Digest::new(Sha256::new().finalize().into()),
        [leaf] => *leaf,
        leaves => {
            let (left, right) = leaves.split_at(split(leaves.len()));
            let hasher = Sha256::new().chain_update([1]).chain_update(root(left).as_bytes());
            Digest::new(hasher.chain_update(root(right).as_bytes()).finalize().into())
        }
    }
}

/// PATH(m, D[n]) of section 2.1.1.
fn path(index: usize, leaves: &[Digest]) -> Vec<Digest> {
    if leaves.len() < 2 {
        return Vec::new();
    }
    let middle = split(leaves.len());
    let (left, right) = leaves.split_at(middle);
    let (mut nodes, beside) = match index.checked_sub(middle) {
        None => (path(index, left), root(right)),
        Some(index) => (path(index, right), root(left)),
    };
    nodes.push(beside);
    nodes
}

/// SUBPROOF(m, D[n], b) of section 2.1.2.
fn subproof(old: usize, leaves: &[Digest], known: bool) -> Vec<Digest> {
    if old == leaves.len() {
        return if known { Vec::new() } else { vec![root(leaves)] };
    }
    let middle = split(leaves.len());
    let (left, right) = leaves.split_at(middle);
    let (mut nodes, beside) = if old <= middle {
        (subproof(old, left, known), root(right))
    } else {
        (subproof(old - middle, right, false), root(left))
    };
    nodes.push(beside);
    nodes
}

fn size(leaves: &[Digest]) -> u64 {
    leaves.len() as u64
}

fn head(leaves: &[Digest]) -> TreeHead {
    TreeHead { size: size(leaves), root: root(leaves) }
}

async fn add(log: &Arc<dyn EventLog>, to: u64, events: u64, bytes: usize) {
    let events = (0..events).map(|number| event(number, bytes)).collect();
    let append = Append::to_stream(tenant("acme"), stream(u128::from(to)), ExpectedVersion::Any, events);
    log.append(append).await.unwrap();
}

async fn leaves_of(log: &Arc<dyn EventLog>) -> Vec<Digest> {
    let mut leaves = Vec::new();
    loop {
        let page = log.read_all(GlobalPosition::new(size(&leaves)), 1000).await.unwrap();
        if page.is_empty() {
            return leaves;
        }
        leaves.extend(page.iter().map(|event| event.leaf_hash));
    }
}

async fn consistent(log: &Arc<dyn EventLog>, leaves: &[Digest], old: usize, new: usize) {
    let proof = log.consistency_proof(old as u64, new as u64).await.unwrap();
    assert_eq!((proof.old, proof.new), (head(&leaves[..old]), head(&leaves[..new])));
    assert_eq!(proof.path, subproof(old, &leaves[..new], true), "{old} of {new}");
}

/// Every event in every tree, every tree in every later one, over blocks of a few events.
pub async fn small_trees_are_proved_as_the_rfc_defines(make: Factory<'_>) {
    let log = make(Limits::DEFAULT);
    for number in 0..30 {
        add(&log, number % 3, 1 + number % 4, 100).await;
    }
    let leaves = leaves_of(&log).await;
    assert_eq!(leaves.len(), 73);
    for new in 1..=leaves.len() {
        let positions: Vec<_> = (1..=new as u64).map(GlobalPosition::new).collect();
        let proved = log.inclusion_proofs(&positions, new as u64).await.unwrap();
        assert_eq!(proved.head, head(&leaves[..new]));
        assert_eq!(proved.proofs.len(), new);
        for (index, proof) in proved.proofs.iter().enumerate() {
            assert_eq!((proof.position, proof.leaf), (positions[index], leaves[index]));
            assert_eq!(proof.path, path(index, &leaves[..new]), "leaf {index} of {new}");
        }
        for old in 1..=new {
            consistent(&log, &leaves, old, new).await;
        }
    }
}

/// Random events and trees of a log with blocks of one event and of thousands.
pub async fn large_trees_are_proved_as_the_rfc_defines(make: Factory<'_>, seed: u64) {
    let log = make(Limits::DEFAULT);
    let mut random = Random::new(seed);
    for number in 0..40 {
        let events = if random.below(6) == 0 { random.below(600) } else { random.below(20) };
        add(&log, number % 5, events + 1, 10 + random.below(100) as usize).await;
    }
    let leaves = leaves_of(&log).await;
    for _ in 0..20 {
        let new = random.below(size(&leaves)) as usize + 1;
        let indexes: Vec<_> = (0..4).map(|_| random.below(new as u64) as usize).collect();
        let positions: Vec<_> = indexes.iter().map(|index| GlobalPosition::new(*index as u64 + 1)).collect();
        let proved = log.inclusion_proofs(&positions, new as u64).await.unwrap();
        assert_eq!(proved.head, head(&leaves[..new]), "seed {seed}");
        for (index, proof) in indexes.into_iter().zip(&proved.proofs) {
            assert_eq!(proof.leaf, leaves[index], "seed {seed}");
            assert_eq!(proof.path, path(index, &leaves[..new]), "seed {seed}: leaf {index} of {new}");
        }
        consistent(&log, &leaves, random.below(new as u64) as usize + 1, new).await;
    }
    let all = leaves.len();
    let proved = log.inclusion_proofs(&[GlobalPosition::new(1)], all as u64).await.unwrap();
    assert_eq!(proved.head, log.tree_head());
}

/// What is not in the tree is not proved, and no more at once than is stated.
pub async fn proofs_respect_their_bounds(make: Factory<'_>) {
    let log = make(Limits::DEFAULT);
    let at = GlobalPosition::new;
    let beyond = |what, given, last| ProofError::OutOfRange { what, given, last };
    assert_eq!(log.inclusion_proofs(&[], 0).await, Err(beyond("size", 0, 0)));
    assert_eq!(log.consistency_proof(0, 0).await, Err(beyond("size", 0, 0)));
    add(&log, 1, 5, 100).await;
    let leaves = leaves_of(&log).await;
    let none = log.inclusion_proofs(&[], 3).await.unwrap();
    assert_eq!((none.head, none.proofs), (head(&leaves[..3]), vec![]));
    assert_eq!(log.inclusion_proofs(&[at(1)], 6).await, Err(beyond("size", 6, 5)));
    assert_eq!(log.inclusion_proofs(&[at(1), at(0)], 5).await, Err(beyond("position", 0, 5)));
    assert_eq!(log.inclusion_proofs(&[at(4)], 3).await, Err(beyond("position", 4, 3)));
    assert_eq!(log.inclusion_proofs(&[at(u64::MAX)], 5).await, Err(beyond("position", u64::MAX, 5)));
    assert_eq!(log.inclusion_proofs(&[at(1)], u64::MAX).await, Err(beyond("size", u64::MAX, 5)));
    assert_eq!(log.consistency_proof(0, 5).await, Err(beyond("size", 0, 5)));
    assert_eq!(log.consistency_proof(4, 3).await, Err(beyond("size", 4, 3)));
    assert_eq!(log.consistency_proof(1, 6).await, Err(beyond("size", 6, 5)));
    let many = vec![at(1); MAX_PROVED + 1];
    let too_many = ProofError::TooMany { asked: MAX_PROVED + 1, limit: MAX_PROVED };
    assert_eq!(log.inclusion_proofs(&many, 5).await, Err(too_many));
    assert_eq!(log.inclusion_proofs(&many[1..], 5).await.unwrap().proofs.len(), MAX_PROVED);
    let subtree = |level, index| Subtree::new(level, index).unwrap();
    let roots = log.subtree_roots(&[subtree(0, 4), subtree(2, 0), subtree(1, 1)]).await.unwrap();
    assert_eq!(roots, [leaves[4], root(&leaves[..4]), root(&leaves[2..4])]);
    assert_eq!(log.subtree_roots(&[]).await.unwrap(), []);
    let unfinished = log.subtree_roots(&[subtree(0, 0), subtree(1, 2)]).await;
    assert_eq!(unfinished, Err(beyond("subtree up to position", 6, 5)));
    assert_eq!(
        (Subtree::new(64, 0), Subtree::new(1, u64::MAX / 2), Subtree::new(0, u64::MAX)),
        (None, None, None)
    );
}
