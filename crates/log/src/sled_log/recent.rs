//! The blocks that were committed last, in memory: what live readers read.

use std::{
    collections::VecDeque,
    sync::{Arc, PoisonError, RwLock},
};

use proto_events::GlobalPosition;

use crate::block::Block;

/// A bounded run of blocks that ends at the tail.
pub(super) struct Recent {
    max_bytes: usize,
    run: RwLock<Run>,
}

#[derive(Default)]
struct Run {
    blocks: VecDeque<Arc<Block>>,
    bytes: usize,
}

impl Recent {
    pub(super) fn new(max_bytes: usize) -> Self {
        Self { max_bytes, run: RwLock::default() }
    }

    /// Adds blocks at the end; the oldest go when it is too much. The very last block always stays.
    pub(super) fn extend(&self, blocks: Vec<Arc<Block>>) {
        let mut run = self.run.write().unwrap_or_else(PoisonError::into_inner);
        for block in blocks {
            run.bytes += block.weight();
            run.blocks.push_back(block);
        }
        while run.bytes > self.max_bytes && run.blocks.len() > 1 {
            if let Some(oldest) = run.blocks.pop_front() {
                run.bytes -= oldest.weight();
            }
        }
    }

    /// The block that holds `position`, if it is here.
    pub(super) fn block_of(&self, position: GlobalPosition) -> Option<Arc<Block>> {
        let run = self.run.read().unwrap_or_else(PoisonError::into_inner);
        let after = run.blocks.partition_point(|block| block.first <= position);
        let block = run.blocks.get(after.checked_sub(1)?)?;
        block.holds(position).then(|| Arc::clone(block))
    }
}

#[cfg(test)]
mod tests;
