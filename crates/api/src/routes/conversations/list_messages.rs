//! `GET /v1/conversations/{conversation}/messages`

use axum::{Json, extract::State};
use proto_events::StreamVersion;
use vidimus_api_types::{MessageQuery, Name, Page, Problem, UserMessage};
use vidimus_domain::field::name;

use crate::{
    auth::{ADMIN, APPROVER, AUDITOR, Caller},
    convert,
    extract::{Named, Param, Query},
    problem::ApiError,
    routes::as_of,
    state::Api,
};

/// List a conversation's messages
///
/// What the user said to the agent, newest first, as its runtime handed it in. A reviewer sees by it what was asked for. A
/// conversation in which nothing was said, or that nobody knows, has none. With `as_of`, those that were on record then.
///
/// Roles: `approver`, `auditor` or `admin`.
#[utoipa::path(
    get,
    path = "/v1/conversations/{conversation}/messages",
    tag = "conversations",
    operation_id = "listMessages",
    params(("conversation" = Name, Path, description = "The conversation, percent-encoded."), MessageQuery),
    responses(
        (status = 200, description = "A page of the messages.", body = Page<UserMessage>),
        (status = "default", description = "No answer.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn list_messages(
    caller: Caller<{ APPROVER | AUDITOR | ADMIN }>,
    State(api): State<Api>,
    Param(Named(conversation)): Param<Named>,
    Query(query): Query<MessageQuery>,
) -> Result<Json<Page<UserMessage>>, ApiError> {
    name("agent", &query.agent).map_err(|error| ApiError::of_query(&error))?;
    let limit = convert::limit(query.limit)?;
    let before = convert::number(query.cursor.as_deref())?.map(StreamVersion::new);
    let position = match query.as_of {
        Some(as_of) => as_of::position(&api, as_of).await?,
        None => api.engine().tail(),
    };
    let talk = (&*query.agent, &*conversation);
    let page = api.engine().user_messages(caller.tenant(), talk, position, before, limit).await?;
    let next = page.next.map(|version| version.to_string());
    Ok(Json(Page { items: page.messages.into_iter().map(convert::user_message).collect(), next, position }))
}
