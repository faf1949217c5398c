//! The data directory as it was.

use std::{ops::Deref, time::Duration};

use proto_events::GlobalPosition;
use uuid::Uuid;
use vidimus_api::convert::{self, Shown};
use vidimus_api_types::{ApprovalQuery, AsOf, Execution};
use vidimus_projection::{ExecutionDetail, PastError, PastViews, Views};

use super::Offline;
use crate::{data::ask, error::Failure};

/// Nobody else uses the directory: it takes as long as it takes.
const AS_LONG_AS_IT_TAKES: Duration = Duration::from_secs(366 * 24 * 3600);

/// The views that a list is read from.
pub(super) enum Read {
    Now(Views),
    Then(PastViews),
}

impl Deref for Read {
    type Target = Views;

    fn deref(&self) -> &Views {
        match self {
            Self::Now(views) => views,
            Self::Then(views) => views,
        }
    }
}

/// Refuses to ask the past for what is of today: groups, and who stands in for whom.
pub(super) fn not_mine(query: &ApprovalQuery) -> Result<(), Failure> {
    if query.as_of.is_none() || query.mine.is_none() {
        return Ok(());
    }
    let message = "`--as-of` is of the past and `--mine` of the present: leave one of them out";
    Err(Failure::refused("as_of_not_with", message.to_owned()))
}

impl Offline {
    /// The views to read, and what they have seen: all there is, unless the past is asked for.
    pub(super) async fn read(&self, as_of: Option<AsOf>) -> Result<(Read, GlobalPosition), Failure> {
        let views = self.data.current_views().await?;
        let Some(as_of) = as_of else {
            let position = views.position();
            return Ok((Read::Now(views), position));
        };
        let position = self.position(&views, as_of).await?;
        let then = self.data.past()?.at(position, AS_LONG_AS_IT_TAKES).await?;
        Ok((Read::Then(then), position))
    }

    /// The position that `as_of` names; without it, the log's last.
    pub(super) async fn position_of(&self, as_of: Option<AsOf>) -> Result<GlobalPosition, Failure> {
        match as_of {
            None => Ok(self.data.engine.tail()),
            Some(as_of) => {
                let views = self.data.current_views().await?;
                self.position(&views, as_of).await
            }
        }
    }

    async fn position(&self, views: &Views, as_of: AsOf) -> Result<GlobalPosition, Failure> {
        let (tail, now) = (self.data.engine.tail(), self.data.engine.now());
        match as_of {
            AsOf::Position(asked) if asked > tail => Err(PastError::PositionUnknown { asked, tail }.into()),
            AsOf::Position(asked) => Ok(asked),
            AsOf::Time(asked) if asked > now => Err(PastError::TimeUnknown { asked }.into()),
            AsOf::Time(asked) => Ok(views.position_at(asked).await?),
        }
    }

    /// An execution as it was, from its own events.
    pub(in crate::source) async fn execution_as_of(
        &self,
        id: Uuid,
        as_of: AsOf,
    ) -> Result<Execution, Failure> {
        let views = self.data.current_views().await?;
        let position = self.position(&views, as_of).await?;
        let then = self.data.engine.execution_as_of(self.tenant(), id, position).await?;
        let (answer, events) = then.ok_or_else(|| self.not_found(id))?;
        let listed = ask(&views, async |views| views.execution(self.tenant(), id).await).await?;
        let seen = ExecutionDetail::folded(&events, listed.as_ref().map(|listed| &listed.row));
        convert::detail(&answer, None, seen, Shown::Redacted).ok_or_else(|| self.not_found(id))
    }
}
