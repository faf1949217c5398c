//! Proofs of what is in the tree (RFC 6962, section 2.1), for every log alike.
//!
//! Which nodes a proof is made of, and in which order, says the crate `tlog_tiles`; the log is asked for their hashes, all
//! at once. What was made is checked before it is handed out.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
};

use proto_events::{Digest, GlobalPosition, LeafHash};
use tlog_tiles::{Hash, HashReader, check_record, check_tree, prove_record, prove_tree, tree_hash};

use crate::{Broken, EventLog, Frontier, ProofError, TreeHead};

/// Most events that are proved at once.
pub const MAX_PROVED: usize = 250;

/// A perfect subtree: the 2^`level` leaves from `index << level` on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Subtree {
    level: u8,
    index: u64,
}

impl Subtree {
    /// The subtree; `None` if it has more leaves than can be counted.
    pub fn new(level: u8, index: u64) -> Option<Self> {
        let leaves = 1_u64.checked_shl(u32::from(level))?;
        index.checked_add(1)?.checked_mul(leaves)?;
        Some(Self { level, index })
    }

    /// How often leaves were joined to it: it has 2^`level` of them.
    pub const fn level(self) -> u8 {
        self.level
    }

    /// How many of its size are before it.
    pub const fn index(self) -> u64 {
        self.index
    }

    /// How many leaves are before it.
    const fn before(self) -> u64 {
        self.index << self.level
    }

    /// The position of its last leaf's event.
    pub const fn last(self) -> GlobalPosition {
        GlobalPosition::new(self.before() + (1 << self.level))
    }
}

/// That an event is in the tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InclusionProof {
    /// Where the event stands. Its leaf has the index before it: positions count from 1, leaves from 0.
    pub position: GlobalPosition,
    /// The hash of its leaf.
    pub leaf: LeafHash,
    /// The nodes beside its path, from the leaf's sibling up to below the root.
    pub path: Vec<Digest>,
}

/// That events are in one tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InclusionProofs {
    /// The tree.
    pub head: TreeHead,
    /// One for every event, in the order asked for.
    pub proofs: Vec<InclusionProof>,
}

/// That a tree begins with an earlier one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsistencyProof {
    /// The earlier tree.
    pub old: TreeHead,
    /// The later one.
    pub new: TreeHead,
    /// The nodes that lead from the one to the other, in the order of RFC 6962.
    pub path: Vec<Digest>,
}

/// What is known of the tree, and what was asked for and is not known.
#[derive(Default)]
struct Known {
    hashes: BTreeMap<u64, Hash>,
    wanted: RefCell<BTreeSet<u64>>,
}

impl HashReader for Known {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<Hash>, tlog_tiles::Error> {
        self.wanted.borrow_mut().extend(indexes.iter().filter(|index| !self.hashes.contains_key(index)));
        let known = indexes.iter().map(|index| self.hashes.get(index).copied());
        known.collect::<Option<_>>().ok_or(tlog_tiles::Error::IndexesNotInTree)
    }
}

/// Makes what `make` makes from the hashes that it asks for. It is run twice: once to hear what it needs.
async fn from_hashes<L: EventLog + ?Sized, T>(
    log: &L,
    make: impl Fn(&Known) -> Result<T, tlog_tiles::Error>,
) -> Result<T, ProofError> {
    let wanted = {
        let nothing = Known::default();
        if let Ok(made) = make(&nothing) {
            return Ok(made);
        }
        nothing.wanted.into_inner()
    };
    let subtrees: Vec<_> = wanted
        .iter()
        .map(|index| tlog_tiles::split_stored_hash_index(*index))
        .filter_map(|(level, index)| Subtree::new(level, index))
        .collect();
    let roots = log.subtree_roots(&subtrees).await?;
    let hashes = wanted.into_iter().zip(roots.iter().map(|root| Hash(*root.as_bytes()))).collect();
    make(&Known { hashes, ..Known::default() }).map_err(|error| not_to_the_root(log.tail(), error))
}

fn not_to_the_root(position: GlobalPosition, error: impl std::fmt::Display) -> ProofError {
    let reason = format!("the nodes of the tree do not lead to its root ({error})");
    Broken::Corrupt { position, reason }.into()
}

fn digests(hashes: Vec<Hash>) -> Vec<Digest> {
    hashes.into_iter().map(|hash| Digest::new(hash.0)).collect()
}

fn within(what: &'static str, given: u64, last: u64) -> Result<(), ProofError> {
    if (1..=last).contains(&given) { Ok(()) } else { Err(ProofError::OutOfRange { what, given, last }) }
}

