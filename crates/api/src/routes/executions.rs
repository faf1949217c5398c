//! `/v1/executions`

mod abort;
mod approve;
mod cancel;
mod comment;
mod complete;
mod confirm;
mod decline;
mod deny;
mod events;
mod explanation;
mod fail;
mod get;
mod list;
mod progress;
mod proof;
mod propose;
mod revise;
mod settle;
mod start;

use axum::Json;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;
use vidimus_api_types::Execution;
use vidimus_engine::{Answer, Principal};

use crate::{
    convert::{self, Shown},
    problem::ApiError,
    state::Api,
};

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list::list, propose::propose))
        .routes(routes!(get::get))
        .routes(routes!(events::events))
        .routes(routes!(start::start))
        .routes(routes!(progress::progress))
        .routes(routes!(complete::complete))
        .routes(routes!(fail::fail))
        .routes(routes!(cancel::cancel))
        .routes(routes!(confirm::confirm))
        .routes(routes!(decline::decline))
        .routes(routes!(approve::approve))
        .routes(routes!(deny::deny))
        .routes(routes!(abort::abort))
        .routes(routes!(settle::settle))
        .routes(routes!(revise::revise))
        .routes(routes!(comment::comment))
        .routes(routes!(explanation::explanation))
        .routes(routes!(proof::proof))
}

/// There is no such execution for this tenant.
fn not_found(execution_id: Uuid) -> ApiError {
    let detail = format!("there is no execution `{execution_id}`: check the id, or propose the call first");
    ApiError::not_found("execution_not_found", detail)
}

/// The answer to a command; with the permit as a token, where it may be started now.
async fn answered(api: &Api, principal: &Principal, answer: &Answer) -> Result<Json<Execution>, ApiError> {
    let token = token(api, principal, answer).await;
    convert::execution(answer, token).map(Json).ok_or_else(|| not_found(answer.execution_id))
}

/// The permit as a token, for whoever asks for the call or runs it: whoever holds it may have a tool server run the call.
pub(super) async fn token(api: &Api, principal: &Principal, answer: &Answer) -> Option<String> {
    let execution = answer.state.execution()?;
    match Shown::to(&principal.actor, answer) {
        Shown::Whole => api.engine().permit_token(&principal.tenant, execution).await,
        Shown::Redacted => None,
    }
}
