//! Checkpoints and proofs of the data directory.

use proto_events::StreamVersion;
use uuid::Uuid;
use vidimus_api::convert;
use vidimus_api_types::{Checkpoint, ConsistencyProof, ExecutionProof, ProofQuery};
use vidimus_engine::{CheckpointOrigin, MAX_PROVED};

use super::Offline;
use crate::{
    args::Global,
    data::{Data, operator},
    error::Failure,
};

impl Offline {
    pub(in crate::source) async fn open_named(
        global: &Global,
        what: &str,
        origin: Option<CheckpointOrigin>,
    ) -> Result<Self, Failure> {
        let data = Data::open_named(global, what, origin).await?;
        Ok(Self { data, principal: operator(global) })
    }

    pub(in crate::source) fn checkpoint(&self) -> Result<Checkpoint, Failure> {
        Ok(convert::checkpoint(self.data.engine.checkpoint()?))
    }

    pub(in crate::source) async fn consistency(&self, from: u64) -> Result<ConsistencyProof, Failure> {
        Ok(convert::consistency(self.data.engine.checkpoint_consistency(from).await?))
    }

    pub(in crate::source) async fn execution_proof(
        &self,
        id: Uuid,
        query: &ProofQuery,
    ) -> Result<ExecutionProof, Failure> {
        let from = match query.cursor.as_deref().map(str::parse) {
            None => StreamVersion::FIRST,
            Some(Ok(version)) => StreamVersion::new(version),
            Some(Err(_)) => {
                let message = "the cursor is not one of this list: use the `next` of the proof before";
                return Err(Failure::refused("invalid_cursor", message));
            }
        };
        let limit = query.limit.map_or(MAX_PROVED, |limit| limit as usize);
        let proof = self.data.engine.execution_proof(self.tenant(), id, from, limit).await?;
        Ok(convert::execution_proof(id, proof.ok_or_else(|| self.not_found(id))?))
    }
}
