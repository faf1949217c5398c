//! Nodes of the tree, from the frontiers that the blocks keep.
//!
//! A perfect subtree is complete with its last leaf. The frontier just before that leaf ends in the nodes that the leaf is
//! joined with, and it is the frontier after the block before with the leaves of the leaf's own block up to it. So a node
//! of any size costs two blocks, and none is kept.

use std::sync::Arc;

use proto_events::{Digest, GlobalPosition, LeafHash};

use super::reader::{Reader, corrupt};
use crate::{Frontier, ProofError, ReadError, Subtree, block::Block, proof::complete};

impl Reader {
    pub(super) async fn subtree_roots(&self, subtrees: &[Subtree]) -> Result<Vec<Digest>, ProofError> {
        let tail = self.tail();
        subtrees.iter().try_for_each(|subtree| complete(*subtree, tail))?;
        if subtrees.is_empty() {
            return Ok(Vec::new());
        }
        let subtrees = subtrees.to_vec();
        let roots = self.at_the_store(move |reader| {
            let mut held = None;
            subtrees.into_iter().map(|subtree| reader.subtree_root(subtree, &mut held)).collect()
        });
        Ok(roots.await?)
    }

    /// `held` is where the last one was found: in the order in which they are complete, one block after the other is gone
    /// through once.
    fn subtree_root(&self, subtree: Subtree, held: &mut Option<Held>) -> Result<Digest, ReadError> {
        let last = subtree.last();
        let mut at = match held.take().filter(|held| held.is_before(last)) {
            Some(at) => at,
            None => self.at_the_block_of(last)?,
        };
        let leaf = at.go_to(last);
        let root = at.frontier.completed(u32::from(subtree.level()), leaf);
        *held = Some(at);
        root.ok_or_else(|| corrupt(last, "the event does not complete the subtree that it should"))
    }

    fn at_the_block_of(&self, position: GlobalPosition) -> Result<Held, ReadError> {
        let block = self.block_of(position, true)?;
        let before = GlobalPosition::new(block.first.get() - 1);
        let frontier = match before {
            GlobalPosition::START => Frontier::default(),
            before => self.block_of(before, true)?.frontier.clone(),
        };
        if frontier.size() != before.get() {
            return Err(corrupt(block.first, "the tree of the block before ends elsewhere"));
        }
        Ok(Held { block, frontier })
    }
}

/// A block, and the tree up to somewhere in it.
struct Held {
    block: Arc<Block>,
    frontier: Frontier,
}

impl Held {
    fn is_before(&self, position: GlobalPosition) -> bool {
        self.block.holds(position) && self.frontier.size() < position.get()
    }

    fn leaf(&self, position: u64) -> LeafHash {
        self.block.leaf(usize::try_from(position - self.block.first.get()).unwrap_or(usize::MAX))
    }

    /// Takes the tree to just before the event at `position`; its leaf.
    fn go_to(&mut self, position: GlobalPosition) -> LeafHash {
        while self.frontier.size() + 1 < position.get() {
            let leaf = self.leaf(self.frontier.size() + 1);
            self.frontier.push(leaf);
        }
        self.leaf(position.get())
    }
}
