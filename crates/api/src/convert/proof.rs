//! Checkpoints and proofs.

use uuid::Uuid;
use vidimus_api_types as wire;
use vidimus_engine::{Consistency, ExecutionProof, ProvedEvent, SignedCheckpoint};

/// A signed checkpoint.
pub fn checkpoint(checkpoint: SignedCheckpoint) -> wire::Checkpoint {
    let SignedCheckpoint { origin, head, note, key } = checkpoint;
    wire::Checkpoint { origin, size: head.size, root: head.root, note, key }
}

fn event(proved: ProvedEvent) -> wire::EventProof {
    let leaf_index = proved.leaf_index();
    let ProvedEvent { event: recorded, path } = proved;
    wire::EventProof {
        version: recorded.version,
        position: recorded.position,
        event_id: recorded.event.event_id,
        event_type: recorded.event.event_type.to_string(),
        leaf_index,
        leaf_hash: recorded.leaf_hash,
        path,
    }
}

/// That events of an execution are in the log.
pub fn execution_proof(execution_id: Uuid, proof: ExecutionProof) -> wire::ExecutionProof {
    wire::ExecutionProof {
        execution_id,
        checkpoint: checkpoint(proof.checkpoint),
        events: proof.events.into_iter().map(event).collect(),
        next: proof.next.map(|version| version.to_string()),
    }
}

/// That the log begins with what it was.
pub fn consistency(proof: Consistency) -> wire::ConsistencyProof {
    let Consistency { from, checkpoint: now, path } = proof;
    wire::ConsistencyProof { from: from.size, from_root: from.root, checkpoint: checkpoint(now), path }
}
