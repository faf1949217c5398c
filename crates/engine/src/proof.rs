//! That the events of an execution are in the log.

use proto_events::{Digest, RecordedEvent, StreamVersion, TenantId};
use uuid::Uuid;
use vidimus_log::{Broken, ReadError, encode_record, leaf_hash};

use crate::{Engine, EngineError, SignedCheckpoint};

/// Most events that are proved at once.
pub const MAX_PROVED: usize = vidimus_log::MAX_PROVED;

/// An event, and the path from its leaf to the root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProvedEvent {
    /// The event as it is recorded. Its leaf hash is that of its record, which was hashed anew.
    pub event: RecordedEvent,
    /// The nodes beside the path, from the leaf's sibling up (RFC 6962, section 2.1.1).
    pub path: Vec<Digest>,
}

impl ProvedEvent {
    /// The index of its leaf: positions count from 1, leaves from 0.
    pub const fn leaf_index(&self) -> u64 {
        self.event.position.get().saturating_sub(1)
    }
}

/// Events of one execution, and that all of them are in the log of one checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExecutionProof {
    /// The checkpoint.
    pub checkpoint: SignedCheckpoint,
    /// The events, in their order.
    pub events: Vec<ProvedEvent>,
    /// The version that the next page begins with; `None` where this one is the last.
    pub next: Option<StreamVersion>,
}

impl Engine {
    /// Proves up to `limit` events of one execution, at most [`MAX_PROVED`], from version `from` on; `None` where the tenant
    /// has no such execution.
    ///
    /// # Errors
    /// When the log cannot be read, or the engine was given no pepper.
    pub async fn execution_proof(
        &self,
        tenant: &TenantId,
        execution_id: Uuid,
        from: StreamVersion,
        limit: usize,
    ) -> Result<Option<ExecutionProof>, EngineError> {
        let page = self.execution_events(tenant, execution_id, from, limit.min(MAX_PROVED)).await?;
        let Some(page) = page else { return Ok(None) };
        let positions: Vec<_> = page.events.iter().map(|event| event.position).collect();
        let head = self.log.tree_head();
        let proved = self.log.inclusion_proofs(&positions, head.size).await?;
        let mut events = Vec::with_capacity(positions.len());
        for (event, proof) in page.events.into_iter().zip(proved.proofs) {
            let leaf = leaf_hash(&encode_record(&event));
            if leaf != proof.leaf || leaf != event.leaf_hash {
                let reason = "its leaf in the tree is not that of its record".to_owned();
                let broken = Broken::Corrupt { position: event.position, reason };
                return Err(ReadError::from(broken).into());
            }
            events.push(ProvedEvent { event, path: proof.path });
        }
        let checkpoint = self.sign_checkpoint(proved.head)?;
        Ok(Some(ExecutionProof { checkpoint, events, next: page.next }))
    }
}
