//! Checkpoints and proofs.

use uuid::Uuid;
use vidimus_api_types::{Checkpoint, ConsistencyProof, ExecutionProof, ProofQuery};
use vidimus_client::proof::CheckpointVerifier;

use super::{Offline, Server, Source};
use crate::{
    args::{Global, NamedLog},
    error::Failure,
};

impl Source {
    /// As [`Self::open_with_pepper`], with the log's name in its checkpoints.
    pub(crate) async fn open_named(global: &Global, what: &str, log: NamedLog) -> Result<Self, Failure> {
        match Server::named(global)? {
            Some(server) => Ok(Self::Server(server)),
            None => Offline::open_named(global, what, log.origin()).await.map(Box::new).map(Self::Data),
        }
    }

    pub(crate) async fn checkpoint(&self) -> Result<Checkpoint, Failure> {
        let server = match self {
            Self::Data(offline) => return offline.checkpoint(),
            Self::Server(server) => server,
        };
        let key = server.answered(server.client().checkpoint_key().await)?;
        let note = server.answered(server.client().checkpoint().await)?;
        // What the server signed is what its key says.
        let verifier = CheckpointVerifier::from_key(&key);
        let verified = verifier.and_then(|verifier| verifier.checkpoint(&note));
        let verified = verified.map_err(|error| Failure::refused(error.code(), error))?;
        Ok(Checkpoint { origin: verified.origin, size: verified.size, root: verified.root, note, key })
    }

    pub(crate) async fn consistency(&self, from: u64) -> Result<ConsistencyProof, Failure> {
        match self {
            Self::Data(offline) => offline.consistency(from).await,
            Self::Server(server) => server.answered(server.client().checkpoint_consistency(from).await),
        }
    }

    pub(crate) async fn execution_proof(
        &self,
        id: Uuid,
        query: &ProofQuery,
    ) -> Result<ExecutionProof, Failure> {
        match self {
            Self::Data(offline) => offline.execution_proof(id, query).await,
            Self::Server(server) => server.answered(server.client().execution_proof(id, query).await),
        }
    }
}
