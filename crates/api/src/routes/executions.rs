//! `/v1/executions`

mod abort;
mod approve;
mod cancel;
mod complete;
mod confirm;
mod decline;
mod deny;
mod events;
mod fail;
mod get;
mod list;
mod progress;
mod propose;
mod settle;
mod start;

use axum::Json;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;
use vidimus_api_types::Execution;
use vidimus_engine::Answer;

use crate::{convert, problem::ApiError, state::Api};

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
}

/// There is no such execution for this tenant.
fn not_found(execution_id: Uuid) -> ApiError {
    let detail = format!("there is no execution `{execution_id}`: check the id, or propose the call first");
    ApiError::not_found("execution_not_found", detail)
}

/// The answer to a command.
fn answered(answer: &Answer) -> Result<Json<Execution>, ApiError> {
    convert::execution(answer).map(Json).ok_or_else(|| not_found(answer.execution_id))
}
