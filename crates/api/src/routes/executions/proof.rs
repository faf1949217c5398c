//! `GET /v1/executions/{execution_id}/proof`

use axum::{Json, extract::State};
use proto_events::StreamVersion;
use vidimus_api_types::{ExecutionProof, Problem, ProofQuery};
use vidimus_engine::MAX_PROVED;
use vidimus_projection::{PageRequest, QueryError};

use super::not_found;
use crate::{
    auth::{ANYONE, Caller},
    convert,
    extract::{Id, Param, Query},
    problem::ApiError,
    state::Api,
};

/// Prove the events of an execution
///
/// That its events are in the log: for each of them the way from its leaf to the root of one signed checkpoint (RFC 6962), which
/// is of the log as it is now. Digests are hexadecimal; the note has the root in base64, as its format says. It can be verified
/// without this server, and says nothing of what the events say: whoever has the record hashes it anew.
///
/// Roles: any.
#[utoipa::path(
    get,
    path = "/v1/executions/{execution_id}/proof",
    tag = "executions",
    operation_id = "proveExecution",
    params(("execution_id" = Uuid, Path, description = "Its id."), ProofQuery),
    responses(
        (status = 200, description = "The proof.", body = ExecutionProof),
        (status = "default", description = "No answer.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn proof(
    caller: Caller<ANYONE>,
    State(api): State<Api>,
    Param(Id(execution_id)): Param<Id>,
    Query(query): Query<ProofQuery>,
) -> Result<Json<ExecutionProof>, ApiError> {
    let limit = query.limit.map_or(PageRequest::DEFAULT_LIMIT, |limit| limit as usize);
    if !(1..=MAX_PROVED).contains(&limit) {
        return Err(QueryError::InvalidLimit { limit, max: MAX_PROVED }.into());
    }
    let from = convert::number(query.cursor.as_deref())?.map_or(StreamVersion::FIRST, StreamVersion::new);
    let proof = api.engine().execution_proof(caller.tenant(), execution_id, from, limit).await?;
    let proof = proof.ok_or_else(|| not_found(execution_id))?;
    Ok(Json(convert::execution_proof(execution_id, proof)))
}
