//! Every route. One endpoint, one file; the roles that may use it are in the type of its `Caller`.

mod agents;
mod approvals;
mod as_of;
mod audit;
mod bodies;
mod checkpoint;
mod connections;
mod conversations;
mod delegations;
mod events;
mod executions;
mod freezes;
mod functions;
mod grants;
mod groups;
mod insight;
mod keys;
mod me;
mod notifications;
mod operations;
mod permits;
mod policy;
mod seen;
mod tools;
mod webhooks;

use axum::{
    Router,
    body::Bytes,
    http::{HeaderValue, StatusCode, header},
    middleware,
    response::{IntoResponse as _, Response},
};
use tower_http::{
    catch_panic::CatchPanicLayer,
    compression::{
        CompressionLayer,
        predicate::{NotForContentType, Predicate as _, SizeAbove},
    },
};
use utoipa::{
    Modify, OpenApi,
    openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
};
use utoipa_axum::router::OpenApiRouter;

use crate::{problem::ApiError, state::Api, telemetry};

/// Bodies of so many bytes and fewer fit into a packet as they are.
const COMPRESS_ABOVE: u64 = 1024;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Vidimus",
        description = "Governs what AI agents do with tools: propose, decide, report, watch.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    security(("key" = [])),
    modifiers(&BearerKeys),
    // Only within the text of an event.
    components(schemas(vidimus_api_types::Notification)),
    tags(
        (name = "agents", description = "Agents and their calls, and tool executions that are handed in after the fact."),
        (name = "approvals", description = "What waits for people."),
        (name = "audit", description = "What happened, for people."),
        (name = "connections", description = "What functions belong to."),
        (name = "conversations", description = "What users say."),
        (name = "events", description = "What happened, as it is recorded."),
        (name = "executions", description = "Tool calls: propose, decide, run, report."),
        (name = "freezes", description = "The kill switch."),
        (name = "functions", description = "What may be called, and what the catalogue says of it."),
        (name = "grants", description = "Approvals in advance."),
        (name = "keys", description = "Who may call this API."),
        (name = "log", description = "The log as a whole: its signed checkpoints."),
        (name = "notifications", description = "What happens, as it happens."),
        (name = "permits", description = "What permit tokens are verified with."),
        (name = "policy", description = "The rules: which are in force, and which are tried out."),
        (name = "reviewers", description = "Groups of reviewers, and who decides in whose place."),
        (name = "operations", description = "How the server is; no key needed."),
        (name = "webhooks", description = "What happens, posted to where it is wanted."),
    )
)]
struct Description;

/// Every route takes a bearer key.
struct BearerKeys;

impl Modify for BearerKeys {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let key = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("API key")
            .description(Some("A key from `vidimus key create`."))
            .build();
        openapi.components.get_or_insert_default().add_security_scheme("key", SecurityScheme::Http(key));
    }
}

/// The routes and their description, from one list.
fn described() -> OpenApiRouter<Api> {
    OpenApiRouter::with_openapi(Description::openapi())
        .merge(agents::routes())
        .merge(approvals::routes())
        .merge(audit::routes())
        .merge(checkpoint::routes())
        .merge(connections::routes())
        .merge(conversations::routes())
        .merge(delegations::routes())
        .merge(events::routes())
        .merge(executions::routes())
        .merge(freezes::routes())
        .merge(functions::routes())
        .merge(grants::routes())
        .merge(groups::routes())
        .merge(insight::routes())
        .merge(keys::routes())
        .merge(me::routes())
        .merge(notifications::routes())
        .merge(operations::routes())
        .merge(permits::routes())
        .merge(policy::routes())
        .merge(tools::routes())
        .merge(webhooks::routes())
}

/// The description of the API (OpenAPI 3.1).
pub fn openapi() -> utoipa::openapi::OpenApi {
    bodies::say_which_are_optional(described().into_openapi())
}

/// The whole API.
pub fn router(api: Api) -> Router {
    let (router, openapi) = described().split_for_parts();
    let worth_compressing = SizeAbove::new(COMPRESS_ABOVE).and(NotForContentType::SSE);
    // Made once: it is the same for everybody.
    let document = document(&bodies::say_which_are_optional(openapi));
    router
        .route("/openapi.json", axum::routing::get(async move || document.clone().into_response()))
        .fallback(async || {
            let detail = "there is nothing at this path: see `/openapi.json` for what there is";
            ApiError::not_found("route_not_found", detail)
        })
        .method_not_allowed_fallback(async || {
            let detail = "this path does not take this method: see `/openapi.json` for what it takes";
            ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail)
        })
        .layer(CatchPanicLayer::custom(panicked))
        // What is written to a stream has to be sent at once.
        .layer(CompressionLayer::new().compress_when(worth_compressing))
        .layer(middleware::from_fn_with_state(api.clone(), telemetry::observe))
        .with_state(api)
}

/// The description as an answer's body, which all answers share.
fn document(
    openapi: &utoipa::openapi::OpenApi,
) -> Result<([(header::HeaderName, HeaderValue); 1], Bytes), StatusCode> {
    let text = serde_json::to_vec(openapi).map_err(|error| {
        tracing::error!(%error, "the description of the API could not be written as JSON");
        StatusCode::INTERNAL_SERVER_ERROR
    })?;
    Ok(([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], text.into()))
}

/// A handler panicked: a bug of ours, which ends one request and no more.
fn panicked(panic: Box<dyn std::any::Any + Send>) -> Response {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let reason = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no text");
    tracing::error!(reason, "a handler panicked");
    let detail = "the server could not do this; an operator finds the reason in its log, by the request id";
    ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", detail).into_response()
}

#[cfg(test)]
mod tests {
    use axum::{body::Body, http::Request, routing::get};
    use tower::ServiceExt as _;

    use super::*;

    #[tokio::test]
    async fn a_panic_is_a_problem_and_ends_one_request() {
        async fn broken() -> &'static str {
            panic!("something nobody thought of")
        }
        let router: Router = Router::new().route("/", get(broken)).layer(CatchPanicLayer::custom(panicked));
        for _ in 0..2 {
            let request = Request::get("/").body(Body::empty()).unwrap();
            let response = router.clone().oneshot(request).await.unwrap();
            assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
            let body = axum::body::to_bytes(response.into_body(), 10_000).await.unwrap();
            let problem: vidimus_api_types::Problem = serde_json::from_slice(&body).unwrap();
            assert_eq!(problem.code, "internal");
            assert!(!problem.detail.contains("nobody thought"), "not told to whoever asked");
        }
    }
}
