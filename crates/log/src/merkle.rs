//! The RFC 6962 Merkle tree over the recorded events, as its *frontier*: all that growing it needs.

use proto_events::{Digest, LeafHash};
use sha2::{Digest as _, Sha256};

/// RFC 6962 §2.1: the hash of a leaf is `SHA-256(0x00 ‖ leaf)`; the leaf is the record's bytes.
pub fn leaf_hash(record: &[u8]) -> LeafHash {
    let mut hasher = Sha256::new();
    hasher.update([0]);
    hasher.update(record);
    Digest::new(hasher.finalize().into())
}

/// RFC 6962 §2.1: the hash of a node is `SHA-256(0x01 ‖ left ‖ right)`.
fn node_hash(left: &Digest, right: &Digest) -> Digest {
    let mut hasher = Sha256::new();
    hasher.update([1]);
    hasher.update(left.as_bytes());
    hasher.update(right.as_bytes());
    Digest::new(hasher.finalize().into())
}

/// Size and root of a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TreeHead {
    /// How many leaves it has.
    pub size: u64,
    /// Its root; for an empty tree the SHA-256 of nothing.
    pub root: Digest,
}

/// The roots of the perfect subtrees that a tree falls into, largest first: one for every 1 bit of its size.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    nodes: Vec<Digest>,
}

impl Frontier {
    /// The frontier of `size` leaves with these nodes; `None` if that many leaves have another number of nodes.
    pub fn new(size: u64, nodes: Vec<Digest>) -> Option<Self> {
        (size.count_ones() as usize == nodes.len()).then_some(Self { size, nodes })
    }

    /// How many leaves the tree has.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The nodes, largest subtree first.
    pub fn nodes(&self) -> &[Digest] {
        &self.nodes
    }

    /// Adds a leaf.
    pub fn push(&mut self, leaf: LeafHash) {
        let mut node = leaf;
        // Every trailing 1 bit of the size is a subtree as large as the one that is being carried up.
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.nodes.pop() {
                node = node_hash(&left, &node);
            }
        }
        self.nodes.push(node);
        self.size += 1;
    }

    /// The root of the perfect subtree of 2^`level` leaves that is completed by `leaf`, as the next one; `None` if that
    /// leaf does not complete one.
    pub(crate) fn completed(&self, level: u32, leaf: LeafHash) -> Option<Digest> {
        if self.size.trailing_ones() < level {
            return None;
        }
        let joined = self.nodes.iter().rev().take(level as usize);
        Some(joined.fold(leaf, |right, left| node_hash(left, &right)))
    }

    /// The root: the subtrees folded from the smallest up.
    pub fn root(&self) -> Digest {
        let mut nodes = self.nodes.iter().rev();
        match nodes.next() {
            None => Digest::new(Sha256::new().finalize().into()),
            Some(smallest) => nodes.fold(*smallest, |right, left| node_hash(left, &right)),
        }
    }

    /// Size and root.
    pub fn head(&self) -> TreeHead {
        TreeHead { size: self.size, root: self.root() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tlog_tiles::{HashReader, record_hash, stored_hash_index, stored_hashes_for_record_hash, tree_hash};

    struct Stored(Vec<tlog_tiles::Hash>);

    impl HashReader for Stored {
        fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<tlog_tiles::Hash>, tlog_tiles::Error> {
            Ok(indexes.iter().map(|index| self.0[*index as usize]).collect())
        }
    }

    #[test]
    fn every_size_agrees_with_an_independent_implementation() {
        let mut frontier = Frontier::default();
        let mut stored = Stored(Vec::new());
        assert_eq!(
            frontier.root().to_string(),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
        for index in 0..600_u64 {
            let leaf = format!("leaf {index}");
            assert_eq!(stored.0.len() as u64, stored_hash_index(0, index));
            assert_eq!(leaf_hash(leaf.as_bytes()).as_bytes(), &record_hash(leaf.as_bytes()).0);
            let hashes = stored_hashes_for_record_hash(index, record_hash(leaf.as_bytes()), &stored).unwrap();
            stored.0.extend(hashes);
            frontier.push(leaf_hash(leaf.as_bytes()));
            assert_eq!(frontier.root().as_bytes(), &tree_hash(index + 1, &stored).unwrap().0);
            assert_eq!(Frontier::new(index + 1, frontier.nodes().to_vec()), Some(frontier.clone()));
        }
        assert_eq!(Frontier::new(600, vec![]), None);
    }

    #[test]
    fn a_frontier_has_a_node_for_every_1_bit_of_its_size() {
        let node = Digest::new([1; 32]);
        for size in [0, 1, 2, 3, 255, 256, 1 << 40, (1 << 40) - 1, u64::MAX] {
            for nodes in 0..=66 {
                let made = Frontier::new(size, vec![node; nodes]);
                assert_eq!(made.is_some(), nodes == size.count_ones() as usize, "{nodes} nodes of {size}");
            }
        }
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(12))]

        /// Grown in chunks, and taken up again between them from what a block keeps.
        #[test]
        fn random_sizes_agree_too(chunks in proptest::collection::vec(1_u64..900, 1..8), seed in 0_u64..1 << 32) {
            let mut frontier = Frontier::default();
            let mut stored = Stored(Vec::new());
            for chunk in chunks {
                for index in frontier.size()..frontier.size() + chunk {
                    let leaf = format!("{seed} {index}");
                    let hash = record_hash(leaf.as_bytes());
                    let hashes = stored_hashes_for_record_hash(index, hash, &stored).unwrap();
                    stored.0.extend(hashes);
                    frontier.push(leaf_hash(leaf.as_bytes()));
                }
                let root = tree_hash(frontier.size(), &stored).unwrap();
                proptest::prop_assert_eq!(*frontier.root().as_bytes(), root.0);
                frontier = Frontier::new(frontier.size(), frontier.nodes().to_vec()).unwrap();
            }
        }
    }

    #[test]
    fn the_vectors_of_rfc_6962_hold() {
        // Leaves and roots of the test vectors of the Certificate Transparency reference implementation.
        let leaves: [&[u8]; 3] = [b"", b"\x00", b"\x10"];
        let roots = [
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
            "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        ];
        let mut frontier = Frontier::default();
        for (leaf, root) in leaves.into_iter().zip(roots) {
            frontier.push(leaf_hash(leaf));
            assert_eq!(frontier.root().to_string(), root);
        }
    }
}
