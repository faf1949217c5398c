//! `POST /v1/keys`

use axum::{Json, extract::State, http::StatusCode};
use vidimus_api_types::{CreateKey, CreatedKey, Problem};

use crate::{
    auth::{ADMIN, Caller},
    convert,
    extract::Body,
    problem::ApiError,
    state::Api,
};

/// Make a key
///
/// In the caller's own tenant. Its secret is in this answer and nowhere else.
///
/// Roles: `admin`.
#[utoipa::path(
    post,
    path = "/v1/keys",
    tag = "keys",
    operation_id = "createKey",
    request_body = CreateKey,
    responses(
        (status = 201, description = "The key, and the one sight of its secret.", body = CreatedKey),
        (status = "default", description = "No answer.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn create(
    caller: Caller<ADMIN>,
    State(api): State<Api>,
    Body(body): Body<CreateKey>,
) -> Result<(StatusCode, Json<CreatedKey>), ApiError> {
    let created = api.engine().create_key(&caller.principal, convert::new_key(body)).await?;
    Ok((StatusCode::CREATED, Json(convert::created_key(created, api.engine().now()))))
}
