//! Checkpoints of the log, and proofs against them.

use uuid::Uuid;
use vidimus_api_types::{ConsistencyProof, ConsistencyQuery, ExecutionProof, ProofQuery};

use crate::{Client, ClientError, request::Call};

impl Client {
    /// The log as it is now, signed: a signed note. Whoever has the log's key verifies it with
    /// `proof::CheckpointVerifier`.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn checkpoint(&self) -> Result<String, ClientError> {
        self.text(Call::get(self, &["v1", "checkpoint"]).accept("text/plain, application/problem+json")).await
    }

    /// What checkpoints are verified with: a verifier key, in one line. Takes no key's role.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn checkpoint_key(&self) -> Result<String, ClientError> {
        let call = Call::get(self, &["v1", "checkpoint", "key"]);
        let key = self.text(call.accept("text/plain, application/problem+json")).await?;
        Ok(key.trim_end().to_owned())
    }

    /// That the log begins with all that it was when it had so many events.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn checkpoint_consistency(&self, from: u64) -> Result<ConsistencyProof, ClientError> {
        let query = ConsistencyQuery { from };
        self.json(Call::get(self, &["v1", "checkpoint", "consistency"]).query(&query)?).await
    }

    /// That events of an execution are in the log.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn execution_proof(&self, id: Uuid, query: &ProofQuery) -> Result<ExecutionProof, ClientError> {
        self.json(Call::get(self, &["v1", "executions", &id.to_string(), "proof"]).query(query)?).await
    }
}
