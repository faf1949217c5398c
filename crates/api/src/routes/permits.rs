//! `GET /v1/permits/keys`

use axum::{Json, extract::State};
use serde_json::{Value, json};
use utoipa_axum::{router::OpenApiRouter, routes};
use vidimus_api_types::JwkSet;

use crate::state::Api;

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(keys))
}

/// List the keys of permit tokens
///
/// A JWK Set (RFC 7517): what a tool server verifies permit tokens with. Without a key in it, none are signed here. No key is
/// needed to ask for it.
#[utoipa::path(
    get,
    path = "/v1/permits/keys",
    tag = "permits",
    operation_id = "listPermitKeys",
    security(()),
    responses((status = 200, description = "The keys.", body = JwkSet))
)]
async fn keys(State(api): State<Api>) -> Json<Value> {
    Json(api.engine().permit_keys().unwrap_or_else(|| json!({ "keys": [] })))
}
