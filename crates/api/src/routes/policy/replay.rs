//! `POST /v1/policy/replay`

use axum::{Json, extract::State, http::StatusCode};
use proto_events::Timestamp;
use vidimus_api_types::{PolicyReplay, Problem, ReplayPolicy};
use vidimus_engine::replay::ReplayQuery;

use crate::{
    auth::{ADMIN, AUDITOR, Caller},
    convert,
    extract::Body,
    problem::ApiError,
    state::Api,
};

/// How far back it looks unless told otherwise.
const WEEK_MICROS: i64 = 7 * 86_400 * 1_000_000;
/// Changes of each kind, and mismatches, that are listed unless told otherwise.
const LISTED: u32 = 100;
/// Characters of the longest name that a conversation has.
const LONGEST_CONVERSATION: usize = 255;
/// Most of them that are.
const MOST_LISTED: u32 = 1000;

/// Replay past decisions with a candidate
///
/// Each decision of a span of time is made once more by the candidate, on what was known then, and compared with the one on
/// record. Nothing is changed or recorded. It answers when it is done: after at most 50,000 decisions or 30 seconds, whichever
/// comes first; `stopped` says from where on nothing was looked at. One runs at a time for a tenant (`replay_running`), and
/// two in all (`too_many_replays`); it ends when the caller goes away.
///
/// Roles: `auditor` or `admin`.
#[utoipa::path(
    post,
    path = "/v1/policy/replay",
    tag = "policy",
    operation_id = "replayPolicy",
    request_body = ReplayPolicy,
    responses(
        (status = 200, description = "What the candidate would have decided.", body = PolicyReplay),
        (status = "default", description = "No answer.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn replay(
    caller: Caller<{ AUDITOR | ADMIN }>,
    State(api): State<Api>,
    Body(body): Body<ReplayPolicy>,
) -> Result<Json<PolicyReplay>, ApiError> {
    let (engine, tenant) = (api.engine(), caller.tenant());
    let ReplayPolicy { files, since, until, conversation, recorded, limit } = body;
    let limit = limit.unwrap_or(LISTED);
    if limit > MOST_LISTED {
        let detail = format!("`limit` is {limit}: list at most {MOST_LISTED} of each kind; all are counted");
        return Err(ApiError::field(StatusCode::UNPROCESSABLE_ENTITY, "invalid_limit", "body.limit", detail));
    }
    if conversation.as_ref().is_some_and(|name| name.chars().count() > LONGEST_CONVERSATION) {
        let detail = format!("no conversation has a name of more than {LONGEST_CONVERSATION} characters");
        return Err(ApiError::field(
            StatusCode::UNPROCESSABLE_ENTITY,
            "text_too_long",
            "body.conversation",
            detail,
        ));
    }
    // What came on record at this very moment is in it.
    let now = || Timestamp::from_micros(engine.now().as_micros().saturating_add(1));
    let until = until.unwrap_or_else(now);
    let week_before = || Timestamp::from_micros(until.as_micros().saturating_sub(WEEK_MICROS));
    let since = since.unwrap_or_else(week_before);
    if until <= since {
        let detail =
            format!("there is nothing from {since} to before {until}: let `since` be the earlier one");
        return Err(ApiError::field(StatusCode::CONFLICT, "replay_span_empty", "body.since", detail));
    }
    let place = engine.replay_place(tenant)?;
    let candidate = engine.candidate(tenant, files).await?;
    let query = ReplayQuery {
        candidate: Some(candidate.clone()),
        from_time: Some(since),
        to_time: Some(until),
        conversation,
        recorded,
        limit: usize::try_from(limit).unwrap_or(usize::MAX),
        ..ReplayQuery::everything(tenant.clone())
    };
    let mut closing = api.closing().subscribe();
    let report = tokio::select! {
        report = engine.replay(place, query, api.settings().replay) => report?,
        // An error says that the server is gone.
        _ = closing.wait_for(|closing| *closing) => {
            let detail = "the server stops, and does not end the replay: ask again when it is back";
            return Err(ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "stopping", detail).retry_after(5));
        }
    };
    let report = convert::replay_report(report);
    Ok(Json(PolicyReplay { candidate: candidate.digest(), since, until, report }))
}