/// The root that the nodes lead to is the one that the log says, where it says one.
fn as_the_log_says(head: TreeHead, tail: TreeHead) -> Result<(), ProofError> {
    if head.size == tail.size && head != tail {
        return Err(not_to_the_root(GlobalPosition::new(head.size), "the log says another one"));
    }
    Ok(())
}

pub(crate) async fn inclusion<L: EventLog + ?Sized>(
    log: &L,
    positions: &[GlobalPosition],
    size: u64,
) -> Result<InclusionProofs, ProofError> {
    if positions.len() > MAX_PROVED {
        return Err(ProofError::TooMany { asked: positions.len(), limit: MAX_PROVED });
    }
    let tail = log.tree_head();
    within("size", size, tail.size)?;
    positions.iter().try_for_each(|position| within("position", position.get(), size))?;
    let (root, proofs) = from_hashes(log, |known| {
        // All that is needed is heard of in one pass, so a miss ends nothing before its end.
        let root = tree_hash(size, known);
        let proofs: Vec<_> = positions.iter().map(|position| prove(known, *position, size)).collect();
        Ok((root?, proofs.into_iter().collect::<Result<Vec<_>, _>>()?))
    })
    .await?;
    for (position, (leaf, path)) in positions.iter().zip(&proofs) {
        check_record(path, size, root, position.get() - 1, *leaf)
            .map_err(|error| not_to_the_root(*position, error))?;
    }
    let head = TreeHead { size, root: Digest::new(root.0) };
    as_the_log_says(head, tail)?;
    let proved = |(position, (leaf, path)): (&GlobalPosition, (Hash, Vec<Hash>))| InclusionProof {
        position: *position,
        leaf: Digest::new(leaf.0),
        path: digests(path),
    };
    Ok(InclusionProofs { head, proofs: positions.iter().zip(proofs).map(proved).collect() })
}

/// The leaf of an event and its path.
fn prove(known: &Known, position: GlobalPosition, size: u64) -> Result<(Hash, Vec<Hash>), tlog_tiles::Error> {
    let index = position.get() - 1;
    let path = prove_record(size, index, known);
    let leaf = known.read_hashes(&[tlog_tiles::stored_hash_index(0, index)])?;
    Ok((leaf.first().copied().unwrap_or_default(), path?))
}

pub(crate) async fn consistency<L: EventLog + ?Sized>(
    log: &L,
    old: u64,
    new: u64,
) -> Result<ConsistencyProof, ProofError> {
    let tail = log.tree_head();
    within("size", new, tail.size)?;
    within("size", old, new)?;
    let (old_root, root, path) = from_hashes(log, |known| {
        let (old_root, root, path) =
            (tree_hash(old, known), tree_hash(new, known), prove_tree(new, old, known));
        Ok((old_root?, root?, path?))
    })
    .await?;
    check_tree(&path, new, root, old, old_root)
        .map_err(|error| not_to_the_root(GlobalPosition::new(new), error))?;
    let head = |size, root: Hash| TreeHead { size, root: Digest::new(root.0) };
    as_the_log_says(head(new, root), tail)?;
    Ok(ConsistencyProof { old: head(old, old_root), new: head(new, root), path: digests(path) })
}

/// By reading every leaf.
pub(crate) async fn subtree_roots<L: EventLog + ?Sized>(
    log: &L,
    subtrees: &[Subtree],
) -> Result<Vec<Digest>, ProofError> {
    let mut roots = Vec::with_capacity(subtrees.len());
    for subtree in subtrees {
        complete(*subtree, log.tail())?;
        let (mut frontier, mut after) = (Frontier::default(), GlobalPosition::new(subtree.before()));
        while after < subtree.last() {
            let left = usize::try_from(subtree.last().get() - after.get()).unwrap_or(usize::MAX);
            let events = log.read_all(after, left).await?;
            let Some(last) = events.last() else {
                let reason = "the event is missing".to_owned();
                return Err(Broken::Corrupt { position: after.next(), reason }.into());
            };
            after = last.position;
            events.iter().for_each(|event| frontier.push(event.leaf_hash));
        }
        roots.push(frontier.root());
    }
    Ok(roots)
}

/// Whether all leaves of a subtree are there.
pub(crate) fn complete(subtree: Subtree, tail: GlobalPosition) -> Result<(), ProofError> {
    within("subtree up to position", subtree.last().get(), tail.get())
}
