//! The past: where a list is read that is asked for as it was.

use std::{ops::Deref, time::Duration};

use axum::http::StatusCode;
use proto_events::{GlobalPosition, Role};
use vidimus_api_types::AsOf;
use vidimus_engine::Principal;
use vidimus_projection::{PastError, PastViews, Views};

use super::seen::seen;
use crate::{problem::ApiError, state::Api};

/// How long an answer waits for views of the past before it says how far they are: most logs are built from in less.
const BUILT_WITHIN: Duration = Duration::from_secs(1);

/// The views that a list is read from.
pub(super) enum Read<'a> {
    /// As they are.
    Now(&'a Views),
    /// As they were.
    Then(PastViews),
}

impl Deref for Read<'_> {
    type Target = Views;

    fn deref(&self) -> &Views {
        match self {
            Self::Now(views) => views,
            Self::Then(views) => views,
        }
    }
}

/// The views to read, and what they have seen: those of the past where `as_of` asks for it, else those of now, which have seen
/// `min_position`.
pub(super) async fn read<'a>(
    api: &'a Api,
    principal: &Principal,
    as_of: Option<AsOf>,
    min_position: Option<GlobalPosition>,
) -> Result<(Read<'a>, GlobalPosition), ApiError> {
    let Some(as_of) = as_of else {
        let position = seen(api, min_position).await?;
        return Ok((Read::Now(api.views()), position));
    };
    without("min_position", min_position.is_some())?;
    // All the log is read for it, and few positions are held: not for whoever may only propose.
    if ![Role::Approver, Role::Auditor, Role::Admin].into_iter().any(|role| principal.is(role)) {
        let detail = "a list as it was takes the role `approver`, `auditor` or `admin`: leave `as_of` out, or use another key";
        return Err(ApiError::new(StatusCode::FORBIDDEN, "missing_role", detail));
    }
    let position = position(api, as_of).await?;
    let past = api.past().ok_or_else(|| {
        let detail = "this server keeps no views of the past: leave `as_of` out";
        ApiError::field(StatusCode::CONFLICT, "as_of_unavailable", "query.as_of", detail)
    })?;
    Ok((Read::Then(past.at(position, BUILT_WITHIN).await?), position))
}

/// The position that `as_of` names.
pub(super) async fn position(api: &Api, as_of: AsOf) -> Result<GlobalPosition, ApiError> {
    let tail = api.engine().tail();
    match as_of {
        AsOf::Position(asked) if asked > tail => Err(PastError::PositionUnknown { asked, tail }.into()),
        AsOf::Position(asked) => Ok(asked),
        AsOf::Time(asked) if asked > api.engine().now() => Err(PastError::TimeUnknown { asked }.into()),
        AsOf::Time(asked) => Ok(api.views().position_at(asked).await?),
    }
}

/// Refuses `as_of` beside another parameter, which is of the present.
pub(super) fn without(other: &str, is_there: bool) -> Result<(), ApiError> {
    if !is_there {
        return Ok(());
    }
    let detail = format!("`as_of` is of the past and `{other}` of the present: leave one of them out");
    Err(ApiError::field(StatusCode::CONFLICT, "as_of_not_with", format!("query.{other}"), detail))
}
