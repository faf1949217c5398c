//! `GET /v1/executions/{execution_id}`

use std::{sync::Arc, time::Duration};

use axum::{Json, extract::State, http::StatusCode};
use tokio::time::{Instant, sleep_until};
use uuid::Uuid;
use vidimus_api_types::{AsOf, Execution, GetQuery, MAX_WAIT_SECONDS, Problem, Until};
use vidimus_domain::execution::Stage;
use vidimus_engine::Answer;
use vidimus_projection::ExecutionDetail;

use crate::{
    auth::{ANYONE, Caller},
    convert::{self, Shown},
    extract::{Id, Param, Query},
    problem::ApiError,
    routes::as_of,
    state::Api,
};

/// Get one execution
///
/// With `wait`, a bounded long poll: answers when the decision is there, or when the time is over. It survives a restart
/// of the server: ask again. With `as_of`, the execution as it was then: where it was not on record yet, 404.
///
/// Roles: any.
#[utoipa::path(
    get,
    path = "/v1/executions/{execution_id}",
    tag = "executions",
    operation_id = "getExecution",
    params(("execution_id" = Uuid, Path, description = "Its id."), GetQuery),
    responses(
        (status = 200, description = "The execution, as the log has it.", body = Execution),
        (status = "default", description = "No answer.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn get(
    caller: Caller<ANYONE>,
    State(api): State<Api>,
    Param(Id(execution_id)): Param<Id>,
    Query(query): Query<GetQuery>,
) -> Result<Json<Execution>, ApiError> {
    let wait = query.wait.as_deref().map(parse_wait).transpose()?;
    if let Some(as_of) = query.as_of {
        as_of::without("wait", wait.is_some())?;
        return then(&caller, &api, execution_id, as_of).await.map(Json);
    }
    let until = query.until.unwrap_or(Until::Decided);
    let not_found = || super::not_found(execution_id);
    let read = || api.engine().execution(caller.tenant(), execution_id);
    let show = async |answer: &Answer| {
        let shown = Shown::to(&caller.principal.actor, answer);
        // The table has what the catalogue said then; without it, the answer is no less true. All who wait get the same
        // answer, however far the table is; but what is sensitive is left out there.
        let look = query.wait.is_none() || shown.leaves_out(answer);
        let seen = match look {
            true => api.views().execution(caller.tenant(), execution_id).await.ok().flatten(),
            false => None,
        };
        let token = super::token(&api, &caller.principal, answer).await;
        convert::detail(answer, token, seen, shown)
    };
    let Some(wait) = wait.filter(|wait| !wait.is_zero()) else {
        let answer = read().await?.ok_or_else(not_found)?;
        return show(&answer).await.map(Json).ok_or_else(not_found);
    };

    let over = Instant::now() + wait;
    let mut closing = api.closing().subscribe();
    // First registered, then looked at: whatever happens after the look is heard of.
    let waiters = &api.live().waiters;
    let mut waiter = waiters.register(caller.tenant(), execution_id).ok_or_else(|| {
        let detail =
            format!("{} requests wait already: try again in a moment, or ask without `wait`", waiters.most());
        ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "too_many_waiters", detail).retry_after(1)
    })?;
    loop {
        let is_over = over <= Instant::now();
        // The last look is its own: it is right also where nobody is woken any more.
        let answer = if is_over { read().await?.map(Arc::new) } else { waiter.stands(read()).await? };
        let answer = answer.ok_or_else(not_found)?;
        let stage = answer.state.stage().ok_or_else(not_found)?;
        let is_there = match until {
            Until::Decided => !awaits_decision(stage),
            Until::Finished => stage.is_terminal(),
        };
        if is_there || is_over || *closing.borrow() {
            return show(&answer).await.map(Json).ok_or_else(not_found);
        }
        // What waits holds as little as can be.
        drop(answer);
        tokio::select! {
            () = waiter.happened() => {}
            () = sleep_until(over) => {}
            // An error says that the server is gone.
            _ = closing.wait_for(|closing| *closing) => {}
        }
    }
}

/// The execution as it was, from its own events: nothing has to be built for it. How much is shown is decided as of now.
async fn then(
    caller: &Caller<ANYONE>,
    api: &Api,
    execution_id: Uuid,
    as_of: AsOf,
) -> Result<Execution, ApiError> {
    let not_found = || super::not_found(execution_id);
    let (tenant, engine) = (caller.tenant(), api.engine());
    let position = as_of::position(api, as_of).await?;
    let then = engine.execution_as_of(tenant, execution_id, position).await?;
    let (answer, events) = then.ok_or_else(not_found)?;
    let now = engine.execution(tenant, execution_id).await?.ok_or_else(not_found)?;
    let listed = api.views().execution(tenant, execution_id).await.ok().flatten();
    let seen = ExecutionDetail::folded(&events, listed.as_ref().map(|listed| &listed.row));
    let shown = Shown::to(&caller.principal.actor, &now);
    convert::detail(&answer, None, seen, shown).ok_or_else(not_found)
}

/// Whether people still have to decide.
const fn awaits_decision(stage: Stage) -> bool {
    stage.is_transitional() || stage.is_waiting()
}

/// `30s`, `500ms`; at most 60 s.
fn parse_wait(text: &str) -> Result<Duration, ApiError> {
    let invalid = || {
        let detail = format!(
            "`{}` is no time to wait: give it as `30s` or `500ms`, at most `{MAX_WAIT_SECONDS}s`",
            text.chars().take(80).collect::<String>().escape_debug()
        );
        ApiError::field(StatusCode::UNPROCESSABLE_ENTITY, "query_invalid", "query.wait", detail)
    };
    let (number, unit): (_, fn(u64) -> Duration) = match text.strip_suffix("ms") {
        Some(number) => (number, Duration::from_millis),
        None => (text.strip_suffix('s').ok_or_else(invalid)?, Duration::from_secs),
    };
    let is_number = (1..=5).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit());
    let wait = number.parse().ok().filter(|_| is_number).map(unit);
    wait.filter(|wait| *wait <= Duration::from_secs(MAX_WAIT_SECONDS)).ok_or_else(invalid)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_bounded_and_has_a_unit() {
        let millis = |text| parse_wait(text).map(|wait| wait.as_millis()).ok();
        for (text, expected) in
            [("0s", 0), ("30s", 30_000), ("60s", 60_000), ("500ms", 500), ("60000ms", 60_000)]
        {
            assert_eq!(millis(text), Some(expected), "{text}");
        }
        for text in
            ["", "s", "ms", "30", "61s", "60001ms", "-1s", "+1s", "1.5s", "1m", "1 s", "000001s", "1S", "１s"]
        {
            let error = parse_wait(text).unwrap_err();
            assert_eq!((error.status().as_u16(), error.code()), (422, "query_invalid"), "{text}");
        }
    }
}
