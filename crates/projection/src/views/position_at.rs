//! From an instant to a position.

use proto_events::{GlobalPosition, Timestamp};

use super::Views;
use crate::{PastError, View, sql};

/// Events that are read at once: as many as there are from one position with a time on record to the next.
const PAGE: usize = 256;

impl Views {
    /// The position that the log was at at an instant: the last one up to which every event was recorded at or before it; the
    /// start, where the first event is later. Events that follow are left out also where a clock was set back and they say an
    /// earlier time, so that the answer is the same however far the log has gone on, and has nothing that was recorded after
    /// the instant.
    ///
    /// # Errors
    /// See [`PastError`].
    pub async fn position_at(&self, at: Timestamp) -> Result<GlobalPosition, PastError> {
        let mut position =
            self.slot(View::Audit).read(move |connection| sql::position_before(connection, at)).await?;
        loop {
            let events = self.log.read_all(position, PAGE).await?;
            if events.is_empty() {
                return Ok(position);
            }
            for recorded in events {
                if recorded.event.recorded_at > at {
                    return Ok(position);
                }
                position = recorded.position;
            }
        }
    }
}
