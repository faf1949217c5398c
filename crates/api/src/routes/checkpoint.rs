//! `/v1/checkpoint`

use axum::{Json, extract::State};
use utoipa_axum::{router::OpenApiRouter, routes};
use vidimus_api_types::{ConsistencyProof, ConsistencyQuery, Problem};

use crate::{
    auth::{ANYONE, Caller},
    convert,
    extract::Query,
    problem::ApiError,
    state::Api,
};

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(checkpoint)).routes(routes!(key)).routes(routes!(consistency))
}

/// The log as it is now, signed
///
/// A checkpoint (C2SP `tlog-checkpoint`): the log's name, the number of its events and the Merkle root over them (RFC 6962), as
/// a signed note (C2SP `signed-note`) under an Ed25519 key. It is of the whole log, whoever the events belong to. Kept elsewhere,
/// it shows later that nothing of the log was changed.
///
/// Roles: any.
#[utoipa::path(
    get,
    path = "/v1/checkpoint",
    tag = "log",
    operation_id = "getCheckpoint",
    responses(
        (status = 200, description = "The checkpoint.", body = String, content_type = "text/plain"),
        (status = "default", description = "No answer.", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn checkpoint(_: Caller<ANYONE>, State(api): State<Api>) -> Result<String, ApiError> {
    Ok(api.engine().checkpoint()?.note)
}

/// The key of checkpoints
///
/// A verifier key (C2SP `signed-note`): what checkpoints are verified with, in one line. No key of the API is needed to ask for it.
#[utoipa::path(
    get,
    path = "/v1/checkpoint/key",
    tag = "log",
    operation_id = "getCheckpointKey",
    security(()),
    responses(
        (status = 200, description = "The key.", body = String, content_type = "text/plain"),
        (status = "default", description = "No answer.", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn key(State(api): State<Api>) -> Result<String, ApiError> {
    Ok(api.engine().checkpoint_key()? + "\n")
}

/// Prove that the log was only added to
///
/// That the log as it is now begins with all that it was at an earlier size (RFC 6962, section 2.1.2): of a checkpoint that was
/// kept, its size and its root. Digests are hexadecimal. A size that the log never had is refused with 409.
///
/// Roles: any.
#[utoipa::path(
    get,
    path = "/v1/checkpoint/consistency",
    tag = "log",
    operation_id = "proveConsistency",
    params(ConsistencyQuery),
    responses(
        (status = 200, description = "The proof.", body = ConsistencyProof),
        (status = "default", description = "No answer.", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn consistency(
    _: Caller<ANYONE>,
    State(api): State<Api>,
    Query(query): Query<ConsistencyQuery>,
) -> Result<Json<ConsistencyProof>, ApiError> {
    Ok(Json(convert::consistency(api.engine().checkpoint_consistency(query.from).await?)))
}
