//! `POST /v1/conversations/{conversation}/messages`

use axum::{Json, extract::State, http::StatusCode};
use vidimus_api_types::{AddMessage, Message, Name, Problem};
use vidimus_domain::{conversation::MAX_SPOKEN_BYTES, field::InvalidField};

use crate::{
    auth::{ADMIN, AGENT, Caller},
    extract::{Body, Named, Param},
    problem::ApiError,
    state::Api,
};

/// Add a user's message
///
/// What the user said to the agent, as its runtime hands it in, before the calls that come of it: history facts know by
/// it what the user named, and since when the user said nothing.
///
/// Roles: `agent` or `admin`.
#[utoipa::path(
    post,
    path = "/v1/conversations/{conversation}/messages",
    tag = "conversations",
    operation_id = "addMessage",
    params(("conversation" = Name, Path, description = "The conversation, percent-encoded.")),
    request_body = AddMessage,
    responses(
        (status = 201, description = "It is on record.", body = Message),
        (status = "default", description = "No answer.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn add_message(
    caller: Caller<{ AGENT | ADMIN }>,
    State(api): State<Api>,
    Param(Named(conversation)): Param<Named>,
    Body(body): Body<AddMessage>,
) -> Result<(StatusCode, Json<Message>), ApiError> {
    // The schema counts characters, the log bytes.
    let len = body.text.chars().count();
    if len > MAX_SPOKEN_BYTES {
        return Err(ApiError::from(&InvalidField::TooLong { field: "text", len, max: MAX_SPOKEN_BYTES }));
    }
    let AddMessage { agent, text } = body;
    let engine = api.engine();
    let position = engine.speak(&caller.principal, agent.clone(), conversation.clone(), text).await?;
    Ok((StatusCode::CREATED, Json(Message { agent, conversation, position })))
}
