//! `GET /v1/policy/sets/{policy_set}`

use axum::{Json, extract::State};
use proto_events::Digest;
use vidimus_api_types::{PolicySet, Problem};

use crate::{
    auth::{ADMIN, APPROVER, AUDITOR, Caller},
    extract::Param,
    problem::ApiError,
    state::Api,
};

/// Get the files of a policy set
///
/// Of any that is or was in force, or beside it, byte for byte.
///
/// Roles: `approver`, `auditor` or `admin`.
#[utoipa::path(
    get,
    path = "/v1/policy/sets/{policy_set}",
    tag = "policy",
    operation_id = "getPolicySet",
    params(("policy_set" = Digest, Path, description = "Its digest.")),
    responses(
        (status = 200, description = "Its files.", body = PolicySet),
        (status = "default", description = "No answer.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn set(
    caller: Caller<{ APPROVER | AUDITOR | ADMIN }>,
    State(api): State<Api>,
    Param(policy_set): Param<Digest>,
) -> Result<Json<PolicySet>, ApiError> {
    let files = api.engine().policy_files(caller.tenant(), &policy_set).await?.ok_or_else(|| {
        let detail =
            format!("there is no policy set `{policy_set}`: take a digest from `GET /v1/policy/history`");
        ApiError::not_found("policy_set_not_found", detail)
    })?;
    Ok(Json(PolicySet { policy_set, files }))
}
